"""Elements of a fan-out that a runner takes several of at once, with real processes: one start, one place for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from orchestrator_pipelines import make_spec, takes
from orchestrator_place import Place, with_source
from process_runner import ProcessRunner

from kfnb.artifacts.store import Store
from kfnb.orchestrator.places import attempt_key, together_key
from kfnb.orchestrator.together import Beginnings
from kfnb.runners.base import StartsTogether
from kfnb.spec import FAN_COUNT, FAN_ITEMS, Fan, PipelineSpec, RunInfo, Settings, Task, Together, element_of


class TogetherRunner(ProcessRunner):
    """Starts a process for each element that it is given, and remembers what it was given at once."""

    def __init__(self) -> None:
        super().__init__()
        self.together: list[tuple[str, list[str], Together, str]] = []
        self.recalled: list[tuple[list[str], Together]] = []
        self.widened: list[tuple[str, int]] = []

    def start_together(self, fan: Task, elements: Sequence[Task], described: Together, uri: str) -> None:
        """Start them all, from what is described."""
        self.together.append((fan.name, [task.name for task in elements], described, uri))
        for task, number in zip(elements, described.numbers, strict=True):
            self.start(task, described.attempt, f"{described.before}{number}{described.after}")

    def may_widen(self, elements: Sequence[Task]) -> bool:
        """Say so, unless there is a queue."""
        return not elements[0].settings.queue

    def widen(self, elements: Sequence[Task], described: Together) -> None:
        """Remember it."""
        self.widened.append((described.task, described.most))

    def recall(self, elements: Sequence[Task], described: Together) -> None:
        """Remember them."""
        self.recalled.append(([task.name for task in elements], described))


class CancelingRunner(TogetherRunner):
    """Has the run cancelled in the moment in which the fan-out's items are known; remembers what it is asked then."""

    cancel_run: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def start(self, started: Task, attempt: int, input_uri: str) -> None:
        """Wait for the end of the head, of which the loop then hears together with the wish to cancel."""
        super().start(started, attempt, input_uri)
        if started.name == "f[items]":
            self._threads[-1].join()
            self.cancel_run()
        else:
            self.asked.append(f"start {started.name}")

    def cancel(self, task: str, attempt: int, *, now: bool) -> None:
        """Remember it."""
        self.asked.append(f"cancel {task}")
        super().cancel(task, attempt, now=now)


class WideningRunner(TogetherRunner):
    """Begins the task `other` when it has elements, and these when more of them may run at once than at first."""

    def __init__(self) -> None:
        super().__init__()
        self.other: tuple[Task, int, str] | None = None

    def start(self, started: Task, attempt: int, input_uri: str) -> None:
        """Have `other` wait."""
        if started.name == "other":
            self.other = (started, attempt, input_uri)
        else:
            super().start(started, attempt, input_uri)

    def start_together(self, fan: Task, elements: Sequence[Task], described: Together, uri: str) -> None:
        """Have them wait."""
        self.together.append((fan.name, [task.name for task in elements], described, uri))
        assert self.other is not None
        super().start(*self.other)

    def widen(self, elements: Sequence[Task], described: Together) -> None:
        """Start them."""
        super().widen(elements, described)
        super().start_together(elements[0], elements, described, "")


class ListingRunner(TogetherRunner):
    """Starts nothing."""

    def start(self, started: Task, attempt: int, input_uri: str) -> None:
        """There is no input."""


def fan_out(count: int, most: int = 0, **beside: list[str]) -> PipelineSpec:
    """A head that gives `count` items, and a fan-out over them; `beside`: further tasks, and what they come after."""
    fan = Fan(head="f[items]", kind="list", target="r", before="r = 1  # ", after="", most=most)
    spec = make_spec(
        {**beside, "f[items]": [], "f": ["f[items]"]},
        **{"f[items]": {"spread": FAN_ITEMS}, "f": {"fan": fan, "inputs": takes(**{FAN_ITEMS: "f[items]"})}},
    )
    return with_source(spec, **{"f[items]": f"records = {{{FAN_COUNT!r}: {count}}}"})


def test_elements_are_started_as_one(tmp_path: Path) -> None:
    """A runner that takes several gets all elements at once, described in the store, where each finds its input."""
    place, runner = placed(tmp_path, fan_out(4, most=3), 8)
    place.loop.run()
    assert ["SUCCEEDED"] * 4 == [place.states()[f"f[{number}]"] for number in range(4)]
    ((fan, names, described, uri),) = runner.together
    assert ("f", [f"f[{number}]" for number in range(4)]) == (fan, names)
    assert (1, 3, (0, 1, 2, 3)) == (described.attempt, described.most, described.numbers)
    key = together_key("r1", "f.0-1")
    assert uri.endswith(key)
    assert described == msgspec.json.decode(place.store.read(key), type=Together)
    inputs = [f"{described.before}{number}{described.after}" for number in described.numbers]
    assert [True] * 4 == [Path(each).is_file() for each in inputs]
    assert [attempt_key("r1", f"f.{n}", 1) + "/input.json" for n in range(4)] == [
        str(Path(each).relative_to(place.store.root)) for each in inputs
    ]


def test_no_more_run_at_once_than_the_run_may(tmp_path: Path) -> None:
    """Of a fan-out without a limit of its own as many elements are to run at once as the run may have tasks."""
    place, runner = placed(tmp_path, fan_out(5), 2)
    place.loop.run()
    ((_, names, described, _),) = runner.together
    assert (5, 2) == (len(names), described.most)


def test_elements_in_a_queue_begin_with_as_many_as_ever_may_run(tmp_path: Path) -> None:
    """What counts pods when it lets them in would have the few run to the end for which there was room at first."""
    spec, tasks = two_fans(a=3, b=9)
    queued = [msgspec.structs.replace(task, settings=Settings(queue="q")) for task in tasks]
    beginnings, runner = began(tmp_path, spec, queued)
    beginnings.start([("c", 1), *((task.name, 1) for task in queued)])
    assert [("a", 3), ("b", 8)] == shared(runner)


def test_fan_outs_that_begin_together_share_the_room(tmp_path: Path) -> None:
    """What runs already takes of the room, and the first fan-out as much as it uses; the next one has the rest."""
    spec, tasks = two_fans(a=3, b=9)
    beginnings, runner = began(tmp_path, spec, tasks)
    beginnings.start([("c", 1), *((task.name, 1) for task in tasks)])
    assert [("a", 3), ("b", 4)] == shared(runner)


def test_elements_that_wait_for_their_turn_take_no_room(tmp_path: Path) -> None:
    """Of a fan-out that was started before only as many count as its tag lets run at once."""
    spec, tasks = two_fans(a=50, b=9, a_most=2)
    beginnings, runner = began(tmp_path, spec, tasks[:50])
    beginnings.start([("c", 1), *((task.name, 1) for task in tasks[:50])])
    for task in tasks[50:]:
        beginnings.put(task, 1, "")
    beginnings.start([("c", 1), *((task.name, 1) for task in tasks)])
    assert [("a", 2), ("b", 5)] == shared(runner)


def test_more_run_at_once_when_something_else_has_ended(tmp_path: Path) -> None:
    """As many as the run may have and the fan-out is to have at most; what it may by then is written down."""
    spec, tasks = two_fans(a=6, b=9)
    beginnings, runner = began(tmp_path, spec, tasks)
    beginnings.start([(task.name, 1) for task in tasks])
    assert [("a", 6), ("b", 2)] == shared(runner)
    beginnings.start([(task.name, 1) for task in tasks])
    assert [] == runner.widened
    beginnings.start([("a[5]", 1), *((f"b[{number}]", 1) for number in range(9))])
    assert [("b", 7)] == runner.widened
    beginnings.start([(f"b[{number}]", 1) for number in range(9)])
    assert [("b", 7), ("b", 8)] == runner.widened
    described = Store(str(tmp_path)).read(together_key("r1", "b.0-1"))
    assert 8 == msgspec.json.decode(described, type=Together).most


def test_no_more_run_at_once_than_are_left_or_the_tag_says(tmp_path: Path) -> None:
    """Room that elements which wait cannot use is left to others."""
    spec, tasks = two_fans(a=9, b=9, a_most=3)
    beginnings, runner = began(tmp_path, spec, tasks)
    beginnings.start([(f"c[{number}]", 1) for number in range(6)] + [(task.name, 1) for task in tasks])
    assert [("a", 2), ("b", 1)] == shared(runner)
    beginnings.start([(task.name, 1) for task in tasks if task.name not in {f"b[{n}]" for n in range(5)}])
    assert [("a", 3), ("b", 4)] == runner.widened


def test_the_loop_has_more_run_at_once(tmp_path: Path) -> None:
    """Elements that began beside another task run in its place as well when that has ended."""
    runner = WideningRunner()
    place = Place(tmp_path, fan_out(3, other=[]), 2, runner=runner)
    place.loop.run()
    assert ["SUCCEEDED"] * 4 == [place.states()[name] for name in ("other", "f[0]", "f[1]", "f[2]")]
    assert [("f", 2)] == runner.widened
    assert [("f", 1)] == shared(runner)[:1]


def two_fans(a: int = 0, b: int = 0, a_most: int = 0) -> tuple[PipelineSpec, list[Task]]:
    """Two fan-outs, of the first of which `a_most` elements run at once, and a task beside; the first elements."""
    fan = Fan(head="", kind="list", target="r", before="", after="")
    spec = make_spec({"a": [], "b": [], "c": []}, a={"fan": msgspec.structs.replace(fan, most=a_most)}, b={"fan": fan})
    return spec, [element_of(spec.task(name), n) for name, count in (("a", a), ("b", b)) for n in range(count)]


def began(folder: Path, spec: PipelineSpec, tasks: list[Task]) -> tuple[Beginnings, ListingRunner]:
    """Tasks about to be started, in a run that may have eight at once."""
    runner = ListingRunner()
    info = RunInfo(run_id="r1", name="r", spec=spec, folder=str(folder))
    beginnings = Beginnings(info, Store(str(folder)), str(folder), runner, 8)
    for task in tasks:
        beginnings.put(task, 1, "")
    return beginnings, runner


def shared(runner: ListingRunner) -> list[tuple[str, int]]:
    """Of each fan-out that was started as one how many elements run at once."""
    return [(name, described.most) for name, _, described, _ in runner.together]


def test_what_is_cancelled_as_it_begins_is_started_first(tmp_path: Path) -> None:
    """A wish that comes together with the fan-out's items finds its elements where they can be ended."""
    runner = CancelingRunner()
    place = Place(tmp_path, fan_out(2), 2, runner=runner)
    runner.cancel_run = place.loop.cancel
    assert "CANCELED" == place.loop.run()
    assert ["start f[0]", "start f[1]", "cancel f[0]", "cancel f[1]"] == runner.asked


def test_a_single_element_is_started_like_any_task(tmp_path: Path) -> None:
    """An only element, and a task that is none, are not described as several."""
    place, runner = placed(tmp_path, fan_out(1), 2)
    place.loop.run()
    assert [] == runner.together
    assert [] == place.store.children(together_key("r1"))
    assert {"f[items]", "f[0]"} <= set(runner.processes)


def test_what_was_started_as_one_is_recalled(tmp_path: Path) -> None:
    """Who takes a run up tells its runner which elements may be under way together, before any of them is adopted."""
    place, runner = placed(tmp_path, fan_out(3), 8)
    place.loop.run()
    info = RunInfo(run_id="r1", name="r", spec=place.spec, folder=str(tmp_path))
    later = TogetherRunner()
    Beginnings(info, place.store, place.store.root, later, 8).recall()
    ((names, described),) = later.recalled
    assert ["f[0]", "f[1]", "f[2]"] == names
    assert runner.together[0][2] == described


def test_a_runner_says_by_its_methods_that_it_takes_several() -> None:
    """The runner of this machine starts each element alone."""
    assert [True, False] == [isinstance(runner, StartsTogether) for runner in (TogetherRunner(), ProcessRunner())]


def placed(folder: Path, spec: PipelineSpec, max_parallel: int) -> tuple[Place, TogetherRunner]:
    """The run of `spec`, on a runner that takes several elements."""
    runner = TogetherRunner()
    return Place(folder, spec, max_parallel, runner=runner), runner
