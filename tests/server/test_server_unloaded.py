"""No value of a run is loaded in the server, whatever is asked of it: loading runs the code of whoever made it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from server_notebooks import Fetch, Get, write_notebook

from kfnb.client import Client
from kfnb.server.openapi import OPERATIONS

SOURCE = """
import kfnb

class Trap:
    def __reduce__(self):
        return (sprung, ())

def sprung():
    open({mark!r}, "w").close()
    return Trap()

trap = Trap()
kfnb.log_metric("caught", 1, step=1)
kfnb.log_metric("caught", 2, step=2)
kfnb.HTML("<b>", name="page")
"""


async def test_whatever_is_asked_of_a_run_nothing_is_unpickled(
    fetch: Fetch, get: Get, jp_ws_fetch: Any, jp_root_dir: Path, tmp_path: Path, client: Client
) -> None:
    """A value that leaves a mark where it is loaded leaves none in the server, and does so in the client."""
    mark = tmp_path / "mark"
    path = write_notebook(
        jp_root_dir / "trap.ipynb", {"make": SOURCE.format(mark=str(mark)), "use": "print(type(trap).__name__)"}
    )
    run, other = (client.run(path).wait() for _ in range(2))
    assert ("SUCCEEDED", "SUCCEEDED") == (run.state, other.state), run.tasks
    assert mark.exists()  # the second step has loaded it
    mark.unlink()

    given = {"run_id": run.id, "task": "make", "name": "page"}
    asked = [one.address for one in OPERATIONS if one.method == "get" and "{run_id}" in one.address]
    answers = {address: (await fetch(address.format(**given))).code for address in asked}
    pod = "runs/{run_id}/tasks/{task}/pod"  # a run of this machine has none
    assert {address: 400 if address == pod else 200 for address in asked} == answers
    assert ["trap", "page"] == [one["name"] for one in (await get("runs", run.id, "artifacts"))["artifacts"]]
    assert 2 == len((await get("runs"))["runs"])
    assert 2 == len((await get("compare", run=[run.id, other.id]))["runs"])
    with closing(await jp_ws_fetch("kfnb", "api", "runs", run.id, "events", params={"after": 0})) as socket:
        while json.loads(await socket.read_message())["kind"] != "end":
            pass
    assert not mark.exists()

    assert "Trap" == type(run.task("make").artifacts["trap"].load()).__name__
    assert mark.exists()
