"""What the panel says where the server's half is missing or is of another version, and that it is true."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jupyter_lab import TOKEN, Lab, environment
from playwright.sync_api import Locator, Page, expect
from working import show_panel

import kfnb

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

OLDER = "import kfnb; kfnb.__version__ = '0.0.9'"


@pytest.fixture
def prefix(lab: Lab, tmp_path: Path) -> Path:
    """A Python environment with all that the tests' own has, and with settings of its own."""
    place = tmp_path / "environment"
    venv.create(place, symlinks=True)
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(
        "\n".join(f"import site; site.addsitedir({p!r})" for p in site.getsitepackages())
    )
    (place / "share").symlink_to(Path(sys.prefix) / "share")
    shutil.copytree(Path(sys.prefix) / "etc", place / "etc")
    for name in ("jupyter", "jupyter-server"):
        program = (Path(sys.prefix) / "bin" / name).read_text("utf-8").splitlines()[1:]
        (place / "bin" / name).write_text("\n".join([f"#!{place}/bin/python", *program]), "utf-8")
        (place / "bin" / name).chmod(0o755)
    return place


def test_a_half_that_is_missing_or_another_is_said_with_what_to_type(page: Page, prefix: Path, tmp_path: Path) -> None:
    """A server without kfnb is told of, and what is to be typed there helps; one of another version is told of too."""
    switch(prefix, tmp_path, "jupyter server extension disable kfnb.server")
    with running(prefix, tmp_path) as without:
        said = trouble(page, without)
        expect(said).to_contain_text("The Jupyter server does not know kfnb.")
        page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
        expect(page.locator(".kfnb-runs-page")).to_contain_text("does not know kfnb; the panel at the right says")
        command = re.search(r"jupyter server extension enable \S+", said.inner_text())
    assert command is not None
    switch(prefix, tmp_path, command[0])
    (packages,) = prefix.glob("lib/python*/site-packages")
    (packages / "zz_older.pth").write_text(OLDER)
    with running(prefix, tmp_path) as older:
        expect(trouble(page, older)).to_contain_text(
            f"This page has kfnb {kfnb.__version__}, the Jupyter server has 0.0.9. Restart the server"
        )


@contextmanager
def running(prefix: Path, folder: Path) -> Iterator[Lab]:
    """A JupyterLab of an environment, with its files in a folder."""
    lab = Lab(folder, python=str(prefix / "bin" / "python"))
    try:
        yield lab
    finally:
        lab.stop()


def switch(prefix: Path, folder: Path, command: str) -> None:
    """Type a command in an environment."""
    path = f"{prefix / 'bin'}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command.split(), env=environment(folder) | {"PATH": path}, check=True, capture_output=True)


def trouble(page: Page, lab: Lab) -> Locator:
    """What the panel says above everything else."""
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    show_panel(page)
    return page.locator(".kfnb-panel > [role=alert]")
