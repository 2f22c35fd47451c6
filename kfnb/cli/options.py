"""Options that several commands share, and how their values are understood."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kfnb.errors import WrongCall

if TYPE_CHECKING:
    from kfnb.client import Client
    from kfnb.profiles import Profile

NotebookArgument = Annotated[Path, typer.Argument(metavar="NOTEBOOK", help="The notebook (.ipynb).")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `last`.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, messages on stderr.")]
AllowCpuOption = Annotated[
    bool, typer.Option("--allow-cpu", help="Run steps that ask for a GPU without one, where there is none.")
]
RootOption = Annotated[
    str | None, typer.Option("--root", metavar="URI", help="Where runs and artifacts lie, if not in KFNB_HOME.")
]


def _cluster_names(incomplete: str) -> list[str]:
    """Return the names of clusters that begin so, for the shell's completion; none where the file cannot be read."""
    from kfnb.errors import KfnbError
    from kfnb.profiles import read_profiles  # only when the shell asks

    try:
        profiles, _ = read_profiles()
    except KfnbError:
        return []
    return [name for name in profiles.by_name if name.startswith(incomplete)]


ClusterArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The name of a cluster.", autocompletion=_cluster_names)
]
OnOption = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="CLUSTER",
        help="The cluster by its name; `kubernetes` is the default one.",
        autocompletion=_cluster_names,
    ),
]
RunsOnOption = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="CLUSTER",
        help="The runs of a cluster, whoever started them; `kubernetes` is the default one.",
        autocompletion=_cluster_names,
    ),
]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A run parameter: a Python or JSON literal, or text."),
]
ParametersFileOption = Annotated[
    Path | None,
    typer.Option("-f", "--parameters-file", metavar="FILE", help="Run parameters from a JSON or YAML file."),
]


def tasks_to_retry(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the tasks of a run that did not succeed and begin so, for the shell's completion."""
    from kfnb.errors import KfnbError

    given = ctx.params
    try:
        tasks = client(given.get("root"), given.get("on")).get(given["run"]).tasks
    except (KfnbError, KeyError):
        return []
    return [
        name for name, task in tasks.items() if name.startswith(incomplete) and task.state in ("FAILED", "CANCELED")
    ]


def root_of(root: str | None, on: str | None) -> str | None:
    """Return where the runs lie that `--root` or `--on` mean; None for the data folder."""
    profile = cluster_of(root, on)
    return profile.root if profile is not None else root


def cluster_of(root: str | None, on: str | None, *, local_orchestrator: bool = False) -> Profile | None:
    """Return the cluster that `--on` names, None for this machine. WrongCall where the options exclude each other."""
    if on is None and not local_orchestrator:
        return None  # at once: what is needed of a cluster is not loaded
    from kfnb.client.elsewhere import cluster_called

    profile = cluster_called(on, local_orchestrator=local_orchestrator)
    if profile is not None and root is not None:
        raise WrongCall("--on and --root exclude each other: runs on a cluster lie in the root of its profile.")
    return profile


def client(root: str | None = None, on: str | None = None) -> Client:
    """Return a client of the runs under `root`, or of those of the cluster `on` (default: the data folder)."""
    from kfnb.cli import prestart
    from kfnb.client import Client  # the commands that need none start without it

    return Client(root=root_of(root, on), runner=prestart.take(), call=prestart.call_of(sys.argv[1:]))
