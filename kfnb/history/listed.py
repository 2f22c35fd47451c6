"""A list of runs as a notebook shows it: pages of it in any order, runs of it side by side, one of them opened.

`runs_frame` shows `kfnb.runs()` with it. The list holds the runs that the frame has, each as it stands now.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfnb.client import display
from kfnb.errors import KfnbError, WrongCall
from kfnb.history import History, as_document, renames
from kfnb.history.changing import AT_LATEST, EVERY, PAUSE, Changes
from kfnb.history.compared import side_by_side
from kfnb.history.filters import order, run_filter
from kfnb.history.written import all_written
from kfnb.metadata.paging import cursor
from kfnb.widget.run_widget import log_end
from kfnb.widget.runs_widget import RunsWidget

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from kfnb.client import Client, Run
    from kfnb.metadata.store import RunRow
    from kfnb.widget.followed import Source

MOST = 10_000
"""Runs of a list at most: their ids stand in every question to the database."""
OPENED = 8
"""Runs whose events, as far as they were read, are remembered."""
FIRST_PAGE = {"sort": ["-created"], "limit": ["50"]}
"""The question that the widget begins with."""


class Listed:
    """Runs, and answers to what the widget that shows them asks."""

    def __init__(self, client: Client, runs: Sequence[RunRow]) -> None:
        """`runs`: one or more, in the order of the list, of which the first MOST are shown."""
        shown = runs[:MOST]
        self._client = client
        self._ids = tuple(run.columns["id"] for run in shown)
        self._experiments = [*dict.fromkeys(run.columns["experiment"] for run in shown)]
        self._left_out = len(runs) - len(shown)
        self._folder = Path.cwd()
        self._historian = threading.Lock()  # the database is brought up to date by one at a time
        self._messages: list[str] = []
        self._opened: dict[str, Run] = {}

    def widget(self) -> RunsWidget:
        """Return a new widget of the list."""
        note = (
            f"The first {len(self._ids)} of {len(self._ids) + self._left_out} runs are shown; the DataFrame has all."
            if self._left_out
            else ""
        )
        answers = {
            "compare": self._compared,
            "log": lambda asked: log_end(self.run(asked).tasks[asked["task"]].log()),
            "results": lambda asked: display.results(self.run(asked), asked["task"]),
        }
        followed: dict[str, Source] = {"page": _Pages(self), "run": _Opened(self)}
        return RunsWidget({"question": FIRST_PAGE}, self._experiments, note, answers, followed)

    def page(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return a page as the server's address of runs does, for the same `question`, each of its words in a list."""
        question: dict[str, list[str]] = asked["question"]
        one = {name: words[0] for name, words in question.items()}
        by = order(one["sort"])
        several: dict[str, Any] = {
            name: question.get(name) for name in ("state", "experiment", "started_by", "tag", "metric", "param")
        }
        notebook = str(self._folder / one["notebook"]) if "notebook" in one else None
        names = renames.read(self._client.home).names_of(notebook) if notebook is not None else None
        times: dict[str, Any] = {name: one.get(name) for name in ("since", "until")}
        wanted = run_filter(
            **several,
            **times,
            search=one.get("search"),
            notebook=names,
            archived="too",
            interrupted=one.get("interrupted", "too"),
        )
        behind = cursor(one["cursor"], by) if "cursor" in one else None
        with self._historian:
            page = self._history.sorted_runs(replace(wanted, ids=self._ids), by, int(one["limit"]), behind)
            messages = [*dict.fromkeys(self._messages)]  # also what was said while it was looked what has changed
            self._messages.clear()
        return {
            "runs": [self._row(row) for row in page.runs],
            "next": page.end.to_text() if page.end is not None else None,
            "messages": messages,
        }

    def _row(self, row: RunRow) -> dict[str, Any]:
        path = Path(row.columns["notebook"])
        near = str(path.relative_to(self._folder)) if path.is_relative_to(self._folder) else None
        written = all_written(row.parameters)
        return {**as_document(row), "notebook": near, "notebook_path": str(path), "written": written}

    def _compared(self, asked: dict[str, Any]) -> dict[str, Any]:
        if len(asked["runs"]) < 2:
            raise WrongCall("Choose two runs or more.")
        return side_by_side([self._client.get(run_id) for run_id in asked["runs"]])

    def run(self, asked: dict[str, Any]) -> Run:
        """Return the run that is opened, with what was read of its events before."""
        run: Run | None = self._opened.get(asked["run"])
        if run is None:
            run = self._opened[asked["run"]] = self._client.get(asked["run"])
            for old in list(self._opened)[:-OPENED]:
                self._opened.pop(old, None)
        return run

    def changes(self) -> Changes:
        """Return what notices that something about the runs has changed."""
        return Changes(lambda: self._history, self._client.home, lambda _run: None)

    def take(self, changes: Changes) -> None:
        """Bring the database up to what has changed."""
        with self._historian:
            changes.take()

    @cached_property
    def _history(self) -> History:
        """One for all questions: what they are to the database, and what was read of living runs, is remembered."""
        return History(self._client, say=self._messages.append)


class _Pages:
    """Pages of a list, which may be others when something about a run has changed."""

    def __init__(self, listed: Listed) -> None:
        self.pause = EVERY
        self.first = self.now = listed.page
        self._listed, self._changes = listed, listed.changes()
        self.rest = self._changes.rest
        self._taken = 0.0

    def is_other(self, _followed: object) -> bool:
        """Ask the database only where something may have changed, or has not been asked for long."""
        may_be_other = self._changes.look() or time.monotonic() - self._taken >= AT_LATEST
        self.pause = PAUSE if may_be_other else EVERY
        if may_be_other:
            self._listed.take(self._changes)
            self._taken = time.monotonic()
        return may_be_other


class _Opened:
    """Runs that are opened: their graphs once, then how they stand."""

    def __init__(self, listed: Listed) -> None:
        self.pause = display.LOOKS_EVERY
        self._listed = listed
        self._paces: dict[str, display.Pace] = {}

    def first(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return graph and status of a run."""
        run = self._listed.run(asked)
        if run.id not in self._paces:
            self._paces[run.id] = _pace(run)
        return {"graph": display.graph(run.spec), **self._standing(run)}

    def now(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return how the run stands."""
        return self._standing(self._listed.run(asked))

    def is_other(self, followed: Collection[dict[str, Any]]) -> bool:
        """Read what is new of the runs' events."""
        before, self._paces = self._paces, {}
        came = [self._look(asked, before) for asked in followed]
        self.pause = min((pace.pause() for pace in self._paces.values()), default=display.LOOKS_EVERY)
        return any(came)

    def _standing(self, run: Run) -> dict[str, Any]:
        pace = self._paces.get(run.id)
        return display.standing(run, interrupted=pace is not None and pace.is_interrupted)

    def _look(self, asked: dict[str, Any], before: dict[str, display.Pace]) -> bool:
        try:
            run = self._listed.run(asked)
            pace = self._paces[run.id] = before.get(run.id) or _pace(run)
            return pace.look() or pace.ask_who_drives() or run.id not in before
        except KfnbError:
            return True  # the answer says what is wrong, of this run alone

    def rest(self) -> None:
        """Forget what was looked at."""
        self._paces = {}


def _pace(run: Run) -> display.Pace:
    """Return the pace of a run that is opened, which may be interrupted already."""
    pace = display.Pace(run)
    pace.is_interrupted = run.is_interrupted
    return pace
