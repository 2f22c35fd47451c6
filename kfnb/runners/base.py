"""What every place that runs tasks looks like to the orchestrator, which knows this file only.

A runner starts attempts of tasks, each described by a document in the store, and reports what becomes of them from a
thread of its own. It decides nothing: no order, no retry, no meaning of a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kfnb.spec import ExecutorInput, Task, Together


class Started(NamedTuple):
    """The attempt has a process (a pod) of its own. `since`: seconds since the epoch, where that was not just now."""

    task: str
    attempt: int
    since: float | None = None


class Progress(NamedTuple):
    """The attempt said how far it is."""

    task: str
    attempt: int
    data: dict[str, Any]


class Exited(NamedTuple):
    """The attempt is over. `code`: exit code, negative for a signal, None if the place itself broke (`why`: how).

    `log`: the end of what it printed, where the attempt may not have kept that itself. `unfit`: it could not begin at
    such a place, nor will another one.
    """

    task: str
    attempt: int
    code: int | None
    why: str | None = None
    log: str = ""
    unfit: bool = False


class Waits(NamedTuple):
    """The attempt has not begun yet; `why` in words."""

    task: str
    attempt: int
    why: str


class Lost(NamedTuple):
    """The place took the attempt away, or broke (`counted`), before it was over; the step itself did not fail.

    `log`: as in `Exited`. `own`: it was taken away for what it used beyond what it had asked for.
    """

    task: str
    attempt: int
    why: str
    counted: bool = False
    log: str = ""
    own: bool = False


class Broken(NamedTuple):
    """The runner itself cannot go on: nothing else will be reported.

    For a mistake of kfnb's own, or because its cluster refuses it.
    """

    error: Exception


Report = Started | Waits | Progress | Lost | Exited | Broken


class Runner(Protocol):
    """A place where tasks run."""

    @property
    def grace(self) -> float:
        """Seconds that a task has to save what it has after a clean cancel; then it is killed."""

    def open(self, report: Callable[[Report], None], preload: tuple[str, ...]) -> None:
        """Get ready; from now on `report` is called, from any thread. KernelError if the place cannot be used."""

    def versions(self, imports: frozenset[str]) -> dict[str, str]:
        """Return the version of Python here, and those of the packages that top-level `imports` come from.

        May be asked before `open`; the answer takes milliseconds, at most once in a while more. KernelError if the
        place cannot be used.
        """

    def snapshot(self, folder: str, target: str) -> str | None:
        """Copy the small files of `folder` for this run alone; return where they lie, None if this place has none."""

    def reserve(self, task: Task) -> str | None:
        """Set aside what a task asks for, to be released when it is over; or say for what it has to wait."""

    def has_room(self, task: Task) -> bool:
        """Say whether `reserve` would find what a task asks for now."""

    def release(self, task: str) -> None:
        """Take back what was set aside for a task; and it waits for nothing any more."""

    def fit(self, given: ExecutorInput) -> ExecutorInput:
        """Return what an attempt is given with what only this place can say: where its scratch folder may lie."""

    def start(self, task: Task, attempt: int, input_uri: str) -> None:
        """Start the attempt that the document at `input_uri` describes; never blocks for long."""

    def adopt(self, task: Task, attempt: int) -> bool:
        """Say whether an attempt that an earlier process started is still there; if so, it is reported on from now."""

    def cancel(self, task: str, attempt: int, *, now: bool) -> None:
        """Stop an attempt: it saves what it has, or (now) it is gone at once. `Exited` follows either way."""

    def close(self, *, keep: bool = False) -> None:
        """End everything that this runner has started. Nothing outlives this call; calling again does nothing.

        `keep`: what runs goes on where it can, for whoever drives the run next.
        """


@runtime_checkable
class StartsTogether(Protocol):
    """A runner that takes several elements of one fan-out at once, and sees itself to how many of them run at a time.

    It reports on each of them as on any other attempt; each is cancelled and adopted by itself.
    """

    def start_together(self, fan: Task, elements: Sequence[Task], described: Together, uri: str) -> None:
        """Start the same attempt of these elements of `fan`, which the document at `uri` describes; never blocks."""

    def may_widen(self, elements: Sequence[Task]) -> bool:
        """Say whether more of these elements may run at once later than at first."""

    def widen(self, elements: Sequence[Task], described: Together) -> None:
        """Have as many of these elements run at once as is described now, where that can still be changed."""

    def recall(self, elements: Sequence[Task], described: Together) -> None:
        """Know that an earlier process may have started these as one; `adopt` is then asked about each of them."""
