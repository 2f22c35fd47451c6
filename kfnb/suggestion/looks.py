"""Says of each code cell what it is for: setup, parameters, constants, reading, training, judging, saving, looking.

`parts.py` cuts the notebook by what `look_at` returns. What a later cell takes from which is worked out by the same
analysis that compiles pipelines, with every cell as a step of its own; the rest is told from names of calls.
"""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import msgspec

from kfnb.dataflow.book import BUILTINS
from kfnb.dataflow.graph import analyse
from kfnb.dataflow.magics import MARK, parse_cell
from kfnb.dataflow.program import CodeCell, CodeStep
from kfnb.dataflow.slices import literal
from kfnb.dataflow.tables.random import SEEDERS, SEEDS_ALL
from kfnb.dataflow.tables.setters import SETTER_ATTRIBUTES, SETTER_CALLS, SETTER_RECEIVERS
from kfnb.notebook.tags import CellTags, read_tags
from kfnb.suggestion.slow import SlowCode, call_name, long_ones, recorded_seconds
from kfnb.suggestion.words import (
    EVALUATING,
    FIGURES,
    LOADING,
    LOOKING,
    MADE_OF_CONSTANTS,
    METRIC_CALLS,
    METRIC_NAME,
    SAVING,
    TRAINING,
    TRAINS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kfnb.dataflow.magics import Mark, ParsedCell
    from kfnb.notebook.cells import Notebook, NotebookCell

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

Kind = Literal["setup", "constants", "load", "prepare", "train", "run", "evaluate", "save", "look"]


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a code cell is for. `place`: its own in the list of looks.

    `setup`: the tag that says so of a setup cell, "" where none is needed. `slow`: why it takes long, in words.
    `gives`: names that later cells take from it; `takes`: places (in the list of looks) of the cells that it takes
    names from. `metrics`: it shows a number that is surely a metric. `object`: a word for what it is about, for names.
    """

    cell: NotebookCell
    tags: CellTags
    place: int
    kind: Kind
    setup: str = ""
    slow: str | None = None
    gives: tuple[str, ...] = ()
    takes: frozenset[int] = frozenset()
    metrics: bool = False
    parameters: bool = False
    only_looks: bool = False
    object: str = ""

    @property
    def named(self) -> bool:
        """Whether the person has said to which step it belongs."""
        return bool(self.tags.step) or self.tags.continues

    @property
    def floats(self) -> bool:
        """Whether it stands outside every step, by its tags or because it is to be tagged so."""
        return not self.named and (self.parameters or self.tags.parameters or self.tags.setup or bool(self.setup))


def look_at(notebook: Notebook) -> list[Look]:
    """Return a look for each code cell of `notebook` that runs, in order."""
    cells = [cell for cell in notebook.cells if cell.ordinal is not None]
    parsed = [parse_cell(cell.source) for cell in cells]
    return _Looker(notebook, cells, parsed).looks()


class _Looker:
    """Looks at the cells of one notebook."""

    def __init__(self, notebook: Notebook, cells: list[NotebookCell], parsed: list[ParsedCell]) -> None:
        self._cells, self._parsed = cells, parsed
        self._tags = [read_tags(cell) for cell in cells]
        self._aliases = _aliases(parse.tree for parse in parsed)
        self._slow = SlowCode(parse.tree for parse in parsed)
        magics = [(node, mark) for parse in parsed for node, mark in _magics(parse)]
        self._preparing = {id(node) for node, mark in magics if _prepares(mark)}
        self._harmless = {id(node) for node, mark in magics if mark.kind in ("harmless", "reads")}
        self._own = {
            n.name for p in parsed for n in ast.walk(p.tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
        }
        steps = tuple(
            CodeStep(cell.id, (_code_cell(c, t),)) for cell, c, t in zip(cells, cells, self._tags, strict=True)
        )
        self._flows = analyse(steps).steps
        content = {cell["id"]: cell for cell in notebook.content["cells"]}
        times = {cell.id: recorded_seconds(content[cell.id]) for cell in cells}
        self._seconds = {cell: seconds for cell, seconds in times.items() if seconds is not None}
        self._long = long_ones(self._seconds)

    def looks(self) -> list[Look]:
        parameters = self._parameters_place()
        return [self._look(place, parameters=place == parameters) for place in range(len(self._cells))]

    def _look(self, place: int, parameters: bool) -> Look:
        tree, flow, cell = self._parsed[place].tree, self._flows[place], self._cells[place]
        gives = tuple(sorted(name for name, given in flow.outputs.items() if given.needed))
        slow = self._slow_reason(place)
        only_looks = not (gives or flow.writes or flow.outside or flow.state_outputs) and self._only_looks(tree)
        kind = self._kind(place, slow, only_looks)
        return Look(
            cell=cell,
            tags=self._tags[place],
            place=place,
            kind=kind,
            setup=_setup_tag(tree) if kind == "setup" else "",
            slow=slow if kind not in ("setup", "constants") else None,
            gives=gives,
            takes=frozenset(taken.producer for taken in flow.inputs.values()),
            metrics=self._shows_metric(tree),
            parameters=parameters,
            only_looks=only_looks,
            object=self._object(tree, kind, gives or tuple(flow.inputs)),
        )

    def _slow_reason(self, place: int) -> str | None:
        cell = self._cells[place]
        if cell.id in self._seconds:  # what it took says more than what it calls
            return self._long.get(cell.id)
        if cell.source.lstrip().startswith(("%%time\n", "%%time ")):
            return "is timed with %%time"
        why = self._slow.why(self._parsed[place].tree.body)
        return f"calls {why}" if why and not why.startswith(("a loop", "loops", "gradients")) else why

    # ------------------------------------------------------------------------------------------------ what it is for

    def _kind(self, place: int, slow: str | None, only_looks: bool) -> Kind:
        tree = self._parsed[place].tree
        if tree.body and all(map(self._is_setup, tree.body)):
            return "setup"
        if all(self._is_setup(node) or self._is_constant(node) for node in tree.body):
            return "constants"
        names = self._called(tree)
        if any(LOADING.fullmatch(name) for name in names) and not names & TRAINING:
            return "load"
        if slow:
            return "train" if names & TRAINING or TRAINS.search(slow) else "run"
        if self._flows[place].writes or any(SAVING.fullmatch(name) for name in names):
            return "save"
        if only_looks:
            return "look"
        return "evaluate" if any(EVALUATING.fullmatch(name) for name in names) else "prepare"

    def _called(self, tree: ast.Module) -> set[str]:
        """Return the names of what the cell calls at once, not in functions that it defines."""
        found: set[str] = set()
        for node in tree.body:
            if not isinstance(node, _DEFINITIONS):
                found |= {call_name(child.func) for child in ast.walk(node) if isinstance(child, ast.Call)}
        return found

    def _is_setup(self, node: ast.stmt) -> bool:
        """Return whether a statement only prepares the session: imports, definitions, literals, settings."""
        if isinstance(
            node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Pass)
        ):
            return True
        if isinstance(node, (ast.Try, ast.If)):
            inner = [child for child in ast.walk(node) if isinstance(child, ast.stmt) and child is not node]
            return all(isinstance(child, (ast.Import, ast.ImportFrom, ast.Pass)) for child in inner)
        if isinstance(node, ast.Expr):
            return isinstance(node.value, ast.Constant) or self._sets(node.value)
        if isinstance(node, ast.Assign):
            plain = all(isinstance(target, ast.Name) for target in node.targets)
            return literal(node.value) if plain else all(map(self._is_setting, node.targets))
        return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and literal(node.value)

    def _sets(self, node: ast.expr) -> bool:
        """Return whether a call sets something of a library, or is a magic that prepares the session."""
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Name) and node.func.id == MARK:
            return id(node) in self._preparing
        name = self._dotted(node.func)
        return name in SETTER_CALLS or name in SEEDERS or name in SEEDS_ALL or name.startswith(tuple(SETTER_RECEIVERS))

    def _is_setting(self, target: ast.expr) -> bool:
        if not isinstance(target, (ast.Attribute, ast.Subscript)):
            return False
        name = self._dotted(target.value if isinstance(target, ast.Subscript) else target)
        return name == "os.environ" or name.startswith((*SETTER_ATTRIBUTES, *SETTER_RECEIVERS))

    def _is_constant(self, node: ast.stmt) -> bool:
        """Return whether a statement binds names to constants: containers of them, paths, patterns, other constants."""
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            return False
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if not all(isinstance(target, ast.Name) for target in targets):
            return False
        calls = [child for child in ast.walk(node.value) if isinstance(child, ast.Call)]
        known = all(self._dotted(call.func) in MADE_OF_CONSTANTS for call in calls)
        loops = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Await, ast.Subscript, ast.Attribute)
        reads = [n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)]
        plain = all(name in self._aliases or name in self._constants or name in BUILTINS for name in reads)
        inner = [child for child in ast.walk(node.value) if isinstance(child, loops)]
        return known and plain and all(isinstance(child, ast.Attribute) for child in inner)

    @cached_property
    def _constants(self) -> set[str]:
        """Names that are bound to a literal or a call of constants somewhere at top level."""
        return {
            target.id
            for parsed in self._parsed
            for node in parsed.tree.body
            if isinstance(node, ast.Assign) and not _has_names(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def _only_looks(self, tree: ast.Module) -> bool:
        """Return whether nothing stays of the cell but what it shows."""
        for node in tree.body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                name = self._dotted(node.value.func)
                if name == MARK and id(node.value) not in self._harmless:
                    return False
                if name.partition(".")[0] in self._own:
                    return False
            elif isinstance(node, (ast.Assert, ast.Raise, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                return False
        return bool(tree.body)

    # --------------------------------------------------------------------------------------------- parameters, metrics

    def _parameters_place(self) -> int | None:
        """Return the place of the cell to tag `parameters`: the first of simple literals, above all work."""
        if any(tags.parameters for tags in self._tags):
            return None
        for place, (parsed, tags) in enumerate(zip(self._parsed, self._tags, strict=True)):
            if tags.step or tags.continues:
                return None
            names = _literals(parsed.tree)
            if names and any(names & _loads(later.tree) for later in self._parsed[place + 1 :]):
                return place
            if not all(self._is_setup(node) or self._is_constant(node) for node in parsed.tree.body):
                return None
        return None

    def _shows_metric(self, tree: ast.Module) -> bool:
        """Return whether the cell computes a number that is surely a metric, by name or by call, and shows it."""
        computed = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign) and self._is_metric(node.value, node.targets)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        shown = [node.value for node in tree.body if isinstance(node, ast.Expr)]
        return any(isinstance(n, ast.Name) and n.id in computed for value in shown for n in ast.walk(value))

    def _is_metric(self, value: ast.expr, targets: Sequence[ast.expr]) -> bool:
        calls = {call_name(node.func) for node in ast.walk(value) if isinstance(node, ast.Call)}
        if isinstance(value, (ast.List, ast.Dict, ast.ListComp, ast.DictComp, ast.Tuple)):
            return False
        if calls & METRIC_CALLS:
            return True
        named = any(isinstance(target, ast.Name) and METRIC_NAME.fullmatch(target.id) for target in targets)
        return named and bool(calls & {"mean", "score", "evaluate", "float"})

    # ----------------------------------------------------------------------------------------------------------- words

    def _object(self, tree: ast.Module, kind: Kind, names: tuple[str, ...]) -> str:
        """Return what the cell is about: the model it trains, else the last of `names` that stands in it."""
        model = self._model(tree) if kind in ("train", "run") else ""
        order = [n.id for node in tree.body for n in ast.walk(node) if isinstance(n, ast.Name)]
        return model or next((name for name in reversed(order) if name in names and len(name) > 1), "")

    def _model(self, tree: ast.Module) -> str:
        """Return the class of what is fitted, else the first class that is called, else the long function."""
        calls = [n for node in tree.body if not isinstance(node, _DEFINITIONS) for n in ast.walk(node)]
        found = {"": ""}
        for node in (node for node in calls if isinstance(node, ast.Call)):
            name = call_name(node.func)
            if name in TRAINING and isinstance(node.func, ast.Attribute):
                receiver = node.func.value
                made = call_name(receiver.func) if isinstance(receiver, ast.Call) else call_name(receiver)
                found.setdefault("fitted", self._slow.made_by(made) or made)
            elif name[:1].isupper() and len(name) > 2 and not name.isupper():
                found.setdefault("class", name)
            elif name in self._slow.functions:
                found.setdefault("function", name)
        return found.get("fitted") or found.get("class") or found.get("function") or ""

    def _dotted(self, node: ast.expr) -> str:
        """Return the full dotted name of a function or attribute, imports resolved; "" where it has none."""
        parts: list[str] = []
        while isinstance(node, (ast.Attribute, ast.Call)):
            if isinstance(node, ast.Attribute):
                parts.append(node.attr)
                node = node.value
            else:
                node = node.func
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self._aliases.get(node.id, node.id), *reversed(parts)])


def _code_cell(cell: NotebookCell, tags: CellTags) -> CodeCell:
    return CodeCell(
        id=cell.id,
        source=cell.source,
        ordinal=cell.ordinal or 0,
        index=cell.index,
        uses=tags.uses,
        changes=tags.changes,
        keeps=tags.keeps,
        binds=tags.binds,
    )


def _magics(parsed: ParsedCell) -> Iterator[tuple[ast.Call, Mark]]:
    """Yield the calls that stand for magics and shell lines, with what these do."""
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Call) and call_name(node.func) == MARK and isinstance(node.args[0], ast.Constant):
            yield node, parsed.marks[int(str(node.args[0].value))]


def _prepares(mark: Mark) -> bool:
    """Return whether a magic only prepares the session: `%matplotlib inline`, `%pip install …`."""
    plain = mark.kind == "harmless" and mark.detail.get("magic") != "!"
    return plain or mark.kind in ("setter", "install", "help", "environ")


def _aliases(trees: Iterable[ast.Module]) -> dict[str, str]:
    """Return what each imported name stands for, dotted."""
    found: dict[str, str] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found.update(
                    {a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0] for a in node.names}
                )
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return found


def _setup_tag(tree: ast.Module) -> str:
    """Return the tag that says that a cell is setup; "" for constants, which need none."""
    kinds = {type(node) for node in ast.walk(tree)}
    if kinds & {ast.Import, ast.ImportFrom} or any(
        isinstance(n, (ast.Expr, ast.Attribute, ast.Subscript)) for n in tree.body
    ):
        return "imports"
    return "functions" if kinds & {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef} else ""


def _literals(tree: ast.Module) -> set[str]:
    """Return the names that a cell binds to literals that JSON can hold, if it binds nothing but literals."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        target = node.target if isinstance(node, ast.AnnAssign) else target
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if not isinstance(target, ast.Name) or value is None or not (_is_json(value) or literal(value)):
            return set()
        if _is_json(value):
            names.add(target.id)
    return names


def _is_json(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (str, int, float, bool, type(None)))
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
    if isinstance(node, ast.List):
        return all(map(_is_json, node.elts))
    return isinstance(node, ast.Dict) and all(
        key is not None and isinstance(key, ast.Constant) and isinstance(key.value, str) and _is_json(value)
        for key, value in zip(node.keys, node.values, strict=True)
    )


def _loads(tree: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _has_names(node: ast.expr) -> bool:
    return any(isinstance(child, (ast.Name, ast.Call)) for child in ast.walk(node))


def is_plain_look(look: Look) -> bool:
    """Return whether a cell shows nothing but the look of some data: `df.head()`, a shape, counts, a plot."""
    nodes = [node for statement in parse_cell(look.cell.source).tree.body for node in ast.walk(statement)]
    names = {call_name(node.func) for node in nodes if isinstance(node, ast.Call)}
    kept = [node.value for node in nodes if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign))]
    figures = all(isinstance(value, ast.Call) and call_name(value.func) in FIGURES for value in kept)
    tells = any(isinstance(node, ast.JoinedStr) for node in nodes)
    return look.kind == "look" and figures and not tells and not names - LOOKING - {MARK}
