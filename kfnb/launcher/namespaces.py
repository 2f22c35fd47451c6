"""Puts one folder over another for this process alone, where the system allows it; used by body.py for the private
view.

A mount namespace of its own costs about a millisecond and makes the private view lie at the notebook's real path, so
that absolute paths and `..` are as by hand. See docs/adr/0002-private-view-by-mount-namespace.md.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_MS_RDONLY = 1
_MS_REMOUNT = 32
_MS_BIND = 4096
_MS_REC = 16384
_MS_PRIVATE = 1 << 18


def enter_own_mounts() -> bool:
    """Give this process, which must have one thread only, a mount namespace of its own; False if it cannot be had."""
    if not sys.platform.startswith("linux") or os.environ.get("KFNB_NO_NAMESPACES") == "1":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWNS) != 0:
        if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNS) != 0:
            return False
        try:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        except OSError:
            return False
    return bool(libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None) == 0)


def bind(source: Path, target: Path, *, read_only: bool = False) -> bool:
    """Show `source` at `target` (both folders) from now on, in this process's mounts only; False if that fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    where = os.fsencode(target)
    if libc.mount(os.fsencode(source), where, None, _MS_BIND | _MS_REC, None) != 0:
        return False
    if not read_only:
        return True
    flags = _MS_BIND | _MS_REMOUNT | _MS_RDONLY
    return bool(libc.mount(None, where, None, flags | _kept_flags(target), None) == 0)


def _kept_flags(target: Path) -> int:
    """Flags of the mount that a remount in a user namespace must repeat (nosuid, nodev, noexec: the same bits)."""
    kept = os.statvfs(target).f_flag
    return kept & (os.ST_NOSUID | getattr(os, "ST_NODEV", 4) | getattr(os, "ST_NOEXEC", 8))
