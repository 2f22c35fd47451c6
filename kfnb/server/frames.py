"""What goes over the WebSocket of a run as plain data: the frames that `stream` sends, and what it may be told.

`openapi` describes them with the documents: the front end's types are made from that.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kfnb.server.documents import Finding, TaskError  # noqa: TC001 - msgspec looks at the annotations
from kfnb.spec import EventKind, State  # noqa: TC001 - the same


class GivenInShort(msgspec.Struct, frozen=True, kw_only=True):
    """What a task gave, in short: `artifacts` are the names of its results."""

    state: State
    metrics: dict[str, Any]
    error: TaskError | None
    warnings: tuple[Finding, ...]
    artifacts: tuple[str, ...]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A RunEvent of kfnb/spec.py, with what a task gave only in short, and without what it printed.

    `time`: seconds since the epoch.
    """

    kind: EventKind
    time: float
    task: str | None = None
    attempt: int | None = None
    state: State | None = None
    why: str | None = None
    cached: bool = False
    output: GivenInShort | None = None
    data: dict[str, Any] = {}


class _Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    pass


class EventsFrame(_Frame, frozen=True, kw_only=True, tag="events"):
    """What has happened, up to the batch of events with the number `batch`."""

    batch: int
    events: tuple[Event, ...]


class LogFrame(_Frame, frozen=True, kw_only=True, tag="log"):
    """What an attempt of the followed task has printed: the bytes of its log from `start` up to `offset`."""

    task: str
    attempt: int
    text: str
    start: int
    offset: int


class InterruptedFrame(_Frame, frozen=True, kw_only=True, tag="interrupted"):
    """Whether nothing drives the run any more: told once that is known, and when it changes."""

    interrupted: bool


class WaitingFrame(_Frame, frozen=True, kw_only=True, tag="waiting"):
    """Why the run's orchestrator in a cluster has not begun; None: it has, or there is none."""

    why: str | None


class UnseenFrame(_Frame, frozen=True, kw_only=True, tag="unseen"):
    """Why the run's cluster could not be asked lately what becomes of it; None: it could, or there is none."""

    why: str | None


class EndFrame(_Frame, frozen=True, kw_only=True, tag="end"):
    """The run is over, and all that happened is told."""

    state: State


class ErrorFrame(_Frame, frozen=True, kw_only=True, tag="error"):
    """Why what was asked is not told, or the stream ends."""

    message: str


class RunsFrame(_Frame, frozen=True, kw_only=True, tag="runs"):
    """Lists of runs may be others now; over a WebSocket of its own. `number` counts these frames.

    By id: the runs that go on, and those that have ended since the frame that was known.
    """

    number: int
    living: tuple[str, ...]
    ended: tuple[str, ...]


Frame = EventsFrame | LogFrame | InterruptedFrame | WaitingFrame | UnseenFrame | EndFrame | ErrorFrame
"""What the front end is told."""


class Follow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the front end may say; what it does not say stays as it was.

    `follow`: which task's log it wants, from byte `offset` on (below 0: whole lines of so many bytes at its end, and
    what comes then); None: no log any more. `seen`: whether somebody sees the page, so that it is worth hurrying.
    """

    follow: str | msgspec.UnsetType | None = msgspec.UNSET
    offset: int = 0
    seen: bool | msgspec.UnsetType = msgspec.UNSET
