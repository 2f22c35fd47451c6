"""`kfnb outputs --files`: bring the files that a run wrote into a folder, without overwriting what changed since."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from kfnb.cli.output import say
from kfnb.errors import OutsideError, WrongCall

if TYPE_CHECKING:
    from kfnb.client import Run
    from kfnb.spec import FileChange


def written_files(run: Run) -> dict[str, FileChange]:
    """Return what the run did to the folder, by path: the last change of each, in notebook order of these changes."""
    changes: dict[str, FileChange] = {}
    for task in run.tasks.values():
        if task.state == "SUCCEEDED" and task.output is not None:
            for change in task.output.files:
                changes.pop(change.path, None)
                changes[change.path] = change
    return changes


def bring_files(run: Run, folder: Path, *, force: bool, dry_run: bool) -> list[dict[str, str]]:
    """Write the run's files below `folder` and return what was done to each path.

    Refuses, before anything is written, when a file there changed after the run began, unless `force`.
    What is overwritten or removed is kept beside it as NAME.before-RUN, so that it can be taken back.
    """
    changes = written_files(run)
    for path in changes:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise OutsideError(f"Run {run.id} names a file outside its folder ({path}); its record cannot be trusted.")
    plan = [(change, _action(run, change, folder)) for change in changes.values()]
    blocked = [change.path for change, action in plan if action == "changed since"]
    if blocked and not force:
        raise WrongCall(
            f"Nothing was written: {', '.join(blocked)} changed in {folder} after run {run.id} began. "
            "Bring the files to another folder (`--files DIR`), or overwrite with `--force`."
        )
    done = []
    for change, action in plan:
        if action != "same":
            action = {"changed since": "overwrite"}.get(action, action)
            if not dry_run:
                _apply(run, change, folder)
            say(f"{'would ' if dry_run else ''}{action} {folder / change.path}")
        done.append({"path": change.path, "action": action})
    if not changes:
        say(f"Run {run.id} wrote no files.")
    return done


def _action(run: Run, change: FileChange, folder: Path) -> str:
    target = folder / change.path
    there = os.path.lexists(target)
    if change.kind == "removed":
        if not there:
            return "same"
        return "changed since" if _younger(run, target) else "remove"
    if not there:
        return "create"
    if change.kind == "directory" and target.is_dir():
        return "same"
    if change.kind == "file" and target.is_file() and not target.is_symlink() and _same_bytes(change, target):
        return "same"
    return "changed since" if _younger(run, target) else "overwrite"


def _younger(run: Run, target: Path) -> bool:
    return target.lstat().st_mtime > run.info.created


def _same_bytes(change: FileChange, target: Path) -> bool:
    from kfnb import digest

    if change.blob is None or target.stat().st_size != change.blob.size:
        return False
    return digest.of_bytes(target.read_bytes()) == change.blob.digest


def _apply(run: Run, change: FileChange, folder: Path) -> None:
    target = folder / change.path
    try:
        if os.path.lexists(target) and (change.kind != "directory" or not target.is_dir()):
            target.rename(target.with_name(f"{target.name}.before-{run.id}"))
        if change.kind == "removed":
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if change.kind == "directory":
            target.mkdir(exist_ok=True)
        elif change.kind == "link":
            target.symlink_to(change.target or "")
        elif change.blob is not None:
            run.store.fetch(change.blob, target)
            target.chmod(change.mode)
    except OSError as error:
        raise OutsideError(f"{target} cannot be written: {error.strerror or error}.") from None
