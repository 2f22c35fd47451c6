"""Keeps a body within its step's memory limit; used by the supervisor.

Where this user may make control groups, the kernel does it: the body runs in one with that limit, which is removed
afterwards. Elsewhere the memory that the body and its children use is measured several times a second, and they are
stopped when it is too much. What the body shared with the fork server at its start (libraries that were loaded before)
is not the step's. Linux only.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path

from kfnb.launcher import processes

_ROOT = Path("/sys/fs/cgroup")
_LIMIT_AND_PEAK = {
    1: ("memory.limit_in_bytes", "memory.max_usage_in_bytes"),
    2: ("memory.max", "memory.peak"),
}
"""The files of a group that say so, by the version of control groups."""
_NO_LIMIT = 1 << 60
"""A limit in bytes from which version 1 means none."""
_PREFIX = "kfnb-"
_EVERY = 0.1
"""Seconds between two looks at a body that no control group holds."""


class MemoryLimit:
    """The limit of one body, in bytes. `peak`: the most that was seen; `exceeded`: whether that was too much."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.peak = 0
        self.exceeded = False
        self._body = 0
        self._group: _Group | None = None
        self._next = 0.0
        self._shared = 0

    def hold(self, body: int) -> None:
        """Begin, with the process `body`, which has done nothing yet."""
        self._body = body
        self._group = _make_group(self.limit, body)
        if self._group is None:
            self._shared = _proportional(body)

    @property
    def next_look(self) -> float | None:
        """When `check` wants to be called (by the monotonic clock); None if there is no need."""
        return self._next if self._group is None else None

    def check(self) -> bool:
        """Look; return whether the body has to be killed now."""
        if self._group is not None or self.exceeded or time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + _EVERY
        used = _used_by([self._body, *processes.descendants(self._body)], self.limit, self._shared)
        self.peak = max(self.peak, used)
        self.exceeded = used > self.limit
        return self.exceeded

    def end(self) -> None:
        """Call when every process of the body is gone."""
        if self._group is not None:
            self.peak, kills = self._group.facts()
            self.exceeded = kills > 0
            self._group.remove()


class _Group:
    """A memory control group of version 2 or 1."""

    def __init__(self, folder: Path, version: int) -> None:
        self.folder, self._version = folder, version

    def begin(self, limit: int, body: int) -> None:
        if self._version == 2:
            (self.folder / "memory.max").write_text(str(limit))
            with contextlib.suppress(OSError):
                (self.folder / "memory.swap.max").write_text("0")
        else:
            (self.folder / "memory.limit_in_bytes").write_text(str(limit))
            with contextlib.suppress(OSError):
                (self.folder / "memory.memsw.limit_in_bytes").write_text(str(limit))
        (self.folder / "cgroup.procs").write_text(str(body))

    def facts(self) -> tuple[int, int]:
        """Return the peak in bytes, and how many processes were killed for it."""
        _, peak = _LIMIT_AND_PEAK[self._version]
        events = "memory.events" if self._version == 2 else "memory.oom_control"
        most = kills = 0
        with contextlib.suppress(OSError, ValueError):  # memory.peak is there since Linux 5.19
            most = int((self.folder / peak).read_text())
        with contextlib.suppress(OSError, ValueError):
            for line in (self.folder / events).read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    kills = int(count)
        return most, kills

    def remove(self) -> None:
        end = time.monotonic() + 1.0
        while self.folder.is_dir():
            try:
                self.folder.rmdir()
            except OSError:
                if time.monotonic() > end:
                    return  # the next one to be made sweeps it
                time.sleep(0.01)  # the kernel lets go of the dead a moment later


def own_limit() -> tuple[int, int] | None:
    """Return the memory limit of the group that this process is in, as a pod's is, and the most used there, in bytes.

    None where there is no limit, or none to be seen.
    """
    for folder, version in _own_folders():
        limit, peak = _LIMIT_AND_PEAK[version]
        with contextlib.suppress(OSError, ValueError):  # version 2 says "max" where there is none
            most = int((folder / limit).read_text())
            if most < _NO_LIMIT:
                return most, int((folder / peak).read_text())
    return None


def _make_group(limit: int, body: int) -> _Group | None:
    """Return a group with this limit that holds `body`; None where this user can make none."""
    for above, version in _places():
        _sweep(above)
        group = _Group(above / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}", version)
        try:
            group.folder.mkdir()
        except OSError:
            continue
        try:
            group.begin(limit, body)
        except OSError:
            with contextlib.suppress(OSError):
                group.folder.rmdir()
            continue
        return group
    return None


def _own_folders() -> list[tuple[Path, int]]:
    """Return where the files of the group of this process may lie, with the version of control groups."""
    found: list[tuple[Path, int]] = []
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                found.append((_ROOT / path.strip("/"), 2))
            elif "memory" in controllers.split(","):
                found.append((_ROOT / "memory" / path.strip("/"), 1))
                found.append((_ROOT / "memory", 1))  # within a container the path may be one of outside
    return found


def _places() -> list[tuple[Path, int]]:
    """Return the folders in which a group could be made: beside our own (version 2), or within it (version 1)."""
    found: list[tuple[Path, int]] = []
    for own, version in _own_folders():
        with contextlib.suppress(OSError):
            if version == 1:
                found.append((own, version))
            elif "memory" in (own.parent / "cgroup.subtree_control").read_text().split():
                found.append((own.parent, version))
    return [(folder, version) for folder, version in found if os.access(folder, os.W_OK)]


def _sweep(above: Path) -> None:
    """Remove groups whose supervisors are gone: the kernel refuses where a process is in one still."""
    for left in above.glob(f"{_PREFIX}*"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path(f"/proc/{owner}").exists():
            with contextlib.suppress(OSError):
                left.rmdir()


def _used_by(pids: list[int], limit: int, shared: int) -> int:
    """Return the bytes that processes use together, less their part of what they shared with others at the start.

    Where that is less than the limit by far, it is not looked at closely, and what is returned may be too much.
    """
    rough = sum(map(_resident, pids))
    return rough if rough <= limit else max(0, sum(map(_proportional, pids)) - shared)


def _resident(pid: int) -> int:
    """Anonymous and shared memory, also what a parent shares with its fork: soon read, never too little."""
    return _sum_of(f"/proc/{pid}/status", ("RssAnon:", "RssShmem:"))


def _proportional(pid: int) -> int:
    """What a process has to itself, and its part of what it shares: of a pool's array each worker counts its part."""
    return _sum_of(f"/proc/{pid}/smaps_rollup", ("Pss:",))


def _sum_of(file: str, names: tuple[str, ...]) -> int:
    total = 0
    with contextlib.suppress(OSError, ValueError):
        for line in Path(file).read_text().splitlines():
            if line.startswith(names):
                total += int(line.split()[1]) * 1024
    return total
