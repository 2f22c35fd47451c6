"""Options that several commands share, and how their values are understood."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kfnb.client import Client

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
ParameterOption = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A run parameter: a Python or JSON literal, or text."),
]
ParametersFileOption = Annotated[
    Path | None,
    typer.Option("-f", "--parameters-file", metavar="FILE", help="Run parameters from a JSON or YAML file."),
]


def client(root: str | None = None) -> Client:
    """Return a client of the runs under `root` (default: the data folder)."""
    from kfnb.cli import prestart
    from kfnb.client import Client  # the commands that need none start without it

    return Client(root=root, runner=prestart.take(), call=prestart.call_of(sys.argv[1:]))
