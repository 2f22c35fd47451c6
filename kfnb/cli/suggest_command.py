"""`kfnb suggest`: steps proposed for a notebook, as text or JSON; writes the tags where it is told to."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer looks at the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kfnb.cli.options import JsonOption, NotebookArgument, client
from kfnb.cli.output import columns, emit, paint, say, show, terminal_columns
from kfnb.errors import WrongCall

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kfnb.suggestion import Suggestion


def suggest(
    notebook: NotebookArgument,
    apply: Annotated[bool, typer.Option("--apply", help="Write the tags into the notebook.")] = False,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="FILE", help="Write a copy of the notebook with the tags.")
    ] = None,
    skip: Annotated[bool, typer.Option("--skip", help="Also tag cells that only explore `skip`.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the tags off again that --apply wrote.")] = False,
    json: JsonOption = False,
) -> int:
    """Propose steps for a notebook, from its headings and from what its cells do; runs nothing.

    Prints the pipeline that the steps make, and why each is one. Nothing is written without --apply or --into, and
    then only tags are: code, outputs and the tags that are there stay. Around steps that are tagged already, only the
    rest is proposed.

    \b
    Examples:
      kfnb suggest titanic.ipynb
      kfnb suggest titanic.ipynb --apply
      kfnb suggest titanic.ipynb --skip --into titanic-steps.ipynb
      kfnb suggest titanic.ipynb --remove
    """
    if remove:
        if apply or skip or into is not None:
            raise WrongCall("--remove takes tags off; it does not go together with --apply, --into or --skip.")
        return _remove(notebook, json)
    if apply and into is not None:
        raise WrongCall("--apply writes into the notebook, --into into a copy: name one of them.")
    ours = client()
    suggestion = ours.suggest(notebook, skip=skip)
    written = ours.apply_suggestion(suggestion, into) if apply or into is not None else None
    if json:
        emit(_document(suggestion, written))
    else:
        _print(suggestion)
        _say_what_next(suggestion, notebook, written)
    return 0


def _remove(notebook: Path, json: bool) -> int:
    removed = client().remove_suggestion(notebook)
    if json:
        emit({"removed": removed, "written": str(notebook)})
    else:
        count = sum(map(len, removed.values()))
        say(f"Took {count} tag{'s' * (count != 1)} off {notebook}.")
    return 0


def _document(suggestion: Suggestion, written: Path | None) -> dict[str, Any]:
    from kfnb.cli import diagnostics
    from kfnb.cli.notebook_commands import graph_document

    return {
        **suggestion.to_dict(),
        "edges": graph_document(suggestion.pipeline)["edges"],
        "diagnostics": diagnostics.as_json(suggestion.diagnostics),
        "written": str(written) if written is not None else None,
    }


def _print(suggestion: Suggestion) -> None:
    from kfnb.drawing.dag_text import dag_text

    show(dag_text(suggestion.pipeline, columns=terminal_columns() if sys.stdout.isatty() else 160))
    show()
    numbers = {cell.id: cell.index + 1 for task in suggestion.pipeline.tasks for cell in task.cells}
    rows = [
        (step.name, _places(numbers[cell] for cell in step.cells if cell in numbers), step.why)
        for step in suggestion.steps
    ]
    show(columns([("STEP", "CELLS", "WHY"), *rows]))
    if suggestion.parameters is not None:
        show(f"\nparameters: cell {numbers[suggestion.parameters.cell]}, {suggestion.parameters.why}")
    for note in suggestion.notes:
        show(f"\n{note}")


def _places(numbers: Iterable[int]) -> str:
    """Return places of cells as ranges: `3-5, 8`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _say_what_next(suggestion: Suggestion, notebook: Path, written: Path | None) -> None:
    from kfnb.cli import diagnostics

    say()
    diagnostics.print_diagnostics(suggestion.diagnostics, notebook)
    new = [step for step in suggestion.steps if step.new]
    if suggestion.skippable:
        count = len(suggestion.skippable)
        what = "1 cell only explores" if count == 1 else f"{count} cells only explore"
        say(f"{what} and could be left out of the pipeline: --skip tags such cells `skip`.")
    if not suggestion.tags:
        say(f"Nothing to add: {notebook} has its steps.")
    elif written is None:
        say(f"Nothing is written yet. {paint(f'kfnb suggest {notebook} --apply', 'bold', sys.stderr)} writes the tags.")
    else:
        steps = f"{len(new)} new step{'s' * (len(new) != 1)}"
        say(f"Wrote {written}: {steps}, only tags. Take them off again: kfnb suggest {written} --remove (or git).")
