"""Addresses about what a run made: logs, executed notebooks, metrics, artifacts, outputs. No value is ever loaded."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import msgspec

from kfnb.client.display import picture
from kfnb.errors import NotFound
from kfnb.runners.manifest_text import as_yaml
from kfnb.server.documents import RunPicture, TaskPod
from kfnb.server.handler import KfnbHandler, allowed
from kfnb.server.showing import artifacts, metrics, outputs, series
from kfnb.server.task_events import task_events

if TYPE_CHECKING:
    from kfnb.artifacts.store import Opened
    from kfnb.client import Run
    from kfnb.orchestrator.handles import TaskRun

PIECE = 4 << 20
"""Bytes that are read and sent at a time: in a bucket a request each, and all that is held of what may be gigabytes."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Range(NamedTuple):
    """Bytes from `start` up to `stop` of `size`. `whole`: no range was asked for."""

    start: int
    stop: int
    size: int
    whole: bool = False


def range_of(header: str | None, size: int) -> Range | None:
    """Return what a Range header asks for (RFC 9110; of several ranges, none); None: it begins beyond the end."""
    found = _RANGE.fullmatch((header or "").strip())
    if found is None or not (found[1] or found[2]):
        return Range(0, size, size, whole=True)
    if not found[1]:
        last = int(found[2])
        return Range(max(0, size - last), size, size) if last and size else None
    start, stop = int(found[1]), int(found[2]) + 1 if found[2] else size
    if stop <= start and found[2]:
        return Range(0, size, size, whole=True)
    return Range(start, min(stop, size), size) if start < size else None


class _Bytes(KfnbHandler):
    """An address that answers with bytes, whole or a range of them."""

    async def send(self, content: Opened, media_type: str, name: str | None = None) -> None:
        """Send what is asked for, a piece at a time. `name`: of the file that a browser makes of it."""
        size = content.size
        wanted = range_of(self.request.headers.get("Range"), size)
        self.set_header("Accept-Ranges", "bytes")
        if wanted is None:
            self.set_status(416)
            self.set_header("Content-Range", f"bytes */{size}")
            self.finish(set_content_type="text/plain")
            return
        if not wanted.whole:
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {wanted.start}-{wanted.stop - 1}/{size}")
        if name is not None:
            self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name, safe='')}")
        self.set_header("Content-Type", media_type)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Length", str(wanted.stop - wanted.start))
        for start in range(wanted.start, wanted.stop, PIECE):
            self.write(await self.aside(partial(content.part, start, min(start + PIECE, wanted.stop))))
            await self.flush()
        self.finish(set_content_type=media_type)

    @property
    def content_security_policy(self) -> str:
        """Whatever the bytes are: shown by themselves they may do nothing."""
        return f"{super().content_security_policy}; sandbox"


class LogHandler(_Bytes):
    """`GET runs/ID/tasks/TASK/log`: what a task has printed so far."""

    @allowed("read")
    async def get(self, run_id: str, task: str) -> None:
        """Return text, or the range of its bytes that is asked for; `download` makes it a file."""

        def work() -> tuple[TaskRun, Opened]:
            found = self.desk.run(run_id).task(task)
            return found, found.printed()

        found, printed = await self.aside(work)
        name = f"{task}.log" if self.get_query_argument("download", None) is not None else None
        self.set_header("X-Kfnb-Attempt", str(found.attempt))
        await self.send(printed, "text/plain; charset=utf-8", name)


class ExecutedNotebookHandler(KfnbHandler):
    """`GET runs/ID/tasks/TASK/notebook`: the executed notebook of a task, also of one that failed or still runs."""

    @allowed("read")
    async def get(self, run_id: str, task: str) -> None:
        """Return nbformat JSON."""
        content = await self.aside(lambda: self.desk.run(run_id).task(task).notebook())
        self.finish(msgspec.json.encode(content), set_content_type="application/x-ipynb+json")


class TaskEventsHandler(KfnbHandler):
    """`GET runs/ID/tasks/TASK/events`: what happened to a task, by the run's events and, on a cluster, by its own."""

    @allowed("read")
    async def get(self, run_id: str, task: str) -> None:
        """Return TaskEvents."""
        self.answer(await self.of_run(run_id, lambda run: task_events(run, task)))


class TaskPodHandler(KfnbHandler):
    """`GET runs/ID/tasks/TASK/pod`: the pod of a task's last attempt; 400 where the run is on no cluster."""

    @allowed("read")
    async def get(self, run_id: str, task: str) -> None:
        """Return a TaskPod."""

        def work(run: Run) -> TaskPod:
            seen = run.pod(task)
            yaml = as_yaml(seen.manifest) if seen.manifest is not None else None
            return TaskPod(yaml=yaml, living=seen.is_there, why=seen.why)

        self.answer(await self.of_run(run_id, work))


class _OfRun(KfnbHandler):
    """An address that answers with one document about a run."""

    def document(self, run: Run) -> msgspec.Struct:
        """Return the document."""
        raise NotImplementedError

    @allowed("read")
    async def get(self, run_id: str) -> None:
        """Return the document."""
        self.answer(await self.of_run(run_id, self.document))


class MetricsHandler(_OfRun):
    """`GET runs/ID/metrics`: numbers, curves and matrices by task."""

    def document(self, run: Run) -> msgspec.Struct:
        """Return a MetricsDocument."""
        return metrics(run)


class PictureHandler(_OfRun):
    """`GET runs/ID/picture`: a run as a saved notebook shows it."""

    def document(self, run: Run) -> msgspec.Struct:
        """Return a RunPicture."""
        shown = picture(run)
        return RunPicture(html=shown["text/html"], text=shown["text/plain"])


class SeriesHandler(_OfRun):
    """`GET runs/ID/series`: how metrics went that were logged more than once, while tasks run too."""

    def document(self, run: Run) -> msgspec.Struct:
        """Return a SeriesDocument."""
        return series(run)


class ArtifactsHandler(_OfRun):
    """`GET runs/ID/artifacts`: what the tasks made, with previews."""

    def document(self, run: Run) -> msgspec.Struct:
        """Return an ArtifactList."""
        return artifacts(run)


class OutputsHandler(_OfRun):
    """`GET runs/ID/outputs`: what bringing the outputs home puts under the cells."""

    def document(self, run: Run) -> msgspec.Struct:
        """Return an OutputsDocument."""
        return outputs(run)


class ArtifactContentHandler(_Bytes):
    """`GET runs/ID/tasks/TASK/artifacts/NAME`: the bytes of a file or text that a task logged, always as a download."""

    @allowed("read")
    async def get(self, run_id: str, task: str, name: str) -> None:
        """Return the bytes, or a range of them."""

        def work() -> tuple[Opened, str]:
            run = self.desk.run(run_id)
            handle = run.task(task).logged.get(name)
            if handle is None or handle.artifact.group is not None or handle.artifact.blob is None:
                raise NotFound(f"Task {task} of run {run.id} has no file or text called {name}.")
            return run.store.open_blob(handle.artifact.blob), handle.artifact.media_type or "application/octet-stream"

        content, media_type = await self.aside(work)
        await self.send(content, media_type, name)
