"""Which version of the code a run runs: the notebook's digest, and what git says about the folder it lies in.

Asked by the client when a run is prepared; the answer is part of the run's first event. Git is asked by its program,
once, and nothing depends on it: where there is none, or no repository, these facts are simply not known.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 2.0
"""Seconds that git may take; a repository in which it takes longer is not worth waiting for."""
_STATUS = ("status", "--porcelain=v2", "--branch", "--untracked-files=no")
_TAG = ("describe", "--tags", "--exact-match")


def git_facts(folder: Path) -> dict[str, Any] | None:
    """Return commit, branch (None where none is checked out), tag and dirty of `folder`; None where git cannot say."""
    asked = [_ask(folder, *_STATUS), _ask(folder, *_TAG)]  # side by side
    status, tag = map(_answer, asked)
    if status is None:
        return None
    lines = status.splitlines()
    head = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch.") and line.count(" ") > 1)
    commit, branch = head.get("branch.oid"), head.get("branch.head")
    return {
        "commit": commit if commit != "(initial)" else None,
        "branch": branch if branch != "(detached)" else None,
        "tag": tag.strip() if tag else None,
        "dirty": any(not line.startswith("#") for line in lines),
    }


def _ask(folder: Path, *words: str) -> subprocess.Popen[str] | None:
    try:
        return subprocess.Popen(
            ["git", "-C", str(folder), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
        )
    except OSError:
        return None


def _answer(asked: subprocess.Popen[str] | None) -> str | None:
    if asked is None:
        return None
    with asked:
        try:
            answer, _ = asked.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            asked.kill()
            return None
    return answer if asked.returncode == 0 else None
