"""Fan-out: turns a `foreach` step into the steps that the analysis sees, and back into tasks. For the compiler only.

`results = [f(x) for x in items]` means: a head runs what stands above once and evaluates `items`, each element runs the
same statement over that one item, and putting the parts together gives what the statement gives by hand. So a step
`train` becomes the steps `train[items]` and `train`; the orchestrator makes `train[0]`, `train[1]` … when it knows how
many items there are (see `kfnb.spec.Fan`).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from kfnb.dataflow.magics import parse_cell
from kfnb.dataflow.program import first_line
from kfnb.errors import Diagnostic, Fix
from kfnb.parsing import parse
from kfnb.spec import FAN_ITEMS, FAN_PART, Fan, Output, PipelineSpec, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.dataflow.flows import Dataflow
    from kfnb.notebook.steps import Step, StepCell, Steps

_HEAD = "#items"
"""What the id of a cell has at its end where its head is meant."""

_FORMS = "`name = [f(x) for x in items]`, a dict comprehension, or a loop that only fills one fresh list or dict"


@dataclass(frozen=True)
class _Parts:
    """The last statement of a step taken apart: text before and after what it goes over, and what it fills."""

    kind: str  # list or dict
    target: str
    before: str
    items: str
    after: str
    line: int  # of the statement, from 1
    analysed: str  # the statement as the analysis is to see it
    fresh: str = ""  # statement that makes the container a loop fills


class _NoFanOut(Exception):
    """Why a step cannot be fanned out, in words."""


def split(steps: Steps) -> tuple[Steps, dict[str, Fan], list[Diagnostic]]:
    """Return the steps with each `foreach` step in two, how each of them is fanned out, and what cannot be."""
    found: list[Step] = []
    fans: dict[str, Fan] = {}
    problems: list[Diagnostic] = []
    names = {step.name for step in steps.steps}
    for step in steps.steps:
        if step.settings.foreach is None:
            found.append(step)
            continue
        cell = step.cells[-1]
        try:
            if step.when is not None or f"{step.name}[items]" in names:
                raise _NoFanOut("`when:` and `foreach` on one step are not built yet; put an `if` around the call")
            parts = _take_apart(cell)
        except _NoFanOut as error:
            problems.append(_refused(step, str(error)))
            found.append(step)
            continue
        head = _head(step, cell, parts)
        lines_above = "\n" * (parts.line - 1)
        if parts.fresh:
            lines_above = f"{lines_above[1:]}{parts.fresh}\n"
        fans[step.name] = Fan(
            head=head.name,
            kind=parts.kind,  # type: ignore[arg-type]
            target=parts.target,
            before="\n" * (parts.line - 1 - bool(parts.fresh))
            + (f"{parts.fresh}\n" if parts.fresh else "")
            + parts.before,
            after=parts.after,
            loop=bool(parts.fresh),
            most=step.settings.foreach,
        )
        body = msgspec.structs.replace(cell, source="\n" * (parts.line - 1) + parts.analysed)
        found += [head, msgspec.structs.replace(step, cells=(body,), after=(*step.after, head.name), early=())]
    return msgspec.structs.replace(steps, steps=tuple(found)), fans, problems


def _head(step: Step, cell: StepCell, parts: _Parts) -> Step:
    lines = cell.source.splitlines()[: parts.line - 1]
    source = "\n".join([*lines, f"{FAN_ITEMS} = list({parts.items})"])
    settings = msgspec.structs.replace(step.settings, foreach=None)
    cells = [*step.cells[:-1], msgspec.structs.replace(cell, id=cell.id + _HEAD, source=source, metrics=False)]
    return msgspec.structs.replace(
        step, name=f"{step.name}[items]", slug=f"{step.slug}.items", cells=tuple(cells), settings=settings, when=None
    )


def _refused(step: Step, why: str) -> Diagnostic:
    cell = next((c for c in step.cells if c.foreach), step.cells[-1])
    return Diagnostic(
        code="KF506",
        severity="error",
        message=f"Step `{step.name}` cannot be fanned out: {why}.",
        cell=cell.id,
        line=1,
        fix=Fix(text="Take the tag `foreach` away, or change the step so that its elements are independent."),
    )


# ------------------------------------------------------------------------------------------ the statement, taken apart


def _take_apart(cell: StepCell) -> _Parts:
    parsed = parse_cell(cell.source)
    if parsed.error is not None or not parsed.plain or not parsed.tree.body:
        raise _NoFanOut("its last cell must be plain Python, without magics")
    *above, last = parsed.tree.body
    first = first_line(last)
    if above and (above[-1].end_lineno or 0) >= first:
        raise _NoFanOut("its last statement must stand on a line of its own")
    if isinstance(last, ast.For):
        return _of_loop(cell.source, last, above, first)
    value = last.value if isinstance(last, (ast.Assign, ast.AnnAssign)) else None
    targets = last.targets if isinstance(last, ast.Assign) else [getattr(last, "target", None)]
    if not isinstance(value, (ast.ListComp, ast.DictComp)) or len(targets) != 1 or not isinstance(targets[0], ast.Name):
        raise _NoFanOut(f"its last statement must be {_FORMS}")
    if any(generator.is_async for generator in value.generators):
        raise _NoFanOut("an asynchronous comprehension cannot be fanned out")
    whole = ast.get_source_segment(cell.source, value) or ""
    items = ast.get_source_segment(cell.source, value.generators[0].iter) or ""
    before, after = _around(cell.source, value, value.generators[0].iter)
    assert whole.startswith(before)
    kind = "list" if isinstance(value, ast.ListComp) else "dict"
    before = f"{targets[0].id} = {before}"
    return _Parts(kind, targets[0].id, before, items, after, first, f"{before}{FAN_ITEMS}{after}")


def _of_loop(source: str, loop: ast.For, above: list[ast.stmt], first: int) -> _Parts:
    filled = {name for statement in loop.body for name in _filled(statement)}
    fresh = {
        s.targets[0].id: s
        for s in above
        if isinstance(s, ast.Assign)
        and len(s.targets) == 1
        and isinstance(s.targets[0], ast.Name)
        and _is_empty(s.value)
    }
    if loop.orelse or len(filled) != 1 or not filled <= fresh.keys():
        raise _NoFanOut(f"its last statement must be {_FORMS}")
    name = filled.pop()
    used = [n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id == name]
    if len(used) != sum(name in _filled(statement) for statement in loop.body):
        raise _NoFanOut(f"its loop looks at `{name}`, which other elements fill too")
    if any(isinstance(n, (ast.Break, ast.Return)) for n in ast.walk(loop)):
        raise _NoFanOut("its loop may end early (`break`)")
    kind = "list" if isinstance(fresh[name].value, (ast.List, ast.Call)) and not _is_dict(fresh[name].value) else "dict"
    before, after = _around(source, loop, loop.iter)
    items = ast.get_source_segment(source, loop.iter) or ""
    fresh_text = f"{name} = {'[]' if kind == 'list' else '{}'}"
    return _Parts(kind, name, before, items, after, first, _as_analysed(source, loop, name, kind), fresh_text)


def _as_analysed(source: str, loop: ast.For, name: str, kind: str) -> str:
    """Return the loop without the container that it fills: that elements are put into one says nothing about them."""
    copy = parse(ast.get_source_segment(source, loop) or "").body[0]
    assert isinstance(copy, ast.For)
    copy.iter = ast.Name(FAN_ITEMS, ast.Load())
    for number, statement in enumerate(copy.body):
        if name not in _filled(statement):
            continue
        if isinstance(statement, ast.Assign):
            assert isinstance(statement.targets[0], ast.Subscript)
            value: ast.expr = ast.Tuple([statement.targets[0].slice, statement.value], ast.Load())
        else:
            assert isinstance(statement, ast.Expr)
            assert isinstance(statement.value, ast.Call)
            value = ast.Tuple(list(statement.value.args), ast.Load())
        copy.body[number] = ast.Assign([ast.Name(f"{FAN_PART}", ast.Store())], value)
    whole = f"[{FAN_PART}]" if kind == "list" else f"{{0: {FAN_PART}}}"
    return f"{ast.unparse(ast.fix_missing_locations(copy))}\n{name} = {whole}"


def _around(source: str, node: ast.AST, inner: ast.expr) -> tuple[str, str]:
    """Return the text of `node` before and after `inner`."""
    lines = [line.encode() for line in source.splitlines(keepends=True)]

    def text(start: tuple[int, int], end: tuple[int, int]) -> str:
        first, last = start[0] - 1, end[0] - 1
        if first == last:
            return lines[first][start[1] : end[1]].decode()
        return b"".join([lines[first][start[1] :], *lines[first + 1 : last], lines[last][: end[1]]]).decode()

    begin = (node.lineno, node.col_offset)  # type: ignore[attr-defined]
    stop = (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
    return (
        text(begin, (inner.lineno, inner.col_offset)),
        text((inner.end_lineno or 0, inner.end_col_offset or 0), stop),
    )


def _filled(statement: ast.stmt) -> Iterator[str]:
    """Yield the name of the container that a statement of the loop's body fills."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and function.attr == "append" and isinstance(function.value, ast.Name):
            yield function.value.id
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            yield target.value.id


def _is_empty(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return (
            isinstance(value.func, ast.Name)
            and value.func.id in ("list", "dict")
            and not (value.args or value.keywords)
        )
    return (isinstance(value, ast.List) and not value.elts) or (isinstance(value, ast.Dict) and not value.keys)


def _is_dict(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict"


# ---------------------------------------------------------------------------------------- are the elements independent?


def dependent_elements(steps: Steps, flow: Dataflow, fans: dict[str, Fan]) -> list[Diagnostic]:
    """Refuse fan-outs whose elements would see each other by hand: random numbers, changed objects, names left over.

    Also those of which a later step would have to see both the parts and what they came from as one object.
    """
    problems = []
    for number, step in enumerate(steps.steps):
        fan = fans.get(step.name)
        if fan is None:
            continue
        seen = flow.steps[number]
        changed = sorted(seen.changes & seen.inputs.keys())
        kept = {fan.target, FAN_PART, *seen.inputs}
        needed = sorted(n for n, given in seen.outputs.items() if given.needed)
        left = [name for name in needed if name not in kept]
        handed_on = [name for name in needed if name in kept - {fan.target, FAN_PART, FAN_ITEMS}]
        if seen.state_inputs or seen.state_outputs or any(cell.draws for cell in step.cells):
            why = "its elements draw random numbers from a common source; give each element a generator of its own"
        elif changed:
            name = "the items" if changed[0] == FAN_ITEMS else f"`{changed[0]}`"
            why = f"its elements change {name} in place, which the next element would see; work on a copy"
        elif left:
            why = f"a later step reads `{left[0]}`, which the last element leaves behind"
        elif handed_on:
            why = (
                f"its elements may give objects that belong to `{handed_on[0]}`, which a later step changes in place; "
                "have the elements give copies, or change a copy"
            )
        else:
            continue
        problems.append(_refused(step, why))
    return problems


# ------------------------------------------------------------------------------------------------------ back to tasks


def with_fans(spec: PipelineSpec, fans: dict[str, Fan], sources: dict[str, str]) -> PipelineSpec:
    """Return the pipeline with its fan-outs marked. `sources`: of the notebook's cells, by id."""
    if not fans:
        return spec
    heads = {fan.head: _beside(spec.task(name), fan.head) for name, fan in fans.items()}
    tasks = tuple(_marked(task, fans, heads, sources) for task in spec.tasks)
    edges = tuple(
        msgspec.structs.replace(edge, names=tuple("items" if n == FAN_ITEMS else n for n in edge.names))
        for edge in spec.edges
    )
    return msgspec.structs.replace(spec, tasks=tasks, edges=edges)


def _beside(fan: Task, head: str) -> tuple[str, ...]:
    return tuple(taken.name for taken in fan.inputs if taken.producer == head and taken.name != FAN_ITEMS)


def _marked(task: Task, fans: dict[str, Fan], heads: dict[str, tuple[str, ...]], sources: dict[str, str]) -> Task:
    if task.name in heads:
        cells = tuple(msgspec.structs.replace(cell, id=cell.id.removesuffix(_HEAD)) for cell in task.cells)
        return msgspec.structs.replace(
            task,
            cells=cells,
            spread=FAN_ITEMS,
            spread_beside=heads[task.name],
            outputs=tuple(o for o in task.outputs if o.name != FAN_ITEMS),
            shares=_without_items(task.shares),
        )
    fan = fans.get(task.name)
    if fan is None:
        return task
    cells = tuple(msgspec.structs.replace(cell, source=sources[cell.id]) for cell in task.cells)
    kept = tuple(o for o in task.outputs if o.name == fan.target) or (Output(name=fan.target),)
    return msgspec.structs.replace(task, cells=cells, fan=fan, outputs=kept, shares=_without_items(task.shares))


def _without_items(shares: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    kept = (tuple(name for name in group if name != FAN_ITEMS) for group in shares)
    return tuple(group for group in kept if len(group) > 1)


def own_cell(diagnostic: Diagnostic) -> Diagnostic:
    """Return a diagnostic about a head as one about the cell that a person knows."""
    if diagnostic.cell is None or not diagnostic.cell.endswith(_HEAD):
        return diagnostic
    return msgspec.structs.replace(diagnostic, cell=diagnostic.cell.removesuffix(_HEAD))
