"""kfnb turns a Jupyter notebook into a pipeline without taking it out of the notebook.

The names below are loaded when they are first used: a notebook that only logs a metric does not pay for the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime, timedelta
    from pathlib import Path

    import pandas as pd

    from kfnb.artifacts.serializers.registry import register_serializer
    from kfnb.client import Client, Run
    from kfnb.errors import Diagnostic, KfnbError, OutsideError, Refused, RunFailed, WrongCall
    from kfnb.history.compared import Comparison
    from kfnb.runtime import (
        HTML,
        Markdown,
        log_artifact,
        log_confusion_matrix,
        log_figure,
        log_metric,
        log_metrics,
        log_model,
        log_param,
        log_roc_curve,
        log_table,
        run_status,
    )
    from kfnb.spec import RunEvent
    from kfnb.suggestion.proposal import Suggestion

__version__ = "0.1.0"

__all__ = [  # noqa: RUF022 - plain order, as `sorted` gives it
    "Client",
    "Diagnostic",
    "HTML",
    "KfnbError",
    "Markdown",
    "OutsideError",
    "Refused",
    "Run",
    "RunFailed",
    "Suggestion",
    "WrongCall",
    "__version__",
    "check",
    "compare",
    "get",
    "log_artifact",
    "log_confusion_matrix",
    "log_figure",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_param",
    "log_roc_curve",
    "log_table",
    "register_serializer",
    "run",
    "run_status",
    "runs",
    "suggest",
    "watch",
]

_HOMES = {
    **dict.fromkeys(("Client", "Run"), "kfnb.client"),
    "Suggestion": "kfnb.suggestion.proposal",
    "register_serializer": "kfnb.artifacts.serializers.registry",
    **dict.fromkeys(
        ("Diagnostic", "KfnbError", "OutsideError", "Refused", "RunFailed", "WrongCall"),
        "kfnb.errors",
    ),
}


def run(
    path: Path | str,
    params: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
    experiment: str = "Default",
    max_parallel: int | None = None,
    cache: bool = True,
    from_step: str | None = None,
    only: str | None = None,
    until: str | None = None,
    fail_fast: bool = False,
    remember: bool = False,
    detach: bool = False,
    allow_cpu: bool = False,
    on: str | None = None,
    local_orchestrator: bool = False,
    preflight: bool = True,
    on_event: Callable[[RunEvent], None] | None = None,
) -> Run:
    """Start a run of the notebook at `path` and return it at once; see `kfnb.Client.run`.

    `on`: name of a cluster profile (`kfnb cluster add`), `kubernetes` for the default one; None: this machine. There
    `local_orchestrator` and `preflight` are what --local-orchestrator and, where False, --no-preflight are.
    """
    from kfnb.client import Client
    from kfnb.client.elsewhere import cluster_called

    profile = cluster_called(on, local_orchestrator=local_orchestrator)
    return Client(root=profile.root if profile is not None else None).run(
        path,
        params,
        name=name,
        experiment=experiment,
        max_parallel=max_parallel,
        cache=cache,
        from_step=from_step,
        only=only,
        until=until,
        fail_fast=fail_fast,
        remember=remember,
        detach=detach,
        allow_cpu=allow_cpu,
        on=profile,
        local_orchestrator=local_orchestrator,
        preflight=preflight,
        on_event=on_event,
    )


def get(run_id: str = "last", *, on: str | None = None) -> Run:
    """Return a run by its id, by the beginning of its id, or the `last` one; `on`: among the runs of this cluster."""
    from kfnb.client import Client
    from kfnb.client.elsewhere import cluster_called

    profile = cluster_called(on)
    return Client(root=profile.root if profile is not None else None).get(run_id)


def watch(run: Run | str = "last", *, on: str | None = None) -> None:
    """Show a run in a notebook and keep it up to date until it ends; does not wait for that. A terminal shows it once.

    `run`: a run, its id, the beginning of its id, or `last`; `on`: as of `get`. Runs of other processes are followed.
    """
    (get(run, on=on) if isinstance(run, str) else run)._ipython_display_()


def runs(
    *,
    state: str | Iterable[str] | None = None,
    experiment: str | Iterable[str] | None = None,
    started_by: str | Iterable[str] | None = None,
    tag: str | Iterable[str] | None = None,
    metric: str | Iterable[str] | None = None,
    param: str | Iterable[str] | None = None,
    since: str | float | datetime | timedelta | None = None,
    until: str | float | datetime | timedelta | None = None,
    archived: bool | str = False,
    interrupted: bool | str = "too",
    limit: int | None = None,
    page: int = 1,
    root: str | None = None,
    on: str | None = None,
) -> pd.DataFrame:
    """Return the runs that pass every filter as a pandas DataFrame, the newest first; filters as of `kfnb runs`.

    `kfnb.runs(metric="auc>0.8", param="lr=0.1", since="2h")`. Parameters are columns `param.NAME`, metrics
    `metric.TASK.NAME`, times are in UTC. `archived`: True for these alone, "too" for these as well; `interrupted`
    likewise, of runs that nothing drives any more. `limit`: how many on a page, all of them if None. `on`: those of a
    cluster, by its name. A page that knows widgets shows it as a table in which runs are sorted, compared and opened.
    """
    from kfnb.client import Client
    from kfnb.client.elsewhere import cluster_called
    from kfnb.history import History
    from kfnb.history.filters import run_filter
    from kfnb.history.frame import frame

    profile = cluster_called(on)
    root = profile.root if profile is not None else root
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
        interrupted=interrupted,
        root=root,
    )
    client = Client(root=root)
    return frame(History(client).runs(wanted, limit, page).runs, client)


def check(path: Path | str) -> tuple[Diagnostic, ...]:
    """Return every finding about the notebook at `path`; nothing is run."""
    from kfnb.client import Client

    return Client().check(path)


def compare(*runs: Run | str, on: str | None = None) -> Comparison:
    """Return what differs between runs: parameters, metrics, versions and code; a notebook shows it side by side.

    `runs`: two or more, each a run, its id, the beginning of its id, or `last`. Code is told against the first one.
    `on`: as of `get`.
    """
    from kfnb.history.compared import Comparison

    return Comparison([get(run, on=on) if isinstance(run, str) else run for run in runs])


def suggest(path: Path | str, *, skip: bool = False) -> Suggestion:
    """Return steps proposed for the notebook at `path`; nothing is written or run: see `kfnb.Client.suggest`."""
    from kfnb.client import Client

    return Client().suggest(path, skip=skip)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'kfnb' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_HOMES.get(name, "kfnb.runtime")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(__all__) | {name for name in globals() if name.startswith("__")})
