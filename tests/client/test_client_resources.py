"""What steps ask of this machine: set aside while they run, refused where it is not there, and kept to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from client_notebooks import Signs, kill_driver, until, write_notebook

from kfnb.client import Client, Run
from kfnb.errors import Refused
from kfnb.runners.machine import this_machine

SHOWS = "import os\nprint(os.environ.get('CUDA_VISIBLE_DEVICES'))\n"


@pytest.fixture(autouse=True)
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine with one GPU, called 5, and two processors."""
    monkeypatch.setenv("KFNB_GPUS", "5")
    monkeypatch.setenv("KFNB_CPUS", "2")
    this_machine.cache_clear()
    yield
    this_machine.cache_clear()


@pytest.fixture
def signs(tmp_path: Path) -> Signs:
    """What bodies say and wait for."""
    return Signs(tmp_path / "signs")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The notebook's folder."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def gpu_steps(path: Path, *sources: str) -> Path:
    """Write a notebook whose steps s0, s1 … ask for a GPU each."""
    return write_notebook(path, *sources, tags={n: (f"step:s{n}", "gpu:1") for n in range(len(sources))})


def spans(run: Run, *names: str) -> list[tuple[float, float]]:
    """When each of these tasks began and ended."""
    found = []
    for name in names:
        task = run.tasks[name]
        assert task.started is not None
        assert task.finished is not None
        found.append((task.started, task.finished))
    return sorted(found)


def test_two_steps_with_a_gpu_never_overlap_on_one(client: Client, signs: Signs, work: Path) -> None:
    """The second waits and says for what; each sees the GPU as its own, and the environment does not flow on."""
    path = gpu_steps(work / "g.ipynb", SHOWS + signs.waits("go") + "a = 1", SHOWS + "b = 2")
    run = client.run(path, max_parallel=2)
    until(run, lambda: any("waiting for a GPU" in (task.why or "") for task in run.tasks.values()))
    signs.give("go")
    run.wait()
    assert "SUCCEEDED" == run.state
    (_, first_end), (second_start, _) = spans(run, "s0", "s1")
    assert first_end <= second_start
    assert ["5\n", "5\n"] == [task.log() for task in run.tasks.values()]


def test_the_gpu_is_no_part_of_the_notebooks_environment(
    client: Client, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a step with a GPU sets flows on; the GPU does not, and what the shell showed is there for others."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,4")
    path = write_notebook(
        work / "e.ipynb",
        SHOWS + "os.environ['MINE'] = 'set'",
        SHOWS + "print(os.environ['MINE'], 'KFNB_DEVICES' in os.environ)",
        SHOWS + "print(os.environ['MINE'])",
        tags={0: ("step:s0", "gpu:1"), 1: ("step:s1",), 2: ("step:s2", "gpu:1")},
    )
    run = client.run(path).wait()
    assert ["5\n", "3,4\nset False\n", "5\nset\n"] == [task.log() for task in run.tasks.values()]


def test_a_killed_run_gives_its_gpu_back(client: Client, signs: Signs, work: Path) -> None:
    """Once its tasks are gone too, another run has the GPU; meanwhile it had to wait."""
    one = client.run(gpu_steps(work / "one.ipynb", signs.ran("one") + signs.waits("never")), detach=True)
    until(one, lambda: ["one"] == signs.who_ran())
    two = client.run(gpu_steps(work / "two.ipynb", SHOWS))
    until(two, lambda: "another run" in (two.tasks["s0"].why or ""))
    kill_driver(one)
    assert "SUCCEEDED" == two.wait().state
    one.cancel()


def test_processors_that_are_asked_for_are_set_aside(client: Client, work: Path) -> None:
    """Two steps that ask for both processors run one after the other; one that asks for none runs beside them."""
    path = write_notebook(
        work / "c.ipynb",
        "import time\ntime.sleep(0.3)",
        "import time\ntime.sleep(0.3)",
        "x = 1",
        tags={0: ("step:s0", "limit:cpu:2"), 1: ("step:s1", "request:cpu:1500m"), 2: ("step:s2",)},
    )
    run = client.run(path, max_parallel=3).wait()
    assert "SUCCEEDED" == run.state
    first, second = spans(run, "s0", "s1")
    assert first[1] <= second[0]


def test_a_gpu_that_is_not_there_is_refused(client: Client, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By `check` and by `run`, at the cell of the tag; with allow_cpu the step runs, and sees no GPU."""
    monkeypatch.setenv("KFNB_GPUS", "")
    this_machine.cache_clear()
    path = write_notebook(work / "g.ipynb", "a = 1", SHOWS, "print(a)", tags={1: ("step:train",), 2: ("gpu:2",)})
    (found,) = client.check(path)
    assert ("KF507", "error", "c2") == (found.code, found.severity, found.cell)
    assert "asks for 2 GPUs, and this machine has none" in found.message
    with pytest.raises(Refused, match="KF507"):
        client.run(path)
    assert ["warning"] == [one.severity for one in client.check(path, allow_cpu=True)]
    run = client.run(path, allow_cpu=True).wait()
    assert ("SUCCEEDED", "\n1\n") == (run.state, run.tasks["train"].log())


def test_more_processors_than_there_are_is_a_warning(client: Client, work: Path) -> None:
    """The step runs all the same."""
    path = write_notebook(work / "c.ipynb", "a = 1", tags={0: ("step:s0", "limit:cpu:64")})
    (found,) = client.check(path)
    assert ("KF508", "warning", "c0") == (found.code, found.severity, found.cell)
    assert "SUCCEEDED" == client.run(path).wait().state


def test_putting_parts_together_needs_no_gpu(client: Client, work: Path) -> None:
    """Elements of a fan-out with a GPU each run one by one; the task that joins what they gave asks for none."""
    source = SHOWS + "found = [n * 2 for n in [1, 2, 3]]"
    path = write_notebook(work / "f.ipynb", source, "print(found)", tags={0: ("step:s0", "gpu:1", "foreach")})
    run = client.run(path).wait()
    assert ("SUCCEEDED", "[2, 4, 6]\n") == (run.state, run.tasks["s1"].log())
    elements = spans(run, "s0[0]", "s0[1]", "s0[2]")
    assert all(first[1] <= second[0] for first, second in pairwise(elements))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is held to its limit on Linux only")
def test_a_step_over_its_memory_limit_is_stopped(client: Client, work: Path) -> None:
    """It fails with the limit and the peak, keeps what it printed, and a retry is tried; others go on."""
    path = write_notebook(
        work / "m.ipynb",
        "print('before')",
        "x = bytearray(400_000_000)",
        "print('fine')",
        tags={0: ("step:big", "limit:memory:200Mi", "retry:1:1s"), 1: (), 2: ("step:other", "limit:memory:200Mi")},
    )
    run = client.run(path).wait()
    big = run.tasks["big"]
    assert ("FAILED", "SUCCEEDED", 2) == (big.state, run.tasks["other"].state, big.attempt)
    assert "KF619" in (big.why or "")
    assert "it may use 200Mi of memory (limit:memory:) and used" in (big.why or "")
    assert "before\n" == big.log()


def test_a_value_on_a_device_that_a_step_does_not_see_is_named(client: Client, work: Path) -> None:
    """The step that takes it in fails before its code runs, with the value's name and what to do."""
    (work / "away.py").write_text(
        "from kfnb.errors import NoDevice\n"
        "def load():\n"
        "    raise NoDevice(\"lies on the device 'cuda:0', which this step does not see\")\n"
        "class Weights:\n"
        "    def __reduce__(self):\n"
        "        return load, ()\n"
    )
    path = write_notebook(work / "a.ipynb", "from away import Weights\nmodel = Weights()", "print(model)")
    task = client.run(path).wait().tasks["s1"]
    assert ("FAILED", "") == (task.state, task.log())
    assert "KF623: The value of model lies on the device 'cuda:0', which this step does not see." in str(task.why)
