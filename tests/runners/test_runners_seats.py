"""Which Job carries which attempts: alone, or as elements of a fan-out at places of an Indexed Job."""

from __future__ import annotations

from typing import Any

import pytest

from kfnb.runners.seats import Seat, Seats, places

KEYS = ("r-fan-0-1", "r-fan-2-1", "r-fan-3-1")


def pod(job: str, place: str | None = None) -> dict[str, Any]:
    """A pod with the labels that the Job controller gives it."""
    labels = {"batch.kubernetes.io/job-name": job}
    if place is not None:
        labels["batch.kubernetes.io/job-completion-index"] = place
    return {"metadata": {"labels": labels}}


@pytest.fixture
def seats() -> Seats:
    """Three elements with a Job together, of which two run at once; time stands still."""
    made = Seats(lambda: 100.0)
    made.share(KEYS, 2)
    return made


def test_an_attempt_alone_is_its_job(seats: Seats) -> None:
    """The Job of an attempt alone has its name, carries nothing else, and its pods are all its own."""
    assert ("r-a-1", ("r-a-1",), False) == (seats.job_of("r-a-1"), seats.keys_of("r-a-1"), seats.is_shared("r-a-1"))
    assert "r-a-1" == seats.of_pod(pod("r-a-1"))
    assert "batch.kubernetes.io/job-name=r-a-1" == seats.selector("r-a-1")


def test_elements_have_places_in_one_job(seats: Seats) -> None:
    """The Job is called after the first element; the place on a pod's label says which element it carries."""
    assert [KEYS[0]] * 3 == [seats.job_of(key) for key in KEYS]
    assert (KEYS, True) == (seats.keys_of(KEYS[0]), seats.is_shared(KEYS[0]))
    assert list(KEYS) == [seats.of_pod(pod(KEYS[0], place)) for place in "012"]
    expected = f"batch.kubernetes.io/job-name={KEYS[0]},batch.kubernetes.io/job-completion-index=1"
    assert expected == seats.selector(KEYS[1])


@pytest.mark.parametrize("place", [None, "3", "-1", "x"])
def test_a_pod_at_no_known_place_is_nobody_s(seats: Seats, place: str | None) -> None:
    """A pod with the name of an Indexed Job and no place in it carries no element."""
    assert "" == seats.of_pod(pod(KEYS[0], place))


def test_a_job_says_which_elements_are_over(seats: Seats) -> None:
    """An Indexed Job lists those that succeeded and those that failed; another one is of one attempt alone."""
    status = {"completedIndexes": "0,2", "failedIndexes": "1"}
    settled = list(seats.settled({"metadata": {"name": KEYS[0]}, "status": status}))
    assert [(KEYS[0], True), (KEYS[2], True), (KEYS[1], False)] == settled
    assert [] == list(seats.settled({"metadata": {"name": "r-a-1"}, "status": {"succeeded": 1}}))
    done = {"conditions": [{"type": "SuccessCriteriaMet", "status": "True"}, {"type": "Complete", "status": "True"}]}
    assert [("r-a-1", True)] == list(seats.settled({"metadata": {"name": "r-a-1"}, "status": done}))
    all_done = {"completedIndexes": "0-2", **done}
    assert [(key, True) for key in KEYS] == list(seats.settled({"metadata": {"name": KEYS[0]}, "status": all_done}))


@pytest.mark.parametrize(
    ("written", "expected"), [("", []), ("3", [3]), ("0,2", [0, 2]), ("1,3-5,7", [1, 3, 4, 5, 7]), ("0-1", [0, 1])]
)
def test_a_list_of_places_is_read(written: str, expected: list[int]) -> None:
    """Single numbers and ranges stand between commas."""
    assert expected == list(places(written))


def test_pods_that_do_not_end_block_their_job() -> None:
    """A Job is stuck when as many pods as may run at once have been about to end for long; one that ends frees it."""
    now = [0.0]
    seats = Seats(lambda: now[0])
    seats.share(KEYS, 2)
    seats.hold("r-a-1")  # alone: its Job has nothing else to start
    seats.hold(KEYS[0])
    now[0] = 50.0
    seats.hold(KEYS[1])
    seats.hold(KEYS[0])  # known already
    now[0] = 100.0
    assert [] == seats.stuck(90.0)
    now[0] = 140.0
    assert [KEYS[0]] == seats.stuck(90.0)
    seats.free(KEYS[1])
    assert [] == seats.stuck(90.0)


def test_pods_are_known_by_their_names_too() -> None:
    """The pods of an Indexed Job have their place in their names, so that an event about one tells whose it is."""
    assert ("r-a-1-", "r-fan-0-1-12-") == (Seat("r-a-1").pods, Seat("r-fan-0-1", 12).pods)
