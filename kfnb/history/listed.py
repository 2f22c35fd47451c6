"""A list of runs as a notebook shows it: pages of it in any order, runs of it side by side, one of them opened.

`runs_frame` shows `kfnb.runs()` with it. The list holds the runs that the frame has, each as it stands now.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfnb.client import display
from kfnb.errors import WrongCall
from kfnb.history import History, as_document, renames
from kfnb.history.compared import side_by_side
from kfnb.history.filters import order, run_filter
from kfnb.metadata.paging import cursor
from kfnb.widget.run_widget import log_end
from kfnb.widget.runs_widget import RunsWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kfnb.client import Client, Run
    from kfnb.metadata.store import RunRow

MOST = 10_000
"""Runs of a list at most: their ids stand in every question to the database."""
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
        self._opened: Run | None = None

    def widget(self) -> RunsWidget:
        """Return a new widget of the list."""
        note = (
            f"The first {len(self._ids)} of {len(self._ids) + self._left_out} runs are shown; the DataFrame has all."
            if self._left_out
            else ""
        )
        answers = {
            "page": self._page,
            "compare": self._compared,
            "run": self._run,
            "log": lambda asked: log_end(self._run_of(asked).tasks[asked["task"]].log()),
            "results": lambda asked: display.results(self._run_of(asked), asked["task"]),
        }
        return RunsWidget(self._page({"question": FIRST_PAGE}), self._experiments, note, answers)

    def _page(self, asked: dict[str, Any]) -> dict[str, Any]:
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
        wanted = run_filter(**several, **times, search=one.get("search"), notebook=names, archived="too")
        behind = cursor(one["cursor"], by) if "cursor" in one else None
        messages: list[str] = []
        history = History(self._client, say=messages.append)
        page = history.sorted_runs(replace(wanted, ids=self._ids), by, int(one["limit"]), behind)
        return {
            "runs": [self._row(row) for row in page.runs],
            "next": page.end.to_text() if page.end is not None else None,
            "messages": messages,
        }

    def _row(self, row: RunRow) -> dict[str, Any]:
        path = Path(row.columns["notebook"])
        near = str(path.relative_to(self._folder)) if path.is_relative_to(self._folder) else None
        return {**as_document(row), "notebook": near, "notebook_path": str(path)}

    def _compared(self, asked: dict[str, Any]) -> dict[str, Any]:
        if len(asked["runs"]) < 2:
            raise WrongCall("Choose two runs or more.")
        return side_by_side([self._client.get(run_id) for run_id in asked["runs"]])

    def _run(self, asked: dict[str, Any]) -> dict[str, Any]:
        return display.drawn(self._run_of(asked))

    def _run_of(self, asked: dict[str, Any]) -> Run:
        """Return the run that is opened, with what was read of its events before."""
        if self._opened is None or self._opened.id != asked["run"]:
            self._opened = self._client.get(asked["run"])
        return self._opened
