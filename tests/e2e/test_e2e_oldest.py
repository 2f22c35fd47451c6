"""In a real browser: the oldest JupyterLab that kfnb claims, in an environment of its own with kfnb as a wheel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import test_e2e_main_job as main_job
import test_e2e_widget as widget
import test_e2e_widgets as widgets
from jupyter_lab import Lab
from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

OLDEST = "4.2.0"
CACHE = Path(os.environ.get("KFNB_TEST_LAB_CACHE", "~/.cache/kfnb-test-lab")).expanduser()
"""Where the environment stays, so that only kfnb is installed anew the next time."""


def _pip(python: Path, *words: str) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--no-compile", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        why = f"JupyterLab {OLDEST} cannot be installed:\n{done.stdout[-2000:]}"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


@pytest.fixture(scope="module")
def python(root: Path) -> Path:
    """An interpreter with the oldest JupyterLab, kfnb and pandas for its lists; all else is as constraints.txt says."""
    if not (root / "kfnb" / "labextension" / "package.json").is_file():
        pytest.skip("the extension is not built: `make front-end` builds it")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    place = CACHE / f"{OLDEST}-python{version}"
    python = place / "bin" / "python"
    pins = (root / "constraints.txt").read_text("utf-8").splitlines()
    others = [pin for pin in pins if not pin.startswith(("jupyterlab==", "jupyterlab_server=="))]
    place.mkdir(parents=True, exist_ok=True)
    (place / "constraints.txt").write_text("\n".join(others), "utf-8")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    _pip(python, "--constraint", str(place / "constraints.txt"), f"jupyterlab=={OLDEST}", "pandas", str(root))
    return python


@pytest.fixture(scope="module")
def lab(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The oldest JupyterLab, running."""
    server = Lab(tmp_path_factory.mktemp("oldest"), str(python))
    yield server
    server.stop()


gate, shown = widget.gate, widgets.shown
"""Fixtures, here of the oldest JupyterLab."""


def test_the_main_job_goes_in_the_oldest_jupyterlab(lab: Lab, page: Page, quickstart: Path) -> None:
    """Tagging, running, watching and bringing outputs home are the same there."""
    main_job.test_from_tags_to_outputs_brought_home(lab, page, quickstart)
    about = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).appVersion")
    assert OLDEST == about


def test_what_fits_no_tag_is_undone_in_the_oldest_jupyterlab(lab: Lab, page: Page, quickstart: Path) -> None:
    """The notebook's own undo takes back what is said of a step in the metadata there too."""
    main_job.test_what_fits_no_tag_is_checked_and_written_into_the_metadata(lab, page, quickstart)


def test_a_run_lives_in_its_cell_in_the_oldest_jupyterlab(page: Page, lab: Lab, gate: Path) -> None:
    """The widget of a run, its log and results, and the picture that it leaves are the same there."""
    widget.test_a_run_lives_in_its_cell_and_leaves_a_picture(page, lab, gate)


def test_lists_and_comparisons_live_in_the_oldest_jupyterlab(page: Page, shown: tuple[Locator, Locator]) -> None:
    """The widgets of lists and comparisons are the same there."""
    widgets.test_runs_in_a_cell_are_sorted_searched_compared_and_opened(page, shown)
