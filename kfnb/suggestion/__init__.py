"""Proposes steps for a notebook that nobody has tagged, or only in part: `kfnb suggest`.

The client calls `suggest_steps`; it is given what compiles a notebook. `looks` says what each cell is for, `parts`
where steps begin, `naming` how they are called, `fitting` joins them until the pipeline compiles, `records` writes the
tags and takes them off again. Code and outputs are never touched, nor tags that are there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kfnb.errors import Refused
from kfnb.notebook.cells import Notebook
from kfnb.notebook.reader import notebook_of
from kfnb.notebook.writer import add_tags
from kfnb.suggestion.fitting import Compiled, Fitted, fit
from kfnb.suggestion.looks import Look, is_plain_look, look_at
from kfnb.suggestion.naming import names_of
from kfnb.suggestion.parts import Part, cut
from kfnb.suggestion.proposal import SuggestedCell, SuggestedStep, Suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["SuggestedCell", "SuggestedStep", "Suggestion", "suggest_steps"]

Tags = dict[str, tuple[str, ...]]
Compile = Callable[[Notebook], Compiled]


def suggest_steps(notebook: Notebook, compile_read: Compile, *, skip: bool = False) -> Suggestion:
    """Return steps for a notebook; Refused if it has errors that no step tags can heal.

    `compile_read` compiles a notebook that has been read. `skip`: cells that only explore are to be tagged `skip`.
    """
    path = notebook.path
    pipeline, diagnostics = compile_read(notebook)
    if pipeline is None:
        raise Refused(diagnostics)
    looks = look_at(notebook)
    skippable = _skippable(looks)
    if skip:
        looks = [look for look in looks if look.cell.id not in skippable]
    taken = tuple(look.tags.step for look in looks if look.tags.step)
    ready: Tags = dict.fromkeys(skippable, ("skip",)) if skip else {}

    def tags_of(parts: Sequence[Part]) -> Tags:
        return {**ready, **_tags(parts, names_of(parts, notebook.name, taken))}

    def try_out(parts: list[Part]) -> Compiled:
        tags = tags_of(parts)
        return compile_read(_tagged(notebook, tags)) if tags else (pipeline, diagnostics)

    fitted = fit(cut(notebook, looks), try_out)
    if fitted.pipeline is None:  # the notebook compiles as it is, so nothing is better than what is there
        return Suggestion(path=path, steps=(), tags={}, pipeline=pipeline, diagnostics=diagnostics)
    return _suggestion(path, fitted, tags_of(fitted.parts), {} if skip else skippable)


def _tagged(notebook: Notebook, tags: Mapping[str, Sequence[str]]) -> Notebook:
    content = notebook.content
    for cell, added in tags.items():
        content = add_tags(content, cell, added)
    return notebook_of(notebook.path, content)


def _skippable(looks: Sequence[Look]) -> dict[str, str]:
    """Return the cells that only look at data, with the reason; what looks at the result of a long run is no such."""
    results: set[int] = set()
    for place, look in enumerate(looks):
        if look.slow or look.takes & results:
            results.add(place)
    return {
        look.cell.id: "only shows data; no later cell needs it"
        for place, look in enumerate(looks)
        if place not in results and not look.tags.tags and is_plain_look(look)
    }


# ---------------------------------------------------------------------------------------------------------------- tags


def _tags(parts: Sequence[Part], names: Sequence[str]) -> Tags:
    """Return what to add to which cell so that `parts` become steps of these names."""
    tags: Tags = {}
    for place, (part, name) in enumerate(zip(parts, names, strict=True)):
        first = None if part.own else _first_cell(part, leading=place == 0)
        named = False
        for look in part.looks:
            named = named or look.named
            added = (f"step:{name}",) if look is first else () if part.own and named else _floating_tag(look)
            if look.metrics and not look.tags.metrics and not part.own:
                added += ("metrics",)
            if added:
                tags[look.cell.id] = added
    return tags


def _first_cell(part: Part, leading: bool) -> Look:
    """Return the cell that begins the step of a part: the first that does not float into it.

    Literals above the first step (`leading`) are setup without a tag.
    """
    body = [look for look in part.looks if not look.floats]
    work = [look for look in body if look.kind != "setup"] if leading else body
    return (work or body or part.looks[-1:])[0]


def _floating_tag(look: Look) -> tuple[str, ...]:
    if look.tags.tags:
        return ()
    return ("parameters",) if look.parameters else (look.setup,) if look.setup else ()


# ------------------------------------------------------------------------------------------------------- the proposal


def _suggestion(path: Path, fitted: Fitted, tags: Tags, skippable: Mapping[str, str]) -> Suggestion:
    pipeline = fitted.pipeline
    assert pipeline is not None
    parts = {look.cell.id: part for part in fitted.parts for look in part.looks}
    steps = []
    for task in pipeline.tasks:
        body = [cell.id for cell in task.cells if cell.role == "body"] or [cell.id for cell in task.cells]
        part = parts.get(body[0])
        new = part is not None and not part.own
        why = part.why if part is not None else "what stands above the first step"
        steps.append(SuggestedStep(name=task.name, cells=tuple(cell.id for cell in task.cells), why=why, new=new))
    return Suggestion(
        path=path,
        steps=tuple(steps),
        tags=tags,
        pipeline=pipeline,
        setup=_cells(
            tags, {"imports": "imports, settings or constants", "functions": "only defines functions and classes"}
        ),
        parameters=next(iter(_cells(tags, {"parameters": "literals that cells below read"})), None),
        metrics=_cells(tags, {"metrics": "shows a number that says how good something is"}),
        skippable=tuple(SuggestedCell(cell=cell, why=why) for cell, why in skippable.items()),
        notes=tuple(fitted.notes),
        diagnostics=fitted.diagnostics,
    )


def _cells(tags: Tags, reasons: Mapping[str, str]) -> tuple[SuggestedCell, ...]:
    return tuple(
        SuggestedCell(cell=cell, why=reasons[tag]) for cell, added in tags.items() for tag in added if tag in reasons
    )
