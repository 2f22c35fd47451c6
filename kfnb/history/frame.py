"""Runs as a pandas DataFrame: what `kfnb.runs` returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfnb import widget
from kfnb.errors import OutsideError

if TYPE_CHECKING:
    import pandas as pd

    from kfnb.client import Client
    from kfnb.metadata.store import RunRow

_TIMES = ("created", "started", "finished")
_COLUMNS = (
    *("run_id", "name", "experiment", "state", "interrupted", *_TIMES, "tags", "archived", "cluster", "started_by"),
    *("notebook", "notebook_digest", "git_commit", "git_branch", "git_tag", "git_dirty"),
)


def frame(runs: list[RunRow], client: Client) -> pd.DataFrame:
    """Return one row a run: what it is, its parameters as `param.NAME`, its metrics as `metric.TASK.NAME`.

    Where a page may show it, it does so as a table in which runs of the `client` are sorted, compared and opened.
    """
    try:
        import pandas as pd
    except ImportError:
        raise OutsideError(
            "kfnb.runs returns a pandas DataFrame, and pandas is not installed: pip install pandas."
        ) from None
    rows = [_row(run) for run in runs]
    names = sorted({name for row in rows for name in row} - set(_COLUMNS))
    made = pd.DataFrame(rows, columns=[*_COLUMNS, *names])
    for name in _TIMES:
        made[name] = pd.to_datetime(made[name], unit="s", utc=True)
    if not runs or not widget.is_watched():
        return made
    from kfnb.history.listed import Listed  # only needed where it is displayed
    from kfnb.history.runs_frame import shown_by

    return shown_by(made, Listed(client, runs))


def _row(run: RunRow) -> dict[str, Any]:
    return {
        **{name: run.columns.get(name) for name in _COLUMNS},
        "run_id": run.columns["id"],
        "tags": run.tags,
        **{f"param.{name}": value for name, value in run.parameters.items()},
        **{f"metric.{task}.{name}": value for (task, name), value in run.metrics.items()},
    }
