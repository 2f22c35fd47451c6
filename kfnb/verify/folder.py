"""A private copy of the notebook's folder for the run by hand, so that the real one stays as it was.

Where the system lets a process have mounts of its own, the copy lies at the folder's real path, as it does for tasks;
elsewhere the run starts in the copy, whose parent is mirrored by links so that `../data` is there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from kfnb.artifacts.folder import is_environment
from kfnb.launcher.namespaces import bind, enter_own_mounts

LINKED_FROM = 64_000_000
"""Bytes from which a file is not copied; the link leads to a place that cannot be written to, where that can be had."""
LEFT_OUT = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", ".ipynb_checkpoints"})


def enter_copy(folder: Path, scratch: Path) -> Path:
    """Copy `folder` below `scratch` and return where this process and its children find the copy.

    Must be called while this process has one thread only.
    """
    mirror = scratch / "mirror"
    copy = mirror / (folder.name or "root")
    mirror.mkdir(parents=True)
    original = folder
    own_mounts = enter_own_mounts()
    if own_mounts:
        kept = scratch / "original"
        kept.mkdir()
        if bind(folder, kept, read_only=True):
            original = kept
        else:
            own_mounts = False
    environments = copy_tree(original, copy)
    if own_mounts:
        for environment in environments:
            bind(original / environment, copy / environment)
    if own_mounts and bind(copy, folder):
        return folder
    with contextlib.suppress(OSError):  # a parent that cannot be listed is not mirrored
        for sibling in folder.parent.iterdir():
            if sibling.name != copy.name:
                (mirror / sibling.name).symlink_to(sibling)
    return copy


def copy_tree(source: Path, target: Path) -> list[Path]:
    """Copy a folder: small files as they are, large ones as links, version control not at all.

    Python environments become empty folders, whose places (relative) are returned.
    """
    target.mkdir()
    environments: list[Path] = []
    for entry in os.scandir(source):
        destination = target / entry.name
        if entry.is_symlink():
            destination.symlink_to(_link_target(Path(entry.path)))
        elif entry.is_dir():
            if is_environment(Path(entry.path)):
                destination.mkdir()
                environments.append(Path(entry.name))
            elif entry.name not in LEFT_OUT:
                environments += [entry.name / below for below in copy_tree(Path(entry.path), destination)]
        elif entry.is_file():
            _copy_file(entry, destination)
    shutil.copystat(source, target)
    return environments


def _copy_file(entry: os.DirEntry[str], destination: Path) -> None:
    if entry.stat().st_size >= LINKED_FROM:
        destination.symlink_to(entry.path)
        return
    try:
        shutil.copy2(entry.path, destination)
    except PermissionError:
        destination.symlink_to(entry.path)  # cannot be read now, and cannot by the notebook


def _link_target(link: Path) -> str:
    return str(link.parent / link.readlink())
