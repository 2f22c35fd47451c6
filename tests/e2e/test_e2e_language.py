"""In a real browser: with a language pack in JupyterLab, panel and widget speak its language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_lab import Lab
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WORDS = {
    "Step": "Paŝo",
    "Select a code cell to see what it is for.": "Elektu ĉelon.",
    "run": "rulo",
    "running": "ruliĝas",
    "Close": "Fermi",
    "Log": "Protokolo",
}
TRANSLATION = "@jupyterlab/translation-extension:plugin"


@pytest.fixture(scope="module")
def lab(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with a small language pack, in that language."""
    if not (root / "kfnb" / "labextension" / "package.json").is_file():
        pytest.skip("the extension is not built: `make front-end` builds it")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(write_pack(tmp_path_factory.mktemp("pack"))))
        server = Lab(tmp_path_factory.mktemp("speaking"))
    server.set_up(TRANSLATION, {"locale": "eo"})
    yield server
    server.stop()


def write_pack(folder: Path) -> Path:
    """Write a language pack for Esperanto that knows a few of kfnb's words, as if it were installed in a folder."""
    messages = folder / "jupyterlab_language_pack_eo" / "locale" / "eo" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    (folder / "jupyterlab_language_pack_eo" / "__init__.py").touch()
    head = {"domain": "kfnb", "language": "eo", "plural_forms": "nplurals=2; plural=(n != 1);"}
    told = {"": head, **{word: [said] for word, said in WORDS.items()}}
    (messages / "kfnb.json").write_text(json.dumps(told), "utf-8")
    info = folder / "jupyterlab_language_pack_eo-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: jupyterlab-language-pack-eo\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[jupyterlab.languagepack]\neo = jupyterlab_language_pack_eo\n", "utf-8")
    return folder


def test_panel_and_widget_speak_the_language_of_jupyterlab(lab: Lab, page: Page, watched: tuple[str, Path]) -> None:
    """A tab of the panel, and a living run in a cell's output: its state and the name of its log."""
    notebook, gate = watched
    page.goto(lab.address(notebook))
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()  # what is run before is dropped
    page.locator(".jp-SideBar [data-id=kfnb-panel]").click()
    expect(page.locator("#kfnb-tab-step")).to_have_text("Paŝo")
    page.locator(".jp-Notebook .jp-Cell .cm-content").click()
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-OutputArea-output")
    expect(output.locator(".kfnb-live-head")).to_contain_text("· rulo ")
    expect(output.locator(".kfnb-live-state")).to_contain_text("ruliĝas")
    output.locator(".kfnb-graph-node[data-node=wait]").click()
    expect(output.get_by_role("region", name="Protokolo")).to_contain_text("it waits")
    expect(output.get_by_role("button", name="Fermi")).to_be_visible()
    gate.touch()
    expect(output.locator("img[src^='data:image/svg+xml;base64,']")).to_be_visible()
