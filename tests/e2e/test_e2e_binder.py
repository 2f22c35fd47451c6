"""What a person sees first who opens the project on Binder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_lab import TOKEN, Lab
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def built(lab: Lab, root: Path) -> None:
    """The served folder has what Binder has of the repository, and Binder's last step was taken in it."""
    for folder in ("binder", "notebooks"):
        shutil.copytree(root / folder, lab.root / folder)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"PATH": path, "JUPYTERLAB_WORKSPACES_DIR": str(lab.workspaces), "KFNB_HOME": str(lab.home)}
    subprocess.run(["bash", "binder/postBuild"], cwd=lab.root, env=os.environ | settings, check=True)


@pytest.mark.usefixtures("built")
def test_the_quickstart_is_open_with_the_panel_beside_it(page: Page, lab: Lab) -> None:
    """JupyterLab's first page, with no file named, has the notebook's chips and its steps in the panel."""
    page.goto(f"{lab.url}lab?token={TOKEN}")
    expect(page.locator(".kfnb-chip-name").first).to_be_visible()
    expect(page.locator("#jp-main-dock-panel .lm-TabBar-tab")).to_have_text("quickstart.ipynb")
    page.locator("#kfnb-tab-pipeline").click()
    expect(page.locator("#kfnb-panel .kfnb-graph-node")).to_have_count(3)
