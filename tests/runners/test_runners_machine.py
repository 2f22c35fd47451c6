"""What tasks hold of a machine: never more than there is, nobody waits for ever, everything comes back."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfnb.errors import WrongCall
from kfnb.runners import machine
from kfnb.runners.machine import CPU, GPU, MEMORY, Held, Machine, Room, asked_by, this_machine
from kfnb.spec import Settings

GIB = 2.0**30
MACHINE = Machine(cpus=4, memory=int(16 * GIB), gpus=("0", "1"))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """An empty machine."""
    return Room(MACHINE, tmp_path / "gpus")


def test_what_does_not_fit_waits_and_says_for_what(room: Room) -> None:
    """The message names what is asked, what is free, and who holds the rest; after a release there is room."""
    assert isinstance(room.reserve("a", {MEMORY: 10 * GIB}), Held)
    why = room.reserve("b", {MEMORY: 8 * GIB})
    assert "waiting for memory: asks for 8 GiB, 6 GiB of 16 GiB free; the rest is held by a" == why
    assert not room.has("b", {MEMORY: 8 * GIB})
    room.release("a")
    assert room.has("b", {MEMORY: 8 * GIB})
    assert isinstance(room.reserve("b", {MEMORY: 8 * GIB}), Held)


def test_who_waits_is_not_overtaken(room: Room) -> None:
    """A small task that comes later waits behind a big one for the same resource, and passes it for another."""
    room.reserve("a", {CPU: 3})
    assert isinstance(room.reserve("big", {CPU: 4}), str)
    assert "waiting for processors: step big is next in line" == room.reserve("small", {CPU: 1})
    assert isinstance(room.reserve("other", {GPU: 1}), Held)
    room.release("big")
    assert isinstance(room.reserve("small", {CPU: 1}), Held)


def test_more_than_there_is_runs_alone(room: Room) -> None:
    """A task that asks for more than the machine has waits until nothing else is there, and then runs."""
    room.reserve("a", {CPU: 1})
    assert isinstance(room.reserve("big", {CPU: 64}), str)
    room.release("a")
    assert isinstance(room.reserve("big", {CPU: 64}), Held)
    assert isinstance(room.reserve("a", {CPU: 1}), str)


def test_gpus_are_given_one_by_one(room: Room) -> None:
    """Each task gets GPUs that no other task has."""
    first, second = room.reserve("a", {GPU: 1}), room.reserve("b", {GPU: 1})
    assert isinstance(first, Held)
    assert isinstance(second, Held)
    assert {"0", "1"} == {*first.gpus, *second.gpus}
    assert isinstance(room.reserve("c", {GPU: 1}), str)


def test_gpus_are_held_across_runs(room: Room, tmp_path: Path) -> None:
    """A GPU that another run holds, or a process that is left of one, is not given."""
    other = Room(MACHINE, tmp_path / "gpus")
    held = other.reserve("x", {GPU: 1})
    assert isinstance(held, Held)
    mine = room.reserve("a", {GPU: 1})
    assert isinstance(mine, Held)
    assert held.gpus != mine.gpus
    assert "waiting for a GPU: asks for 1, another run holds what this one does not" == room.reserve("b", {GPU: 1})
    body = subprocess.Popen(
        [sys.executable, "-c", "import fcntl, sys\nf = open(sys.argv[1], 'w')\nfcntl.flock(f, 2)\nprint(flush=True)\n"
         "sys.stdin.read()", held.locks[0]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert body.stdout is not None
    body.stdout.readline()
    other.release("x")
    assert not room.has("b", {GPU: 1})
    body.communicate()
    assert room.has("b", {GPU: 1})


@given(
    st.lists(
        st.dictionaries(st.sampled_from([CPU, MEMORY, GPU]), st.integers(1, 5), min_size=1), min_size=1, max_size=8
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None)
def test_everybody_gets_room_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, asked: list[dict[str, int]], rng: random.Random
) -> None:
    """Whatever is asked in whatever order: never more is held than there is, and every task runs once."""
    room = Room(Machine(4, 4, ("0", "1")), tmp_path_factory.mktemp("gpus"))
    wanted = {f"t{n}": {name: float(much) for name, much in needs.items()} for n, needs in enumerate(asked)}
    order, running, done = list(wanted), dict[str, Held](), list[str]()
    rng.shuffle(order)
    while len(done) < len(wanted):
        for task in [t for t in order if t not in running and t not in done]:
            found = room.reserve(task, wanted[task])
            if isinstance(found, Held):
                running[task] = found
        assert running
        for name, most in ((CPU, 4), (MEMORY, 4), (GPU, 2)):
            assert sum(held.amounts.get(name, 0) for held in running.values()) <= most
        given = [gpu for held in running.values() for gpu in held.gpus]
        assert len(given) == len({*given})
        task = rng.choice(sorted(running))
        room.release(task)
        del running[task]
        done.append(task)


def test_requests_count_before_limits() -> None:
    """What a step requests is set aside; its limit only where it requests nothing."""
    asked = asked_by(Settings(limits={CPU: "4", MEMORY: "2Gi", "x.y/z": "1"}, requests={CPU: "500m"}))
    assert {CPU: 0.5, MEMORY: 2 * GIB} == asked


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    """What the machine is taken for when nvidia-smi prints this, with these settings."""

    def read(rows: str, **env: str) -> Machine:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{rows}\nEND\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        for name in ("KFNB_GPUS", "CUDA_VISIBLE_DEVICES", "KFNB_CPUS", "KFNB_MEMORY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        this_machine.cache_clear()
        return this_machine()

    yield read
    this_machine.cache_clear()


def test_gpus_are_found_or_declared(told: Callable[..., Machine]) -> None:
    """nvidia-smi lists them, CUDA_VISIBLE_DEVICES hides some, KFNB_GPUS has the last word; so for the others."""
    rows = "0, GPU-aaaa\n1, GPU-bbbb"
    assert ("0", "1") == told(rows).gpus
    assert ("1",) == told(rows, CUDA_VISIBLE_DEVICES="1").gpus
    assert ("GPU-aaaa",) == told(rows, CUDA_VISIBLE_DEVICES="GPU-aaaa").gpus
    assert () == told(rows, CUDA_VISIBLE_DEVICES="").gpus
    assert ("7",) == told(rows, KFNB_GPUS="7").gpus
    assert () == told("NVIDIA-SMI has failed").gpus
    found = told(rows, KFNB_CPUS="1500m", KFNB_MEMORY="2Gi")
    assert (1.5, 2 * GIB) == (found.cpus, found.memory)
    with pytest.raises(WrongCall, match="KFNB_CPUS"):
        told(rows, KFNB_CPUS="many")


def test_without_nvidia_smi_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own processors and memory are known without any setting."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("KFNB_GPUS", raising=False)
    this_machine.cache_clear()
    found = this_machine()
    assert ((), True, True) == (found.gpus, found.cpus >= 1, found.memory > 2**28)
    this_machine.cache_clear()
    assert machine._file_name("GPU-a/b") == "GPU-a_b"
