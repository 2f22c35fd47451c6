"""Says what a task looked for that its place does not have, where the notebook's folder is not at hand (a pod).

Asked by body.py when the cells are over, however they ended, and by launch.py for what the body could not see.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kfnb.artifacts.shipped import LIMIT_SETTING
from kfnb.launcher import guard
from kfnb.launcher.shipped_view import ShippedView

if TYPE_CHECKING:
    from kfnb.launcher.paths import PathRecord
    from kfnb.launcher.workdir import View
    from kfnb.spec import ExecutorInput, TaskError


def finding(
    given: ExecutorInput, view: View, record: PathRecord, error: BaseException | None = None
) -> TaskError | None:
    """Return what a body lacked, as far as it shows in the paths that it named and in the `error` that ended it."""
    if not isinstance(view, ShippedView):
        return None
    lacking = next(iter(record.lacking), None) or _named_by(error, view)
    if lacking is not None:
        return _not_shipped(given, view, lacking)
    elsewhere = next(iter((*record.elsewhere, *record.written_elsewhere)), None)
    if elsewhere is not None:
        message = (
            f"Step {given.task.name!r} names {elsewhere!r} by its absolute path: that is the notebook's folder on the "
            f"machine where the run was started, and a pod has it elsewhere. Name it by a relative path: "
            f"{os.path.relpath(elsewhere, view.folder)!r}."
        )
        return guard.finding(given, "KF621", message)
    missing = error.filename if isinstance(error, FileNotFoundError) else None
    if isinstance(missing, str) and missing.startswith(("/", "..")) and not missing.startswith(f"{view.path}/"):
        message = (
            f"Step {given.task.name!r} looks for {missing!r}, which is not in its pod: a pod has the notebook's folder "
            "and what the code spells out beside it ('../data'), and nothing else of the machine where the run was "
            "started. Put the file into the folder, or on a volume or in a store and read it from there."
        )
        return guard.finding(given, "KF621", message)
    return None


def afterwards(given: ExecutorInput, view: ShippedView) -> TaskError | None:
    """Return what a body did unseen: a program or compiled code that read a file without its bytes, lost files."""
    opened = view.opened_not_shipped()
    if opened:
        return _not_shipped(given, view, opened[0])
    written = view.written_beside()
    if written:
        message = (
            f"Step {given.task.name!r} wrote {written[0]!r}, beside the notebook's folder: a pod keeps nothing there. "
            "Write into the folder, from where later steps and `kfnb outputs --files` have it."
        )
        return guard.finding(given, "KF622", message)
    return None


def _named_by(error: BaseException | None, view: ShippedView) -> str | None:
    """Return the file that was not shipped and that compiled code could not open, as its error says."""
    if not isinstance(error, OSError):
        return None
    return next((path for path in sorted(view.not_shipped) if os.path.basename(path) in str(error)), None)  # noqa: PTH119


def _not_shipped(given: ExecutorInput, view: ShippedView, path: str) -> TaskError:
    message = (
        f"Step {given.task.name!r} opens a file that is not in its pod: {view.why_not_shipped(path)}. Put it in a "
        "store or on a volume and read it from there, or raise the limit where the run is started "
        f"({LIMIT_SETTING}, in megabytes)."
    )
    return guard.finding(given, "KF620", message)
