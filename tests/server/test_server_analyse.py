"""What the server says of a notebook while it is written."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from server_notebooks import STEPS, Fetch, Post, write_notebook

from kfnb.client import Client


async def test_a_saved_notebook(post: Post, quickstart: Path) -> None:
    """The steps, what flows, and the parameters of a notebook are told by cell."""
    status, found = await post("analyse", path="quickstart.ipynb")
    assert 200 == status
    assert [
        ("read", ["read", "count"], ["parameters"], [], ["counts"]),
        ("longest", ["longest"], [], ["counts"], []),
    ] == [
        (step["name"], step["cells"], step["setup_cells"], step["inputs"], step["outputs"])
        for step in found["steps"][:2]
    ]
    assert {"source": "read", "target": "longest", "names": ["counts"], "why": []} == found["edges"][0]
    assert [{"name": "word", "type": "str", "default": "notebook", "written": '"notebook"'}] == found["parameters"]
    assert ([], True) == (found["diagnostics"], found["valid"])


async def test_a_notebook_that_is_not_saved(post: Post, quickstart: Path) -> None:
    """What the front end holds counts, not what the file does."""
    before = quickstart.read_bytes()
    content = json.loads(before)
    for cell in content["cells"]:
        cell["metadata"]["tags"] = [tag.replace("longest", "<script>ü") for tag in cell["metadata"].get("tags", [])]
    status, found = await post("analyse", path="quickstart.ipynb", notebook=content)
    assert (200, ["read", "<script>ü", "repeated"]) == (status, [step["name"] for step in found["steps"]])
    assert before == quickstart.read_bytes()


async def test_a_mistake_is_told_with_its_place_and_a_fix(post: Post, jp_root_dir: Path) -> None:
    """A finding names the cell and the line; what a click can do about it is said as tags."""
    write_notebook(jp_root_dir / "wrong.ipynb", {"a": "x = 1", "b": "print(x"}, {"a": ["gpus:1"]})
    status, found = await post("analyse", path="wrong.ipynb")
    told = {one["code"]: one for one in found["diagnostics"]}
    assert (200, False) == (status, found["valid"])
    assert ("c1", 1) == (told["KF250"]["cell_id"], told["KF250"]["line"])
    assert {"cell_id": "c0", "add_tags": ["gpu:1"], "remove_tags": ["gpus:1"]} == told["KF111"]["apply"]


async def test_the_steps_stay_while_a_cell_is_wrong(post: Post, jp_root_dir: Path) -> None:
    """Half a line in one cell takes neither the other steps nor what flows between them off the picture."""
    write_notebook(jp_root_dir / "half.ipynb", {"a": "x = [1]", "b": "y = x", "c": "print("})
    _, found = await post("analyse", path="half.ipynb")
    assert ["a", "b", "c"] == [step["name"] for step in found["steps"]]
    assert [("a", "b", ["x"])] == [(edge["source"], edge["target"], edge["names"]) for edge in found["edges"]]


async def test_a_fan_out_is_one_step(post: Post, jp_root_dir: Path) -> None:
    """What makes the items of a fan-out is no step of its own in the picture, whether there are mistakes or not."""
    steps = {"make": STEPS["make"], "fan": STEPS["fan"]}
    for end in ("print(doubles)", "print("):
        write_notebook(jp_root_dir / "fan.ipynb", {**steps, "end": end}, {"fan": ["foreach"]})
        _, found = await post("analyse", path="fan.ipynb")
        assert ["make", "fan", "end"] == [step["name"] for step in found["steps"]]
        assert ("make", "fan", ["values"]) == tuple(found["edges"][0][key] for key in ("source", "target", "names"))
        assert ["c1"] == found["steps"][1]["cells"]


async def test_what_comments_say_is_told_as_tags(post: Post, jp_root_dir: Path) -> None:
    """The comment in a cell's first line is told, but for a step that the cell's own tag overrules."""
    cells = {"a": "x = [1]", "b": "# step: other, retry: 2\ny = x", "plain": "# the image: resized\nz = y"}
    write_notebook(jp_root_dir / "said.ipynb", cells)
    content = json.loads((jp_root_dir / "said.ipynb").read_text("utf-8"))
    _, overruled = await post("analyse", path="said.ipynb", notebook=content)
    assert [{"cell_id": "c1", "tags": ["retry:2"]}] == overruled["comments"]
    content["cells"][1]["metadata"].pop("tags")
    _, alone = await post("analyse", path="said.ipynb", notebook=content)
    assert [{"cell_id": "c1", "tags": ["step:other", "retry:2"]}] == alone["comments"]
    assert ["a", "other", "plain"] == [step["name"] for step in alone["steps"]]


async def test_what_is_no_notebook_of_steps(post: Post, jp_root_dir: Path) -> None:
    """An empty notebook, another language and a file that is no notebook are findings, not failures."""
    for name, content, code in (
        ("empty.ipynb", {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, "KF103"),
        ("none.ipynb", {"a": 1}, "KF101"),
    ):
        (jp_root_dir / name).write_text(json.dumps(content))
        for more in ({}, {"notebook": content}):
            status, found = await post("analyse", path=name, **more)
            assert (200, [code]) == (status, [one["code"] for one in found["diagnostics"]])


async def test_a_deleted_notebook(post: Post, quickstart: Path) -> None:
    """Where the file is gone, that is said; what the front end still holds can be looked at all the same."""
    content = json.loads(quickstart.read_bytes())
    quickstart.unlink()
    status, answer = await post("analyse", path="quickstart.ipynb")
    assert (404, "There is no notebook quickstart.ipynb. It may have been renamed or deleted.") == (
        status,
        answer["message"],
    )
    assert 200 == (await post("analyse", path="quickstart.ipynb", notebook=content))[0]


async def test_steps_are_proposed_for_what_is_not_saved(post: Post, jp_root_dir: Path) -> None:
    """A proposal names the tags to add, cell by cell, and the pipeline that they make; the file is not touched."""
    path = write_notebook(jp_root_dir / "plain.ipynb", {"a": "import json\nx = json.loads('[1]')", "b": "print(x)"})
    content = json.loads(path.read_bytes())
    for cell in content["cells"]:
        cell["metadata"] = {}
    before = path.read_bytes()
    status, found = await post("suggest", path="plain.ipynb", notebook=content)
    assert 200 == status, found
    assert found["tags"]
    assert {"cell_id", "add_tags", "remove_tags"} == set(found["tags"][0])
    assert [step["name"] for step in found["steps"] if step["new"]] == [
        tag.removeprefix("step:") for change in found["tags"] for tag in change["add_tags"] if tag.startswith("step:")
    ]
    assert before == path.read_bytes()


async def test_no_steps_are_proposed_for_what_cannot_be_read(post: Post, jp_root_dir: Path) -> None:
    """A mistake that no tags can heal is refused with its place."""
    write_notebook(jp_root_dir / "wrong.ipynb", {"a": "x = ("})
    status, found = await post("suggest", path="wrong.ipynb")
    assert (422, "KF250", "c0") == (status, found["code"], found["diagnostics"][0]["cell_id"])


async def test_a_notebook_is_checked_before_a_run(post: Post, jp_root_dir: Path, quickstart: Path) -> None:
    """What this machine lacks of what steps ask for stands against a run, unless it may do without."""
    assert (200, {"ready": True, "diagnostics": []}) == await post("check", path="quickstart.ipynb")
    write_notebook(jp_root_dir / "gpus.ipynb", {"a": "print(1)"}, {"a": ["gpu:64"]})
    ready = {}
    for allow in (False, True):
        _, found = await post("check", path="gpus.ipynb", allow_cpu=allow)
        ready[allow] = (found["ready"], [one["severity"] for one in found["diagnostics"] if one["code"] == "KF507"])
    assert (False, ["error"]) == ready[False]
    assert ready[True][0]
    status, found = await post("check", path="quickstart.ipynb", cluster="nope")
    assert (422, "KF900") == (status, found["code"])


async def test_what_is_not_saved_is_checked_as_far_as_it_is_to_run(post: Post, jp_root_dir: Path) -> None:
    """A notebook that is open is checked as it stands, and only steps that the run is of count."""
    path = write_notebook(jp_root_dir / "open.ipynb", {"a": "x = 1", "b": "print(x)"})
    asking = write_notebook(jp_root_dir / "asking.ipynb", {"a": "x = 1", "b": "print(x)"}, {"b": ["gpu:64"]})
    ready = {}
    for part in ({}, {"until": "a"}, {"only": "b"}):
        content = json.loads(asking.read_text("utf-8"))
        _, found = await post("check", path=path.name, notebook=content, **part)
        ready[str(part)] = found["ready"]
    assert {"{}": False, "{'until': 'a'}": True, "{'only': 'b'}": False} == ready
    status, found = await post("check", path=path.name, until="c")
    assert (400, "--until c: the notebook has no step of this name; its steps are a, b.") == (status, found["message"])
    _, found = await post("check", path=path.name, notebook={})
    assert not found["ready"]


async def test_of_requests_that_wait_the_newest_is_answered(
    fetch: Fetch, quickstart: Path, jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one version is looked at, those that come are dropped but the last; other views are not touched."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    loop, outline = asyncio.get_running_loop(), Client.outline
    desk = jp_serverapp.web_app.settings["kfnb_desk"]

    def slow(self: Client, *given: Any) -> Any:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
        return outline(self, *given)

    monkeypatch.setattr(Client, "outline", slow)

    async def ask(view: str, number: int) -> asyncio.Task[Any]:
        """Ask, and wait until the server has the request, which is the view's `number`th."""
        body = json.dumps({"path": "quickstart.ipynb", "view": view})
        asked = asyncio.create_task(fetch("analyse", method="POST", body=body))
        while not desk.is_newest(("quickstart.ipynb", view), number):
            await asyncio.sleep(0.01)
        return asked

    first = await ask("one tab", 1)
    await begun.wait()
    later = [await ask("one tab", 2), await ask("one tab", 3), await ask("other tab", 1)]
    go_on.set()
    assert [200, 409, 200, 200] == [(await each).code for each in (first, *later)]


async def test_affinities_and_pod_patches_are_read_and_written(post: Post) -> None:
    """YAML and JSON are read alike, and what cannot be is said with its place; nothing is kept."""
    patch = {"spec": {"dnsPolicy": "Default"}}
    for text in ("spec:\n  dnsPolicy: Default\n", json.dumps(patch)):
        expected = {"value": patch, "yaml": "spec:\n  dnsPolicy: Default"}
        assert (200, expected) == await post("placement", kind="pod_patch", text=text)
    assert (200, {"value": {}, "yaml": ""}) == await post("placement", kind="affinity", text=" ")
    assert (200, {"value": patch, "yaml": expected["yaml"]}) == await post("placement", kind="pod_patch", value=patch)


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("affinity", "a: [1", "This is no YAML, line 1, column 6"),
        ("affinity", "nodes: {}", "it holds tables named nodeAffinity, podAffinity, podAntiAffinity"),
        ("affinity", "- nodeAffinity", "This must be an object"),
        ("pod_patch", "spec: {restartPolicy: Always}", "`spec.restartPolicy` cannot be changed"),
        ("pod_patch", "containers: []", "`containers` stands beside `metadata` and `spec`"),
        ("pod_patch", "spec: {a: 2026-01-01}", "This holds what JSON cannot say"),
        ("pod_patch", "spec: &a {b: *a}", "Anchors and aliases of YAML are not taken"),
    ],
)
async def test_what_no_pod_can_have_is_refused(post: Post, kind: str, text: str, says: str) -> None:
    """A field of the panel says what is wrong before anything is written into the notebook."""
    status, answer = await post("placement", kind=kind, text=text)
    assert 400 == status
    assert says in answer["message"]
