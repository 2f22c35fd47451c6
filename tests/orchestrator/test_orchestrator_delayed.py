"""When a task that waits for its next attempt is due."""

from __future__ import annotations

from kfnb.orchestrator.delayed import Delayed


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_a_task_is_due_after_about_its_time() -> None:
    """Between half and one and a half times as long; then once."""
    clock = Clock()
    delayed = Delayed(clock=clock)
    delayed.put("a", 10.0)
    delayed.put("b", 0.0)
    assert ["b"] == delayed.take()
    (moment,) = delayed.moments()
    assert 5.0 <= moment <= 15.0
    clock.now = moment - 0.001
    assert [] == delayed.take()
    clock.now = moment
    assert ["a"] == delayed.take()
    assert ([], []) == (delayed.take(), delayed.moments())


def test_elements_that_start_as_one_are_due_at_one_time() -> None:
    """What a node took away with it within a moment, and what failed within one, goes into one next attempt."""
    clock = Clock()
    delayed = Delayed(together=True, clock=clock)
    for number, moment in enumerate((0.0, 0.1, 0.3)):
        clock.now = moment
        delayed.put(f"lost[{number}]", 0.0)
        delayed.put(f"failed[{number}]", 8.0)
    clock.now = 0.5
    assert [f"lost[{number}]" for number in range(3)] == delayed.take()
    clock.now = min(delayed.moments())
    assert [f"failed[{number}]" for number in range(3)] == delayed.take()


def test_elements_that_start_alone_are_spread() -> None:
    """Each waits by itself: one that is due takes no other one along, and none waits where it need not."""
    clock = Clock()
    delayed = Delayed(clock=clock)
    for number in range(20):
        delayed.put(f"f[{number}]", 8.0)
    assert len(set(delayed.moments())) > 1
    delayed.put("f[20]", 0.0)
    assert ["f[20]"] == delayed.take()
