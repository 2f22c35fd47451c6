"""Commands about a run that is there: show, logs, artifacts, outputs."""

from __future__ import annotations

import contextlib
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kfnb.cli.options import JsonOption, RootOption, RunArgument, RunsOnOption, client
from kfnb.cli.output import columns, emit, for_stdout, only_looking, say, show
from kfnb.errors import WrongCall

if TYPE_CHECKING:
    from kfnb.client import Run
    from kfnb.spec import Json


def show_run(run: RunArgument, root: RootOption = None, on: RunsOnOption = None, json: JsonOption = False) -> int:
    """Show a run: its state, its tasks, why a task did not run, its metrics; while it lives too.

    \b
    Examples:
      kfnb show last
      kfnb show 20260101 --json | jq .state
    """
    from kfnb.cli.summary import print_failures, print_unseen
    from kfnb.drawing.run_html import run_text

    found = client(root, on).get(run)
    document = found.to_dict()
    if json:
        emit(document)
        return 0
    show(run_text(found.spec, document, name=found.name))
    print_failures(found, sys.stdout)
    print_unseen(found, sys.stderr)
    return 0


def logs(
    run: RunArgument,
    task: Annotated[str | None, typer.Argument(metavar="TASK", help="One task; all of them if left out.")] = None,
    cell: Annotated[
        str | None, typer.Option("--cell", metavar="CELL", help="What one cell printed: its id or its number [N].")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on printing until the run ends. Ctrl-C ends only this.")
    ] = False,
    orchestrator: Annotated[
        bool, typer.Option("--orchestrator", help="What the pod printed that drives the run in its cluster.")
    ] = False,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """Print what the tasks of a run printed.

    \b
    Examples:
      kfnb logs last
      kfnb logs last train
      kfnb logs last train --cell 4
      kfnb logs last -f
      kfnb logs last --orchestrator
    """
    found = client(root, on).get(run)
    if orchestrator:
        if json or cell is not None or task is not None:
            raise WrongCall("--orchestrator prints text; it goes with neither TASK, --cell nor --json.")
        return _follow_orchestrator(found, follow=follow)
    if follow:
        if json or cell is not None:
            raise WrongCall("--follow prints text as it comes; it goes with neither --json nor --cell.")
        return _follow(found, None if task is None else found.task(task).name)
    names = [found.task(task).name] if task is not None else list(found.tasks)
    if cell is not None:
        texts = _printed_by_cell(found, names, cell)
    else:
        texts = {name: found.tasks[name].log() for name in names}
    if json:
        emit({"run_id": found.id, "logs": texts})
        return 0
    for name, text in texts.items():
        if len(texts) > 1:
            show(f"==> {name} <==")
        if text:
            show(for_stdout(text).rstrip("\n"))
    return 0


def _follow(run: Run, task: str | None) -> int:
    """Print what tasks print, under a line with the task's name wherever another one goes on, until the run ends."""
    from kfnb.cli.following import LogFollower

    if run.there is None:
        follower = LogFollower(run, task)
    else:
        from kfnb.cli.following_pods import PodLogFollower

        follower = PodLogFollower(run, task, warn=say)
    of = f" {shlex.quote(task)}" if task is not None else ""
    try:
        with only_looking(run, f"kfnb logs {run.id}{of} -f"):
            follower.run(lambda text: show(for_stdout(text)))
    except KeyboardInterrupt:
        return 130
    if run.is_interrupted:
        say(f"Run {run.id} is interrupted: {run.why_interrupted}. `kfnb resume {run.id}` goes on with it.")
    return 0


def _follow_orchestrator(run: Run, *, follow: bool) -> int:
    """Print what the run's orchestrator in its cluster has printed, and (`follow`) what it goes on to print."""
    from kfnb.cli.following_pods import say_pods

    logs = run.live_logs(orchestrator=True, follow=follow)
    looking = only_looking(run, f"kfnb logs {run.id} --orchestrator -f") if follow else contextlib.nullcontext()
    try:
        with looking:
            found = say_pods(logs, lambda text: show(for_stdout(text)))
    except KeyboardInterrupt:
        return 130
    if not found:
        why = run.there.why_it_waits() if run.there is not None else None
        say(f"Its pod has not begun: {why}." if why else "Its pod is gone, and its log with it.")
    return 0


def _printed_by_cell(run: Run, names: list[str], wanted: str) -> dict[str, str]:
    for name in names:
        cells = {cell.id: cell.ordinal for cell in run.spec.task(name).cells}
        if wanted not in cells and not (wanted.isdigit() and int(wanted) in cells.values()):
            continue
        for cell in run.tasks[name].notebook()["cells"]:
            cell_id = cell.get("id")
            if cell_id in cells and wanted in (cell_id, str(cells[cell_id])):
                return {name: "".join(map(_printed, cell.get("outputs", ())))}
    raise WrongCall(f"Run {run.id} has no executed cell {wanted}" + (f" in {names[0]}." if len(names) == 1 else "."))


def _printed(output: dict[str, Any]) -> str:
    kind = output["output_type"]
    if kind == "stream":
        return "".join(output["text"])
    if kind == "error":
        return "\n".join(output["traceback"]) + "\n"
    return "".join(output["data"].get("text/plain", "")) + "\n"


def artifacts(
    run: RunArgument,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One artifact, with its whole preview.")] = None,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """List what a run made: name, task, type, size and a preview made when it was saved.

    \b
    Examples:
      kfnb artifacts last
      kfnb artifacts last model
    """
    found = client(root, on).get(run)
    handles = {key: handle for key, handle in found.artifacts.items() if name in (None, key)}
    if name is not None and not handles:
        raise WrongCall(f"Run {found.id} has no artifact {name}. `kfnb artifacts {found.id}` lists them.")
    listed: list[dict[str, Any]] = [
        {"name": key, "task": h.task, "type": h.type, "size": h.size, "preview": h.preview}
        for key, h in handles.items()
    ]
    if json:
        emit({"run_id": found.id, "artifacts": listed})
    elif name is not None:
        _print_preview(listed[0])
    elif listed:
        rows = [[a["name"], a["task"], a["type"], show_size(a["size"]), preview_line(a["preview"])] for a in listed]
        show(columns([["NAME", "TASK", "TYPE", "SIZE", "PREVIEW"], *rows]))
    else:
        say(f"Run {found.id} has no artifacts.")
    return 0


def _print_preview(artifact: dict[str, Any]) -> None:
    show(f"{artifact['name']}: {artifact['type']} of task {artifact['task']}, {show_size(artifact['size'])}")
    for key, value in artifact["preview"].items():
        text = str(value) if not isinstance(value, str) or len(value) < 2000 else value[:2000] + "…"
        show(f"{key}: " + ("\n" + text if "\n" in text else text))


def preview_line(preview: dict[str, Json], limit: int = 60) -> str:
    """Return the scalar parts of a preview in one line of at most `limit` characters."""
    parts = [
        f"{key} {value if not isinstance(value, list) else '×'.join(map(str, value))}"
        for key, value in preview.items()
        if isinstance(value, int | float | str)
        or (isinstance(value, list) and all(isinstance(item, int) for item in value))
    ]
    line = " ".join("; ".join(parts).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def show_size(size: int | None) -> str:
    """Return a number of bytes as people read it."""
    if size is None:
        return ""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def outputs(
    run: RunArgument,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where --files go; default: the notebook's folder.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="NOTEBOOK", help="Put the outputs under the cells of NOTEBOOK.")
    ] = None,
    files: Annotated[bool, typer.Option("--files", help="Bring home the files that the run wrote.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that changed since the run began.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """Bring a run's outputs home: under the cells of the notebook, and the files it wrote into the folder.

    \b
    Examples:
      kfnb outputs last --into churn.ipynb
      kfnb outputs last --files --dry-run
      kfnb outputs last --files results/
    """
    from kfnb.cli.bring_home import bring_files

    if into is None and not files:
        raise WrongCall("What shall come home? `--into NOTEBOOK` for outputs under cells, `--files` for written files.")
    if folder is not None and not files:
        raise WrongCall(f"A folder ({folder}) is only for `--files`.")
    found = client(root, on).get(run)
    document: dict[str, Any] = {"run_id": found.id}
    if into is not None:
        if not dry_run:
            found.write_outputs(into=into)
        document["into"] = str(into)
        say(f"{'Would put' if dry_run else 'Put'} the outputs of run {found.id} under the cells of {into}.")
    if files:
        document["files"] = bring_files(found, folder or Path(found.info.folder), force=force, dry_run=dry_run)
    if json:
        emit(document)
    return 0
