"""Evaluates the condition of a conditional task over recorded scalars, without starting anything.

Called by the loop when a task with a condition is ready. Only what cannot run foreign code is evaluated: constants,
names, comparison, boolean logic, arithmetic, `in`, subscripts of recorded JSON, and literals of these. Everything else,
and everything that raises, is Undecidable: a plain `if` then runs as an ordinary task and decides for itself.
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from kfnb.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LARGEST = 10_000
"""Exponents and repetitions above this are not computed here: they could take all memory of the orchestrator."""


class Undecidable(Exception):
    """The expression cannot be evaluated from the records; the text says why."""


def evaluate(expression: str, values: Mapping[str, Any]) -> bool:
    """Return the truth of `expression`, its names taken from `values`; raise Undecidable where that cannot be known."""
    try:
        tree = parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Undecidable(f"it is not an expression ({error})") from None
    try:
        return bool(_value(tree.body, values))
    except Undecidable:
        raise
    except Exception as error:
        raise Undecidable(f"{type(error).__name__}: {error}") from None


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise Undecidable(f"`{ast.unparse(node)}` is more than comparing and calculating with recorded values")
    return handler(node, values)


def _name(node: ast.Name, values: Mapping[str, Any]) -> Any:
    if node.id not in values:
        raise Undecidable(
            f"no value of {node.id!r} was recorded: it is unbound, or not a finite number, text, truth value, list "
            "or dict of these (NaN and infinities are not); a plain `if` in the step decides over any value"
        )
    return values[node.id]


def _boolean(node: ast.BoolOp, values: Mapping[str, Any]) -> Any:
    stops_at = isinstance(node.op, ast.Or)
    result: Any = None
    for part in node.values:
        result = _value(part, values)
        if bool(result) is stops_at:
            break
    return result


def _compare(node: ast.Compare, values: Mapping[str, Any]) -> Any:
    left = _value(node.left, values)
    result: Any = True
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = _value(right_node, values)
        if isinstance(op, ast.Is | ast.IsNot) and not any(v is None or isinstance(v, bool) for v in (left, right)):
            raise Undecidable(f"`{ast.unparse(node)}` compares identities, which recorded values do not have")
        result = _COMPARISONS[type(op)](left, right)
        if not result:
            break
        left = right
    return result


def _arithmetic(node: ast.BinOp, values: Mapping[str, Any]) -> Any:
    function = _ARITHMETIC.get(type(node.op))
    left, right = _value(node.left, values), _value(node.right, values)
    if function is None or not all(isinstance(v, int | float | str | list | tuple) for v in (left, right)):
        raise Undecidable(f"`{ast.unparse(node)}` is not calculated here")
    if isinstance(node.op, ast.Mod) and isinstance(left, str):
        raise Undecidable(f"`{ast.unparse(node)}` is not calculated here")
    if isinstance(node.op, ast.Pow | ast.Mult) and not _is_small(node.op, left, right):
        raise Undecidable(f"`{ast.unparse(node)}` is too large to calculate here")
    return function(left, right)


def _is_small(op: ast.operator, left: Any, right: Any) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        return True
    if isinstance(op, ast.Pow):
        return abs(int(right)) <= _LARGEST and abs(int(left)) <= 2**64
    if isinstance(left, int) and isinstance(right, int):
        return left.bit_length() + right.bit_length() <= 1_000_000
    sequence, count = (right, left) if isinstance(left, int) else (left, right)
    return len(sequence) * int(count) <= _LARGEST


def _unary(node: ast.UnaryOp, values: Mapping[str, Any]) -> Any:
    return _UNARY[type(node.op)](_value(node.operand, values))


def _choice(node: ast.IfExp, values: Mapping[str, Any]) -> Any:
    return _value(node.body if _value(node.test, values) else node.orelse, values)


def _subscript(node: ast.Subscript, values: Mapping[str, Any]) -> Any:
    return _value(node.value, values)[_value(node.slice, values)]


def _slice(node: ast.Slice, values: Mapping[str, Any]) -> slice:
    return slice(*(None if part is None else _value(part, values) for part in (node.lower, node.upper, node.step)))


def _dict(node: ast.Dict, values: Mapping[str, Any]) -> Any:
    if None in node.keys:
        raise Undecidable("`**` is not unpacked here")
    return {_value(k, values): _value(v, values) for k, v in zip(node.keys, node.values, strict=True) if k is not None}


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}

_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}

_HANDLERS: dict[type[ast.expr], Callable[[Any, Mapping[str, Any]], Any]] = {
    ast.Constant: lambda node, values: node.value,
    ast.Name: _name,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.BinOp: _arithmetic,
    ast.UnaryOp: _unary,
    ast.IfExp: _choice,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Tuple: lambda node, values: tuple(_value(e, values) for e in node.elts),
    ast.List: lambda node, values: [_value(e, values) for e in node.elts],
    ast.Set: lambda node, values: {_value(e, values) for e in node.elts},
    ast.Dict: _dict,
}
