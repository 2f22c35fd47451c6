"""The diagnostics about steps as a whole: their names, their order, tags that have no effect; steps.py calls these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kfnb.errors import Diagnostic, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kfnb.notebook.cells import NotebookCell, Tag
    from kfnb.notebook.tags import CellTags


def nothing_runs() -> Diagnostic:
    """Every code cell is skipped."""
    message = "Every code cell of this notebook is skipped, so there is nothing to run."
    return Diagnostic("KF123", "error", message, fix=Fix("Remove `skip` from the cells to run."))


def no_step_tags(first: NotebookCell) -> Diagnostic:
    """A notebook that nobody has tagged yet."""
    message = "This notebook has no step tag, so it is a pipeline of one step: nothing runs side by side or is reused."
    fix = Fix("Tag the first cell of each part `step:NAME`, or have steps proposed: `kfnb suggest NOTEBOOK`.")
    return Diagnostic("KF119", "hint", message, cell=first.id, fix=fix)


def nothing_to_continue(cell: NotebookCell, tags: CellTags) -> Diagnostic:
    """`step:` above every step."""
    tag = next(tag for tag in tags.tags if "continues" in tag.fields)
    message = "`step:` without a name continues the step above, but there is no step above."
    return Diagnostic("KF115", "error", message, cell=cell.id, line=tag.line, fix=Fix("Name the step: `step:NAME`."))


def without_code(name: str, cell: NotebookCell) -> Diagnostic:
    """A step whose cells are all empty."""
    message = f"The step `{name}` has no code in any of its cells, so it is left out."
    return Diagnostic("KF121", "warning", message, cell=cell.id, fix=Fix("Write its code, or remove the tag."))


def same_slug(first: str, second: str, slug: str, cell: str) -> Diagnostic:
    """Two steps that would share labels and folders."""
    message = f"The steps `{first}` and `{second}` both become `{slug}`, the form that labels and folders allow."
    fix = Fix(f"Rename one of them, or call both `{first}` if they are one step.")
    return Diagnostic("KF113", "error", message, cell=cell, fix=fix)


def second_parameters(first: NotebookCell, cell: NotebookCell) -> Diagnostic:
    """More than one cell tagged parameters."""
    own = tuple(tag for tag in cell.tags if tag.strip() in ("parameters", "pipeline-parameters"))
    message = f"A notebook has one parameters cell; cell {first.id} above is already one."
    fix = Fix(f"Move these parameters into cell {first.id} and remove the tag here.", remove_tags=own)
    return Diagnostic("KF114", "error", message, cell=cell.id, fix=fix)


def injected(cell: NotebookCell) -> Diagnostic:
    """A cell left by papermill."""
    message = "This cell was put in by papermill and sets parameters again, whatever values a run is given."
    return Diagnostic("KF124", "warning", message, cell=cell.id, fix=Fix("Delete the cell."))


def tags_without_code(cell: NotebookCell, tags: CellTags) -> Iterator[Diagnostic]:
    """Only code cells run; `skip` or `parameters` on a text cell is no slip worth a word."""
    for tag in tags.tags:
        if ":" in tag.text:
            message = f"`{tag.text}` stands on a {cell.kind} cell and has no effect: steps are made of code cells."
            fix = Fix("Move the tag to the first code cell it is meant for.", remove_tags=(tag.text,))
            yield Diagnostic("KF120", "warning", message, cell=cell.id, fix=fix)


def skipped_with_tags(cell: NotebookCell, tags: CellTags) -> Iterator[Diagnostic]:
    """A skipped cell begins no step and sets nothing."""
    others = ", ".join(f"`{tag.text}`" for tag in tags.tags if tag.word != "skip")
    if others:
        severity: Literal["warning", "hint"] = "warning" if tags.step else "hint"
        message = f"This cell is skipped, so its other tags have no effect: {others}."
        fix = Fix("Move them to a cell that runs, or remove `skip`.")
        yield Diagnostic("KF120", severity, message, cell=cell.id, fix=fix)


def bad_order(tag: Tag, step: str, target: str) -> Diagnostic:
    """`prev:` that names its own step or one below."""
    if target == step:
        message, fix = f"The step `{step}` cannot come after itself.", Fix(f"Remove `{tag.text}`.")
    else:
        message = f"`{tag.text}`: the step `{target}` stands below `{step}`, and steps keep the notebook's order."
        fix = Fix(f"Move the cells of `{step}` below those of `{target}`.")
    return Diagnostic("KF118", "error", message, cell=tag.cell, line=tag.line, fix=fix)


def no_such_step(tag: Tag, name: str, above: Mapping[str, str]) -> Diagnostic:
    """`prev:` that names no step; `above` are the names of the steps above by slug."""
    import difflib  # only for this message

    close = difflib.get_close_matches(name.lower(), above, n=1)
    fix = Fix(f"The steps above are: {', '.join(above.values()) or 'none'}.")
    if close:
        better = f"{tag.word}:{above[close[0]]}"
        machine = tag.line is None
        fix = Fix(f"Write `{better}`.", add_tags=(better,) * machine, remove_tags=(tag.text,) * machine)
    message = f"`{tag.text}`: there is no step `{name}`."
    return Diagnostic("KF117", "error", message, cell=tag.cell, line=tag.line, fix=fix)
