"""Turns a cell's source into plain Python that the analysis can read, and says what its magics and shell lines do.

Every other module of `dataflow` reads cells through `parse_cell`. A cell that is plain Python is parsed as it is.
Otherwise magics become the calls that IPython itself makes of them (its own transformer does it where a line is not
of the simple forms); what those calls mean is the business of `magic_calls`.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from kfnb.dataflow.magic_calls import MARK, TIMEIT, Mark, ParsedCell, Problem, Rewriter, future_imports, ipython_call
from kfnb.dataflow.tables import magics as tables
from kfnb.errors import Fix
from kfnb.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MARK", "TIMEIT", "Mark", "ParsedCell", "Problem", "parse_cell"]

_UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
_PROMPT = re.compile(r"(?:[^\n]*\n)?\s*In \[\d+\]: ")  # valid Python, but IPython takes the prompt away


def parse_cell(source: str) -> ParsedCell:
    """Return what the analysis needs of a cell's source; a syntax error is in `error`, never raised."""
    broken: Exception = SyntaxError("invalid syntax")
    try:
        tree = None if _PROMPT.match(source) else _parse(source)
    except _UNPARSABLE as error:
        tree, broken = None, error
    if tree is None:
        return _parse_magics(source, broken)
    if "get_ipython" in source:
        return Rewriter(parse_cell).cell(tree, 0)
    return ParsedCell(tree, future=future_imports(tree), automagic=_automagic(source))


def _parse(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape warns when the cell runs, not here
        tree = parse(source)
        # also what only the compiler sees: `return` outside a function, a name that is both parameter and global
        compile(tree, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return tree


# --------------------------------------------------------------------------------------- from magics to IPython's calls


def _parse_magics(source: str, first: Exception) -> ParsedCell:
    lines = (source + "\n" if not source.endswith("\n") else source).splitlines(keepends=True)
    skipped = next((place for place, line in enumerate(lines) if line.strip()), 0)
    lines = _dedent(lines[skipped:])
    if lines and lines[0].startswith("%%") and not re.match(r"%%\w+\?", lines[0]):
        return Rewriter(parse_cell).cell_magic(lines, skipped)
    word = re.match(r"(\w+)(?![\w.(])\s*(?![=,])(.*)", lines[0]) if len(lines) == 1 else None
    if word and word[1] in tables.LINE_MAGICS:
        lines = [f"%{lines[0]}"]
    for text in _readings(lines):
        try:
            tree = _parse(text)
        except _UNPARSABLE as error:
            first = error
        else:
            return Rewriter(parse_cell).cell(tree, skipped)
    return ParsedCell(ast.Module([], []), plain=False, error=_syntax_error(first, skipped))


def _dedent(lines: list[str]) -> list[str]:
    """Take the first line's indentation off every line that has it, as IPython does."""
    indent = re.match(r"[ \t]*", lines[0])[0] if lines else ""  # type: ignore[index]
    return [line.removeprefix(indent) for line in lines] if indent else lines


def _readings(lines: list[str]) -> Iterator[str]:
    """Yield the cell with magics as calls: by the simple forms where they suffice, then as IPython's transformer
    reads it."""
    simple = None if _PROMPT.match("".join(lines[:2])) else _simple_forms(lines)
    if simple is not None:
        yield simple
    yield _by_ipython(lines)


_ESCAPED = re.compile(r"([ \t]*)(!!|[%!])(.*)", re.DOTALL)
_ASSIGNED = re.compile(r"([ \t]*[A-Za-z_][\w.,\[\] \t'\"*]*?[ \t]*=[ \t]*)(!|%(?=[A-Za-z_]))(.*)", re.DOTALL)


def _call(escape: str, text: str, assigned: bool) -> str:
    """The call that IPython makes of an escaped line."""
    if escape == "!":
        return f"get_ipython().getoutput({text!r})" if assigned else f"get_ipython().system({text!r})"
    if escape == "!!":
        return f"get_ipython().getoutput({text!r})"
    name, _, rest = text.partition(" ")
    return f"get_ipython().run_line_magic({name!r}, {rest!r})"


def _simple_forms(lines: list[str], kept: frozenset[int] = frozenset()) -> str | None:
    """Rewrite lines that begin with `%` or `!`, and `x = %…` and `x = !…`, without loading IPython (0.1 s).

    None where the result is not surely what IPython would make of it: then it is asked. Lines `kept` stay as they are:
    they turned out to stand within a string.
    """
    result: list[str] = []
    places: set[int] = set()
    place = 0
    while place < len(lines):
        match = _ESCAPED.fullmatch(lines[place]) or _ASSIGNED.fullmatch(lines[place])
        if match is None or place + 1 in kept:
            result.append(lines[place])
            place += 1
            continue
        end = place
        while lines[end].endswith("\\\n") and end + 1 < len(lines):
            end += 1
        parts = [match[3], *lines[place + 1 : end + 1]]
        text = " ".join([*(part.rstrip()[:-1] for part in parts[:-1]), parts[-1].rstrip()])
        if text.endswith("?") or text.startswith(("%", "?")):
            return None
        places.add(place + 1)
        result += [match[1] + _call(match[2], text, assigned=match.re is _ASSIGNED) + "\n", *["\n"] * (end - place)]
        place = end + 1
    text = "".join(result)
    try:
        tree = _parse(text)
    except _UNPARSABLE:
        return None
    statements = {
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, (ast.Expr, ast.Assign)) and ipython_call(node.value) is not None
    }
    if places <= statements:
        return text
    return None if kept else _simple_forms(lines, frozenset(places - statements))


def _by_ipython(lines: list[str]) -> str:
    """What IPython's own transformer makes of the lines, padded so that every line keeps its number."""
    from IPython.core.inputtransformer2 import TransformerManager  # loads in 0.1 s, and few cells need it

    manager = TransformerManager()
    try:
        for clean in manager.cleanup_transforms[1:]:
            lines = clean(lines)
        for _ in range(10 * len(lines) + 10):
            changed, after = manager.do_one_token_transform(lines)
            if not changed:
                break
            lines = _padded(lines, after)
    except (SyntaxError, IndexError):
        pass  # then Python's own message says what is wrong
    return "".join(lines)


def _padded(before: list[str], after: list[str]) -> list[str]:
    gone = len(before) - len(after)
    place = next((i for i, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), len(after) - 1)
    return [*after[: place + 1], *["\n"] * gone, *after[place + 1 :]]


def _automagic(source: str) -> ParsedCell | None:
    """What a single line of valid Python is if it turns out to be a magic without its `%`."""
    text = source.strip()
    word = re.match(r"([A-Za-z_]\w*)(?![\w.])\s*(?![=,\s])", text)
    if word is None or word[1] not in tables.LINE_MAGICS or len(text.splitlines()) != 1:
        return None
    skipped = len(source) - len(source.lstrip())
    return _parse_magics("\n" * source[:skipped].count("\n") + "%" + text, SyntaxError("invalid syntax"))


def _syntax_error(error: Exception, offset: int) -> Problem:
    if isinstance(error, SyntaxError):
        line = error.lineno + offset if error.lineno else None
        message = f"This cell is not valid Python: {error.msg}."
        return Problem("KF250", "error", message, line, error.offset or None, Fix("Correct the cell."))
    return Problem("KF250", "error", f"This cell cannot be parsed: {error or type(error).__name__}.", 1 + offset)
