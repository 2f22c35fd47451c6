"""The lease: one holder at a time, gone with its process, handed on without a gap."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from queue import SimpleQueue

import pytest

from kfnb.errors import LeaseHeld, OutsideError
from kfnb.orchestrator import lease as leases
from kfnb.orchestrator.lease import Lease

HOLD = """
import sys
from pathlib import Path
from kfnb.orchestrator.lease import Lease
lease = Lease(Path(sys.argv[1]), *map(int, sys.argv[2:]))
lease.take()
print('held', flush=True)
sys.stdin.read()
"""


def holder(path: Path, *inherited: int) -> subprocess.Popen[str]:
    """A process that holds the lease until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), *map(str, inherited)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=inherited,
    )
    assert process.stdout is not None
    if not inherited:
        assert "held\n" == process.stdout.readline()
    return process


def test_a_second_holder_is_refused_and_told_who_holds(tmp_path: Path) -> None:
    """The message names the process and the machine, and the first holder keeps the lease."""
    path = tmp_path / "run" / "lease"
    with holder(path) as process, pytest.raises(LeaseHeld, match=f"process {process.pid} on "):
        Lease(path).take()
    assert 0 == process.returncode


def test_the_lease_of_a_killed_holder_is_free_at_once(tmp_path: Path) -> None:
    """The lock dies with its process, however that ends."""
    path = tmp_path / "lease"
    with holder(path) as process:
        assert Lease(path).is_held()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not Lease(path).is_held()
    with Lease(path) as lease:
        assert lease.is_held()


def test_threads_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    """Two objects in one process are two holders."""
    with Lease(tmp_path / "lease"), pytest.raises(LeaseHeld):
        Lease(tmp_path / "lease").take()


def test_a_lease_is_handed_to_a_child_without_a_gap(tmp_path: Path) -> None:
    """While the child starts, the descriptor that it inherits holds the lease for it."""
    path = tmp_path / "lease"
    with Lease(path) as lease:
        process = holder(path, lease.fileno())
    with process:
        assert Lease(path).is_held()
        assert process.stdout is not None
        assert "held\n" == process.stdout.readline()
        with pytest.raises(LeaseHeld, match=str(process.pid)):
            Lease(path).take()
    assert not Lease(path).is_held()


def test_nobody_holds_a_lease_that_was_never_taken(tmp_path: Path) -> None:
    """Looking makes no file."""
    assert not Lease(tmp_path / "lease").is_held()
    assert [] == os.listdir(tmp_path)  # noqa: PTH208 - what is there


def test_who_handed_a_lease_on_may_die_first(tmp_path: Path) -> None:
    """What was inherited is held until the process that has it is gone."""
    path = tmp_path / "lease"
    lease = Lease(path)
    lease.take()
    with holder(path, lease.fileno()) as process:
        lease.release()
        assert Lease(path).is_held()
        process.kill()
    assert not Lease(path).is_held()


def test_a_holder_that_has_not_said_who_it_is_is_refused_all_the_same(tmp_path: Path) -> None:
    """Between the lock and the name in it there is a moment; what lies there then is no name."""
    with Lease(tmp_path / "lease"):
        (tmp_path / "lease").write_bytes(b"[]")
        with pytest.raises(LeaseHeld, match="it has just started"):
            Lease(tmp_path / "lease").take()


def test_a_place_that_takes_no_lease_is_named(tmp_path: Path) -> None:
    """Where the file cannot be made, the error says which and why."""
    (tmp_path / "runs").write_text("a file where a folder is needed")
    with pytest.raises(OutsideError, match=r"lease .*runs/r1/lease"):
        Lease(tmp_path / "runs" / "r1" / "lease").take()


# ----------------------------------------------------------------------------------------- seen from another machine


@pytest.fixture
def killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lease of a holder that was killed a moment ago, on a machine that is not this one any more."""
    with holder(tmp_path / "lease") as process:
        process.kill()
    monkeypatch.setattr(leases, "whoami", lambda: {"host": "another", "pid": 1})
    return tmp_path / "lease"


def silence(path: Path) -> None:
    """Let the last sign of life be long ago."""
    os.utime(path, (0, path.stat().st_mtime - leases.SILENT - 1))


def test_a_holder_on_another_machine_is_gone_when_it_is_silent(killed: Path) -> None:
    """A free lock says nothing of it by itself, for it may not be seen here; of this machine's it says all."""
    host = json.loads(killed.read_text())["host"]
    lease = Lease(killed)
    assert (False, True, True) == tuple(lease.is_left_by(name) for name in (host, "another", None))
    with pytest.raises(LeaseHeld, match=f"on {host}"):
        lease.take()
    silence(killed)
    assert lease.is_left_by(host)
    with lease:
        assert not Lease(killed).is_left_by(host)
    assert ["lease"] == os.listdir(killed.parent)  # noqa: PTH208 - what is there


def test_a_lease_that_is_not_here_says_nothing(tmp_path: Path) -> None:
    """Another machine with a data folder of its own may drive the run."""
    assert not Lease(tmp_path / "leases" / "r1").is_left_by("elsewhere")


def test_who_gives_a_lease_back_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another machine takes it at once."""
    with Lease(tmp_path / "lease"):
        pass
    monkeypatch.setattr(leases, "whoami", lambda: {"host": "another", "pid": 1})
    with Lease(tmp_path / "lease") as lease:
        assert lease.is_held()


def test_a_holder_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of the file is set anew and anew while the lease is held."""
    monkeypatch.setattr(leases, "SIGN_EVERY", 0.01)
    path = tmp_path / "lease"
    with Lease(path):
        for _ in range(2):
            silence(path)
            while Lease(path)._is_silent():
                os.sched_yield()


def test_a_holder_that_wakes_up_after_another_took_the_lease_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds another's name in the file, gives no sign any more, and leaves the file as it is."""
    monkeypatch.setattr(leases, "SIGN_EVERY", 0.01)
    path, told, others = tmp_path / "lease", SimpleQueue[str](), json.dumps({"host": "another", "pid": 7, "token": "x"})
    with Lease(path, lost=told.put):
        path.write_text(others)
        assert "process 7 on another has taken it over" == told.get(timeout=30)
    assert others == path.read_text()
