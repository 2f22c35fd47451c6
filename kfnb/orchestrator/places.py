"""Where a run's documents lie: the data folder and the keys in the store. Used by the client and the run process."""

from __future__ import annotations

import os
import time
from pathlib import Path

from kfnb import digest


def data_home() -> Path:
    """Return the folder that holds kfnb's data: KFNB_HOME, else the platform's data folder."""
    given = os.environ.get("KFNB_HOME")
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs  # 10 ms that a start with KFNB_HOME set does not pay

    return Path(platformdirs.user_data_dir("kfnb", appauthor=False))


def new_run_id(now: float) -> str:
    """Return a run's name that sorts by time: 20261124-121500-ab12 (UTC)."""
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime(now)) + "-" + os.urandom(2).hex()


def run_key(run_id: str, *parts: str) -> str:
    """Return the key of a document of a run, such as `runs/ID/run.json`."""
    return "/".join(("runs", run_id, *parts))


def attempt_key(run_id: str, slug: str, attempt: int) -> str:
    """Return the key under which the documents of one attempt of a task lie."""
    return run_key(run_id, "tasks", slug, str(attempt))


def together_key(run_id: str, name: str = "") -> str:
    """Return the key of the document of what is started as one, `name` being its own; of all of them without."""
    return run_key(run_id, "together", f"{name}.json") if name else run_key(run_id, "together")


def lease_path(home: Path, runs: Path | None, root: str, run_id: str) -> Path:
    """Return where the lease of a run lies: beside the run, or in the data folder where the store is elsewhere.

    `runs` is the run's folder if its store, at `root`, is on this machine.
    """
    return runs / "lease" if runs is not None else home / "leases" / _here(root, run_id)


def scratch_path(home: Path, root: str, run_id: str) -> Path:
    """Return the folder for what a run, in the store at `root`, needs only while it lives."""
    return home / "scratch" / _here(root, run_id)


def _here(root: str, run_id: str) -> str:
    """Return a name for the run on this machine: a copy of its store holds a run of the same id, which is another."""
    place = root if "://" in root else os.path.realpath(root)
    return f"{run_id}-{digest.of_bytes(place.encode())[:8]}"


def notes_folder(home: Path) -> Path:
    """Return the folder that notes, by a file of its name, each run of which the database may not know all yet."""
    return home / "changed"


def own_folders(home: Path, root: Path | None) -> tuple[str, ...]:
    """Return the folders of this machine that hold kfnb's own data; `root`: the store, if it is here."""
    roots = {home / "store"} | ({root} if root is not None else set())
    below = (folder / name for folder in sorted(roots) for name in ("runs", "artifacts", "cache", "images"))
    ours = (
        "scratch",
        "elsewhere",
        "suggested",
        "computing",
        "interpreters",
        "shipped",
        "foresight",
        "changed",
        "database",
        "detached",
    )
    return (*(str(home / name) for name in (*ours, "leases")), *map(str, below))


def uri(root: str, key: str) -> str:
    """Return the URI of a key in the store at `root`."""
    return f"{root.rstrip('/')}/{key}"
