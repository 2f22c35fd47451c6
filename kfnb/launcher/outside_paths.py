"""Records what a body does beyond its private view of the folder: files it reads there, what it writes, whom it asks.

Filled by paths.py, read by body.py. The cache needs it: a result holds only while the files it was made of are the
same, and what wrote elsewhere or talked to another machine is not repeated by taking an earlier result.
"""

from __future__ import annotations

import os
import sys
from importlib.util import source_from_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_SYSTEM = ("/proc", "/sys", "/dev", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/run", "/var/lib", "/System")
_SETTINGS = (".config", ".ipython", ".jupyter", ".cache/matplotlib", ".cache/fontconfig", ".local/share/jupyter")
"""Below the home folder: what programs keep for themselves."""
_CACHES = (".cache", ".config", ".ipython", ".jupyter", ".local")
"""Below the home folder: writing there is no effect that anybody waits for."""


class OutsideRecord:
    """`inside`: paths of the view that were read, in the setup too; the rest is about absolute paths beyond the view.

    `folder` is the view as the body sees it, `real_folder` the notebook's folder where that is another one.
    """

    def __init__(self, folder: str, real_folder: str | None = None) -> None:
        self.recording = False
        self.inside: dict[str, None] = {}
        self.kept_apart: list[str] = []  # folders of kfnb's own
        self._folder, self._real_folder = folder.rstrip("/"), real_folder
        self._read: dict[str, None] = {}
        self._own: dict[str, None] = {}
        self._removed: dict[str, None] = {}
        self._addresses: dict[str, None] = {}
        home = os.path.expanduser("~")  # noqa: PTH111 - strings throughout: called for every path that a body touches
        prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
        self._unseen = [*_SYSTEM, *prefixes, *map(os.path.realpath, prefixes), *(f"{home}/{s}" for s in _SETTINGS)]
        self._unwatched = [*_SYSTEM, *(f"{home}/{cache}" for cache in _CACHES)]

    def reads(self, path: Any) -> None:
        """Take in that a file is opened to be read, or a directory listed."""
        text = self._real(path)
        if "__pycache__" in text:
            if not text.endswith(".pyc"):
                return  # byte code that is being written, under a name of the moment
            text = source_from_cache(text)
            if text.startswith(f"{self._folder}/"):
                self.inside[text.removeprefix(f"{self._folder}/")] = None
                return
        if text not in self._own and not _is_below(text, [*self._unseen, *self.kept_apart]):
            self._read[text] = None

    def writes(self, path: Any) -> None:
        """Take in that a path is made or changed."""
        text = self._real(path)
        if not _is_below(text, [*self._unwatched, *self.kept_apart]) and "__pycache__" not in text:
            self._own[text] = None

    def removes(self, path: Any) -> None:
        """Take in that a path is removed."""
        text = self._real(path)
        if text not in self._own and not _is_below(text, [*self._unwatched, *self.kept_apart]):
            self._removed[text] = None

    def connects(self, address: Any) -> None:
        """Take in that a socket is connected; those of this machine alone (`AF_UNIX`) have a path for address."""
        if isinstance(address, tuple) and len(address) >= 2:
            self._addresses[f"{address[0]} (port {address[1]})"] = None

    def read(self) -> tuple[str, ...]:
        """Return the absolute paths that were read, of what was there before the body."""
        return tuple(self._read)

    def effects(self) -> tuple[str, ...]:
        """Say in words what taking an earlier result would not repeat. Files that came and went are nothing."""
        here = f"{self._folder}/"
        left = [p for p in self._own if os.path.lexists(p) and not p.startswith(here)]
        return (
            *(f"it wrote {path}" for path in left[:3]),
            *(f"it removed {path}" for path in list(self._removed)[:3]),
            *(f"it connected to {address}" for address in list(self._addresses)[:3]),
        )

    def _real(self, path: Any) -> str:
        """Return the path on this machine: a mirrored view has the folder's real siblings beside it, as links."""
        text = os.path.join(os.getcwd(), os.fsdecode(path))  # noqa: PTH109, PTH118
        if self._real_folder is not None:
            beside = os.path.relpath(os.path.normpath(text), self._folder)
            if beside.startswith("..") and not beside.startswith("../" * 5):
                text = os.path.join(self._real_folder, beside)  # noqa: PTH118
        return os.path.normpath(text)


def own_folders(*folders: Path | None) -> list[str]:
    """Return the paths of kfnb's own folders as a body may name them."""
    return [str(place) for folder in folders if folder is not None for place in {folder, folder.resolve()}]


def _is_below(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
