"""A run's display in a notebook changes while the run lives."""

from __future__ import annotations

import nbformat
from nbclient import NotebookClient

SOURCE = """
import threading
from kfnb.drawing.live_display import show

class State:
    now = "running"

over = threading.Event()
def bundle():
    seen = State.now
    if seen == "done":
        over.set()
    return {"text/plain": seen, "text/html": f"<b>{seen}</b>"}

show(bundle, lambda: State.now == "done")
State.now = "done"
over.wait(20)
[t.join(20) for t in threading.enumerate() if t.name == "kfnb-display"];
"""


def test_the_display_follows_the_run_to_its_end() -> None:
    """The one display of the cell holds the last state, as a plain bundle."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    shown = [output for output in notebook.cells[0].outputs if output.output_type == "display_data"]
    assert [{"text/plain": "done", "text/html": "<b>done</b>"}] == [dict(output.data) for output in shown]


def test_an_ended_run_is_displayed_once() -> None:
    """What is over needs no thread."""
    source = (
        "import threading; from kfnb.drawing.live_display import show;"
        "show(lambda: {'text/plain': 'over'}, lambda: True);"
        "print(sum(t.name == 'kfnb-display' for t in threading.enumerate()))"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert ["over"] == [o.data["text/plain"] for o in notebook.cells[0].outputs if o.output_type == "display_data"]
    assert ["0\n"] == [o.text for o in notebook.cells[0].outputs if o.output_type == "stream"]
