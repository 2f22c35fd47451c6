"""Runs through the server: started, listed, cancelled, resumed."""

from __future__ import annotations

import asyncio
import getpass
import json
import platform
from pathlib import Path

import pytest
from server_notebooks import Fetch, Get, Post, write_notebook

from kfnb.client import Client, Run
from kfnb.server.starts import Starts
from tests.runners.nowhere import unseen_options
from tests.written_notebooks import write_cells


async def test_a_run_is_started_and_outlives_the_server(get: Get, post: Post, quickstart: Path, client: Client) -> None:
    """A run that the server starts is driven by a process of its own, and told as it is."""
    status, begun = await post("runs", path="quickstart.ipynb", parameters={"word": "<b>"}, name="ünï")
    assert (201, []) == (status, begun["warnings"])
    run = client.get(begun["run_id"]).wait()
    told = await get("runs", run.id)
    assert ("SUCCEEDED", "ünï", "quickstart.ipynb", {"word": "<b>"}, True) == tuple(
        told[key] for key in ("state", "name", "notebook", "parameters", "ended")
    )
    assert {"read": (3, 3), "longest": (1, 1), "repeated": (1, 1)} == {
        name: (task["cells_done"], task["cells"]) for name, task in told["tasks"].items()
    }
    assert {platform.python_version()} == {task["python"] for task in told["tasks"].values()}
    assert (len(run.new_events().read()) > 0, run.batches) == (True, told["batch"])
    assert (None, None) == (told["cluster"], told["waits"])


async def test_the_same_run_again_is_taken_from_the_cache_unless_forced(
    get: Get, post: Post, quickstart: Path, client: Client
) -> None:
    """`force` runs everything anew; without it what nothing has changed for is not run again."""
    cached = []
    for force in (False, False, True):
        _, begun = await post("runs", path="quickstart.ipynb", force=force, allow_cpu=force)
        client.get(begun["run_id"]).wait()
        told = await get("runs", begun["run_id"])
        assert (not force, force) == (told["options"]["cache"], told["options"]["allow_cpu"])
        cached.append({task["cached"] for task in told["tasks"].values()})
    assert [{False}, {True}, {False}] == cached


@pytest.mark.parametrize(
    ("request_", "status", "says"),
    [
        ({"parameters": {"nope": 1}}, 422, "KF700"),
        ({"parameters": {"word": [1]}}, 422, "KF701"),
        ({"from_step": "nope"}, 400, "nope"),
        ({"only": "nope"}, 400, "nope"),
        ({"cluster": "nope"}, 422, "KF90"),
        ({"max_parallel": 0}, 400, "max_parallel is 0"),
    ],
)
async def test_what_cannot_run_is_refused(
    post: Post, client: Client, quickstart: Path, request_: dict[str, object], status: int, says: str
) -> None:
    """A wrong parameter, step or cluster is named, and no run is left behind."""
    code, answer = await post("runs", path="quickstart.ipynb", **request_)
    assert status == code, answer
    assert says in json.dumps(answer)
    assert [] == client.runs()


async def test_a_notebook_with_mistakes_is_refused_with_its_findings(post: Post, jp_root_dir: Path) -> None:
    """The answer has every finding with its cell, as an analysis has them."""
    write_notebook(jp_root_dir / "wrong.ipynb", {"a": "x = ("})
    status, answer = await post("runs", path="wrong.ipynb")
    assert (422, "KF250", "c0") == (status, answer["code"], answer["diagnostics"][0]["cell_id"])


async def test_a_notebook_that_is_gone_is_not_run(post: Post) -> None:
    """A renamed or deleted notebook is said to be so."""
    status, answer = await post("runs", path="gone.ipynb")
    assert (404, "There is no notebook gone.ipynb. It may have been renamed or deleted.") == (status, answer["message"])


async def test_runs_are_listed_in_pages(
    get: Get, quickstart: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest come first, a page at a time; filters by notebook, text, state and person hold."""
    runs = []
    for name, person in (("first 100%", ""), ("second", "ada"), ("third", "")):
        monkeypatch.setenv("JUPYTERHUB_USER", person)
        runs.append(client.run(quickstart, name=name).wait().id)
    assert ["ada", getpass.getuser()] == [(await get("runs", run))["started_by"] for run in runs[1:]]
    page = await get("runs", limit=2)
    assert runs[:0:-1] == [run["run_id"] for run in page["runs"]]
    rest = await get("runs", limit=2, cursor=page["next"])
    assert (runs[:1], None) == ([run["run_id"] for run in rest["runs"]], rest["next"])
    for filters, found in (
        ({"search": "SECOND"}, runs[1:2]),
        ({"search": "100%"}, runs[:1]),
        ({"search": "%"}, runs[:1]),
        ({"notebook": "quickstart.ipynb"}, runs[::-1]),
        ({"notebook": "other.ipynb"}, []),
        ({"state": "FAILED"}, []),
        ({"started_by": "ada"}, runs[1:2]),
        ({"started_by": ["ada", getpass.getuser()]}, runs[::-1]),
        ({"started_by": "nobody"}, []),
        ({"param": "word=notebook"}, runs[::-1]),
        ({"sort": "name"}, runs),
        ({"sort": "-param.word"}, runs[::-1]),
        ({"sort": "metric.read.none"}, runs[::-1]),
    ):
        page = await get("runs", **filters)
        assert found == [run["run_id"] for run in page["runs"]], filters
    assert ("quickstart.ipynb", {"word": "notebook"}) == (
        rest["runs"][0]["notebook"],
        rest["runs"][0]["parameters"],
    )


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"limit": "0"}, "is no number from 1 to"),
        ({"limit": "9999"}, "is no number from 1 to"),
        ({"limit": "²"}, "is no number from 1 to"),
        ({"cursor": "2"}, "is no cursor of this list"),
        ({"cursor": "x"}, "is no cursor of this list"),
        ({"sort": "nope"}, "Runs cannot be sorted by 'nope'"),
    ],
)
async def test_pages_that_there_are_not(fetch: Fetch, params: dict[str, str], says: str) -> None:
    """A size, an order or a cursor that is none is refused in words."""
    answer = await fetch("runs", params=params)
    assert 400 == answer.code
    assert says in json.loads(answer.body)["message"]


def _waits(mark: Path) -> str:
    """The source of a step that waits for a file, outside the notebook's folder, of which it sees what there was."""
    return f"import os, time\nwhile not os.path.exists({str(mark)!r}): time.sleep(0.05)"


async def _begun(post: Post, client: Client, folder: Path, steps: dict[str, str]) -> Run:
    """Start a run of a notebook of these steps through the server."""
    write_notebook(folder / "waits.ipynb", steps)
    _, begun = await post("runs", path="waits.ipynb")
    return client.get(begun["run_id"])


async def test_a_run_is_cancelled_and_resumed(
    get: Get, post: Post, jp_root_dir: Path, tmp_path: Path, client: Client
) -> None:
    """A cancelled run keeps what it has; resumed, it does the rest, and no other process may do so meanwhile."""
    mark = tmp_path / "go on"
    run = await _begun(post, client, jp_root_dir, {"a": "x = 1", "b": f"{_waits(mark)}\nprint(x)"})
    _wait_for(run, "b", "RUNNING")
    status, answer = await post("runs", run.id, "resume")
    assert (409, True) == (status, f"Run {run.id} is living" in answer["message"])
    status, answer = await post("runs", run.id, "cancel")
    assert 200 == status, answer
    assert "CANCELED" == run.wait().state
    mark.write_text("")
    status, answer = await post("runs", run.id, "resume")
    assert 200 == status, answer
    assert "SUCCEEDED" == run.wait().state
    told = await get("runs", run.id)
    assert [1, 2] == [task["attempt"] for task in told["tasks"].values()]


async def test_one_task_is_retried(get: Get, post: Post, jp_root_dir: Path, tmp_path: Path, client: Client) -> None:
    """Others that failed stay so; a task that there is not, or that succeeded, is refused in words."""
    mark = tmp_path / "go on"
    write_notebook(jp_root_dir / "fails.ipynb", {"a": f"open({str(mark)!r})", "b": f"open({str(mark)!r})"})
    _, begun = await post("runs", path="fails.ipynb")
    assert "FAILED" == client.get(begun["run_id"]).wait().state
    mark.write_text("")
    assert 200 == (await post("runs", begun["run_id"], "resume", task="a"))[0]
    assert "FAILED" == client.get(begun["run_id"]).wait().state
    told = await get("runs", begun["run_id"])
    assert {"a": "SUCCEEDED", "b": "FAILED"} == {name: task["state"] for name, task in told["tasks"].items()}
    for task, says in (("a", "has SUCCEEDED"), ("<c>", "no task '<c>'")):
        status, answer = await post("runs", begun["run_id"], "resume", task=task)
        assert (400, True) == (status, says in answer["message"]), answer


def _wait_for(run: Run, task: str, state: str | None, kind: str = "task-state") -> None:
    """Watch a run until a task is in a state, or says how far it is."""

    class Reached(Exception):
        pass

    def on_event(event: object) -> None:
        if (kind, task, state) == tuple(getattr(event, name, None) for name in ("kind", "task", "state")):
            raise Reached

    with pytest.raises(Reached):
        run.watch(on_event, timeout=100)


async def test_which_python_a_task_has_is_told_while_it_runs_and_of_one_that_was_killed(
    get: Get, post: Post, jp_root_dir: Path, tmp_path: Path, client: Client
) -> None:
    """Before a task has given anything, and where its launcher was killed and gave nothing, its Python is known."""
    mark = tmp_path / "go on"
    run = await _begun(post, client, jp_root_dir, {"a": f"{_waits(mark)}\nos.kill(os.getppid(), 9)"})
    found = []
    _wait_for(run, "a", None, "task-progress")
    found.append((await get("runs", run.id))["tasks"]["a"])
    mark.write_text("")
    assert "FAILED" == run.wait().state
    assert (output := run.tasks["a"].output) is not None
    assert output.python is None
    found.append((await get("runs", run.id))["tasks"]["a"])
    version = platform.python_version()
    assert [("RUNNING", version), ("FAILED", version)] == [(task["state"], task["python"]) for task in found]


async def test_a_run_is_tagged_archived_and_deleted(
    fetch: Fetch, get: Get, post: Post, finished: Run, client: Client
) -> None:
    """Marks change the lists and nothing else; a deleted run is gone from them."""
    assert (200, {"run_id": finished.id, "tags": ["good", "ü"]}) == await post(
        "runs", finished.id, "tags", add=["good", "ü"]
    )
    assert ["ü"] == (await post("runs", finished.id, "tags", remove=["good"]))[1]["tags"]
    assert [["ü"]] == [run["tags"] for run in (await get("runs", tag="ü"))["runs"]]
    status, answer = await post("runs", finished.id, "tags", add=[" "])
    assert (400, True) == (status, "is no tag" in answer["message"])
    assert 200 == (await post("runs", finished.id, "archive"))[0]
    assert ([], 1) == ((await get("runs"))["runs"], len((await get("runs", archived="only"))["runs"]))
    assert 200 == (await post("runs", finished.id, "archive", undo=True))[0]
    assert {"experiments": ["Default"]} == await get("experiments")
    assert 200 == (await fetch("runs", finished.id, method="DELETE")).code
    assert [] == (await get("runs", archived="too"))["runs"]
    assert 404 == (await fetch("runs", finished.id, method="DELETE")).code


async def test_names_with_spaces_around_them_are_found_as_they_are(get: Get, jp_root_dir: Path, client: Client) -> None:
    """Those of an experiment and of a notebook: what stands around them is a part of them."""
    path = write_notebook(jp_root_dir / " spaced.ipynb", {"a": "x = 1"})
    runs = [client.run(path, name=name, experiment=name).wait().id for name in (" tries ", "tries")]
    for question in ({"experiment": " tries "}, {"notebook": " spaced.ipynb", "experiment": " tries "}):
        assert runs[:1] == [run["run_id"] for run in (await get("runs", **question))["runs"]]


async def test_a_living_run_is_not_deleted(
    fetch: Fetch, post: Post, jp_root_dir: Path, tmp_path: Path, client: Client
) -> None:
    """A run that goes on is refused to be deleted, with the way out."""
    mark = tmp_path / "go on"
    run = await _begun(post, client, jp_root_dir, {"a": _waits(mark)})
    _wait_for(run, "a", "RUNNING")
    answer = await fetch("runs", run.id, method="DELETE")
    mark.write_text("")
    assert (409, True) == (answer.code, f"Run {run.id} is living" in json.loads(answer.body)["message"])
    assert "SUCCEEDED" == run.wait().state


async def test_a_run_that_may_be_living_is_deleted_when_its_cluster_is_said_to_be_no_more(
    fetch: Fetch, quickstart: Path, tmp_path: Path, client: Client
) -> None:
    """A status of its own says that nobody can see whether it lives."""
    run = client.prepare(quickstart, options=unseen_options(tmp_path)).run_id
    answer = await fetch("runs", run, method="DELETE")
    assert (423, True) == (answer.code, f"Run {run} may be living" in json.loads(answer.body)["message"])
    assert 423 == (await fetch("runs", run, method="DELETE", params={"gone": "no"})).code
    assert 200 == (await fetch("runs", run, method="DELETE", params={"gone": "yes"})).code
    assert 404 == (await fetch("runs", run, method="DELETE")).code


async def test_runs_are_compared(fetch: Fetch, get: Get, quickstart: Path, client: Client) -> None:
    """Parameters, metrics and cells of runs stand side by side, in the order in which the runs are named."""
    first = client.run(quickstart, {"word": "a"}).wait().id
    quickstart.write_text(quickstart.read_text().replace("more than once:", "often:"))
    second = client.run(quickstart, {"word": "b"}).wait().id
    found = await get("compare", run=[second, first])
    assert [second, first] == [run["run_id"] for run in found["runs"]]
    assert [{"name": "word", "values": ["b", "a"], "present": [True, True], "differs": True}] == found["parameters"]
    assert [("repeated", "changed", second)] == [(c["cell"], c["kind"], c["against"]) for c in found["cells"]]
    for wrong, status in (([first], 400), ([first, "20260101-000000-abcd"], 404)):
        assert status == (await fetch("compare", params={"run": wrong})).code
    refusal = json.loads((await fetch("compare", params={"run": [first] * 21})).body)
    assert "From 2 to 20 runs can be compared at once; 21 were chosen." == refusal["message"]


async def test_a_run_that_was_deleted_is_gone(fetch: Fetch, get: Get, finished: Run, client: Client) -> None:
    """What another process deletes is not remembered."""
    from kfnb.history import History

    assert "SUCCEEDED" == (await get("runs", finished.id))["state"]
    History(client, say=lambda text: None).delete(finished.id)
    assert 404 == (await fetch("runs", finished.id)).code


async def test_a_start_whose_answer_was_lost_is_found_by_its_word(
    get: Get, post: Post, fetch: Fetch, quickstart: Path, client: Client
) -> None:
    """Asked for twice with one word it is one run, which another server finds too; with a word of no run it is 404."""
    asked = (post("runs", path=quickstart.name, asked_as="once") for _ in range(2))
    (_, first), (status, again) = await asyncio.gather(*asked)
    assert (201, first) == (status, again)
    assert first == await get("starts", "once")
    assert [first["run_id"]] == [run["run_id"] for run in (await get("runs"))["runs"]]
    assert first["run_id"] == Starts().find("once", client).id
    assert 404 == (await fetch("starts", "never")).code
    client.get(first["run_id"]).wait()


async def test_a_refused_start_is_none(post: Post, fetch: Fetch, jp_root_dir: Path) -> None:
    """What was refused has not begun, and may be asked for with the same word when it is mended."""
    (jp_root_dir / "bad.ipynb").write_text("no notebook", "utf-8")
    status, _ = await post("runs", path="bad.ipynb", asked_as="twice")
    assert 400 <= status < 500
    assert 404 == (await fetch("starts", "twice")).code
    write_notebook(jp_root_dir / "bad.ipynb", {"a": "x = 1"})
    status, _ = await post("runs", path="bad.ipynb", asked_as="twice")
    assert 201 == status


async def test_numbers_are_what_was_written(get: Get, post: Post, jp_root_dir: Path, client: Client) -> None:
    """Parameters that come as JSON each are read by Python: 1.0 is not 1, nor is a large number rounded."""
    parameters = (["parameters"], "rate: float = 0.5\nfew = [1.0]\nmany = 1")
    write_cells(jp_root_dir / "numbers.ipynb", [parameters, (["step:show"], "text = str((rate, few, many))")])
    _, found = await post("analyse", path="numbers.ipynb")
    assert ["0.5", "[1.0]", "1"] == [one["written"] for one in found["parameters"]]
    given = {"rate": "2", "few": "[3.0, 4]", "many": "9007199254740993"}
    status, begun = await post("runs", path="numbers.ipynb", parameters={"many": 2}, written=given)
    assert 201 == status
    run = client.get(begun["run_id"]).wait()
    assert "(2.0, [3.0, 4], 9007199254740993)" == run.artifacts["text"].load()
    assert (kept := {**given, "rate": "2.0"}) == (await get("runs", run.id))["written"]
    other = client.run(jp_root_dir / "numbers.ipynb", {"rate": 1.0}).wait().id
    [_, row] = (await get("runs"))["runs"]
    assert kept == row["written"]
    beside = (await get("compare", run=[run.id, other]))["written"]
    assert {"rate": ["2.0", "1.0"], "few": ["[3.0, 4]", "[1.0]"], "many": ["9007199254740993", "1"]} == beside


async def test_a_text_that_is_no_json_is_refused_by_name(post: Post, quickstart: Path) -> None:
    """The answer names the parameter."""
    status, said = await post("runs", path="quickstart.ipynb", written={"word": "1."})
    assert (400, True) == (status, said["message"].startswith("The value of word is not JSON"))
