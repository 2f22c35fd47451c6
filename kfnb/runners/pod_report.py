"""What a pod says of the place that it is in: `python -m kfnb.runners.pod_report ROOT KEY` in a pod of `cluster check`.

Python, kfnb, and whether the store at ROOT can be used from here; with `--orchestrator` also whether the API server can
be reached and which rights are missing. A short report is the container's termination message, so that it can be read
where logs may not be; with all packages it is the document KEY in the store.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from kfnb.artifacts.known_images import contents
from kfnb.artifacts.store import Store
from kfnb.errors import KfnbError
from kfnb.runners.rights import Right  # noqa: TC001 - msgspec looks at the annotations

_MESSAGE = Path("/dev/termination-log")
"""Where kubelet reads a container's last message, if nothing else is said in its manifest; 4096 bytes at most."""
_MOST = 1000


class Report(msgspec.Struct, frozen=True):
    """What a pod saw. `now`: its clock as it wrote to the store, in seconds since the epoch.

    `store`, `api`: what is wrong with them, None for nothing. `seconds`: that writing to the store and reading took.
    `lacking`: rights that its service account does not have.
    """

    python: str
    kfnb: str
    machine: str
    now: float
    seconds: float
    store: str | None = None
    api: str | None = None
    lacking: tuple[Right, ...] = ()
    modules: tuple[str, ...] = ()
    packages: dict[str, str] = {}
    lent_modules: tuple[str, ...] = ()
    lent_packages: dict[str, str] = {}


LARGE: dict[str, Any] = {"modules": (), "packages": {}, "lent_modules": (), "lent_packages": {}}
"""The parts of a Report that are told by way of the store only, as they are where they are left out."""


def look(root: str, key: str, *, orchestrator: bool) -> Report:
    """Try what a task, or an orchestrator, needs here; nothing is raised for what does not work."""
    report = Report(**msgspec.structs.asdict(contents()), machine=platform.machine(), now=time.time(), seconds=0.0)
    if orchestrator:
        report = _with_api(report)
    try:
        store, started = Store(root), time.monotonic()
        store.write(key, msgspec.json.encode(report))
        store.read(key)
    except KfnbError as error:
        return msgspec.structs.replace(report, store=str(error)[:_MOST])
    return msgspec.structs.replace(report, seconds=round(time.monotonic() - started, 3))


def _with_api(report: Report) -> Report:
    from kfnb.runners import rights  # a task's pod has no token, and needs no client of a cluster
    from kfnb.runners.api_server import ApiServer

    try:
        lacking = rights.missing(ApiServer(), rights.needed("orchestrator"))
    except KfnbError as error:
        return msgspec.structs.replace(report, api=str(error)[:_MOST])
    return msgspec.structs.replace(report, lacking=tuple(lacking))


def main() -> int:
    """Look, and leave the short report where kubelet finds it."""
    parser = argparse.ArgumentParser(prog="python -m kfnb.runners.pod_report")
    parser.add_argument("root")
    parser.add_argument("key")
    parser.add_argument("--orchestrator", action="store_true")
    given = parser.parse_args()
    if not sys.flags.safe_path:
        sys.path.pop(0)  # the folder it was started in, which `-m` puts first, and no step has
    report = look(given.root, given.key, orchestrator=given.orchestrator)
    short = msgspec.json.encode(msgspec.structs.replace(report, **LARGE))
    print(short.decode(), flush=True)
    if _MESSAGE.exists():
        _MESSAGE.write_bytes(short)
    return 0


if __name__ == "__main__":
    sys.exit(main())
