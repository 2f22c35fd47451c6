"""kfnb turns a Jupyter notebook into a pipeline without taking it out of the notebook.

The names below are loaded when they are first used: a notebook that only logs a metric does not pay for the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from kfnb.artifacts.serializers.registry import register_serializer
    from kfnb.client import Client, Run
    from kfnb.errors import Diagnostic, KfnbError, OutsideError, Refused, RunFailed, WrongCall
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
    "suggest",
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
    on_event: Callable[[RunEvent], None] | None = None,
) -> Run:
    """Start a run of the notebook at `path` on this machine and return it at once; see `kfnb.Client.run`."""
    from kfnb.client import Client

    return Client().run(
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
        on_event=on_event,
    )


def get(run_id: str = "last") -> Run:
    """Return a run by its id, by the beginning of its id, or the `last` one."""
    from kfnb.client import Client

    return Client().get(run_id)


def check(path: Path | str) -> tuple[Diagnostic, ...]:
    """Return every finding about the notebook at `path`; nothing is run."""
    from kfnb.client import Client

    return Client().check(path)


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
