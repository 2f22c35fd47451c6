"""Addresses about runs: list, start, look at one, cancel, resume. A run that starts here does not need the server."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from kfnb.client import Client
from kfnb.client.elsewhere import cluster_called
from kfnb.errors import NotFound, WrongCall
from kfnb.server.documents import (
    CancelRequest,
    ResumeRequest,
    RunPage,
    RunRequest,
    RunState,
    Started,
)
from kfnb.server.handler import KfnbHandler, allowed
from kfnb.server.showing import finding, run_document, run_row

if TYPE_CHECKING:
    from pathlib import Path

    from kfnb.client import Run
    from kfnb.server.documents import RunDocument

MOST = 1000
"""Runs on a page at most."""


class RunsHandler(KfnbHandler):
    """`GET runs`: a page of the list. `POST runs`: start one."""

    @allowed("read")
    async def get(self) -> None:
        """Return a RunPage: the newest first, of those that pass all filters."""
        page = self._number("cursor", 1, 1 << 30)
        limit = self._number("limit", 50, MOST)
        notebook = self.get_query_argument("notebook", None)
        wanted = {
            "state": self.get_query_arguments("state") or None,
            "experiment": self.get_query_arguments("experiment") or None,
            "tag": self.get_query_arguments("tag") or None,
            "metric": self.get_query_arguments("metric") or None,
            "param": self.get_query_arguments("param") or None,
            "since": self.get_query_argument("since", None),
            "until": self.get_query_argument("until", None),
            "archived": self.get_query_argument("archived", "no"),
            "notebook": str(self.file_of(notebook)) if notebook is not None else None,
            "search": self.get_query_argument("search", None),
        }

        def work() -> RunPage:
            from kfnb.history import as_document

            rows, more, messages = self.desk.page(limit, page, **wanted)
            return RunPage(
                runs=tuple(run_row(row, as_document(row), self.place_of) for row in rows),
                next=str(page + 1) if more else None,
                messages=tuple(messages),
            )

        self.answer(await asyncio.get_running_loop().run_in_executor(self.desk.historians, work))

    def _number(self, name: str, default: int, most: int) -> int:
        text = self.get_query_argument(name, str(default))
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:12]) <= most:
            raise WrongCall(f"{name}={text!r} is no number from 1 to {most}.")
        return int(text)

    @allowed("execute")
    async def post(self) -> None:
        """Start what a RunRequest asks for, and return its id as soon as it cannot be lost any more."""
        asked = self.read(RunRequest)
        path = self.file_of(asked.path)
        run = await self.aside(partial(self._start, path, asked))
        self.set_header("Location", f"{self.base_url}kfnb/api/runs/{run.id}")
        self.answer(Started(run_id=run.id, warnings=tuple(map(finding, run.warnings))), 201)

    def _start(self, path: Path, asked: RunRequest) -> Run:
        if not path.is_file():
            raise NotFound(f"There is no notebook {asked.path}. It may have been renamed or deleted.")
        if asked.max_parallel is not None and asked.max_parallel < 1:
            raise WrongCall(f"max_parallel is {asked.max_parallel}; it is how many tasks run at once, 1 or more.")
        client, profile = self.desk.client, cluster_called(asked.cluster)
        if profile is not None:
            client = Client(client.home, profile.root)
        return client.run(
            path,
            asked.parameters,
            name=asked.name,
            experiment=asked.experiment,
            max_parallel=asked.max_parallel,
            cache=not asked.force,
            from_step=asked.from_step,
            only=asked.only,
            until=asked.until,
            fail_fast=asked.fail_fast,
            allow_cpu=asked.allow_cpu,
            detach=True,
            on=profile,
        )


class RunHandler(KfnbHandler):
    """`GET runs/ID`: a run as it is now."""

    @allowed("read")
    async def get(self, run_id: str) -> None:
        """Return a RunDocument."""

        def work() -> RunDocument:
            return run_document(self.desk.run(run_id), self.place_of)

        self.answer(await self.aside(work))


class CancelHandler(KfnbHandler):
    """`POST runs/ID/cancel`: ask a run to stop; one that nothing drives has ended with the answer."""

    @allowed("execute")
    async def post(self, run_id: str) -> None:
        """Do what a CancelRequest says, and return a RunState: its end comes with the events."""
        asked = self.read(CancelRequest)

        def work() -> RunState:
            run = self.desk.run(run_id)
            run.cancel(now=asked.now)
            return RunState(run_id=run.id, state=run.state)

        self.answer(await self.aside(work))


class ResumeHandler(KfnbHandler):
    """`POST runs/ID/resume`: go on with a run whose process is gone, or do anew what did not succeed."""

    @allowed("execute")
    async def post(self, run_id: str) -> None:
        """Return a RunState; 409 if a process drives the run."""
        self.read(ResumeRequest)

        def work() -> RunState:
            run = self.desk.client.resume(self.desk.run(run_id).id, detach=True)
            return RunState(run_id=run.id, state=run.state)

        self.answer(await self.aside(work))
