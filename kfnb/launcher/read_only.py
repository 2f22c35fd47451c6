"""Tells a write that failed because pandas handed out a read-only look into an input; called by body.py for KF618.

Whether pandas hands out an array that can be written to depends on what else refers to the frame's memory, which is not
kept between steps. So the array is looked for in the expression that failed, and counts only if it lies in the memory
of a frame, series or index that the step took in. Any other read-only array is as read-only by hand.
"""

from __future__ import annotations

import ast
import linecache
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from kfnb.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import FrameType, TracebackType

Span = tuple[int, int]


def is_look_into_input(error: BaseException | None, namespace: Mapping[str, Any], inputs: Iterable[str]) -> bool:
    """Whether the expression of the notebook that raised `error` names memory of an input that pandas manages."""
    if "pandas" not in sys.modules or not isinstance(error, ValueError) or "read-only" not in str(error):
        return False
    taken = [span for name in inputs if name in namespace for span in _managed(namespace[name])]
    if not taken:
        return False
    named = (span for value in _named(error, namespace) for span in (*_managed(value), *_read_only(value)))
    return any(low < end and start < high for low, high in named for start, end in taken)


def _named(error: BaseException, namespace: Mapping[str, Any]) -> Iterator[Any]:
    """What the names in the failing expression of the innermost frame of the notebook's code are bound to."""
    found: tuple[FrameType, int] | None = None
    step: TracebackType | None = error.__traceback__
    while step is not None:
        if step.tb_frame.f_globals is namespace:
            found = step.tb_frame, step.tb_lasti
        step = step.tb_next
    if found is None:
        return
    frame, instruction = found
    for name in _names(frame, instruction):
        for scope in (frame.f_locals, frame.f_globals):
            if name in scope:
                yield scope[name]
                break


def _names(frame: FrameType, instruction: int) -> list[str]:
    """The names in the source of one instruction; all of its code's where the source is not known."""
    code = frame.f_code
    first, last, left, right = list(code.co_positions())[instruction // 2]
    source = "".join(linecache.getlines(code.co_filename)[first - 1 : last]) if first and last else ""
    if first == last and left is not None and right is not None:
        source = source.encode()[left:right].decode(errors="replace")
    try:
        tree = parse(textwrap.dedent(source))
    except SyntaxError:
        tree = None
    if tree is None or not tree.body:
        return [*code.co_varnames, *code.co_names, *code.co_freevars]
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


def _managed(value: Any) -> Iterator[Span]:
    """Where the memory of a pandas object lies."""
    pandas = sys.modules["pandas"]
    if isinstance(value, pandas.DataFrame | pandas.Series):
        parts = [block.values for block in value._mgr.blocks]
    elif isinstance(value, pandas.Index) and not isinstance(value, pandas.MultiIndex | pandas.RangeIndex):
        parts = [value._data]
    else:
        return
    for part in parts:
        for array in (part, *(getattr(part, inner, None) for inner in ("_ndarray", "_data", "_mask"))):
            yield from _span(array)


def _read_only(value: Any) -> Iterator[Span]:
    if type(value).__module__ == "numpy" and not getattr(getattr(value, "flags", None), "writeable", True):
        yield from _span(value)


def _span(array: Any) -> Iterator[Span]:
    numpy = sys.modules["numpy"]
    if isinstance(array, numpy.ndarray) and array.nbytes:
        low, high = numpy.lib.array_utils.byte_bounds(array)
        yield int(low), int(high)
