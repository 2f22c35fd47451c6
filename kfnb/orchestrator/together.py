"""Starts attempts; elements of one fan-out as one, where the runner takes them so. Used by the loop.

Which elements were started as one is written down in the store first: what starts them (a pod of an Indexed Job) knows
its place only, and an orchestrator that takes the run up again must find them. The documents lie under
`runs/ID/together/`, each called after its first element and the attempt, which no other one can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from kfnb.orchestrator import places
from kfnb.runners.base import Runner, StartsTogether
from kfnb.spec import RunInfo, Task, Together, element_name, owner_of, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

_decoder = msgspec.json.Decoder(Together)


class Documents(Protocol):
    """What is needed of a store."""

    def write(self, key: str, data: bytes) -> None:
        """Write a document, replacing one that is there."""

    def read(self, key: str) -> bytes:
        """Return a document."""

    def children(self, prefix: str) -> list[str]:
        """Return the names right below a prefix."""


class Described(NamedTuple):
    """What was started as one, and the key of the document that says it."""

    key: str
    together: Together


def started_with(store: Documents, run_id: str, element: Task, attempt: int) -> Described | None:
    """Return with what an attempt of an element was started as one; None of one alone, and of other tasks."""
    fan, _, number = element.slug.rpartition(".")
    if owner_of(element.name) == element.name:
        return None
    for name in store.children(places.together_key(run_id)):
        if name.startswith(f"{fan}.") and name.endswith(f"-{attempt}.json"):
            key = f"{places.together_key(run_id)}/{name}"
            together = _decoder.decode(store.read(key))
            if together.task == owner_of(element.name) and int(number) in together.numbers:
                return Described(key, together)
    return None


class _Group(NamedTuple):
    """Attempts of the same number, of the same fan-out."""

    fan: str
    attempt: int


class _Shared(NamedTuple):
    """Elements that were started as one, which `described` tells; `widest`: how many may run at once at most."""

    elements: list[Task]
    described: Together
    widest: int

    def left(self, active: Set[tuple[str, int]]) -> set[tuple[str, int]]:
        """Return those that are not over."""
        return {(task.name, self.described.attempt) for task in self.elements} & active


class Beginnings:
    """The attempts of a run that are about to be started. `most`: how many tasks of it may run at once."""

    def __init__(self, info: RunInfo, store: Documents, root: str, runner: Runner, most: int) -> None:
        self._info = info
        self._store = store
        self._root = root
        self._runner = runner
        self._most = most
        self._waiting: dict[_Group, list[Task]] = {}
        self._shared: dict[str, _Shared] = {}  # by the keys of their documents

    def put(self, task: Task, attempt: int, document: str) -> None:
        """Start an attempt, of which the input is at key `document`; an element of a fan-out with the next `start`."""
        fan = owner_of(task.name)
        if fan != task.name and isinstance(self._runner, StartsTogether):
            self._waiting.setdefault(_Group(fan, attempt), []).append(task)
        else:
            self._runner.start(task, attempt, places.uri(self._root, document))

    def start(self, active: Iterable[tuple[str, int]]) -> None:
        """Start what was put since the last call; where other tasks have ended, have more elements run at once.

        `active`: tasks that have been started, with their attempts, these among them.
        """
        if not self._waiting and not any(one.described.most < one.widest for one in self._shared.values()):
            return
        begun = set(active)
        waiting, self._waiting = self._waiting, {}
        room = self._room(begun - {(task.name, group.attempt) for group in waiting for task in waiting[group]})
        for group, elements in waiting.items():
            if len(elements) == 1:
                key = places.attempt_key(self._info.run_id, elements[0].slug, group.attempt)
                self._runner.start(elements[0], group.attempt, places.uri(self._root, f"{key}/input.json"))
                room -= 1
            else:
                room -= self._start_together(group, elements, max(1, room))
        self._widen(begun, room)

    def recall(self) -> None:
        """Tell the runner what an earlier process may have started as one."""
        if not isinstance(self._runner, StartsTogether):
            return
        for name in self._store.children(places.together_key(self._info.run_id)):
            key = f"{places.together_key(self._info.run_id)}/{name}"
            described = _decoder.decode(self._store.read(key))
            elements = [self._info.spec.task(element_name(described.task, n)) for n in described.numbers]
            self._share(key, elements, described)
            self._runner.recall(elements, described)

    def _room(self, begun: Set[tuple[str, int]]) -> int:
        """Return how many more tasks may run; elements that wait for their turn do not. Forgets what is over."""
        alone, running = set(begun), 0
        for key, shared in list(self._shared.items()):
            left = shared.left(begun)
            if left:
                alone -= left
                running += min(len(left), shared.described.most)
            else:
                del self._shared[key]
        return self._most - running - len(alone)

    def _widen(self, begun: Set[tuple[str, int]], room: int) -> None:
        assert isinstance(self._runner, StartsTogether)
        for key, shared in self._shared.items():
            before = shared.described.most
            most = min(before + room, shared.widest, len(shared.left(begun)))
            if most > before and self._runner.may_widen(shared.elements):
                described = msgspec.structs.replace(shared.described, most=most)
                self._store.write(key, to_json(described))
                self._share(key, shared.elements, described)
                self._runner.widen(shared.elements, described)
                room -= most - before

    def _start_together(self, group: _Group, elements: list[Task], room: int) -> int:
        """Start elements, at most `room` of them at once; return how many that are.

        Those of which later no more may run at once begin with as many as ever may: what holds them says how many run.
        """
        assert isinstance(self._runner, StartsTogether)
        fan = self._info.spec.task(group.fan)
        key = places.together_key(self._info.run_id, f"{elements[0].slug}-{group.attempt}")
        before = places.run_key(self._info.run_id, "tasks", f"{fan.slug}.")
        widest = self._widest(fan.name, len(elements))
        described = Together(
            task=fan.name,
            attempt=group.attempt,
            most=min(room, widest) if self._runner.may_widen(elements) else widest,
            numbers=tuple(int(task.slug.removeprefix(f"{fan.slug}.")) for task in elements),
            before=places.uri(self._root, before),
            after=f"/{group.attempt}/input.json",
        )
        self._store.write(key, to_json(described))
        self._share(key, elements, described)
        self._runner.start_together(fan, elements, described, places.uri(self._root, key))
        return described.most

    def _share(self, key: str, elements: list[Task], described: Together) -> None:
        self._shared[key] = _Shared(elements, described, self._widest(described.task, len(elements)))

    def _widest(self, name: str, count: int) -> int:
        """Return how many of `count` elements of a fan-out run at once if nothing else does."""
        fan = self._info.spec.task(name).fan
        return min(count, self._most, (fan.most if fan is not None else 0) or count)
