"""The command that says why tasks ran or were taken from the cache: explain."""

from __future__ import annotations

from typing import Annotated

import typer

from kfnb.cli.options import JsonOption, RootOption, RunArgument, RunsOnOption, client
from kfnb.cli.output import emit, show


def explain(
    run: RunArgument,
    step: Annotated[str | None, typer.Argument(metavar="STEP", help="One step; all of them if left out.")] = None,
    root: RootOption = None,
    on: RunsOnOption = None,
    json: JsonOption = False,
) -> int:
    """Say why each step ran or was taken from the cache: what differs from the nearest earlier run of the notebook.

    \b
    Examples:
      kfnb explain last
      kfnb explain last train
      kfnb explain last --json | jq '.steps[] | {step, why}'
    """
    found = client(root, on).get(run)
    explained = found.explain(step)
    if json:
        emit({"run_id": found.id, "steps": [one.to_dict() for one in explained]})
    else:
        for one in explained:
            show(f"{one.step}: {one.why}")
    return 0
