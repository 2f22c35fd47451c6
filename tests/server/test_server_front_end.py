"""What the server says where JupyterLab has no front end of kfnb, as the page cannot say it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from server_process import ServerProcess

from kfnb.server.front_end import NAME, why_not_shown


@pytest.fixture
def installed(jp_environ: None, jp_data_dir: Path) -> Path:
    """JupyterLab finds a front end of kfnb, and nothing else, in a folder of the test's own."""
    folder = jp_data_dir / "labextensions" / "@kfnb" / "jupyterlab"
    folder.mkdir(parents=True)
    about = {"name": NAME, "version": "1", "jupyterlab": {"_build": {"load": "x.js"}}}
    (folder / "package.json").write_text(json.dumps(about))
    return folder


def disable(config: Path) -> None:
    """Do what `jupyter labextension disable` does, in a folder of JupyterLab's settings."""
    (config / "labconfig").mkdir(parents=True)
    (config / "labconfig" / "page_config.json").write_text(json.dumps({"disabledExtensions": {NAME: True}}))


def test_a_front_end_that_is_there_needs_no_words(installed: Path) -> None:
    """Where JupyterLab has it and shows it, nothing is missing."""
    assert why_not_shown() is None


def test_a_front_end_that_is_not_there(installed: Path) -> None:
    """The folders in which JupyterLab looks are named."""
    (installed / "package.json").unlink()
    why = why_not_shown()
    assert why is not None
    assert "is in none of the folders where it looks" in why
    assert str(installed.parents[1]) in why


def test_a_front_end_that_is_disabled(installed: Path, jp_config_dir: Path) -> None:
    """What to type is named."""
    disable(jp_config_dir)
    why = why_not_shown()
    assert why is not None
    assert f"jupyter labextension enable {NAME}" in why


def test_a_server_says_so_once_when_it_starts(tmp_path: Path) -> None:
    """The log of a server with JupyterLab has a line of it, and kfnb is there all the same."""
    disable(tmp_path / "config")
    server = ServerProcess(tmp_path)
    server.stop()
    said = [line for line in server.log.read_text().splitlines() if "JupyterLab shows nothing of kfnb" in line]
    assert 1 == len(said)
    assert f"{NAME} is disabled" in said[0]
