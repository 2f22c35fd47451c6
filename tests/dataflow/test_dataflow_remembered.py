"""Compiles after edits, when texts of cells are remembered."""

import io
import random
import tokenize
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfnb.compiler import check_notebook, compile_notebook
from kfnb.compiler.again import forget, recall
from kfnb.dataflow.flows import Dataflow
from kfnb.dataflow.syntax import read_cell
from kfnb.errors import Refused
from tests.benchmarks import notebooks
from tests.equivalence.corpus import corpus

_CELLS = (
    "import math",
    "x = [1]",
    "x.append(2)",
    "y = x",
    "def f(v):\n    return [v, x]",
    "z = f(x) if 'f' in globals() else x",
    "class C:\n    kept = []",
    "x = math.sqrt(4)",
    "x = [1]",
)


@given(st.lists(st.lists(st.sampled_from(_CELLS), min_size=1, max_size=6), min_size=2, max_size=3))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_compile_after_edits_gives_the_bytes_of_a_fresh_one(tmp_path: Path, versions: list[list[str]]) -> None:
    """Whatever was compiled before in the same process, the pipeline or its diagnostics are the same."""
    path = tmp_path / "edited.ipynb"
    for cells in versions:
        notebooks.write(path, {f"s{n}": cell for n, cell in enumerate(["import math\nx = []", *cells])})
        again = _compiled(path)
    _forget_all()
    assert again == _compiled(path)


def _flow(path: Path) -> Dataflow:
    known = recall(path)
    assert known is not None
    return known.flow


def _forget_all() -> None:
    forget()
    read_cell.cache_clear()


_EXAMPLES = {f"{example.kind}-{example.name}": example for example in corpus()[::5]}


@pytest.mark.parametrize("name", _EXAMPLES)
def test_edits_that_change_no_name_give_the_bytes_of_a_fresh_compile(tmp_path: Path, name: str) -> None:
    """Another number, a comment or blank lines in one cell after another give what a fresh compile gives."""
    chance = random.Random(name)
    example = _EXAMPLES[name]
    texts = {f"s{n}": cell.source for n, cell in enumerate(example.cells) if cell.kind == "code"}
    path = tmp_path / "edited.ipynb"
    notebooks.write(path, texts)
    check_notebook(path)
    for _ in range(6):
        step = chance.choice(list(texts))
        texts[step] = _edited(texts[step], chance)
        notebooks.write(path, texts)
        again = msgspec.json.encode(check_notebook(path))
        _forget_all()
        assert msgspec.json.encode(check_notebook(path)) == again, texts[step]


def _edited(text: str, chance: random.Random) -> str:
    """Return a cell's text with another number in it, or other layout where it has none."""
    lines = text.splitlines(keepends=True)
    try:
        numbers = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type == tokenize.NUMBER]
    except (tokenize.TokenError, IndentationError):  # magics
        numbers = []
    if not numbers or chance.random() < 0.3:
        return chance.choice([f"{text}\n\n", f"{text}\n# more"])
    number = chance.choice(numbers)
    row, (first, last) = number.start[0] - 1, (number.start[1], number.end[1])
    new = chance.choice(["0", "1", "7", "63", "64", "2.5", "0.0", "1000"])
    lines[row] = lines[row][:first] + new + lines[row][last:]
    return "".join(lines)


def test_another_number_is_not_analysed_again(tmp_path: Path) -> None:
    """What flows is taken over where numbers, comments or the lines of setup have changed; tasks have the new text."""
    cells = {"a": "import math\n\n\ndef f(v):\n    return v\n\n\nx = [1]", "b": "y = f(x)", "c": "z = f(y) + [9]"}
    path = tmp_path / "edited.ipynb"
    notebooks.write(path, cells)
    compile_notebook(path)
    flow = _flow(path)
    for change, step in (("z = f(y) + [8]", "c"), ("# why\nimport math\ndef f(v):\n    return v\nx = [2]", "a")):
        cells[step] = change
        notebooks.write(path, cells)
        spec = compile_notebook(path)
        assert flow.findings is _flow(path).findings
        assert change == spec.task(step).cells[0].source
    cells["c"] = "z = f(y) + [7]"
    notebooks.write(path, cells)
    again = compile_notebook(path)
    assert flow.findings is _flow(path).findings
    assert ["def f(v):\n    return v"] == [
        setup.source for setup in again.task("c").setup if setup.kind == "definition"
    ]
    _forget_all()
    assert msgspec.json.encode(compile_notebook(path)) == msgspec.json.encode(again)


def _compiled(path: Path) -> bytes:
    try:
        return msgspec.json.encode(compile_notebook(path))
    except Refused as refused:
        return msgspec.json.encode(refused.diagnostics)
