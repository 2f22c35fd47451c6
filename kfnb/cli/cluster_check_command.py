"""`kfnb cluster check`: what works of a cluster, and what to do about the rest."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kfnb.cli.options import ClusterArgument, JsonOption  # noqa: TC001 - typer looks at the annotations
from kfnb.cli.output import emit, paint, say, show

if TYPE_CHECKING:
    from kfnb.preflight.cluster_check import Line

_LOOKS = {"ok": "green", "failed": "bold red", "warning": "yellow", "not checked": "dim"}


def check(
    name: ClusterArgument,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1.0, metavar="SECONDS", help="How long pods may take.")
    ] = 120.0,
    image: Annotated[
        list[str] | None, typer.Option("--image", metavar="REF", help="Look at this image of a step too; repeatable.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Say what works of a cluster: access, rights, namespace, quota, nodes, store, image, pods, clocks.

    The cluster is asked from here, and by two pods, which write to the store, read from it and are then removed. Each
    failure has its fix. What the images have is remembered in the store, and looked at before runs. Ends with 4 if
    something fails, else with 0.

    \b
    Examples:
      kfnb cluster check test
      kfnb cluster check test --image registry.example/team/churn:1
      kfnb cluster check test --json | jq '.checks[] | select(.state == "failed")'
    """
    from kfnb import __version__
    from kfnb.preflight import cluster_check
    from kfnb.profiles import find_profile

    profile = find_profile(name)
    found = []
    for line in cluster_check.check(profile, image or (), version=__version__, seconds=timeout, tell=say):
        found.append(line)
        if not json:
            _print(line)
    failed = sum(line.state == "failed" for line in found)
    if json:
        emit({"cluster": profile.name, "ok": not failed, "checks": [line._asdict() for line in found]})
    say(f"Cluster `{profile.name}`: " + (f"{failed} of {len(found)} fail." if failed else "ready for runs."))
    return 4 if failed else 0


def _print(line: Line) -> None:
    state = f"{line.state:<11}"
    show(f"{paint(state, _LOOKS[line.state], sys.stdout)}  {line.what:<32}  {line.says}")
    if line.fix and line.state != "ok":
        show(f"{'':<13}{paint('fix', 'green', sys.stdout)}: {line.fix}")
