"""`kfnb run`: start a run in this process, show it live, say at the end where its results are."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer looks at the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from kfnb.cli.options import JsonOption, NotebookArgument, ParameterOption, ParametersFileOption, RootOption, client
from kfnb.cli.output import emit, say
from kfnb.cli.parameters import read_parameters
from kfnb.cli.signals import ending_like_interrupt

if TYPE_CHECKING:
    from kfnb.client import Run

EXIT_CODES = {"SUCCEEDED": 0, "SKIPPED": 0, "FAILED": 1, "CANCELED": 130, "CANCELING": 130}


def run(
    notebook: NotebookArgument,
    parameter: ParameterOption = None,
    parameters_file: ParametersFileOption = None,
    name: Annotated[str | None, typer.Option("--name", help="What to call the run.")] = None,
    experiment: Annotated[str, typer.Option("--experiment", help="The experiment that it belongs to.")] = "Default",
    max_parallel: Annotated[
        int | None, typer.Option("--max-parallel", min=1, metavar="N", help="How many tasks run at once at most.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Run every task anew.")] = False,
    root: RootOption = None,
    remember: Annotated[
        bool, typer.Option("--remember", help="Write what this run learns about the notebook into its tags.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Run a notebook as a pipeline on this machine. Ctrl-C cancels; a second one stops at once.

    \b
    Examples:
      kfnb run churn.ipynb
      kfnb run churn.ipynb -p epochs=10 -p lr=-0.5 -p 'layers=[64, 32]' -p model=forest
      kfnb run churn.ipynb -f params.yaml --max-parallel 2 --json
    """
    from kfnb.cli.live import Watcher, watching

    here = client(root)
    spec = here.compile(notebook)
    # `-p n=5` is the text "5" for a parameter that is text: only the notebook can say
    values = read_parameters(parameter or [], parameters_file, {p.name: p.type for p in spec.parameters})
    watcher = Watcher()
    with ending_like_interrupt():
        started = here.run(
            notebook,
            values,
            name=name,
            experiment=experiment,
            max_parallel=max_parallel,
            cache=not no_cache,
            remember=remember,
            on_event=watcher.on_event,
            spec=spec,
        )
        with watching(watcher, started.spec):
            _wait(started)
    return _report(started, notebook, as_json=json, remembered=remember)


def _wait(run: Run) -> None:
    """Wait for the end. One Ctrl-C cancels and waits for a clean end, the next stops at once."""
    presses = 0
    while True:
        try:
            run.wait()
            return
        except KeyboardInterrupt:
            presses += 1
            say("Cancelling; Ctrl-C again stops at once." if presses == 1 else "Stopping at once.")
            if presses > 1:  # `wait` has asked for a clean end at the first
                run.cancel(now=True)


def _report(run: Run, notebook: Path, *, as_json: bool, remembered: bool) -> int:
    document = run.to_dict()
    if as_json:
        emit(document)
    from kfnb.cli.summary import print_failures, print_summary, print_warnings

    print_warnings(run, sys.stderr)
    print_failures(run, sys.stderr, remembered=remembered)
    print_summary(run, notebook, sys.stderr if as_json else sys.stdout)
    return EXIT_CODES.get(document["state"], 1)
