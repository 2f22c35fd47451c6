"""Commands about all runs: runs, metrics, compare, tag, archive, delete, gc."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import to_builtins

from kfnb.cli.options import JsonOption, RootOption, RunArgument, RunsOnOption, client, root_of
from kfnb.cli.output import columns, emit, say, show
from kfnb.cli.spark import spark
from kfnb.errors import WrongCall

if TYPE_CHECKING:
    from kfnb.client import Run
    from kfnb.history import History

RunsArgument = Annotated[list[str], typer.Argument(metavar="RUN", help="Runs: ids, beginnings of ids, or `last`.")]


def history_of(root: str | None, on: str | None = None) -> History:
    """Return the history of the runs that a client of `root` or `on` knows; what it has to say it says on stderr."""
    from kfnb.history import History  # loads the database library, which costs 0.4 s

    return History(client(root, on), say=say, progress=_progress)


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\rreading the events of runs: {done} of {of}", end="\n" if done == of else "", file=sys.stderr)


def runs(
    state: Annotated[
        list[str] | None, typer.Option("--state", metavar="STATE", help="Only in this state; several times: in one.")
    ] = None,
    experiment: Annotated[
        list[str] | None, typer.Option("--experiment", metavar="NAME", help="Only of this experiment.")
    ] = None,
    started_by: Annotated[
        list[str] | None, typer.Option("--started-by", metavar="PERSON", help="Only those that this person started.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", metavar="NAME", help="Only with this tag.")] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="CONDITION", help="Only where a metric is so: 'auc>0.8', 'train.loss<=1'."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="CONDITION", help="Only where a parameter is so: lr=0.1, 'epochs>=10'."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Only from then on: 2h ago, or a local date or time.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Only before then.")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="The archived runs instead of the others.")] = False,
    interrupted: Annotated[
        bool, typer.Option("--interrupted", help="Only those that nothing drives any more: they can be resumed.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many on a page.")] = 50,
    page: Annotated[int, typer.Option("--page", min=1, metavar="N", help="Which page.")] = 1,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """List runs, the newest first: those that pass every filter.

    \b
    Examples:
      kfnb runs
      kfnb runs --state FAILED --since 2h
      kfnb runs --on my-cluster
      kfnb runs --metric 'auc>0.8' --param lr=0.1 --tag good
      kfnb runs --json | jq '.runs[0].run_id'
    """
    root = root_of(root, on)
    history = history_of(root)
    from kfnb.history import as_document
    from kfnb.history.filters import run_filter

    wanted = run_filter(
        state=state,
        experiment=experiment,
        started_by=started_by,
        tag=tag,
        metric=metric,
        param=param,
        since=since,
        until=until,
        archived=archived,
        interrupted=interrupted or "too",
        root=root,
    )
    found = history.runs(wanted, limit, page)
    listed = [as_document(row) for row in found.runs]
    if json:
        emit({"runs": listed, "page": page, "limit": limit, "more": found.more})
    elif listed:
        show(_table(listed))
        if found.more:
            say(f"There are more: --page {page + 1}.")
    else:
        filters = (state, experiment, started_by, tag, metric, param, since, until, archived, interrupted)
        filtered = page > 1 or any(filters)
        say("No run is so." if filtered else _no_runs(root))
    return 0


def _no_runs(root: str | None) -> str:
    from kfnb.client.elsewhere import clusters

    names = ", ".join(clusters() if root is None else ())
    there = f" Those of a cluster: `--on NAME`, which may be {names}." if names else ""
    return "There are no runs, unless archived ones. `kfnb run NOTEBOOK` makes one." + there


def _table(listed: list[dict[str, Any]]) -> str:
    """Return runs as a table, which says where they are if one is on a cluster, and who started them if several did."""
    rows = [["RUN", "STATE", "CREATED", "NAME", "EXPERIMENT", "TAGS", "METRICS"], *map(_cells, listed)]
    if any(run["cluster"] for run in listed):
        for row, where in zip(rows, ["ON", *(run["cluster"] or "" for run in listed)], strict=True):
            row.insert(2, where)
    if len({run["started_by"] for run in listed}) > 1:
        for row, who in zip(rows, ["STARTED BY", *(run["started_by"] or "" for run in listed)], strict=True):
            row.insert(-2, who)
    return columns(rows)


def _cells(run: dict[str, Any]) -> list[str]:
    metrics = [f"{name}={_short(value)}" for values in run["metrics"].values() for name, value in values.items()]
    more = ["…"] if len(metrics) > 3 else []
    created = run["created"][:19].replace("T", " ")
    tags = " ".join(run["tags"])
    return [run["run_id"], _standing(run), created, run["name"], run["experiment"], tags, " ".join(metrics[:3] + more)]


def _standing(run: dict[str, Any]) -> str:
    return f"{run['state']} (interrupted)" if run["interrupted"] else run["state"]


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def metrics(
    run: RunArgument,
    series: Annotated[bool, typer.Option("--series", help="How metrics went that were logged often.")] = False,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """Print the metrics of a run by task.

    \b
    Examples:
      kfnb metrics last
      kfnb metrics last --series
      kfnb metrics last --json | jq .metrics.evaluate.auc
    """
    found = client(root, on).get(run)
    if series:
        return _print_series(found, json=json)
    by_task = found.to_dict()["metrics"]
    if json:
        emit({"run_id": found.id, "metrics": by_task})
    elif by_task:
        rows = [[task, name, str(value)] for task, values in by_task.items() for name, value in values.items()]
        show(columns([["TASK", "METRIC", "VALUE"], *rows]))
    else:
        say(f"Run {found.id} has no metrics. `kfnb.log_metric` in a cell records one, and so does the tag `metrics`.")
    return 0


def _print_series(run: Run, *, json: bool) -> int:
    by_task = run.series()
    if json:
        emit({"run_id": run.id, "series": to_builtins(by_task)})
    elif by_task:
        rows = [
            [task, name, str(one.logged), spark(one.values), f"{one.values[0]} → {one.values[-1]}"]
            for task, named in by_task.items()
            for name, one in named.items()
        ]
        show(columns([["TASK", "METRIC", "POINTS", "SERIES", "FIRST → LAST"], *rows]))
    else:
        say(f"No metric of run {run.id} was logged more than once. `kfnb.log_metric` in a loop makes a series.")
    return 0


def compare(
    runs: RunsArgument,
    every: Annotated[bool, typer.Option("--all", help="Also what is equal.")] = False,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """Say what differs between runs: parameters, metrics, versions, and code cells (against the first run).

    \b
    Examples:
      kfnb compare 20260101-120000-ab12 last
      kfnb compare last 20260101 20260102 --json
    """
    from kfnb.history.comparison import compare as compared

    if len(runs) < 2:
        raise WrongCall("Comparing needs two runs or more: `kfnb compare RUN RUN`.")
    here = client(root, on)
    document = compared([here.get(name) for name in runs])
    if json:
        emit(document)
        return 0
    ids = [run["run_id"] for run in document["runs"]]
    states = ["", "state", *(_standing(run) for run in document["runs"])]
    rows = [["", "", *ids], states]
    for kind in ("parameters", "metrics", "versions"):
        for entry in document[kind]:
            if every or entry["differs"]:
                said = zip(entry["values"], entry["present"], strict=True)
                rows.append([kind, entry["name"], *(str(value) if there else "-" for value, there in said)])
    show(columns(rows))
    for cell in document["cells"]:
        show(f"\ncell {cell['cell']} {cell['kind']} in {cell['run_id']}\n{cell['diff']}")
    if not document["cells"]:
        show("\nThe code cells are the same.")
    return 0


def tag(
    run: RunArgument,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Tags.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the tags away.")] = False,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """Give a run tags, by which `kfnb runs --tag` finds it.

    \b
    Examples:
      kfnb tag last good baseline
      kfnb tag last good --remove
    """
    history = history_of(root, on)
    run_id = client(root, on).get(run).id
    now = history.tag(run_id, tuple(names), remove=remove)
    if json:
        emit({"run_id": run_id, "tags": list(now)})
    say(f"Run {run_id} has " + (f"the tags {', '.join(now)}." if now else "no tags."))
    return 0


def archive(
    run: RunArgument,
    undo: Annotated[bool, typer.Option("--undo", help="Put it back into the lists.")] = False,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """Take a run out of the lists; all of it is kept, and `kfnb runs --archived` lists it.

    \b
    Examples:
      kfnb archive 20260101-120000-ab12
      kfnb archive 20260101-120000-ab12 --undo
    """
    run_id = history_of(root, on).archive(run, undo=undo)
    if json:
        emit({"run_id": run_id, "archived": not undo})
    say(f"Run {run_id} is {'back in the lists' if undo else 'archived'}.")
    return 0


def delete(
    runs: RunsArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    gone: Annotated[
        bool, typer.Option("--gone", help="Also runs whose cluster is no more, or cannot be asked.")
    ] = False,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """Delete runs for good: events, notebooks, logs. What they alone made, `kfnb gc` removes then. Never a living run.

    \b
    Examples:
      kfnb delete 20260101-120000-ab12
      kfnb delete 20260101 20260102 --yes
    """
    history = history_of(root, on)
    ids = list(dict.fromkeys(history.deletable(name, gone=gone).id for name in runs))
    if not yes:
        if json or not sys.stdin.isatty():
            raise WrongCall(f"Deleting {len(ids)} run{'s'[: len(ids) > 1]} cannot be undone: say --yes.")
        say("\n".join(ids))
        typer.confirm(
            f"Delete {'this run' if len(ids) == 1 else f'these {len(ids)} runs'} for good?", abort=True, err=True
        )
    deleted = [history.delete(run_id, gone=gone) for run_id in ids]
    if json:
        emit({"deleted": deleted})
    say(f"Deleted {', '.join(deleted)}. `kfnb gc` makes room.")
    return 0


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    grace: Annotated[
        str, typer.Option("--grace", metavar="DURATION", help="Keep what was stored more recently than this.")
    ] = "1h",
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """Remove from the artifact store what no run refers to. Safe while runs are living, in buckets too.

    \b
    Examples:
      kfnb gc --dry-run
      kfnb gc --grace 7d
    """
    from kfnb.cli.results_commands import show_size
    from kfnb.history.collection import collect
    from kfnb.history.filters import duration

    here = client(root, on)
    done = collect(here.store, here.home, grace=duration(grace), dry_run=dry_run)
    if json:
        emit({"objects": done.objects, "bytes": done.size, "young": done.young, "dry_run": dry_run})
        return 0
    young = f" {done.young} more that nothing refers to are too young, or may be a living run's." if done.young else ""
    show(f"{'Would remove' if dry_run else 'Removed'} {done.objects} objects, {show_size(done.size)}.{young}")
    return 0
