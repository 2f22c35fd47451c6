"""Commands that drive a run or follow one (run, resume, watch, cancel): shown live, and at the end its results."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kfnb.cli.options import (
    AllowCpuOption,
    JsonOption,
    NotebookArgument,
    ParameterOption,
    ParametersFileOption,
    RootOption,
    RunArgument,
    RunsOnOption,
    client,
    cluster_of,
    tasks_to_retry,
)
from kfnb.cli.output import emit, only_looking, say, show
from kfnb.cli.parameters import read_parameters
from kfnb.cli.signals import ending_like_interrupt
from kfnb.errors import KfnbError, LeaseHeld, StoreError, WrongCall
from kfnb.orchestrator import detached
from kfnb.orchestrator.parameters import effective_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.cli import sweep as sweeping
    from kfnb.client import Client, Run

DetachOption = Annotated[bool, typer.Option("--detach", help="Drive the run in a process of its own, and return.")]

_PATIENCE = 3.0
"""Seconds after which people are told why nothing happens."""

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
    from_step: Annotated[
        str | None, typer.Option("--from", metavar="STEP", help="Run STEP and all below it anew, not from the cache.")
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", metavar="STEP", help="Run STEP alone; those above it must be in the cache.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="STEP", help="Run STEP and what it needs, nothing else.")
    ] = None,
    fail_fast: Annotated[
        bool,
        typer.Option(
            "--fail-fast/--keep-going", help="End the run at the first failure, or let independent tasks go on."
        ),
    ] = False,
    root: RootOption = None,
    remember: Annotated[
        bool, typer.Option("--remember", help="Write what this run learns about the notebook into its tags.")
    ] = False,
    detach: DetachOption = False,
    allow_cpu: AllowCpuOption = False,
    sweep: Annotated[
        list[str] | None,
        typer.Option("--sweep", metavar="NAME=A,B,…", help="A run for each of these values; several are combined."),
    ] = None,
    sweep_file: Annotated[
        Path | None, typer.Option("--sweep-file", metavar="FILE", help="Combinations of values, as JSON or YAML.")
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="CLUSTER", help="Run on a cluster: see `kfnb cluster add`.")
    ] = None,
    local_orchestrator: Annotated[
        bool, typer.Option("--local-orchestrator", help="With --on: this machine drives the run, and must stay on.")
    ] = False,
    no_preflight: Annotated[
        bool, typer.Option("--no-preflight", help="With --on: do not ask the cluster first whether it can run there.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Run a notebook as a pipeline on this machine, or on a cluster. Ctrl-C cancels; a second one stops at once.

    With --detach a process of its own drives the run, which outlives this command and the terminal: its id is printed
    as soon as the run cannot be lost any more.

    \b
    Examples:
      kfnb run churn.ipynb
      kfnb run churn.ipynb --detach
      kfnb run churn.ipynb --from train
      kfnb run churn.ipynb --sweep lr=0.1,0.01 --sweep depth=3,5
      kfnb run churn.ipynb -p epochs=10 -p lr=-0.5 -p 'layers=[64, 32]' -p model=forest
      kfnb run churn.ipynb -f params.yaml --max-parallel 2 --json
      kfnb run churn.ipynb --on my-cluster --local-orchestrator
    """
    profile = cluster_of(root, on, local_orchestrator=local_orchestrator)
    here = client(profile.root if profile is not None else root)
    spec = here.compile(notebook)
    # `-p n=5` is the text "5" for a parameter that is text: only the notebook can say
    types = {p.name: p.type for p in spec.parameters}
    values = read_parameters(parameter or [], parameters_file, types)
    options: dict[str, Any] = {
        "experiment": experiment,
        "max_parallel": max_parallel,
        "cache": not no_cache,
        "from_step": from_step,
        "only": only,
        "until": until,
        "fail_fast": fail_fast,
        "remember": remember,
        "allow_cpu": allow_cpu,
        "on": profile,
        "local_orchestrator": local_orchestrator,
        "preflight": not no_preflight,
        "spec": spec,
    }
    if sweep or sweep_file is not None:
        from kfnb.cli import sweep as sweeping  # what draws its table takes 10 ms

        if detach:
            raise WrongCall("A sweep is several runs, one after the other: it cannot be combined with --detach yet.")
        found = sweeping.combinations(sweep or [], sweep_file, types)
        return _run_sweep(here, notebook, values, found, {**options, "name": name}, as_json=json)
    if detach:
        begun = here.run(notebook, values, name=name, detach=True, **options)
        _say_warnings(begun, notebook)
        return _say_detached(begun, as_json=json)
    with ending_like_interrupt():
        started = _run_live(here, notebook, values, name=name, **options)
    return _report(started, as_json=json)


def _run_live(here: Client, notebook: Path, values: Mapping[str, Any], **options: Any) -> Run:
    """Start a run and show it until it has ended."""
    from kfnb.cli.live import Watcher, watching

    watcher = Watcher()
    started = here.run(notebook, values, on_event=watcher.on_event, **options)
    _say_warnings(started, notebook)
    with watching(watcher, started.spec):
        _wait(started)
    return started


def _say_warnings(started: Run, notebook: Path) -> None:
    if started.warnings:
        from kfnb.cli import diagnostics

        diagnostics.print_diagnostics(started.warnings, notebook)


def _run_sweep(
    here: Client,
    notebook: Path,
    values: Mapping[str, Any],
    found: list[sweeping.Combination],
    options: dict[str, Any],
    *,
    as_json: bool,
) -> int:
    from kfnb.cli import sweep as sweeping

    spec = options["spec"]
    for one in found:  # nothing runs if one of them cannot
        effective_parameters(spec, {**values, **one})
    name = options.pop("name") or spec.name

    def run_one(one: sweeping.Combination, words: str) -> Run:
        ended = _run_live(here, notebook, {**values, **one}, name=f"{name} {words}", **options)
        _remember(ended)
        return ended

    with ending_like_interrupt():
        done = sweeping.sweep(found, run_one, stop_at_failure=options["fail_fast"])
    if as_json:
        emit({"runs": [{**run.to_dict(), "parameters": run.info.parameters} for run in done]})
    else:
        sweeping.print_table(done, found)
    codes = [EXIT_CODES.get(run.state, 1) for run in done]
    return EXIT_CODES["CANCELED"] if EXIT_CODES["CANCELED"] in codes else max(codes)


def resume(
    run: RunArgument,
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="TASK",
            help="Only this task and what waits for it; others that failed stay so.",
            autocompletion=tasks_to_retry,
        ),
    ] = None,
    detach: DetachOption = False,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """Go on with a run whose process was killed, or do anew what did not succeed in one that failed or was cancelled.

    What succeeded does not run again. The notebook is the run's own, as it was when the run began; for an edited one
    start a new run, which takes what did not change from the cache.

    With --task one task of a run that has ended is retried, with what it lacks, and then what waited for it is done.

    \b
    Examples:
      kfnb resume last
      kfnb resume last --task train
      kfnb resume 20260101-120000-ab12 --detach
    """
    from kfnb.cli.live import Watcher, watching

    watcher = Watcher()
    here = client(root, on)
    found = here.get(run)
    if found.state == "SUCCEEDED" and task is None:
        here.close()
        say(f"Run {found.id} has SUCCEEDED; there is nothing to resume.")
        if json:
            emit(found.to_dict())
        return 0
    earlier = found.events()
    with ending_like_interrupt():
        resumed = here.resume(found.id, task=task, detach=detach, on_event=watcher.on_event)
        if detach:
            return _say_detached(resumed, as_json=json)
        with watching(watcher, resumed.spec, earlier):
            _wait(resumed)
    return _report(resumed, as_json=json)


def watch(run: RunArgument, root: RootOption = None, on: RunsOnOption = None, json: JsonOption = False) -> int:
    """Show a run live until it ends, whichever process drives it. Ctrl-C ends the watching, not the run.

    A detached run whose process was killed is taken up again. The exit code is that of the run.

    \b
    Examples:
      kfnb watch last
      kfnb run churn.ipynb --detach && kfnb watch last
    """
    from kfnb.cli.live import Watcher, watching

    watcher = Watcher()
    here = client(root, on)
    found = here.get(run)
    if found.is_interrupted and found.info.options.get("detached"):
        say(f"The process of run {found.id} is gone; going on with it.")
        with contextlib.suppress(LeaseHeld):  # someone else has noticed too
            here.resume(found.id, detach=True)
    _say_unseen(found)
    try:
        with only_looking(found, f"kfnb watch {found.id}"), watching(watcher, found.spec):
            found.watch(watcher.on_event)
    except KeyboardInterrupt:
        say(f"Run {found.id} goes on. `kfnb watch {found.id}` shows it again, `kfnb cancel {found.id}` ends it.")
        return EXIT_CODES["CANCELED"]
    if found.is_interrupted:
        say(f"Run {found.id} is interrupted: {found.why_interrupted}. `kfnb resume {found.id}` goes on with it.")
        if said := detached.last_words(here.home, found.id):
            say(f"It said: {said}")
        if json:
            emit(found.to_dict())
        return 1
    return _report(found, as_json=json)


def cancel(
    run: RunArgument,
    now: Annotated[bool, typer.Option("--now", help="Without letting tasks save what they have.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Only ask; do not wait for the run to end.")] = False,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """Cancel a run, whichever process drives it, and wait until it has ended. `kfnb resume` takes it up again.

    \b
    Examples:
      kfnb cancel last
      kfnb cancel 20260101-120000-ab12 --now
    """
    found = client(root, on).get(run)
    if found.has_ended:
        say(f"Run {found.id} has {found.state} already; nothing was cancelled.")
    else:
        found.cancel(now=now)
        if not no_wait:
            _say_unseen(found)
            found.wait()
            if found.is_interrupted:
                found.cancel(now=now)  # its process died before it could: then we end it
            say(f"Run {found.id} is {found.state}.")
        else:
            say(f"Asked run {found.id} to stop.")
    if json:
        emit(found.to_dict())
    return 0


def _say_unseen(run: Run) -> None:
    from kfnb.cli.summary import print_unseen  # only where a run of another process is looked at

    print_unseen(run, sys.stderr)


def _say_detached(run: Run, *, as_json: bool) -> int:
    if as_json:
        emit(run.to_dict())
    else:
        show(run.id)
    say(f"It runs by itself. `kfnb watch {run.id}` shows it, `kfnb cancel {run.id}` ends it.")
    return 0


def _wait(run: Run) -> None:
    """Wait for the end. One Ctrl-C cancels and waits for a clean end, the next stops at once.

    A run that the cluster drives goes on by itself: there Ctrl-C only ends the waiting.
    """
    presses = 0
    while True:
        try:
            if run.drives_itself:
                _say_why_it_does_not_begin(run)
            run.wait()
            return
        except KeyboardInterrupt:
            presses += 1
            if run.drives_itself:
                say(f"Run {run.id} goes on. `kfnb watch {run.id}` shows it again, `kfnb cancel {run.id}` ends it.")
                raise
            say("Cancelling; Ctrl-C again stops at once." if presses == 1 else "Stopping at once.")
            if presses > 1:  # `wait` has asked for a clean end at the first
                run.cancel(now=True)
        except StoreError:
            if run.drives_itself:
                say(f"Run {run.id} goes on in its cluster. `kfnb watch {run.id}` shows it again.")
            raise


def _say_why_it_does_not_begin(run: Run) -> None:
    """Wait until the run's orchestrator in the cluster has begun, and say meanwhile what keeps it from that."""
    said = None
    while run.state == "PENDING":
        run.wait(timeout=_PATIENCE)
        why = run.waits
        if why is not None and why != said:
            say(f"The run's orchestrator has not begun: {why}.")
            said = why
        if run.is_interrupted:
            return


def _report(run: Run, *, as_json: bool) -> int:
    document = run.to_dict()
    if as_json:
        emit(document)
    from kfnb.cli.summary import print_failures, print_summary, print_warnings

    print_warnings(run, sys.stderr)
    print_failures(run, sys.stderr, remembered=_remember(run))
    print_summary(run, _from_here(run.notebook_path), sys.stderr if as_json else sys.stdout)
    return EXIT_CODES.get(document["state"], 1)


def _remember(run: Run) -> bool:
    """Say whether what a run has learned is in its notebook; a run that the cluster drove has it put there now."""
    if not run.info.options.get("remember"):
        return False
    if not run.drives_itself:
        return True  # who drove it did that
    if not run.has_ended or not Path(run.notebook_path).is_file():
        return False
    try:
        run.remember()
    except KfnbError as error:  # its cell is gone, or nobody may write there
        say(f"What the run has learned is not written into the notebook: {error}")
        return False
    return True


def _from_here(path: str) -> Path:
    """Return a path as short as it can be written where the command was called."""
    relative = os.path.relpath(path)
    return Path(path if relative.startswith("..") else relative)
