"""How far attempts are that cannot tell it themselves."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfnb.artifacts.store import Store
from kfnb.errors import StoreError
from kfnb.orchestrator.events import Unwritten
from kfnb.orchestrator.how_far import AWAY, BATCHES_EVERY, EVERY, HEARD_EVERY, HowFar
from kfnb.spec import CellResult, ExecutorOutput, RunEvent

RUNS = {"cell": "b", "number": 2, "done": 1, "cells": 3, "state": "RUNNING", "time": 2.0}


class Time:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class CountingStore(Store):
    """A store that knows which documents were read, and how long that takes; it may be away (`answers`)."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.reads: list[str] = []
        self.answers = True
        self.is_waited_for = True
        self.takes: Callable[[], None] = lambda: None

    def find(self, key: str) -> bytes | None:
        """Note it, and read."""
        assert not self.is_waited_for
        self.reads.append(key)
        self.takes()
        if not self.answers:
            raise StoreError("does not answer")
        return super().find(key)

    @contextlib.contextmanager
    def hurried(self) -> Iterator[None]:
        """Note that nothing is waited for."""
        self.is_waited_for = False
        yield
        self.is_waited_for = True


@pytest.fixture
def clock() -> Time:
    """A clock."""
    return Time()


@pytest.fixture
def store(tmp_path: Path) -> CountingStore:
    """A store."""
    return CountingStore(tmp_path)


def leave(store: Store, place: str, data: Any) -> None:
    """Leave in the store how far an attempt is."""
    store.write(f"{place}/progress.json", msgspec.json.encode(data))


def test_what_a_silent_attempt_leaves_is_told_once(store: CountingStore, clock: Time) -> None:
    """It is looked at every few seconds, and of what was known nothing is said again."""
    known = HowFar(store, clock)
    known.begins("a", 1, "place")
    leave(store, "place", RUNS)
    assert [] == known.left()
    clock.now += EVERY
    assert [("a", 1, RUNS)] == known.left()
    assert [] == known.left()
    clock.now += EVERY
    assert [] == known.left()
    leave(store, "place", {**RUNS, "done": 2})
    clock.now += EVERY
    assert [("a", 1, {**RUNS, "done": 2})] == known.left()


@pytest.mark.parametrize("left", [b"", b"[1]", b"{", None])
def test_nothing_that_can_be_read_is_no_news(store: CountingStore, clock: Time, left: bytes | None) -> None:
    """An attempt that has left nothing so far, or what another kfnb wrote, holds up nothing."""
    known = HowFar(store, clock)
    known.begins("a", 1, "place")
    if left is not None:
        store.write("place/progress.json", left)
    clock.now += EVERY
    assert [] == known.left()


def test_what_tells_itself_is_not_looked_at(store: CountingStore, clock: Time) -> None:
    """Its word costs no request, and the same word twice is no news."""
    known = HowFar(store, clock)
    known.begins("a", 1, "place")
    assert known.told("a", 1, RUNS)
    assert not known.told("a", 1, RUNS)
    known.begins("b", 1, "other")
    known.ends("b", 1, ExecutorOutput(state="FAILED"))
    clock.now += EVERY
    assert ([], []) == (known.left(), store.reads)


def test_many_are_looked_at_in_turn(store: CountingStore, clock: Time) -> None:
    """A look reads a few documents however many attempts there are; none is forgotten."""
    known = HowFar(store, clock)
    for number in range(20):
        known.begins("a", number, f"place-{number}")
    clock.now += EVERY
    looks = []
    for _ in range(3):
        store.reads.clear()
        assert [] == known.left() == known.left()  # of turns that follow each other, the first looks
        looks.append([*store.reads])
        clock.now += BATCHES_EVERY
    assert [8, 8, 4] == [len(look) for look in looks]
    assert 20 == len({key for look in looks for key in look})


def test_what_is_heard_no_more_is_looked_at_again(store: CountingStore, clock: Time) -> None:
    """Its launcher was cut off after it had told something: what it leaves shows, and from then on as soon as ever."""
    known = HowFar(store, clock)
    known.begins("a", 1, "place")
    known.told("a", 1, RUNS)
    for number in (2, 3):  # while it is heard nothing is asked
        clock.now += HEARD_EVERY - 1
        known.told("a", 1, {**RUNS, "number": number})
        assert ([], []) == (known.left(), store.reads)
    later = {**RUNS, "number": 4}
    leave(store, "place", later)
    clock.now += HEARD_EVERY
    assert [("a", 1, later)] == known.left()
    leave(store, "place", {**later, "done": 3})
    clock.now += EVERY
    assert [("a", 1, {**later, "done": 3})] == known.left()


def test_what_is_heard_and_quiet_costs_a_look_in_half_a_minute(store: CountingStore, clock: Time) -> None:
    """As long as it leaves nothing."""
    known = HowFar(store, clock)
    known.begins("a", 1, "place")
    known.told("a", 1, RUNS)
    for seconds in (HEARD_EVERY, HEARD_EVERY - 1, 1):
        clock.now += seconds
        assert [] == known.left()
    assert ["place/progress.json"] * 2 == store.reads


def test_a_store_that_is_away_holds_up_nothing(store: CountingStore, clock: Time) -> None:
    """The first look that gets no answer, for which nothing is waited, is the last one for a while."""
    known = HowFar(store, clock)
    for number in range(8):
        known.begins("a", number, f"place-{number}")
    clock.now += EVERY
    store.answers = False
    assert [] == known.left()
    clock.now += AWAY - 1
    store.answers = True
    assert ([], 1, True) == (known.left(), len(store.reads), store.is_waited_for)
    clock.now += 1
    assert ([], 9) == (known.left(), len(store.reads))


def test_a_slow_store_holds_up_little(store: CountingStore, clock: Time) -> None:
    """A batch of looks is left when it takes long; the next one goes on from there."""
    known = HowFar(store, clock)
    for number in range(8):
        known.begins("a", number, f"place-{number}")
    clock.now += EVERY

    def take() -> None:
        clock.now += BATCHES_EVERY / 2

    store.takes = take
    for _ in range(2):
        assert [] == known.left() == known.left()
        clock.now += BATCHES_EVERY
    assert [f"place-{number}/progress.json" for number in range(4)] == store.reads


def output(*ended: tuple[str, float | None, float | None]) -> ExecutorOutput:
    """The output of an attempt whose cells ended so: state, and when they began and ended."""
    cells = [
        CellResult(id=name, state=state, started=began, finished=end)  # type: ignore[arg-type]
        for name, (state, began, end) in zip("abc", ended, strict=False)
    ]
    return ExecutorOutput(state="FAILED", cells=tuple(cells))


NOT_RUN = ("NOT_RUN", None, None)


@pytest.mark.parametrize(
    ("left", "came"),
    [
        (output(), None),
        (output(NOT_RUN, NOT_RUN), None),
        (output(("SUCCEEDED", 1.0, 2.0)), {"number": 1, "done": 1, "cells": 1, "state": "SUCCEEDED", "time": 2.0}),
        (output(("FAILED", 1.0, 2.0), NOT_RUN), {"number": 1, "done": 0, "cells": 2, "state": "FAILED", "time": 2.0}),
        (output(("FAILED", 1.0, None), NOT_RUN), {"number": 1, "done": 0, "cells": 2, "state": "RUNNING", "time": 1.0}),
    ],
)
def test_how_far_an_attempt_came_is_in_its_output(
    store: CountingStore, left: ExecutorOutput, came: dict[str, Any] | None
) -> None:
    """In the words in which its launcher would have told it last: of a cell that never ended, that it ran."""
    assert (came and {"cell": "a", **came}) == HowFar(store).ends("a", 1, left)


def test_what_was_told_last_is_not_said_again(store: CountingStore) -> None:
    """An output says nothing new where its launcher got through; what it does not say (memory) is kept."""
    left = output(("SUCCEEDED", 1.0, 1.5), ("SUCCEEDED", 2.0, 3.0), NOT_RUN)
    last = {"cell": "b", "number": 2, "done": 2, "cells": 3, "state": "SUCCEEDED", "time": 3.0}
    for told, came in (
        (last, None),
        ({"cell": "b", "number": 2, "done": 2, "cells": 3, "memory": 7}, None),
        ({**RUNS, "memory": 7}, {**last, "memory": 7}),
    ):
        known = HowFar(store)
        known.told("a", 1, told)
        assert came == known.ends("a", 1, left)


def progress(attempt: int, done: int) -> RunEvent:
    """An event that says how far an attempt of `a` is."""
    return RunEvent(kind="task-progress", time=0.0, task="a", attempt=attempt, data={"done": done})


def test_progress_stands_in_the_log_where_it_happened(clock: Time) -> None:
    """After the beginning of its attempt and before its end; of what follows each other at once, the last."""
    begun, ended = (RunEvent(kind="task-state", time=0.0, task="a", state=state) for state in ("RUNNING", "FAILED"))
    unwritten = Unwritten(clock)
    for event in (begun, progress(1, 0), progress(1, 1), ended, begun, progress(2, 0)):
        unwritten.add(event)
    assert [begun, progress(1, 1), ended, begun, progress(2, 0)] == unwritten.take()


def test_progress_alone_is_written_once_a_second(clock: Time) -> None:
    """With anything else it is written at once."""
    unwritten = Unwritten(clock)
    unwritten.add(progress(1, 0))
    assert [progress(1, 0)] == unwritten.take()
    unwritten.add(progress(1, 1))
    assert [] == unwritten.take()
    clock.now += 1.0
    assert [progress(1, 1)] == unwritten.take()
    ended = RunEvent(kind="task-state", time=0.0, task="a", state="FAILED")
    for event in (progress(1, 2), ended):
        unwritten.add(event)
    assert [progress(1, 2), ended] == unwritten.take()
    assert [] == unwritten.take()
