"""Small pipelines by hand, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfnb.spec import Cell, Input, Output, PipelineSpec, Task


def make_task(number: int, name: str, after: Iterable[str] = (), ancestors: Iterable[str] = (), **more: object) -> Task:
    """A task of one cell."""
    cell = Cell(id=f"cell-{name}", index=number, source="pass", ordinal=number + 1)
    return Task(name=name, slug=name, cells=(cell,), after=tuple(after), ancestors=tuple(ancestors), **more)  # type: ignore[arg-type]


def make_spec(graph: Mapping[str, Iterable[str]], **changes: dict[str, object]) -> PipelineSpec:
    """A pipeline from each task's name to the tasks it waits for, in notebook order; `changes` by task."""
    above: dict[str, set[str]] = {}
    tasks = []
    for number, (name, after) in enumerate(graph.items()):
        above[name] = set(after).union(*(above[other] for other in after))
        ancestors = [other for other in graph if other in above[name]]
        tasks.append(make_task(number, name, after, ancestors, **changes.get(name, {})))
    return PipelineSpec(name="p", notebook="p.ipynb", notebook_digest="", tasks=tuple(tasks))


def takes(**producers: str) -> tuple[Input, ...]:
    """Inputs from names to producers."""
    return tuple(Input(name=name, producer=producer) for name, producer in producers.items())


def gives(*names: str) -> tuple[Output, ...]:
    """Outputs."""
    return tuple(Output(name=name) for name in names)
