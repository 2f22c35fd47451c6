"""Which Job carries which attempts, and at which place each of them: one, or elements of a fan-out. Pure.

Used by the Kubernetes runner and by what shows its objects. The runner knows an attempt by its key: the name that a Job
of its own would have. Elements that are started as one have an Indexed Job together, called after the first of them;
each has a place (index) in it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from kfnb.runners.job_manifest import PLACE
from kfnb.runners.pod_state import condition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Object = dict[str, Any]

_JOB = "batch.kubernetes.io/job-name"


def job_label(job: str) -> str:
    """Return the label that selects the pods of a Job."""
    return f"{_JOB}={job}"


class Seat(NamedTuple):
    """The Job that carries an attempt, and at which place; None where it carries nothing else."""

    job: str
    place: int | None = None

    @property
    def selector(self) -> str:
        """The labels that select the pods of the attempt."""
        return job_label(self.job) + ("" if self.place is None else f",{PLACE}={self.place}")

    @property
    def pods(self) -> str:
        """How the names of the attempt's pods begin."""
        return f"{self.job}-" if self.place is None else f"{self.job}-{self.place}-"


class _Shared(NamedTuple):
    """The attempts of an Indexed Job, by their places. `most` of them run at once."""

    keys: tuple[str, ...]
    most: int


class Seats:
    """The places of a run's attempts. `clock`: one that is never set."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shared: dict[str, _Shared] = {}
        self._place: dict[str, tuple[str, int]] = {}
        self._held: dict[str, float] = {}  # since when pods have been about to end

    def share(self, keys: tuple[str, ...], most: int) -> str:
        """Give attempts a Job together, or let it run another number of them at once; return its name."""
        self._shared[keys[0]] = _Shared(keys, most)
        self._place |= {key: (keys[0], place) for place, key in enumerate(keys)}
        return keys[0]

    def is_shared(self, job: str) -> bool:
        """Say whether a Job is one of several attempts."""
        return job in self._shared

    def most(self, job: str) -> int:
        """Return how many attempts of a shared Job may run at once."""
        return self._shared[job].most

    def job_of(self, key: str) -> str:
        """Return the name of the Job that carries an attempt."""
        return self._place[key][0] if key in self._place else key

    def keys_of(self, job: str) -> tuple[str, ...]:
        """Return the attempts that a Job carries."""
        return self._shared[job].keys if job in self._shared else (job,)

    def selector(self, key: str) -> str:
        """Return the labels that select the pods of an attempt."""
        return Seat(*self._place.get(key, (key,))).selector

    def of_pod(self, pod: Object) -> str:
        """Return the attempt that a pod carries; "" if it is of no Job, or at no place that is known."""
        labels = pod["metadata"].get("labels") or {}
        job = str(labels.get(_JOB, ""))
        if job not in self._shared:
            return job
        place, keys = str(labels.get(PLACE, "")), self._shared[job].keys
        return keys[int(place)] if place.isdigit() and int(place) < len(keys) else ""

    def settled(self, job: Object) -> Iterator[tuple[str, bool]]:
        """Yield the attempts that are over as their Job says, each with whether it did what it was to do."""
        status: Object = job.get("status") or {}
        name = job["metadata"]["name"]
        keys = self.keys_of(name)
        if not self.is_shared(name) and condition(job, "Complete") is not None:
            yield name, True
        for field, done in (("completedIndexes", True), ("failedIndexes", False)):
            yield from ((keys[place], done) for place in places(status.get(field) or "") if place < len(keys))

    def hold(self, key: str) -> None:
        """The pod of an attempt is to end: no other one is started in its stead before it has."""
        if key in self._place:
            self._held.setdefault(key, self._clock())

    def free(self, key: str) -> None:
        """The pod of an attempt has ended or is gone."""
        self._held.pop(key, None)

    def stuck(self, seconds: float) -> list[str]:
        """Return the Jobs that start nothing more: as many pods as may run at once do not end, for `seconds` now."""
        now, held = self._clock(), dict[str, int]()
        for key, since in list(self._held.items()):
            if now - since >= seconds:
                held[self.job_of(key)] = held.get(self.job_of(key), 0) + 1
        return [job for job, number in held.items() if number >= self._shared[job].most]


def places(written: str) -> Iterator[int]:
    """Yield the numbers of a list as an Indexed Job's status has it: `0,2-4`."""
    for part in written.split(","):
        first, _, last = part.partition("-")
        if first.isdigit():
            yield from range(int(first), int(last or first) + 1)
