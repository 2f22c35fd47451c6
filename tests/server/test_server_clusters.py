"""Cluster profiles through the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from server_notebooks import Fetch, Get, Post

from tests.runners.nowhere import nowhere

SETTINGS = {"namespace": "ml", "root": "s3://runs/kfnb", "image": "registry/kfnb:1"}


async def _put(fetch: Fetch, name: str, **asked: Any) -> tuple[int, Any]:
    answer = await fetch("clusters", name, method="PUT", body=json.dumps(asked))
    return answer.code, json.loads(answer.body)


async def test_clusters_are_written_into_the_file_of_the_command_line(
    fetch: Fetch, get: Get, post: Post, tmp_path: Path
) -> None:
    """A profile that is written, changed, made the default one and removed is so for `kfnb cluster` too."""
    file = tmp_path / "clusters.toml"
    found = await get("clusters")
    assert ([], None, str(file)) == (found["clusters"], found["default"], found["file"])
    status, found = await _put(fetch, "test", settings=SETTINGS)
    assert (200, "test", True) == (status, found["default"], found["clusters"][0]["default"])
    assert SETTINGS == found["clusters"][0]["settings"]
    file.write_text("# mine\n" + file.read_text())
    status, found = await _put(fetch, "test", settings={**SETTINGS, "queue": "gpus", "priority_class": None})
    assert (400, True) == (status, "There is a cluster `test` already" in found["message"])
    status, found = await _put(fetch, "test", settings={**SETTINGS, "queue": "gpus"}, replace=True)
    assert (200, "gpus") == (status, found["clusters"][0]["settings"]["queue"])
    assert "t4" in found["clusters"][0]["accelerators"]
    await _put(fetch, "other", settings=SETTINGS)
    assert "other" == (await post("clusters", "other", "default"))[1]["default"]
    answer = await fetch("clusters", "test", method="DELETE")
    assert (200, ["other"]) == (answer.code, [one["name"] for one in json.loads(answer.body)["clusters"]])
    assert "# mine" in file.read_text()


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(fetch: Fetch, get: Get, tmp_path: Path) -> None:
    """Who edits says what they were shown: only what they changed is written, and nothing where it is old."""
    file = tmp_path / "clusters.toml"
    tolerations = 'tolerations = [{operator = "Exists"}] # all\ngrace_seconds = 30 # as ever\n'
    file.write_text("[clusters.test]\n" + "".join(f'{key} = "{SETTINGS[key]}"\n' for key in SETTINGS) + tolerations)
    shown = (await get("clusters"))["clusters"][0]["settings"]
    asked = {"settings": {**shown, "queue": "gpus"}, "replace": True, "expected": shown}
    status, found = await _put(fetch, "test", **asked)
    assert (200, "gpus") == (status, found["clusters"][0]["settings"]["queue"])
    assert tolerations in file.read_text()
    status, found = await _put(fetch, "test", **asked)
    assert (409, "The profile of the cluster `test` was changed meanwhile; look at it again.") == (
        status,
        found["message"],
    )


async def test_what_no_profile_can_say(fetch: Fetch, get: Get, post: Post, tmp_path: Path) -> None:
    """Every reason is named, credentials are refused, and the file stays as it was."""
    status, found = await _put(fetch, "test", settings={"namespace": "ml", "image": "x", "nmae": 1, "root": 3})
    assert 400 == status
    assert all(word in found["message"] for word in ("nmae", "root"))
    status, found = await _put(fetch, "test", settings={**SETTINGS, "env": {"AWS_SECRET_ACCESS_KEY": "abcd" * 10}})
    assert (400, True) == (status, "Secret" in found["message"])
    for name in ("kubernetes", "<script>", "local"):
        assert 400 == (await _put(fetch, name.replace("<", "%3C").replace(">", "%3E"), settings=SETTINGS))[0]
    assert 400 == (await fetch("clusters", "nope", method="DELETE")).code
    assert 400 == (await post("clusters", "nope", "default"))[0]
    assert not (tmp_path / "clusters.toml").exists()


async def test_a_file_with_a_mistake_is_told(get: Get, tmp_path: Path) -> None:
    """A mistake in one profile is a finding with its line; the others can be used."""
    text = '[clusters.good]\nnamespace = "ml"\nroot = "s3://runs/kfnb"\nimage = "x"\n[clusters.bad]\nnamespace = 3\n'
    (tmp_path / "clusters.toml").write_text(text)
    found = await get("clusters")
    assert ["good"] == [one["name"] for one in found["clusters"]]
    assert "line 6" in " ".join(one["message"] for one in found["diagnostics"])


async def test_accelerators_are_offered_whether_or_not_the_cluster_answers(
    fetch: Fetch, get: Get, tmp_path: Path
) -> None:
    """A cluster that is away offers what its profile knows, and nothing is said of nodes; one that is none is said."""
    (tmp_path / "kube").mkdir()
    nowhere(tmp_path / "kube")
    own = {"big": {"resource": "example.com/big"}}
    settings = {**SETTINGS, "kubeconfig": str(tmp_path / "kube" / "config"), "accelerators": own}
    status, written = await _put(fetch, "test", settings=settings)
    assert 200 == status, written
    found = await get("clusters", "test", "accelerators")
    unseen = {"nodes": None, "most": None}
    assert [{"name": name, **unseen} for name in written["clusters"][0]["accelerators"]] == found["types"]
    assert ("big", None, []) == (found["types"][0]["name"], found["gpus"], found["unnamed"])
    answer = await fetch("clusters", "nope", "accelerators")
    assert (422, True) == (answer.code, "nope" in json.loads(answer.body)["message"])
