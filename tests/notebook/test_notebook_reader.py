"""Reading notebook files: formats old and new, ids, ordinals, and everything that is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfnb.errors import OutsideError, Refused, WrongCall
from kfnb.notebook.reader import cell_ids, read_content, read_notebook

if TYPE_CHECKING:
    from pathlib import Path

    from kfnb.errors import Diagnostic
    from kfnb.notebook.cells import NotebookCell
    from tests.notebook.conftest import Writer

VERSION_3 = {
    "metadata": {"name": "old", "signature": "x"},
    "nbformat": 3,
    "nbformat_minor": 0,
    "worksheets": [
        {
            "metadata": {},
            "cells": [
                {"cell_type": "heading", "level": 1, "metadata": {}, "source": ["Old"]},
                {
                    "cell_type": "code",
                    "collapsed": False,
                    "input": ["x = 1\n", "x"],
                    "language": "python",
                    "metadata": {},
                    "outputs": [{"output_type": "pyout", "prompt_number": 1, "text": ["1"], "metadata": {}}],
                    "prompt_number": 1,
                },
            ],
        }
    ],
}


def refusal(path: Path) -> tuple[str, str]:
    """The code and message with which a file is refused."""
    with pytest.raises(Refused) as caught:
        read_notebook(path)
    [diagnostic] = caught.value.diagnostics
    assert (path.name, "error") == (diagnostic.notebook, diagnostic.severity)
    return diagnostic.code, diagnostic.message


def test_cells_keep_id_place_kind_source_and_tags(write: Writer) -> None:
    """Each cell is read with its id, place, kind, source and tags, and its source may be a list of lines."""
    text = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# Title\n", "text"]}
    notebook = read_notebook(write(text, ("x = 1", "step:a", "mine")))
    assert [("m", 0, "markdown", "# Title\ntext", ()), ("c1", 1, "code", "x = 1", ("step:a", "mine"))] == [
        (cell.id, cell.index, cell.kind, cell.source, cell.tags) for cell in notebook.cells
    ]
    assert ("work", "python3") == (notebook.name, notebook.kernel)


def test_ordinals_count_the_cells_that_run(write: Writer) -> None:
    """Empty cells, text cells and skipped cells, by tag or comment, have no ordinal and are not counted."""
    text = {"cell_type": "raw", "id": "r", "metadata": {}, "source": "raw"}
    cells = ("a", " \n", ("b", "skip"), text, "# step: x, skip\nc", "# only a comment", "d")
    assert [1, None, None, None, None, 2, 3] == [cell.ordinal for cell in read_notebook(write(*cells)).cells]


def test_the_kernel_is_that_of_the_kernelspec(write: Writer) -> None:
    """The kernel's name is the kernelspec's."""
    path = write("x", metadata={"kernelspec": {"name": "ml", "language": "python", "display_name": "ML"}})
    assert "ml" == read_notebook(path).kernel


@pytest.mark.parametrize("minor", [0, 1, 2, 4])
def test_cells_without_ids_get_their_place_as_id(write: Writer, minor: int) -> None:
    """Notebooks before 4.5 have no ids; their cells are called cell-INDEX, each time the same."""
    plain = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": ["x = 1"]}
    path = write(plain, {**plain, "source": ["y = 2"]}, nbformat_minor=minor)
    notebook = read_notebook(path)
    assert ["cell-0", "cell-1"] == [cell.id for cell in notebook.cells]
    assert (4, 5) == (notebook.content["nbformat"], notebook.content["nbformat_minor"])
    assert ["cell-0", "cell-1"] == [cell["id"] for cell in notebook.content["cells"]]
    assert notebook.digest == read_notebook(path).digest


def test_missing_and_repeated_ids_never_clash_with_stored_ones() -> None:
    """A made-up id is never one that another cell has."""
    stored = [{"id": "cell-1"}, {}, {"id": "a"}, {"id": "a"}, {"id": ""}, {"id": 7}, {"id": "cell-3"}]
    assert ("cell-1", "cell-1-2", "a", "cell-3-2", "cell-4", "cell-5", "cell-3") == cell_ids({"cells": stored})


def test_format_3_is_upgraded(write: Writer) -> None:
    """A notebook of format 3 is read like a new one, with stable ids and upgraded outputs."""
    path = write()
    path.write_text(json.dumps(VERSION_3))
    notebook = read_notebook(path)
    assert [("cell-0", "markdown", "# Old"), ("cell-1", "code", "x = 1\nx")] == [
        (cell.id, cell.kind, cell.source) for cell in notebook.cells
    ]
    assert "execute_result" == notebook.content["cells"][1]["outputs"][0]["output_type"]
    assert notebook.digest == read_notebook(path).digest


def test_format_3_of_another_language_is_refused(write: Writer) -> None:
    """Format 3 names the language at each cell."""
    old = json.loads(json.dumps(VERSION_3))
    old["worksheets"][0]["cells"][1]["language"] = "julia"
    path = write()
    path.write_text(json.dumps(old))
    assert ("KF104", "This notebook is written in julia; kfnb makes pipelines of Python notebooks only.") == refusal(
        path
    )


def test_format_3_that_cannot_be_upgraded_is_refused(write: Writer) -> None:
    """What nbformat cannot upgrade is a refusal, not a traceback."""
    path = write()
    path.write_text('{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code"}]}], "metadata": {}}')
    assert "KF101" == refusal(path)[0]


def test_the_digest_ignores_outputs_and_counts(write: Writer) -> None:
    """Running a notebook by hand does not change its digest; another source, tag or kernel does."""
    base = read_notebook(write("x", "y")).digest
    ran = {
        "cell_type": "code",
        "id": "c0",
        "metadata": {"collapsed": True},
        "source": ["x"],
        "execution_count": 7,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}],
    }
    assert base == read_notebook(write(ran, "y")).digest
    others = [
        read_notebook(write("x", "z")).digest,
        read_notebook(write("x", ("y", "step:a"))).digest,
        read_notebook(write("x", "y", metadata={"kernelspec": {"name": "other"}})).digest,
        read_notebook(write("x", "y", metadata={"kfnb": {"pod": 1}})).digest,
    ]
    assert 5 == len({base, *others})


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "KF100", "empty"),
        (b"  \n", "KF100", "empty"),
        (b'{"cells": [],\n "metadata": oops}', "KF100", "line 2"),
        (b'{\n<<<<<<< HEAD\n "cells": []\n=======\n>>>>>>> b\n}', "KF100", "unfinished merge; line 2"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe\xfd", "KF100", "not text"),
        (b"import os\n", "KF100", "line 1"),
        (b"[" * 100_000, "KF100", "not JSON that can be read"),
        (b"[1, 2]", "KF101", "a JSON object with cells"),
        (b'{"a": 1}', "KF101", "no nbformat number"),
        (b'{"nbformat": "4", "cells": []}', "KF101", "no nbformat number"),
        (b'{"nbformat": true, "cells": []}', "KF101", "no nbformat number"),
        (b'{"nbformat": 4}', "KF101", "no list of cells"),
        (b'{"nbformat": 4, "nbformat_minor": "5", "cells": []}', "KF101", "nbformat_minor"),
        (b'{"nbformat": 4, "cells": [], "metadata": []}', "KF103", "nothing to run"),
        (b'{"nbformat": 4, "cells": [], "metadata": [1]}', "KF101", "metadata is not an object"),
        (b'{"nbformat": 4, "cells": [1]}', "KF101", "cell 0 (counted from 0) is not an object"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "heading"}]}', "KF101", "unknown type 'heading'"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 1}]}', "KF101", "source"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "metadata": 1}]}', "KF101", "metadata"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "metadata": {"tags": "step:a"}}]}', "KF101", "tags"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "outputs": [1]}]}', "KF101", "outputs"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\\ud83d"}]}', "KF101", "half a character"),
        (b'{"nbformat": 5, "cells": []}', "KF102", "format 5"),
        (b'{"nbformat": 4, "cells": []}', "KF103", "nothing to run"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": " "}]}', "KF103", "nothing to run"),
    ],
)
def test_what_is_no_notebook_is_refused_with_the_place(write: Writer, data: bytes, code: str, words: str) -> None:
    """A file that is no usable notebook is refused with its own code and words."""
    path = write()
    path.write_bytes(data)
    found, message = refusal(path)
    assert code == found
    assert words in message


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "ir", "language": "R"}},
        {"language_info": {"name": "julia"}},
        {"kernelspec": {"name": "x"}, "language_info": {"name": "scala"}},
    ],
)
def test_other_languages_are_refused(write: Writer, metadata: dict[str, Any]) -> None:
    """A notebook whose kernel or language is not Python is refused."""
    assert "KF104" == refusal(write("x <- 1", metadata=metadata))[0]


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "python3", "language": "python"}, "language_info": {"name": "R"}},
        {"language_info": {"name": "ipython"}},
        {"kernelspec": {"name": "python3"}},
        {"kernelspec": None, "language_info": None},
    ],
)
def test_python_is_python_whatever_else_is_left_over(write: Writer, metadata: dict[str, Any]) -> None:
    """The kernelspec decides where it says a language; without any word it is Python."""
    assert "python3" == read_notebook(write("x", metadata=metadata)).kernel


def test_a_missing_file_is_a_wrong_call_that_names_a_similar_one(write: Writer) -> None:
    """A misspelt file name is answered with the file that was probably meant."""
    path = write("x", name="churn.ipynb")
    with pytest.raises(WrongCall, match=r"There is no file .*chrun.ipynb. Did you mean .*churn.ipynb"):
        read_notebook(path.with_name("chrun.ipynb"))


def test_a_folder_is_a_wrong_call(tmp_path: Path) -> None:
    """A folder in place of a notebook is named as such."""
    with pytest.raises(WrongCall, match="is a folder, not a notebook"):
        read_notebook(tmp_path)


def test_a_path_through_a_file_is_a_wrong_call(write: Writer) -> None:
    """A path that goes on below a file does not exist."""
    with pytest.raises(WrongCall, match="is a file, not a folder"):
        read_notebook(write("x") / "below.ipynb")


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_file_that_cannot_be_opened_is_an_outside_error(tmp_path: Path, name: str) -> None:
    """What the file system refuses is said in its words."""
    with pytest.raises(OutsideError, match="cannot be read"):
        read_notebook(tmp_path / name)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x"}]}',
        b'{"nbformat": 4, "metadata": {"a": NaN}, "cells": [{"cell_type": "code", "source": "x"}]}',
        b'{"nbformat": 4, "metadata": {"a": "\\ud83d"}, "cells": [{"cell_type": "code", "source": "x"}]}',
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x"}]}'.encode("utf-16"),
        b'{"nbformat": 4, "nbformat_minor": 9, "cells": [{"cell_type": "code", "source": "x", "id": "cell-0"}]}',
    ],
    ids=["byte order mark", "NaN", "half a character", "UTF-16", "newer minor format"],
)
def test_unusual_but_readable_files_are_read(write: Writer, data: bytes) -> None:
    """What Jupyter itself would read or write is read, even where strict JSON forbids it."""
    path = write()
    path.write_bytes(data)
    assert [("cell-0", "x")] == [(cell.id, cell.source) for cell in read_notebook(path).cells]


def test_content_read_for_writing_back_is_the_file_as_it_is(write: Writer) -> None:
    """`read_content` adds no ids and joins no lines."""
    plain = {"cell_type": "code", "metadata": {}, "source": ["a\n", "b"], "outputs": []}
    path = write(plain, nbformat_minor=2)
    assert json.loads(path.read_text()) == read_content(path)


def test_reading_a_usual_notebook_imports_no_nbformat(write: Writer) -> None:
    """A notebook of format 4 is read without nbformat, whose import takes longer than the rest of a run's start."""
    program = (
        "import sys; from pathlib import Path; from kfnb.notebook.reader import read_notebook; "
        "from kfnb.notebook.steps import read_steps; import kfnb.notebook.writer; "
        "read_steps(read_notebook(Path(sys.argv[1])), bool); "
        "print(*sorted({'nbformat', 'jsonschema', 'IPython', 'difflib'} & sys.modules.keys()))"
    )
    path = write(("x = 1", "step:a", "hide-input"))
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert "" == done.stdout.strip()


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["code", "step:a", "skip"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cells", "cell_type", "source", "metadata", "tags", "id", "outputs", "nbformat"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(content=_json)
def test_any_json_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    """Whatever JSON stands in the file, it is a notebook or refused with a code."""
    path = tmp_path_factory.getbasetemp() / "any.ipynb"
    if isinstance(content, dict):
        content = {**content, "nbformat": 4, "cells": content.get("cells", [content])}
    path.write_text(json.dumps(content))
    found: tuple[Diagnostic, ...] = ()
    cells: tuple[NotebookCell, ...] = ()
    try:
        cells = read_notebook(path).cells
    except Refused as refused:
        found = refused.diagnostics
    assert (["error"] if not cells else []) == [one.severity for one in found]
    assert len(cells) == len({cell.id for cell in cells})
