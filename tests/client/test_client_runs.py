"""Runs from Python: real notebooks, the real compiler, real processes."""

from __future__ import annotations

import asyncio
import json
import math
import os
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from client_notebooks import write_notebook

from kfnb.client import Client
from kfnb.errors import OutsideError, Refused, RunFailed, StoreError, WrongCall

PARTS = (
    "class Part:\n    def __init__(self, n):\n        self.n = n\n"
    "    def twice(self):\n        return 2 * self.n\np = Part(3)",
    "print(p.twice())\nq = p.twice() + 1\nq",
    "r = q * 1.5",
)


def test_a_run_gives_values_metrics_and_outputs(client: Client, tmp_path: Path) -> None:
    """After `wait` everything that the run made can be had by name, and the folder is as it was."""
    source = (
        "import kfnb\nkfnb.log_metric('gap', float('nan'))\n"
        "open('left.txt', 'w').write('here')\nkfnb.log_artifact('left.txt', name='note')"
    )
    notebook = write_notebook(tmp_path / "parts.ipynb", *PARTS, source)
    before = {path.name for path in tmp_path.iterdir()}
    run = client.run(notebook).wait()
    assert "SUCCEEDED" == run.state
    assert {*before, "home"} == {path.name for path in tmp_path.iterdir()}
    assert (7, 10.5, 6) == (run.artifacts["q"].load(), run.artifacts["r"].load(), run.artifacts["p"].load().twice())
    assert "6\n7\n" == run.tasks["s1"].log()
    assert run.tasks["s3"].logged["note"].load() in ("here", b"here")
    assert math.isnan(run.metrics["s3"]["gap"])
    assert {"s3": {"gap": "NaN"}} == json.loads(json.dumps(run.to_dict(), allow_nan=False))["metrics"]
    copy = shutil.copy(notebook, tmp_path / "copy.ipynb")
    run.write_outputs(copy)
    shown = json.loads(Path(copy).read_text())["cells"][1]["outputs"]
    assert ["6\n"] == shown[0]["text"]
    assert ["7"] == shown[1]["data"]["text/plain"]
    (tmp_path / "files").mkdir()
    assert ["left.txt"] == run.files(tmp_path / "files")
    assert "here" == (tmp_path / "files" / "left.txt").read_text()


def test_the_inputs_of_a_failed_task_load_where_one_is(client: Client, tmp_path: Path) -> None:
    """The exact inputs of a task, with the classes of the notebook, and why it failed with cell and line."""
    notebook = write_notebook(tmp_path / "parts.ipynb", PARTS[0], "x = p.n\nraise ValueError(x)", "print(x)")
    run = client.run(notebook).wait()
    assert ["SUCCEEDED", "FAILED", "SKIPPED"] == [task.state for task in run.tasks.values()]
    assert "ValueError: 3 (cell c1, line 2)" == run.tasks["s1"].why
    assert "it needs 's1', which failed" == run.tasks["s2"].why
    assert 6 == run.tasks["s1"].inputs()["p"].twice()
    assert "ValueError" == run.tasks["s1"].notebook()["cells"][0]["outputs"][0]["ename"]
    with pytest.raises(WrongCall, match="never started"):
        run.tasks["s2"].inputs()
    with pytest.raises(RunFailed, match="ValueError: 3"):
        run.raise_for_state()


def test_a_value_that_a_later_task_changed_loads_as_each_of_them_gave_it(client: Client, tmp_path: Path) -> None:
    """A run's artifact is the last of its name; each task has the one that it gave out itself."""
    notebook = write_notebook(tmp_path / "grows.ipynb", "rows = [1]", "rows.append(2)", "print(rows)")
    run = client.run(notebook).wait()
    assert [1, 2] == run.artifacts["rows"].load()
    assert [1] == run.tasks["s0"].artifacts["rows"].load()
    assert [1, 2] == run.tasks["s1"].artifacts["rows"].load()


def test_parameters_reach_the_steps_that_read_them(client: Client, tmp_path: Path) -> None:
    """A given value takes the place of the notebook's, the others stay."""
    notebook = write_notebook(tmp_path / "p.ipynb", "n = 1\nrate = 0.5", "print(n, rate)", tags={0: ("parameters",)})
    run = client.run(notebook, {"n": -3}).wait()
    assert "-3 0.5\n" == run.tasks["s1"].log()


@pytest.mark.parametrize(("least", "expected"), [(5, "SUCCEEDED"), (9, "SKIPPED")])
def test_a_condition_uses_the_parameters_of_the_run(client: Client, tmp_path: Path, least: int, expected: str) -> None:
    """A plain `if` over a recorded value and a parameter is decided by the value that the run was given."""
    notebook = write_notebook(
        tmp_path / "p.ipynb",
        "least = 7",
        "score = sum([3, 4])",
        "if score >= least:\n    print('deploy')",
        tags={0: ("parameters",)},
    )
    assert expected == client.run(notebook, {"least": least}).wait().tasks["s2"].state


@pytest.mark.parametrize(("n", "states", "shown"), [(1, "SKIPPED", "[1] zz"), (2, "SUCCEEDED", "[2] 1")])
def test_what_a_when_step_binds_is_there_only_if_it_ran(
    client: Client, tmp_path: Path, n: int, states: str, shown: str
) -> None:
    """Left out, names stay as they were above, and who needs its constants, functions or imports is skipped too."""
    sources = (
        f"import os\nn = int('{n}')\nxs = [1]",
        "xs = [2]\nLIMIT = 3\ndef f():\n    return 4\nimport json\nos.environ['KFNB_TRY'] = '1'",
        "print(xs, os.environ.get('KFNB_TRY', 'zz'))",
        "print(LIMIT)",
        "print(f())",
        "print(json.dumps(5))",
    )
    run = client.run(write_notebook(tmp_path / "w.ipynb", *sources, tags={1: ("step:s1", "when:n > 1")})).wait()
    assert ["SUCCEEDED", states, "SUCCEEDED", states, states, states] == [task.state for task in run.tasks.values()]
    assert f"{shown}\n" == run.tasks["s2"].log()
    assert (["3\n", "4\n", "5\n"] if n > 1 else ["", "", ""]) == [run.tasks[s].log() for s in ("s3", "s4", "s5")]


@pytest.mark.parametrize(("n", "shown"), [(1, "low\nnot high\n"), (2, "high\nhigh\n")])
def test_of_two_when_steps_the_one_that_ran_gives_the_name(client: Client, tmp_path: Path, n: int, shown: str) -> None:
    """Opposite conditions, one name: who reads it gets what the step made that ran; who can do without runs too."""
    sources = (
        f"n = int('{n}')",
        "level = ['high']\nhigh = 'high'",
        "level = ['low']",
        "print(level[0])\ntry:\n    print(high)\nexcept NameError:\n    print('not high')",
    )
    tags = {1: ("step:s1", "when:n > 1"), 2: ("step:s2", "when:n <= 1")}
    run = client.run(write_notebook(tmp_path / "w.ipynb", *sources, tags=tags)).wait()
    assert ("SUCCEEDED", shown) == (run.tasks["s3"].state, run.tasks["s3"].log())


def test_a_name_that_a_false_condition_left_unbound_is_a_name_error(client: Client, tmp_path: Path) -> None:
    """Who reads it is run, and fails where by hand it would; a cell that may fail shows that and is passed."""
    sources = ("n = int('1')", "if n > 1:\n    best = n", "print('read')\nbest", "print('before')\nbest")
    notebook = write_notebook(tmp_path / "p.ipynb", *sources, tags={2: ("step:s2", "raises-exception")})
    run = client.run(notebook).wait()
    assert ["SUCCEEDED", "SKIPPED", "SUCCEEDED", "FAILED"] == [task.state for task in run.tasks.values()]
    assert "NameError: name 'best' is not defined (cell c3, line 2)" == run.tasks["s3"].why
    shown = [output["output_type"] for output in run.tasks["s2"].notebook()["cells"][0]["outputs"]]
    assert ["stream", "error"] == shown
    assert run.tasks["s3"].log().startswith("before\n")


@pytest.mark.parametrize(("given", "shown"), [({}, "3 3 True\n"), ({"day": 5}, "5 5 True\n")])
def test_setup_of_later_steps_may_need_parameters(
    client: Client, tmp_path: Path, given: dict[str, int], shown: str
) -> None:
    """A default of a function, a setting's argument and a class's constant are those of the run in every step."""
    sources = (
        "day = 3",
        "import calendar\ncalendar.setfirstweekday(day)\ndef f(value=day):\n    return value\n"
        "class Plan:\n    start = day\nprint(f())",
        "print(f(), calendar.firstweekday(), Plan.start == day)",
    )
    notebook = write_notebook(tmp_path / "p.ipynb", *sources, tags={0: ("parameters",)})
    assert shown == client.run(notebook, given).wait().tasks["s2"].log()


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"rat": 1.0}, "KF700", "rate"),
        ({"n": 1.5}, "KF701", "whole number"),
        ({"n": True}, "KF701", "whole number"),
        ({"rate": "much"}, "KF701", "a number"),
        ({"names": ("a",)}, "KF701", "a list"),
        ({"rate": math.inf}, "KF702", "JSON"),
        ({"names": [{1}]}, "KF702", "set"),
        ({"n": 2**70}, "KF702", "64 bits"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(
    client: Client, tmp_path: Path, given: dict[str, object], code: str, said: str
) -> None:
    """An unknown name (with the nearest one), a wrong type and what JSON cannot hold are diagnostics; nothing runs."""
    notebook = write_notebook(
        tmp_path / "p.ipynb", "n = 1\nrate = 0.5\nnames = ['a']", "print(n, rate, names)", tags={0: ("parameters",)}
    )
    with pytest.raises(Refused) as refused:
        client.run(notebook, given)
    assert [code] == [d.code for d in refused.value.diagnostics]
    assert said in str(refused.value)
    assert [] == client.runs()


def test_a_whole_number_for_a_float_is_a_float(client: Client, tmp_path: Path) -> None:
    """As the type says, and as the result of a run that was given 2.0 is called in the cache."""
    notebook = write_notebook(tmp_path / "p.ipynb", "rate = 0.5", "text = str(rate)", tags={0: ("parameters",)})
    runs = [client.run(notebook, {"rate": rate}).wait() for rate in (2, 2.0)]
    assert ["2.0", "2.0"] == [run.artifacts["text"].load() for run in runs]
    assert [False, True] == [task.cached for run in runs for task in run.tasks.values()]


def test_two_runs_of_one_notebook_at_once(client: Client, tmp_path: Path) -> None:
    """Each run has its own folder view, processes and results."""
    notebook = write_notebook(
        tmp_path / "p.ipynb",
        "n = 0",
        "open('f.txt', 'a').write(str(n))\nimport time\ntime.sleep(0.3)\ntext = open('f.txt').read()",
        tags={0: ("parameters",)},
    )
    runs = [client.run(notebook, {"n": n}) for n in (1, 2)]
    assert ["1", "2"] == [run.wait().artifacts["text"].load() for run in runs]
    assert 2 == len({run.id for run in runs})


def test_threads_can_share_a_client(client: Client, tmp_path: Path) -> None:
    """Runs started from several threads at once do not get in each other's way."""
    notebook = write_notebook(tmp_path / "p.ipynb", "x = int('1')", "print(x)")
    client.prestart()
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: client.run(notebook).wait(), range(3)))
    assert ["SUCCEEDED"] * 3 == [run.state for run in runs]


def test_a_run_works_inside_a_running_event_loop(client: Client, tmp_path: Path) -> None:
    """Nothing of asyncio is used, so nothing of it is in the way."""
    notebook = write_notebook(tmp_path / "p.ipynb", "x = 1", "print(x)")

    async def main() -> str:
        return client.run(notebook).wait().state

    assert "SUCCEEDED" == asyncio.run(main())


def test_a_run_is_found_by_its_id_a_beginning_of_it_or_last(client: Client, tmp_path: Path) -> None:
    """What no other run's id begins with is enough; no run at all is said so."""
    notebook = write_notebook(tmp_path / "p.ipynb", "x = 1")
    first, second = (client.run(notebook).wait() for _ in range(2))
    assert first.id == client.get(first.id).id
    assert first.id == client.get(first.id[:-1]).id or first.id[:-1] == second.id[:-1]
    assert second.id == client.get("last").id
    assert [second.id, first.id] == [run.id for run in client.runs()]
    with pytest.raises(WrongCall, match="several runs"):
        client.get("20")
    with pytest.raises(WrongCall, match="no run"):
        client.get("nothing")


def test_a_run_elsewhere_is_found_by_its_id(client: Client, tmp_path: Path) -> None:
    """A run whose artifacts are put under another root is found without naming that root again."""
    notebook = write_notebook(tmp_path / "p.ipynb", "x = int('1')")
    run = Client(home=tmp_path / "home", root=f"file://{tmp_path}/elsewhere").run(notebook).wait()
    assert (tmp_path / "elsewhere" / "runs" / run.id).is_dir()
    assert 1 == client.get(run.id).artifacts["x"].load()
    assert run.id == client.get("last").id


def test_a_living_run_is_seen_and_cancelled_from_afar(client: Client, tmp_path: Path) -> None:
    """A second client, which knows the store only, sees the states and can cancel."""
    notebook = write_notebook(tmp_path / "p.ipynb", "print('before')\nimport time\ntime.sleep(60)", "x = 1")
    run = client.run(notebook)
    other = Client(home=tmp_path / "home").get(run.id)
    while other.tasks["s0"].state != "RUNNING":
        other.wait(0.05)
    assert "RUNNING" == other.to_dict()["state"]
    other.cancel()
    other.wait(30)
    assert ["CANCELED", "CANCELED"] == [other.tasks["s0"].state, other.state]
    assert other.tasks["s0"].log().startswith("before\n")
    run.wait()


def test_a_server_that_is_killed_fails_its_tasks_and_the_rest_goes_on(client: Client, tmp_path: Path) -> None:
    """The tasks of a killed fork server are FAILED with a code; what is still to come gets a new one."""
    notebook = write_notebook(tmp_path / "p.ipynb", "import time\ntime.sleep(60)", "print('next')")
    run = client.run(notebook, max_parallel=1)
    while run.tasks["s0"].state != "RUNNING":
        run.wait(0.05)
    assert run._loop is not None
    os.kill(run._loop._runner._server.pid, signal.SIGKILL)  # type: ignore[attr-defined]
    run.wait(60)
    assert ["FAILED", "SUCCEEDED"] == [task.state for task in run.tasks.values()]
    assert (run.tasks["s0"].why or "").startswith("KF654")


def test_facts_learned_while_running_become_tags(client: Client, tmp_path: Path) -> None:
    """A step that looked at what another one writes stops with a fact; remembered, the next run is right."""
    notebook = write_notebook(
        tmp_path / "p.ipynb",
        "name = ''.join(['da', 'ta.txt'])\nopen(name, 'w').write('x')",
        "import os\nseen = [f for f in os.listdir(os.getcwd()) if f.endswith('.txt')]\nprint(seen)",
    )
    run = client.run(notebook, remember=True).wait()
    if run.state == "SUCCEEDED":  # the compiler has seen it
        assert "['data.txt']\n" == run.tasks["s1"].log()
        return
    assert (run.tasks["s1"].why or "").startswith("KF652")
    assert {"s1": ("c1", "prev:s0")} == run.facts == client.get(run.id).facts
    again = client.run(notebook).wait()
    assert "SUCCEEDED" == again.state
    assert "['data.txt']\n" == again.tasks["s1"].log()


def test_a_store_that_cannot_be_written_is_said_before_anything_runs(tmp_path: Path) -> None:
    """A root below a file, and one where nobody may write."""
    notebook = write_notebook(tmp_path / "p.ipynb", "x = 1")
    (tmp_path / "file").write_text("")
    for root in (str(tmp_path / "file" / "store"), "/sys/kfnb-store"):
        with pytest.raises(StoreError):
            Client(home=tmp_path / "home", root=root).run(notebook)


def test_a_missing_notebook_and_an_unknown_kernel_are_said(client: Client, tmp_path: Path) -> None:
    """What is not there, and a kernel that is not there with the names of those that are."""
    with pytest.raises(WrongCall):
        client.run(tmp_path / "none.ipynb")
    notebook = write_notebook(tmp_path / "p.ipynb", "x = 1", name="no-such-kernel")
    with pytest.raises(OutsideError, match="python3"):
        client.run(notebook)


def test_events_reach_a_subscriber_in_order(client: Client, tmp_path: Path) -> None:
    """Start, running, output, success: as they happen; a listener that fails does not stop the run."""
    seen: list[tuple[str | None, str | None]] = []

    def listen(event: object) -> None:
        seen.append((event.task, event.state))  # type: ignore[attr-defined]
        raise RuntimeError

    run = client.run(write_notebook(tmp_path / "p.ipynb", "x = 1"), on_event=listen).wait()
    assert "SUCCEEDED" == run.state
    states = [state for task, state in seen if state is not None]
    assert ["RUNNING", "RUNNING", "SUCCEEDED", "SUCCEEDED"] == states


def test_a_run_displays_itself(client: Client, tmp_path: Path) -> None:
    """In a notebook a run is HTML with its picture and states, elsewhere text."""
    run = client.run(write_notebook(tmp_path / "p.ipynb", "x = 1")).wait()
    shown = run._repr_mimebundle_()
    assert {"text/html", "text/plain"} == set(shown)
    assert "s0" in shown["text/plain"]
    assert f"<Run {run.id} 'p' SUCCEEDED: 1 of 1 tasks done>" == repr(run)


def test_waiting_is_at_most_as_long_as_asked(client: Client, tmp_path: Path) -> None:
    """`wait` with a time returns a run that still runs."""
    run = client.run(write_notebook(tmp_path / "p.ipynb", "import time\ntime.sleep(60)"))
    begun = time.monotonic()
    assert run.wait(0.01).state in ("PENDING", "RUNNING")
    assert time.monotonic() - begun < 30
    run.cancel(now=True)
    assert "CANCELED" == run.wait().state
