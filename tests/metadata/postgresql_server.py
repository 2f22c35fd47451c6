"""A real PostgreSQL for the tests, where its programs are installed: on a socket in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def programs() -> Path | None:
    """The newest folder with PostgreSQL's server programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if found:
        return found[-1].parent
    beside = shutil.which("initdb")
    return Path(beside).parent if beside else None


def owner() -> str | None:
    """Whom the server runs as: it refuses root."""
    if os.getuid():
        return pwd.getpwuid(os.getuid()).pw_name
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Start a server; give the URL of its own database, without the name of another one."""
    folder, user, bin_ = Path(tempfile.mkdtemp(prefix="kfnb-pg-", dir="/tmp")), owner(), programs()
    assert user is not None
    assert bin_ is not None
    as_user = {} if os.getuid() != 0 else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(bin_ / program), *arguments],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            **as_user,
        )

    shutil.chown(folder, user)
    data = str(folder / "data")
    try:
        call("initdb", "-D", data, "-U", "kfnb", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        call("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://kfnb@/%s?host={folder}"
        finally:
            call("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
