"""Compiles after edits, when texts of cells are remembered."""

from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfnb.compiler import compile_notebook
from kfnb.dataflow.syntax import read_cell
from kfnb.errors import Refused
from tests.benchmarks import notebooks

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
    read_cell.cache_clear()
    assert again == _compiled(path)


def _compiled(path: Path) -> bytes:
    try:
        return msgspec.json.encode(compile_notebook(path))
    except Refused as refused:
        return msgspec.json.encode(refused.diagnostics)
