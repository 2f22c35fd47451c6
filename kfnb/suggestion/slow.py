"""Says which cells run long: by the times that the notebook holds, else by what they call. `looks.py` asks this.

Names are looked at, not values, so a quick fit counts as a long one: a step too many costs little, a long step that
is run again for a change below it costs much.
"""

from __future__ import annotations

import ast
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kfnb.suggestion.words import SLOW_CALLS, SLOW_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONG_SECONDS = 5.0
"""A cell that took this long when it last ran is a long one ..."""

LONG_SHARE = 0.3
"""... and so is one that took this share of the whole notebook's time, if it is at least a second."""

_QUICK_CLASSES = re.compile(
    r"(Scaler|Encoder|Imputer|Vectorizer|Transformer|Binarizer|Discretizer|Normalizer|Features|Selector|Select\w+|"
    r"Tokenizer|PCA|TruncatedSVD|Analyzer)$"
)
_SLOW_TRANSFORMS = re.compile(r"(TSNE|UMAP|MDS|Isomap|LatentDirichletAllocation|NMF)$")
_ROUNDS = re.compile(r"epoch|n_iter|iterations|max_iter|episodes", re.IGNORECASE)
_MANY = 50_000
"""Rounds of nested loops from which a cell counts as long."""


def call_name(node: ast.expr) -> str:
    """Return the last name of what is called: `fit` of `model.fit(...)`; "" if it has none."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class SlowCode:
    """What is known of a notebook's functions and objects, to tell long calls from quick ones.

    `functions`: functions of the notebook that take long, and what in them does.
    `trees`: the parsed code of all cells that run, in order.
    """

    def __init__(self, trees: Iterable[ast.Module]) -> None:
        self._classes: dict[str, str] = {}  # name → class whose instance it was bound to last
        self._numbers: dict[str, int] = {}
        self.functions: dict[str, str] = {}
        defined: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        for tree in trees:
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign):
                    self._note(node)
                elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    defined.append(node)
        self._own = {node.name for node in defined}
        found = True
        while found:
            found = False
            for node in defined:
                why = None if node.name in self.functions else self.why(node.body)
                if why:
                    self.functions[node.name] = why
                    found = True

    def _note(self, node: ast.Assign) -> None:
        for target in node.targets:
            if not isinstance(target, ast.Name):
                continue
            if isinstance(node.value, ast.Call) and (name := call_name(node.value.func))[:1].isupper():
                self._classes[target.id] = name
            elif isinstance(node.value, ast.Constant) and type(node.value.value) is int:
                self._numbers[target.id] = node.value.value

    def made_by(self, name: str) -> str | None:
        """Return the class that `name` was made an instance of, if that shows."""
        return self._classes.get(name)

    def why(self, body: Iterable[ast.AST]) -> str | None:
        """Return in words what takes long in `body`, None if nothing seems to."""
        for statement in body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            for node in ast.walk(statement):
                found = self._call(node) if isinstance(node, ast.Call) else self._loop(node)
                if found:
                    return found
        return None

    def _call(self, node: ast.Call) -> str | None:
        name = call_name(node.func)
        if isinstance(node.func, ast.Name) and name in self.functions:
            return f"{name}() in which {self.functions[name]}" if name in self._own else None
        if isinstance(node.func, ast.Attribute):
            receiver = self._receiver(node.func.value)
            if name == "fit_transform" and _SLOW_TRANSFORMS.search(receiver):
                return f"{receiver}.fit_transform"
            if name in SLOW_METHODS and not _QUICK_CLASSES.search(receiver):
                return None if name == "train" and not node.args else f"{receiver or '…'}.{name}"
            if name == "backward" and not node.args:
                return "gradients are computed (.backward)"
        keywords = {keyword.arg for keyword in node.keywords}
        if name in SLOW_CALLS:
            return name
        return f"{name} in chunks" if name.startswith("read_") and "chunksize" in keywords else None

    def _receiver(self, node: ast.expr) -> str:
        """Return the class of what a method is called on, else its name."""
        if isinstance(node, ast.Call):
            return call_name(node.func)
        name = call_name(node)
        return self._classes.get(name, name)

    def _loop(self, node: ast.AST) -> str | None:
        if not isinstance(node, ast.For):
            return None
        if _ROUNDS.search(ast.unparse(node.target)) or _ROUNDS.search(ast.unparse(node.iter)):
            return f"a loop over {ast.unparse(node.iter)[:40]}"
        rounds = self._rounds(node)
        return f"loops of {rounds} rounds" if rounds >= _MANY else None

    def _rounds(self, node: ast.For) -> int:
        own = 1
        if isinstance(node.iter, ast.Call) and call_name(node.iter.func) in ("range", "trange") and node.iter.args:
            bounds = [self._number(argument) for argument in node.iter.args]
            own = bounds[0] if len(bounds) == 1 else max(bounds[1] - bounds[0], 1)
        inner = [self._rounds(child) for child in ast.walk(node) if isinstance(child, ast.For) and child is not node]
        return max(own, 1) * max(inner, default=1)

    def _number(self, node: ast.expr) -> int:
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return node.value
        return self._numbers.get(node.id, 1) if isinstance(node, ast.Name) else 1


# ----------------------------------------------------------------------------------------------------- times of old


def recorded_seconds(cell: Mapping[str, Any]) -> float | None:
    """Return how long the cell took when it last ran, from the times that Jupyter keeps in `metadata.execution`."""
    times = (cell.get("metadata") or {}).get("execution")
    if not isinstance(times, dict):
        return None
    start = _moment(times.get("iopub.execute_input")) or _moment(times.get("iopub.status.busy"))
    end = _moment(times.get("shell.execute_reply")) or _moment(times.get("iopub.status.idle"))
    if start is None or end is None:
        return None
    try:
        return max((end - start).total_seconds(), 0.0)
    except TypeError:  # one of them names its zone, the other does not
        return None


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def long_ones(seconds: Mapping[str, float]) -> dict[str, str]:
    """Return which cells took long, and in words how long, of the times of all cells by id."""
    whole = sum(seconds.values())
    return {
        cell: f"took {took:.0f} s when it last ran"
        for cell, took in seconds.items()
        if took >= LONG_SECONDS or (took >= 1 and took >= LONG_SHARE * whole)
    }
