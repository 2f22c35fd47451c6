"""What is left of runs that a notebook displayed when it is saved and made a page without a program in it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from kfnb.widget import VIEW
from tests.run_processes import kill_all

SCORE = "import kfnb\nkfnb.log_metric('auc', rate / 4)\nkfnb.log_roc_curve([0, rate / 4, 1], [0, 1, 1], [1, 0.5, 0])"
WAIT = "import os, time\nwhile not os.path.exists({gate!r}):\n    time.sleep(0.02)"
SHOWN = (
    "import kfnb\nfirst = kfnb.run('scores.ipynb')\nfirst",
    "first.wait(); second = kfnb.run('scores.ipynb', {'rate': 3}, name='<i>again').wait()\nkfnb.watch(second)",
    "kfnb.runs()",
    "kfnb.compare(first, second)",
    "kfnb.run('waits.ipynb', {'rate': 2})",
)


class Seen(HTMLParser):
    """What a browser shows of a page whose programs it does not run: words and pictures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self._hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        if tag == "img":
            self.pictures.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(data.strip())


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A notebook that showed two runs, their list, both side by side, and a run that goes on; saved as Lab saves it."""
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))
    wait = WAIT.format(gate=str(tmp_path / "gate"))
    for name, step, code in (("scores", "score", SCORE), ("waits", "wait", wait)):
        cells = [
            nbformat.v4.new_code_cell("rate = 1", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell("rows = [rate]", metadata={"tags": ["step:load"]}),
            nbformat.v4.new_code_cell(f"rows\n{code}", metadata={"tags": [f"step:{step}"]}),
        ]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
    shown = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in SHOWN])
    place = {"metadata": {"path": tmp_path}}
    NotebookClient(shown, timeout=120, kernel_name="python3", resources=place, store_widget_state=False).execute()
    yield shown
    kill_all(tmp_path / "home")


def test_an_exported_notebook_shows_its_runs_without_a_program(notebook: Any) -> None:
    """States, times, metrics and graphs are there as words and pictures, also of a run that was still going on."""
    for number in (2, 3, 4):  # what runs a notebook to save it gets no widget
        assert {"text/html", "text/plain"} == set(notebook.cells[number].outputs[0].data)
    notebook.cells[4].outputs[0].data[VIEW] = {"model_id": "0", "version_major": 2, "version_minor": 0}  # Lab does
    seen = []
    for cell in notebook.cells:
        alone = nbformat.v4.new_notebook(cells=[cell], metadata=notebook.metadata)
        seen.append(Seen(HTMLExporter(exclude_input=True).from_notebook_node(alone)[0]))
    first, again, listed, compared, living = seen
    for one in (first, again):
        assert "Pipeline: load succeeded, score succeeded" == one.pictures[0]["alt"]
        assert {"load", "score", "✔ succeeded", "auc"} <= set(one.words)
        assert ["load", "rows", "score"] == sorted(words_of(one.pictures[0]) & {"load", "rows", "score"})
    assert "0.25" in first.words
    assert {"0.75", "<i>again"} <= set(again.words)
    assert {"SUCCEEDED", "metric.score.auc", "<i>again", "0.25", "0.75"} <= set(listed.words)
    assert {"score.auc", "0.25", "0.75"} <= set(compared.words)
    assert {"load", "wait"} <= set(living.words)
    assert re.search(r"as it stood on [0-9-]+ at [0-9:]+ UTC", " ".join(living.words))


def words_of(picture: dict[str, str | None]) -> set[str]:
    """The words in a picture that a page carries within itself."""
    kind, _, data = str(picture["src"]).partition(",")
    assert "data:image/svg+xml;base64" == kind
    return {text.strip() for text in ElementTree.fromstring(base64.b64decode(data)).itertext()}
