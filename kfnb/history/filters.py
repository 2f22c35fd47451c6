"""Filters of runs as people write them (`auc>0.8`, `lr=0.1`, `2h`, `2026-11-01`), turned into a `RunFilter`.

The same words for the command line and for `kfnb.runs`. What cannot be understood is a WrongCall.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

from kfnb.errors import WrongCall
from kfnb.metadata.filtering import Comparison, Condition, NameInTime, RunFilter, Share
from kfnb.metadata.paging import Order
from kfnb.spec import State

if TYPE_CHECKING:
    from collections.abc import Callable

_CONDITION = re.compile(r"\s*([^<>=!]+?)\s*(==|<=|>=|!=|=|<|>)\s*(.*?)\s*", re.DOTALL)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_WORDS = {"true": True, "false": False, "none": None, "null": None}

Words = str | Iterable[str] | None
Moment = str | float | datetime | timedelta | None


def run_filter(
    *,
    state: Words = None,
    experiment: Words = None,
    started_by: Words = None,
    tag: Words = None,
    metric: Words = None,
    param: Words = None,
    since: Moment = None,
    until: Moment = None,
    archived: bool | str = False,
    interrupted: bool | str = "too",
    root: str | None = None,
    notebook: tuple[NameInTime, ...] | None = None,
    search: str | None = None,
    now: Callable[[], float] = time.time,
) -> RunFilter:
    """Return the filter that these words say. `archived`: only the archived runs; `too`: these as well.

    `interrupted`: only runs that nothing drives any more though they have not ended; False: no such runs.
    `notebook`: the names that it had, absolute paths. `search`: text in the run's id, name, experiment or notebook's
    path, in any case.
    """
    states = tuple(word.upper() for word in _words(state))
    for word in states:
        if word not in get_args(State):
            raise WrongCall(f"There is no state {word}. The states are {', '.join(get_args(State))}.")
    return RunFilter(
        states=states,
        experiments=_words(experiment),
        people=_words(started_by),
        tags=_words(tag),
        metrics=tuple(condition(text) for text in _words(metric)),
        parameters=tuple(condition(text) for text in _words(param)),
        since=moment(since, now()),
        until=moment(until, now()),
        archived=_share(archived, "archived"),
        interrupted=_share(interrupted, "interrupted"),
        root=root,
        notebook=notebook,
        search=search,
    )


def order(text: str) -> Order:
    """Return the order that a key says, with `-` in front of it where the greatest, or the newest, is the first."""
    return Order(text.removeprefix("-"), text.startswith("-"))


def condition(text: str) -> Condition:
    """Return what `NAME>VALUE` (or =, !=, <, <=, >=) asks of a metric or a parameter; VALUE: JSON, else text."""
    found = _CONDITION.fullmatch(text)
    if found is None or not found[3]:
        raise WrongCall(
            f"{text!r} is no condition. Write NAME=VALUE, or with one of != < <= > >= (quoted in a shell): 'auc>0.8'."
        )
    name, sign, value = found.groups()
    comparison: Comparison = "=" if sign == "==" else sign  # type: ignore[assignment]
    read = _value(value)
    if comparison not in ("=", "!=") and (isinstance(read, bool) or not isinstance(read, int | float)):
        raise WrongCall(f"{value!r} is no number, so nothing can be {comparison} it: {text!r}.")
    return Condition(name, comparison, read)


def moment(given: Moment, now: float) -> float | None:
    """Return a time as seconds since the epoch: `2h` ago, a date or time (local, if it names no zone), or seconds."""
    if given is None or isinstance(given, int | float):
        return given
    if isinstance(given, timedelta):
        return now - given.total_seconds()
    if isinstance(given, datetime):
        return given.timestamp()
    if _DURATION.fullmatch(given.strip()):
        return now - duration(given)
    try:
        return datetime.fromisoformat(given.strip()).timestamp()
    except ValueError:
        raise WrongCall(f"{given!r} is no time. Write how long ago (30m, 2h, 7d) or a date: 2026-11-01.") from None


def duration(text: str) -> float:
    """Return how many seconds `30s`, `15m`, `2h`, `7d` or `2w` is."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise WrongCall(f"{text!r} is no duration. Write a number with its unit: 30s, 15m, 2h, 7d, 2w.")
    return float(found[1]) * _SECONDS[found[2]]


def _value(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value


def _words(given: Words) -> tuple[str, ...]:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


def _share(given: bool | str, kind: str) -> Share:
    if isinstance(given, bool):
        return "only" if given else "no"
    if given not in get_args(Share):
        raise WrongCall(f"{given!r} says nothing about {kind} runs. Write no, only or too.")
    return given  # type: ignore[return-value]
