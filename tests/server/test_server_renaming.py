"""Runs of notebooks that were renamed or moved while the server saw it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server_notebooks import Get, Post, write_notebook

from kfnb.client import Client


async def _rename(jp_fetch: Callable[..., Any], old: str, new: str) -> None:
    await jp_fetch("api", "contents", *old.split("/"), method="PATCH", body=json.dumps({"path": new}))


async def _found(get: Get, notebook: str) -> list[str]:
    return [run["run_id"] for run in (await get("runs", notebook=notebook))["runs"]]


async def test_a_notebook_that_was_renamed_has_its_runs(
    get: Get, post: Post, jp_fetch: Callable[..., Any], quickstart: Path, client: Client
) -> None:
    """Those that the server started and those of the shell; they name the notebook as it is called now."""
    _, begun = await post("runs", path="quickstart.ipynb")
    client.get(begun["run_id"]).wait()
    runs = [client.run(quickstart).wait().id, begun["run_id"]]
    copy = Path(shutil.copy(quickstart, quickstart.with_name("copy.ipynb")))
    await _rename(jp_fetch, "quickstart.ipynb", "ünï.ipynb")
    assert runs == await _found(get, "ünï.ipynb")
    assert ([], []) == (await _found(get, "quickstart.ipynb"), await _found(get, copy.name))
    assert {"ünï.ipynb"} == {run["notebook"] for run in (await get("runs"))["runs"]}
    told = await get("runs", runs[0])
    assert ("ünï.ipynb", str(quickstart)) == (told["notebook"], told["notebook_path"])
    later = client.run(quickstart.with_name("ünï.ipynb")).wait().id
    other = client.run(Path(shutil.copy(copy, quickstart))).wait().id
    assert ([later, *runs], [other]) == (await _found(get, "ünï.ipynb"), await _found(get, "quickstart.ipynb"))


async def test_notebooks_that_were_swapped_or_moved_with_their_folder_have_their_own_runs(
    get: Get, jp_fetch: Callable[..., Any], jp_root_dir: Path, client: Client
) -> None:
    """What had the same name before was another notebook; what else is renamed in the folder does not matter."""
    (jp_root_dir / "deep").mkdir()
    (jp_root_dir / "deep" / "data.csv").write_text("")
    runs = {}
    for name in ("a", "b"):
        runs[name] = client.run(write_notebook(jp_root_dir / "deep" / f"{name}.ipynb", {"s": "print(1)"})).wait().id
    for old, new in (("a", "c"), ("b", "a"), ("c", "b")):
        await _rename(jp_fetch, f"deep/{old}.ipynb", f"deep/{new}.ipynb")
    await _rename(jp_fetch, "deep/data.csv", "deep/a.csv")
    await _rename(jp_fetch, "deep", "deeper")
    assert [runs["b"]] == await _found(get, "deeper/a.ipynb")
    assert [runs["a"]] == await _found(get, "deeper/b.ipynb")
    told = {run["run_id"]: run["notebook"] for run in (await get("runs"))["runs"]}
    assert {runs["a"]: "deeper/b.ipynb", runs["b"]: "deeper/a.ipynb"} == told
    assert 4 == len((client.home / "renames.jsonl").read_text().splitlines())
