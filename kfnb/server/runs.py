"""Addresses about runs: list, start, look at, cancel, resume, compare, mark. No run needs the server to go on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from kfnb.client import Client
from kfnb.client.elsewhere import cluster_called
from kfnb.errors import WrongCall
from kfnb.history import as_document
from kfnb.history.comparison import compare
from kfnb.history.written import with_written
from kfnb.server.documents import (
    ArchiveRequest,
    CancelRequest,
    ComparisonDocument,
    Experiments,
    ResumeRequest,
    RunName,
    RunPage,
    RunRequest,
    RunState,
    RunTags,
    Started,
    TagRequest,
)
from kfnb.server.handler import KfnbHandler, allowed
from kfnb.server.notebooks import must_be_there
from kfnb.server.showing import finding, run_document, run_row
from kfnb.server.written import values_of

if TYPE_CHECKING:
    from pathlib import Path

    from kfnb.client import Run
    from kfnb.profiles import Profile
    from kfnb.server.desk import Desk
    from kfnb.server.documents import RunDocument

MOST = 1000
"""Runs on a page at most."""

MOST_COMPARED = 20
"""Runs that are compared at once at most."""


class RunsHandler(KfnbHandler):
    """`GET runs`: a page of the list. `POST runs`: start one."""

    @allowed("read")
    async def get(self) -> None:
        """Return a RunPage of those that pass all filters, the newest first where nothing else is asked for.

        `sort`: created, name, state, notebook, experiment, duration, commit, started_by, param.NAME or
        metric.TASK.NAME; the least first, with `-` in front the greatest. Runs without a value come last. `cursor`:
        `next` of the page before.
        """
        sort = self.get_query_argument("sort", "-created", strip=False)
        cursor = self.get_query_argument("cursor", None)
        limit = self._number("limit", 50, MOST)
        notebook = self.get_query_argument("notebook", None, strip=False)
        file = str(self.file_of(notebook)) if notebook is not None else None
        names = ("state", "experiment", "started_by", "tag", "metric", "param")
        wanted = {name: self.get_query_arguments(name, strip=False) or None for name in names} | {
            "since": self.get_query_argument("since", None),
            "until": self.get_query_argument("until", None),
            "archived": self.get_query_argument("archived", "no"),
            "interrupted": self.get_query_argument("interrupted", "too"),
            "search": self.get_query_argument("search", None),
        }

        def work() -> RunPage:
            renames = self.desk.renames()
            names = renames.names_of(file) if file is not None else None
            page, messages = self.desk.page(limit, sort, cursor, notebook=names, **wanted)
            place = partial(self.place_now, renames)
            return RunPage(
                runs=tuple(run_row(row, as_document(row), place) for row in page.runs),
                next=page.end.to_text() if page.end is not None else None,
                messages=tuple(messages),
            )

        self.answer(await self.past(work))

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
        start = partial(self.desk.starts.begin, asked.asked_as, partial(self._start, path, asked))
        run = await self.aside(start, asked.cluster)
        self.set_header("Location", f"{self.base_url}kfnb/api/runs/{run.id}")
        self.answer(_started(run), 201)

    def _start(self, path: Path, asked: RunRequest) -> Run:
        must_be_there(path, asked.path)
        if asked.max_parallel is not None and asked.max_parallel < 1:
            raise WrongCall(f"max_parallel is {asked.max_parallel}; it is how many tasks run at once, 1 or more.")
        client, profile = _client_for(self.desk, asked.cluster)
        return client.run(
            path,
            {**asked.parameters, **values_of(asked.written)},
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
            asked_as=asked.asked_as or "",
        )


class StartHandler(KfnbHandler):
    """`GET starts/WORD`: the run that was started with this word (`asked_as` of a RunRequest)."""

    @allowed("read")
    async def get(self, word: str) -> None:
        """Return Started, as the answer to the RunRequest was, as soon as the run has begun; 404 if none was started.

        `cluster`: that of the RunRequest.
        """
        cluster = self.get_query_argument("cluster", None)

        def work() -> Started:
            return _started(self.desk.starts.find(word, _client_for(self.desk, cluster)[0]))

        self.answer(await self.aside(work, cluster))


def _client_for(desk: Desk, cluster: str | None) -> tuple[Client, Profile | None]:
    """Return the client for runs on a cluster, and its profile; without a name those of this machine."""
    profile = cluster_called(cluster)
    return desk.client if profile is None else Client(desk.client.home, profile.root), profile


def _started(run: Run) -> Started:
    return Started(run_id=run.id, warnings=tuple(map(finding, run.warnings)))


class RunHandler(KfnbHandler):
    """`GET runs/ID`: a run as it is now."""

    @allowed("read")
    async def get(self, run_id: str) -> None:
        """Return a RunDocument."""

        def work(run: Run) -> RunDocument:
            return run_document(run, partial(self.place_now, self.desk.renames()))

        self.answer(await self.of_run(run_id, work))

    @allowed("write")
    async def delete(self, run_id: str) -> None:
        """Remove the run for good, but for artifacts, and return a RunName; 409 if it is living.

        423 where that cannot be seen, as its cluster cannot be asked. `gone`, with `yes`: that cluster is no more.
        """
        gone = self.get_query_argument("gone", "no") == "yes"

        def work() -> RunName:
            deleted = self.desk.history().delete(self.desk.run(run_id).id, gone=gone)
            self.desk.forget(run_id)
            return RunName(run_id=deleted)

        self.answer(await self.past(work))


class TagsHandler(KfnbHandler):
    """`POST runs/ID/tags`: give a run tags, and take them off."""

    @allowed("write")
    async def post(self, run_id: str) -> None:
        """Do what a TagRequest says, and return RunTags."""
        asked = self.read(TagRequest)

        def work() -> RunTags:
            history, run = self.desk.history(), self.desk.run(run_id).id
            history.tag(run, asked.remove, remove=True)
            return RunTags(run_id=run, tags=history.tag(run, asked.add))

        self.answer(await self.past(work))


class ArchiveHandler(KfnbHandler):
    """`POST runs/ID/archive`: take a run out of the lists, keeping all of it, or put it back."""

    @allowed("write")
    async def post(self, run_id: str) -> None:
        """Do what an ArchiveRequest says, and return a RunName."""
        asked = self.read(ArchiveRequest)

        def work() -> RunName:
            return RunName(run_id=self.desk.history().archive(self.desk.run(run_id).id, undo=asked.undo))

        self.answer(await self.past(work))


class CompareHandler(KfnbHandler):
    """`GET compare?run=ID&run=ID`: what is the same in runs and what is not."""

    @allowed("read")
    async def get(self) -> None:
        """Return a ComparisonDocument of the runs in the order in which they are named."""
        names = self.get_query_arguments("run")
        if not 2 <= len(names) <= MOST_COMPARED:
            raise WrongCall(f"From 2 to {MOST_COMPARED} runs can be compared at once; {len(names)} were chosen.")

        def work() -> ComparisonDocument:
            document = with_written(compare([self.desk.run(name) for name in names]))
            return msgspec.convert(document, ComparisonDocument)

        self.answer(await self.aside(work))


class ExperimentsHandler(KfnbHandler):
    """`GET experiments`: their names."""

    @allowed("read")
    async def get(self) -> None:
        """Return Experiments."""

        def work() -> Experiments:
            return Experiments(experiments=tuple(self.desk.history().experiments()))

        self.answer(await self.past(work))


class CancelHandler(KfnbHandler):
    """`POST runs/ID/cancel`: ask a run to stop; one that nothing drives has ended with the answer."""

    @allowed("execute")
    async def post(self, run_id: str) -> None:
        """Do what a CancelRequest says, and return a RunState: its end comes with the events."""
        asked = self.read(CancelRequest)

        def work(run: Run) -> RunState:
            run.cancel(now=asked.now)
            return RunState(run_id=run.id, state=run.state)

        self.answer(await self.of_run(run_id, work))


class ResumeHandler(KfnbHandler):
    """`POST runs/ID/resume`: go on with a run whose process is gone, or do anew what did not succeed."""

    @allowed("execute")
    async def post(self, run_id: str) -> None:
        """Do what a ResumeRequest says, and return a RunState; 409 if a process drives the run."""
        asked = self.read(ResumeRequest)

        def work(run: Run) -> RunState:
            resumed = self.desk.client.resume(run.id, task=asked.task, detach=True)
            return RunState(run_id=run.id, state=resumed.state)

        self.answer(await self.of_run(run_id, work))
