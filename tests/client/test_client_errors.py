"""What a person's mistake shows in a notebook: words, and not the insides of kfnb."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

HELPER = "import kfnb\n\ndef start(name):\n    return kfnb.run(name)\n"


def shown(folder: Path, code: str) -> str:
    """What the cell shows as its error."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(
        notebook, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": folder}}
    ).execute()
    (output,) = (output for output in notebook.cells[0].outputs if output.output_type == "error")
    return "\n".join(output.traceback)


def test_a_mistake_in_a_cell_shows_words_and_its_line(tmp_path: Path) -> None:
    """A cell that names a notebook which is not there says in which line, and nothing of what lies in kfnb."""
    line, said = shown(tmp_path, "import kfnb\n\nkfnb.run('nowhere.ipynb')").split("\n\n")
    assert "Line 3 of the cell: kfnb.run('nowhere.ipynb')" in line
    assert said.startswith("WrongCall: ")
    assert "nowhere.ipynb" in said
    assert len(said.splitlines()) == 1


def test_a_mistake_in_a_module_of_ones_own_says_where(tmp_path: Path) -> None:
    """The way from the cell to the call is shown, and what lies in kfnb is not."""
    (tmp_path / "helper.py").write_text(HELPER, "utf-8")
    said = shown(tmp_path, "import helper\nhelper.start('nowhere.ipynb')")
    way, words = said.rsplit("\n", 1)
    assert "Line 2 of the cell: helper.start('nowhere.ipynb')" in way
    assert "helper.py" in way
    assert "return kfnb.run(name)" in way
    assert way.count("File ") == 1
    assert words.startswith("WrongCall: ")


def test_who_wants_all_of_it_gets_it(tmp_path: Path) -> None:
    """After %xmode Verbose the whole traceback is shown."""
    said = shown(tmp_path, "import kfnb\n%xmode Verbose\nkfnb.run('nowhere.ipynb')")
    assert "WrongCall" in said
    assert said.count("kfnb/") > 1


def test_an_error_in_ones_own_code_has_its_traceback(tmp_path: Path) -> None:
    """What kfnb did not raise is shown as ever."""
    assert "ZeroDivisionError" in shown(tmp_path, "import kfnb\n1 / 0")
    assert "---->" in shown(tmp_path, "import kfnb\n1 / 0")
