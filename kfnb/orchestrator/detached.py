"""Starts a run's own process, which outlives the one that asked for it; called by the client."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from kfnb.errors import OutsideError

if TYPE_CHECKING:
    from pathlib import Path

    from kfnb.orchestrator.lease import Lease


def start(home: Path, root: str, run_id: str, lease: Lease, *, again: bool | str = False) -> None:
    """Start the process that drives run `run_id` of the store at `root`, in a session of its own.

    It inherits `lease`, which the caller holds and then gives back. What it has to say beyond the run's events goes to
    `log_path`. `again`: as the loop has it. OutsideError if it cannot be started.
    """
    inherited = lease.fileno()
    command = [sys.executable, "-P", "-m", "kfnb.run_process", run_id, "--root", root, "--lease", str(inherited)]
    command += [f"--again={again}" if isinstance(again, str) else "--again"] if again else []
    log = log_path(home, run_id)
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as said:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={**os.environ, "KFNB_HOME": str(home)},
                pass_fds=[inherited],
                cwd="/",
                start_new_session=True,
            )
    except OSError as error:
        raise OutsideError(f"The run's own process cannot be started: {error}.") from None
    # Whoever started it may live on for long, and must not keep a zombie of it.
    threading.Thread(target=process.wait, name=f"kfnb-detached-{run_id}", daemon=True).start()


def log_path(home: Path, run_id: str) -> Path:
    """Return the file for what a detached process says beyond the run's events: nothing, if all is well."""
    return home / "detached" / f"{run_id}.log"


def last_words(home: Path, run_id: str) -> str:
    """Return the last line of what the process said, if it said anything."""
    try:
        said = log_path(home, run_id).read_text(errors="replace").strip()
    except OSError:
        return ""
    return said.rpartition("\n")[2]
