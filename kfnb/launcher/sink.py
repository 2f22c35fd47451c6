"""Keeps what a cell logs through `kfnb.log_…` (runtime.Sink): numbers for the run's tables, things in the store at
once.

Installed by body.py; what is logged is saved when it is logged, as the object may change afterwards.
"""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Any

from kfnb.artifacts.values import save_values
from kfnb.errors import NotSaveable
from kfnb.runtime import Logged, RunStatus, json_number
from kfnb.spec import Artifact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from kfnb.artifacts.store import Store


class TaskSink:
    """The sink of one task. `quietly` turns off the record of paths while kfnb itself reads and writes.

    `point` passes on the points of metrics (name, step, value) to who keeps them, at once.
    """

    def __init__(
        self,
        store: Store,
        run_id: str,
        definitions: frozenset[str],
        quietly: Callable[[], AbstractContextManager[None]],
        status: Mapping[str, Any],
        point: Callable[[str, float | None, Any], None],
    ) -> None:
        self.metrics: dict[str, Any] = {}
        self.parameters: dict[str, Any] = {}
        self.logged: list[Artifact] = []
        self._store = store
        self._run_id = run_id
        self._definitions = definitions
        self._quietly = quietly
        self._status = status
        self._point = point

    def metric(self, name: str, value: bool | int | float, step: float | None) -> None:
        """Keep a metric, and pass on its point; a later value under the same name replaces it."""
        self.metrics[name] = json_number(value)
        self._point(name, step, self.metrics[name])

    def param(self, name: str, value: Any) -> None:
        """Keep a parameter."""
        self.parameters[name] = value

    def run_status(self) -> RunStatus:
        """Say how the run stands: to an exit handler how it is about to end, to other steps that it goes on."""
        known = self._status
        return RunStatus(
            state=known.get("state", "RUNNING"),
            run_id=self._run_id,
            tasks=known.get("tasks", {}),
            whys=known.get("whys", {}),
        )

    def artifact(self, logged: Logged) -> None:
        """Save a table, figure, model, file or text."""
        with self._quietly():
            self.logged.append(self._save(logged))

    def _save(self, logged: Logged) -> Artifact:
        if logged.has_value:
            saved = save_values(self._store, {logged.name: logged.value}, [logged.name], by_reference=self._definitions)
            if logged.name in saved.unsaved:
                raise NotSaveable(f"What was logged as {logged.name!r} cannot be saved: {saved.unsaved[logged.name]}")
            artifact = saved.artifacts[logged.name]
            return Artifact(
                name=logged.name,
                type=logged.type if logged.type != "Artifact" else artifact.type,
                group=artifact.group,
                preview=artifact.preview,
            )
        media_type = logged.media_type
        if logged.path is not None and logged.path.is_dir():
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as archive:
                archive.add(logged.path, arcname=logged.path.name)
            blob, media_type = self._store.put(packed.getvalue()), media_type or "application/x-tar"
        elif logged.path is not None:
            blob = self._store.put_file(logged.path)
        else:
            blob = self._store.put(logged.data or b"")
        return Artifact(name=logged.name, type=logged.type, blob=blob, media_type=media_type, preview=logged.preview)
