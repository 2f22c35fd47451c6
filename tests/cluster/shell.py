"""Programs that are called, waited for and have to succeed; what they said is in the error when they do not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
"""Where programs are looked for: the administrator's too, whatever this process was given."""


class ClusterError(Exception):
    """The cluster, or a part of it, cannot be had; the text says which, why and what to do."""


def call(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    text: str | None = None,
) -> str:
    """What the command says on its standard output.

    Raises ClusterError with the end of what it said when it is missing or fails.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            env={**os.environ, "PATH": PATH, **(env or {})},
            cwd=cwd,
            input=text or "",
            capture_output=True,
            text=True,
        )
    except OSError as problem:
        raise ClusterError(f"{words[0]} cannot be started: {problem.strerror}. `setup` installs it.") from problem
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-30:])
        raise ClusterError(f"`{' '.join(words)}` failed with exit code {done.returncode}:\n{said}")
    return done.stdout


def flags(**values: object) -> list[str]:
    """Each as `--its-name=value`."""
    return [f"--{name.replace('_', '-')}={value}" for name, value in values.items()]


def found(program: str) -> str | None:
    """Where a program lies, None where it is not installed."""
    return shutil.which(program, path=PATH)


def attempt(*command: str | Path, env: Mapping[str, str] | None = None) -> bool:
    """Whether the command succeeds; what it says is dropped."""
    try:
        call(*command, env=env)
    except ClusterError:
        return False
    return True


def wait_until(true: Callable[[], bool], what: str, seconds: float = 120, every: float = 0.05) -> None:
    """Return as soon as it is true; ClusterError with `what` did not happen after this many seconds.

    `every`: seconds between two looks.
    """
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise ClusterError(f"{what} did not happen within {seconds:.0f} s.")
        time.sleep(every)


def say(line: str) -> None:
    """Tell the person who waits; standard output is for answers."""
    print(line, file=sys.stderr, flush=True)


def write(path: Path, text: str, mode: int = 0o644) -> Path:
    """A file with this text, its folder made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode)
    path.chmod(mode)
    path.write_text(text, "utf-8")
    return path
