"""Which interpreter a kernel name means."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kfnb.errors import KernelError
from kfnb.runners.base import Report
from kfnb.runners.kernelspec import Interpreter, find_interpreter
from kfnb.runners.local import LocalRunner, task_environment


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for kernels that Jupyter looks into first."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return tmp_path / "jupyter" / "kernels"


def install(kernels: Path, name: str, *argv: str, **env: str) -> None:
    """Install a kernelspec."""
    (kernels / name).mkdir(parents=True)
    spec = {"argv": argv, "display_name": name, "language": "python", "env": env}
    (kernels / name / "kernel.json").write_text(json.dumps(spec))


def test_python3_is_the_python_that_asks() -> None:
    """The default kernel of this environment is this interpreter."""
    assert Interpreter((sys.executable,), {}) == find_interpreter("python3")


def test_a_kernel_names_its_interpreter_flags_and_environment(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands before `-m ipykernel_launcher` is kept, and ${NAME} in the environment is filled in."""
    monkeypatch.setenv("PLACE", "here")
    install(kernels, "mine", "/opt/python", "-Xdev", "-m", "ipykernel_launcher", "-f", "{file}", A="${PLACE}/a")
    assert Interpreter(("/opt/python", "-Xdev"), {"A": "here/a"}) == find_interpreter("mine")


def test_a_bare_python_is_the_python_that_asks(kernels: Path) -> None:
    """jupyter_client's rule for `python` without a path."""
    install(kernels, "bare", "python", "-m", "ipykernel_launcher", "-f", "{file}")
    assert (sys.executable,) == find_interpreter("bare").command


def test_an_unknown_kernel_is_said_with_those_there_are(kernels: Path) -> None:
    """The message names every kernel that is installed."""
    install(kernels, "mine", "/opt/python", "-m", "ipykernel_launcher")
    with pytest.raises(KernelError, match=r"'other'.*mine.*python3"):
        find_interpreter("other")


@pytest.mark.parametrize("argv", [("R", "--slave"), (), ("python", "-m", "bash_kernel")])
def test_a_kernel_that_is_not_ipython_is_said(kernels: Path, argv: tuple[str, ...]) -> None:
    """Only IPython kernels can be run."""
    install(kernels, "strange", *argv)
    with pytest.raises(KernelError, match="IPython"):
        find_interpreter("strange")


def test_an_interpreter_that_is_not_there_is_said(kernels: Path, tmp_path: Path) -> None:
    """The message names the file."""
    install(kernels, "gone", "/no/such/python", "-m", "ipykernel_launcher")
    with pytest.raises(KernelError, match="/no/such/python"):
        LocalRunner(tmp_path).prestart("gone")


def test_an_interpreter_without_kfnb_is_told_to_install_it(kernels: Path, tmp_path: Path) -> None:
    """The message has the command."""
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    install(kernels, "plain", python, "-m", "ipykernel_launcher")
    runner = LocalRunner(tmp_path)
    runner.prestart("plain")
    with pytest.raises(KernelError, match=r"not installed.*-m pip install kfnb"):
        runner.open(lambda report: None, ())
    runner.close()


def test_the_environment_of_a_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash seed where none is set, the inline back end, the data folder; what is set stays."""
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    env = task_environment({"EXTRA": "1"}, tmp_path)
    assert ("0", "Agg", str(tmp_path), "1") == tuple(
        env[name] for name in ("PYTHONHASHSEED", "MPLBACKEND", "KFNB_HOME", "EXTRA")
    )


def test_a_server_ends_with_its_runner(tmp_path: Path) -> None:
    """After `close` the process is gone, used or not, and closing again does nothing."""
    for used in (False, True):
        runner = LocalRunner(tmp_path)
        runner.prestart()
        assert runner._server is not None
        pid = runner._server.pid
        reports: list[Report] = []
        if used:
            runner.open(reports.append, ("json",))
        runner.close()
        runner.close()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert [] == reports


def test_a_snapshot_is_made_or_its_error_is_said(tmp_path: Path) -> None:
    """The copy of the folder lies where it was asked for."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("a")
    runner = LocalRunner(tmp_path)
    runner.open(lambda report: None, ())
    try:
        target = str(tmp_path / "snapshot")
        assert target == runner.snapshot(str(tmp_path / "folder"), target)
        assert any(path.name == "a.txt" for path in Path(target).rglob("*"))
        with pytest.raises(KernelError, match="cannot be copied"):
            runner.snapshot(str(tmp_path / "folder"), "/proc/none/snapshot")
    finally:
        runner.close()
