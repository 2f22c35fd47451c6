"""Writing notebooks: tasks as notebooks of their own, outputs and tags into notebooks, files."""

from __future__ import annotations

import copy
import json
import stat
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient

from kfnb.errors import OutsideError, WrongCall
from kfnb.notebook.reader import read_content, read_notebook
from kfnb.notebook.writer import (
    add_tags,
    component_notebook,
    match_cells,
    outputs_into,
    parameters_source,
    remove_tags,
    setup_source,
    write_notebook,
)
from kfnb.spec import Cell, Setup, Task

if TYPE_CHECKING:
    from pathlib import Path

    from tests.notebook.conftest import Writer


def stream(text: str) -> dict[str, Any]:
    """What a kernel sends for a print."""
    return {"output_type": "stream", "name": "stdout", "text": text}


def task(*cells: Cell, setup: tuple[Setup, ...] = ()) -> Task:
    """A task called train."""
    return Task(name="train", slug="train", cells=cells, setup=setup)


def run_cell(cell_id: str, index: int, source: str, ordinal: int = 1) -> Cell:
    """A cell as a run knows it."""
    return Cell(id=cell_id, index=index, source=source, ordinal=ordinal)


# ------------------------------------------------------------------------------------------------------- components


def test_a_component_holds_setup_cells_and_parameters() -> None:
    """A component has its setup first, the injected parameters after the parameters cell, then the other cells."""
    cells = (
        Cell(id="p", index=0, source="lr = 1", ordinal=1, role="parameters", tags=("parameters",)),
        Cell(id="b", index=3, source="x = lr", ordinal=3, tags=("step:train",)),
    )
    setup = (Setup(kind="import", source="import os", names=("os",)),)
    made = component_notebook(task(*cells, setup=setup), {"lr": 0.5}, "ml")
    assert [
        ("kfnb-setup", ["kfnb-setup"], "import os"),
        ("p", ["parameters"], "lr = 1"),
        ("kfnb-parameters", ["injected-parameters"], "# Parameters\nlr = 0.5"),
        ("b", ["step:train"], "x = lr"),
    ] == [(cell["id"], cell["metadata"]["tags"], cell["source"]) for cell in made["cells"]]
    assert {"task": "train"} == made["metadata"]["kfnb"]
    assert "ml" == made["metadata"]["kernelspec"]["name"]
    assert {"ordinal": 1, "role": "parameters"} == made["cells"][1]["metadata"]["kfnb"]
    nbformat.validate(made)


def test_a_component_without_needs_is_its_cells() -> None:
    """No setup and no parameters: nothing is added; ids are kept, and a clash with them avoided."""
    assert ["a"] == [cell["id"] for cell in component_notebook(task(run_cell("a", 0, "x = 1")))["cells"]]
    made = component_notebook(task(run_cell("kfnb-parameters", 0, "x")), {"a": 1})
    assert ["kfnb-parameters-", "kfnb-parameters"] == [cell["id"] for cell in made["cells"]]


def test_parameters_without_their_cell_come_first() -> None:
    """A task that only reads a parameter gets it before its own cells."""
    made = component_notebook(task(run_cell("a", 2, "x = lr", 3)), {"lr": 1})
    assert ["# Parameters\nlr = 1", "x = lr"] == [cell["source"] for cell in made["cells"]]


def test_a_component_runs_by_itself_in_a_plain_kernel() -> None:
    """Setup, injected parameters and cells run in order in any kernel, without kfnb."""
    setup = (
        Setup(kind="definition", source="def double(x):\n    return 2 * x"),
        Setup(kind="import", source="from __future__ import annotations"),
        Setup(kind="setter", source="pd.set_option('display.width', 80)", library="no_such_library"),
        Setup(kind="setter", source="json.kfnb_test = 'a\\nb'", library="json"),
        Setup(kind="import", source="import json"),
    )
    cells = (
        Cell(id="p", index=0, source="lr = 1", ordinal=1, role="parameters"),
        run_cell("a", 1, "print(double(lr), inf, names)", 2),
    )
    made = component_notebook(task(*cells, setup=setup), {"lr": 21, "inf": float("inf"), "names": {"a": [None, True]}})
    executed = NotebookClient(nbformat.from_dict(made)).execute()
    assert "42 inf {'a': [None, True]}\n" == executed.cells[-1].outputs[0].text


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(values=st.dictionaries(st.sampled_from(["a", "b", "c"]), _values))
def test_injected_parameters_have_the_same_values(values: dict[str, Any]) -> None:
    """Executing the injected cell binds each parameter to an equal value of the same type."""
    namespace: dict[str, Any] = {}
    exec(parameters_source(values), namespace)
    assert repr(values) == repr({name: namespace[name] for name in values})


def test_parameters_that_are_no_numbers_are_injected() -> None:
    """NaN has no literal, and is injected all the same."""
    assert "# Parameters\nx = [float('nan'), float('-inf')]" == parameters_source({"x": [float("nan"), float("-inf")]})


def test_setup_is_one_cell_in_an_order_that_works() -> None:
    """`from __future__` comes first, setters of libraries last, and those of libraries not imported as comments."""
    parts = [
        Setup(kind="setter", source="warnings.simplefilter('ignore')"),
        Setup(kind="setter", source="np.set_printoptions(\n    precision=3)", library="numpy"),
        Setup(kind="setter", source="pd.set_option('a', 1)", library="pandas"),
        Setup(kind="import", source="import numpy as np"),
        Setup(kind="import", source="from __future__ import annotations"),
    ]
    assert [
        "from __future__ import annotations",
        "warnings.simplefilter('ignore')",
        "import numpy as np",
        "np.set_printoptions(\n    precision=3)",
        "# once pandas is imported:\n#     pd.set_option('a', 1)",
    ] == setup_source(parts).split("\n\n")


# ---------------------------------------------------------------------------------------------------------- outputs


def test_outputs_go_under_their_cells_and_nothing_else_changes(write: Writer) -> None:
    """Cells of the run get its outputs and counts by their ids; others, and all code, stay as they are."""
    other = {
        "cell_type": "code",
        "id": "other",
        "metadata": {},
        "source": ["z"],
        "execution_count": 9,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": ["kept"]}],
    }
    before = read_content(write(("x = 1", "step:a"), "print(x)", other))
    kept = copy.deepcopy(before)
    after = outputs_into(
        before,
        {"c0": [], "c1": [stream("1\n2\n")]},
        [run_cell("c0", 0, "x = 1", 1), run_cell("c1", 1, "print(x)", 2)],
    )
    assert kept == before
    assert [(1, []), (2, [{"output_type": "stream", "name": "stdout", "text": ["1\n", "2\n"]}])] == [
        (cell["execution_count"], cell["outputs"]) for cell in after["cells"][:2]
    ]
    assert other == after["cells"][2]
    assert [cell["source"] for cell in before["cells"]] == [cell["source"] for cell in after["cells"]]


def test_counts_say_which_cells_did_not_run(write: Writer) -> None:
    """A count that is given, None too, wins over the ordinal."""
    content = read_content(write("a", "b"))
    cells = [run_cell("c0", 0, "a", 1), run_cell("c1", 1, "b", 2)]
    after = outputs_into(content, {"c0": [], "c1": []}, cells, {"c1": None})
    assert [1, None] == [cell["execution_count"] for cell in after["cells"]]


def test_outputs_replace_those_of_an_earlier_run(write: Writer) -> None:
    """A cell that shows nothing any more loses its old outputs."""
    first = outputs_into(read_content(write("a")), {"c0": [stream("old")]}, [run_cell("c0", 0, "a")])
    assert [] == outputs_into(first, {"c0": []}, [run_cell("c0", 0, "a")])["cells"][0]["outputs"]


def test_an_edited_cell_is_found_by_its_id_wherever_it_stands(write: Writer) -> None:
    """Ids that are stored in the notebook count more than place and source."""
    content = read_content(write("new", "a = 1  # edited"))
    assert {"c1": 1} == match_cells(content, [run_cell("c1", 0, "a = 1")], ["c1"])


def test_without_ids_the_same_source_must_stand_at_the_same_place(write: Writer) -> None:
    """In a notebook without ids a cell that was edited or moved gets no outputs of another's."""
    plain = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    content = read_content(write({**plain, "source": ["a"]}, {**plain, "source": "b!"}, nbformat_minor=2))
    cells = [run_cell("cell-0", 0, "a"), run_cell("cell-1", 1, "b"), run_cell("cell-2", 2, "c")]
    assert {"cell-0": 0} == match_cells(content, cells, ["cell-0", "cell-1", "cell-2"])
    after = outputs_into(content, {"cell-0": [stream("x")], "cell-1": [stream("y")]}, cells)
    assert [["x"], []] == [[line for output in cell["outputs"] for line in output["text"]] for cell in after["cells"]]
    assert all("id" not in cell for cell in after["cells"])


def test_a_copy_with_other_ids_is_matched_by_place_and_source(write: Writer) -> None:
    """A copy whose ids were made anew takes the outputs all the same; text cells never do."""
    text = {"cell_type": "markdown", "id": "t", "metadata": {}, "source": "a"}
    content = read_content(write(text, "b"))
    cells = [run_cell("r0", 0, "a"), run_cell("r1", 1, "b")]
    assert {"r1": 1} == match_cells(content, cells, ["r0", "r1"])


def test_outputs_are_stored_as_jupyter_stores_them(write: Writer) -> None:
    """Text is split into lines, keys are in order, what is only for the wire is left out: as nbformat writes it."""
    outputs = [
        {
            "output_type": "display_data",
            "transient": {"display_id": "1"},
            "metadata": {"b": 1, "a": 2},
            "data": {
                "text/plain": "one\ntwo",
                "image/png": "aGVsbG8=\n",
                "image/svg+xml": "<svg>\n</svg>",
                "application/json": ["a", "b"],
                "application/vnd.x+json": {"b": "x\ny", "a": 1},
            },
        },
        {"output_type": "execute_result", "execution_count": 3, "metadata": {}, "data": {"text/html": "<b>\n</b>"}},
        stream("a\nb"),
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["l1", "l2"]},
    ]
    path = write("a")
    write_notebook(path, outputs_into(read_content(path), {"c0": outputs}, [run_cell("c0", 0, "a", 3)]))
    ours = path.read_text()
    assert nbformat.writes(nbformat.reads(ours, 4)) + "\n" == ours.replace(
        '"source": "a"', '"source": [\n    "a"\n   ]'
    )
    assert "transient" not in ours


@pytest.mark.parametrize("text", ["one\ntwo", ["one\n", "two"]])
def test_the_same_outputs_again_change_nothing(write: Writer, text: str | list[str]) -> None:
    """Writing what is there already gives the same file, however its lines are split."""
    there = {
        "cell_type": "code",
        "id": "c0",
        "metadata": {},
        "source": ["a"],
        "execution_count": 1,
        "outputs": [{"text": text, "output_type": "stream", "name": "stdout"}],
    }
    path = write(there)
    before = path.read_bytes()
    for _ in range(2):
        write_notebook(path, outputs_into(read_content(path), {"c0": [stream("one\ntwo")]}, [run_cell("c0", 0, "a")]))
        assert before == path.read_bytes()


# ------------------------------------------------------------------------------------------------------------- tags


def test_tags_are_added_once_and_removed(write: Writer) -> None:
    """Adding is idempotent, removing undoes it, and the content given is not changed."""
    content = read_content(write("a", ("b", "mine")))
    kept = copy.deepcopy(content)
    once = add_tags(content, "c1", ["changes:df", "draws"])
    assert ["mine", "changes:df", "draws"] == once["cells"][1]["metadata"]["tags"]
    assert once == add_tags(once, "c1", ["draws"])
    assert content == remove_tags(once, "c1", ["changes:df", "draws", "never there"])
    assert content == remove_tags(add_tags(content, "c0", ["skip"]), "c0", ["skip"])
    assert kept == content


def test_tags_find_cells_without_ids(write: Writer) -> None:
    """A made-up id names its cell, and is not written into the file."""
    plain = {"cell_type": "code", "execution_count": None, "outputs": [], "source": "a"}
    after = add_tags(read_content(write(plain, nbformat_minor=2)), "cell-0", ["draws"])
    assert [{**plain, "metadata": {"tags": ["draws"]}}] == after["cells"]


def test_tags_of_a_cell_that_is_not_there_are_a_wrong_call(write: Writer) -> None:
    """A cell that was deleted since cannot be tagged."""
    with pytest.raises(WrongCall, match="has no cell gone"):
        add_tags(read_content(write("a")), "gone", ["draws"])


# ------------------------------------------------------------------------------------------------------------ files


@pytest.mark.parametrize("indent", [1, 2, 4, "\t", None])
@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file_keeps_its_layout(write: Writer, indent: int | str | None, end: str, newline: str) -> None:
    """Indentation, order of keys, letters outside ASCII, line ends and the last one stay as they are."""
    path = write("a")
    content = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"ü": "é"},
        "cells": json.loads(path.read_text())["cells"],
    }
    text = (json.dumps(content, indent=indent, ensure_ascii=False) + end).replace("\n", newline)
    path.write_bytes(text.encode())
    write_notebook(path, add_tags(read_content(path), "c0", ["x"]))
    assert text != path.read_bytes().decode()
    write_notebook(path, remove_tags(read_content(path), "c0", ["x"]))
    assert text == path.read_bytes().decode()


def test_a_compact_file_stays_compact(write: Writer) -> None:
    """A file without any white space is written without any."""
    path = write("a")
    text = json.dumps(read_content(path), separators=(",", ":"))
    path.write_text(text)
    write_notebook(path, remove_tags(add_tags(read_content(path), "c0", ["x"]), "c0", ["x"]))
    assert text == path.read_text()


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(write: Writer) -> None:
    """The file behind a link is replaced, with the mode that it had, and nothing is left beside it."""
    path = write("a")
    path.chmod(0o640)
    link = path.with_name("link.ipynb")
    link.symlink_to(path)
    write_notebook(link, add_tags(read_content(link), "c0", ["x"]))
    assert link.is_symlink()
    assert 0o640 == stat.S_IMODE(path.stat().st_mode)
    assert ("x",) == read_notebook(path).cells[0].tags
    assert ["link.ipynb", "work.ipynb"] == sorted(entry.name for entry in path.parent.iterdir())


def test_a_new_file_is_written_as_jupyter_writes_it(tmp_path: Path) -> None:
    """A file that was not there gets Jupyter's layout and the usual mode."""
    path = tmp_path / "new.ipynb"
    (tmp_path / "usual").touch()
    content = component_notebook(task(run_cell("a", 0, "x = 'é'")))
    write_notebook(path, content)
    assert json.dumps(content, indent=1, ensure_ascii=False) + "\n" == path.read_text()
    assert (tmp_path / "usual").stat().st_mode == path.stat().st_mode


def test_half_a_character_is_written_escaped(tmp_path: Path) -> None:
    """An output that was cut in the middle of a character does not keep the rest from being written."""
    path = tmp_path / "half.ipynb"
    write_notebook(path, {"cells": [], "metadata": {"a": "\ud83d"}, "nbformat": 4, "nbformat_minor": 5})
    assert "\ud83d" == json.loads(path.read_bytes())["metadata"]["a"]


def test_a_file_that_cannot_be_written_is_an_outside_error(tmp_path: Path) -> None:
    """A folder that is not there is said in words, and nothing is left behind."""
    with pytest.raises(OutsideError, match="cannot be written: No such file or directory"):
        write_notebook(tmp_path / "gone" / "x.ipynb", {"cells": []})
    assert [] == list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file_whole(write: Writer) -> None:
    """What JSON cannot hold changes nothing on disk."""
    path = write("a")
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_notebook(path, {"cells": [object()]})
    assert (before, ["work.ipynb"]) == (path.read_bytes(), [entry.name for entry in path.parent.iterdir()])
