"""Fan-out: each element is a task of its own, and the cell shows and binds what it does by hand."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest
from client_notebooks import write_notebook

from kfnb.client import Client
from kfnb.errors import Refused
from kfnb.notebook.reader import read_notebook

CASES = {
    "list": ("items = [3, 1, 2]", "results = [print('at', x) or x * 10 for x in items]"),
    "with what stands above": ("n = int('2')", "print('head')\nitems = range(n)\nresults = [x + n for x in items]"),
    "filtered": ("n = 3", "results = [\n    (x, y)\n    for x in range(n)\n    if x != 1\n    for y in 'ab'\n]"),
    "unpacked": ("pairs = {'a': 1, 'b': 2}", "results = [k * v for k, v in pairs.items()]"),
    "dict": ("items = ['b', 'a', 'b']", "results = {x: len(items) + i for i, x in enumerate(items)}"),
    "appending loop": ("items = [1, 2]", "results = []\nfor x in items:\n    y = x + 1\n    results.append(y * y)"),
    "filling loop": (
        "items = [1, 2]",
        "results = {}\nfor x in items:\n    if x > 1:\n        pass\n    results[x] = -x",
    ),
    "loop over the items themselves": ("items = [[1], [2]]", "results = []\nfor x in items:\n    results.append(x)"),
    "generator": ("def numbers():\n    for i in range(3):\n        yield i", "results = [i * i for i in numbers()]"),
    "empty": ("items = []", "results = [1 / x for x in items]"),
    "empty dict": ("items = ()", "results = {x: x for x in items}"),
    "functions and classes": (
        "class Model:\n    def __init__(self, depth):\n        self.depth = depth\n"
        "def fit(depth, scale):\n    return Model(depth * scale)\nscale = int('3')",
        "results = [fit(d, scale) for d in (1, 2)]",
    ),
    "arrays": (
        "import numpy as np\nrows = np.arange(6).reshape(3, 2)",
        "results = [row * 2 for row in rows]",
    ),
    "frames": (
        "import pandas as pd\ndf = pd.DataFrame({'k': list('aab'), 'v': [1, 2, 3]})",
        "results = {key: group['v'].sum() for key, group in df.groupby('k')}",
    ),
}
SHOW = "print([getattr(r, 'depth', r) for r in results], results if isinstance(results, dict) else type(results))"


def by_hand(*sources: str) -> str:
    """What the cells print when they run in one namespace."""
    said, namespace = io.StringIO(), {"__name__": "__main__"}
    with contextlib.redirect_stdout(said):
        for source in sources:
            exec(source, namespace)
    return said.getvalue()


@pytest.mark.parametrize("case", CASES)
def test_a_fan_out_gives_what_the_statement_gives_by_hand(client: Client, tmp_path: Path, case: str) -> None:
    """Results in order, printed lines in order under the one cell, and a later step takes the whole."""
    first, second = CASES[case]
    path = write_notebook(
        tmp_path / "p.ipynb", first, second, SHOW, tags={0: ("step:a",), 1: ("step:b", "foreach"), 2: ("step:c",)}
    )
    run = client.run(path).wait()
    assert "SUCCEEDED" == run.state, run.to_dict()
    run.write_outputs()
    cells = json.loads(path.read_text())["cells"]
    printed = "".join("".join(output["text"]) for cell in cells for output in cell["outputs"])
    assert by_hand(first, second, SHOW) == printed
    assert all(len(cell["outputs"]) <= 1 for cell in cells)
    assert not [name for name in run.artifacts if name.startswith("_kfnb")]


def test_one_element_fails_and_is_repeated_alone(client: Client, tmp_path: Path) -> None:
    """The others run once; the fan-out's reason names the element; resume runs that one only."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "nb").mkdir()
    source = (
        "def f(x):\n"
        f"    note = open({str(outside)!r} + f'/{{x}}', 'a+')\n"
        "    note.write('x')\n    note.seek(0)\n    tries = len(note.read())\n"
        "    assert x != 1 or tries > 4, tries\n    return x\n"
        "results = [f(x) for x in range(4)]"
    )
    tags = {0: ("step:b", "foreach:2", "retry:1:0.05s"), 1: ("step:c",)}
    run = client.run(write_notebook(tmp_path / "nb" / "p.ipynb", source, "print(results)", tags=tags)).wait()
    states = {name: task.state for name, task in run.tasks.items()}
    assert ["b[items]", "b[0]", "b[1]", "b[2]", "b[3]", "b", "c"] == list(states)
    assert ("FAILED", "FAILED", "FAILED", "SKIPPED") == (run.state, states["b[1]"], states["b"], states["c"])
    assert "element 'b[1]' of 4 failed: AssertionError: 2" in (run.tasks["b"].why or "")
    assert "FAILED" == client.resume(run.id).wait().state  # two more tries
    again = client.resume(run.id).wait()
    assert ("SUCCEEDED", "[0, 1, 2, 3]\n") == (again.state, again.tasks["c"].log())
    assert {"0": 1, "1": 5, "2": 1, "3": 1} == {p.name: len(p.read_text()) for p in outside.iterdir()}
    assert {"_kfnb_item_1": 1} == {k: v for k, v in again.tasks["b[1]"].inputs().items() if k.startswith("_")}


def test_files_of_elements_come_together(client: Client, tmp_path: Path) -> None:
    """What each element writes is there for later steps, in the elements' order."""
    source = "def f(x):\n    open(f'out-{x}.txt', 'w').write(str(x))\n    return x\nresults = [f(x) for x in range(3)]"
    show = "import glob\nprint(sorted(glob.glob('out-*')), results)"
    tags = {0: ("step:b", "foreach"), 1: ("step:c", "prev:b")}
    run = client.run(write_notebook(tmp_path / "p.ipynb", source, show, tags=tags)).wait()
    assert "['out-0.txt', 'out-1.txt', 'out-2.txt'] [0, 1, 2]\n" == run.tasks["c"].log()


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("print(1)", "last statement must be"),
        ("a = b = [x for x in items]", "last statement must be"),
        ("results = [x for x in items]\nresults = 1", "last statement must be"),
        ("y = 1; results = [x for x in items]", "a line of its own"),
        ("results = [x.append(1) or x for x in models]", "change"),
        ("import random\nrandom.seed(1)\nresults = [random.random() for x in items]", "random numbers"),
        ("results = []\nfor x in items:\n    results.append(len(results))", "looks at `results`"),
        ("results = []\nfor x in items:\n    if x: break\n    results.append(x)", "end early"),
        ("results = []\nfor x in items:\n    results.append(x)\n    other.append(x)", "last statement must be"),
        ("results = [1]\nfor x in items:\n    results.append(x)", "last statement must be"),
        ("%time 1\nresults = [x for x in items]", "plain Python"),
        ("results = []\nfor last in items:\n    results.append(last)", "`last`"),
    ],
)
def test_what_cannot_be_fanned_out_is_refused_with_the_reason(
    client: Client, tmp_path: Path, source: str, why: str
) -> None:
    """Before anything runs, at the cell that has the tag."""
    above = "items = [1, 2]\nmodels = [[1], [2]]\nother = []"
    tags = {0: ("step:a",), 1: ("step:b", "foreach"), 2: ("step:c",)}
    path = write_notebook(tmp_path / "p.ipynb", above, source, "print(results, last)", tags=tags)
    with pytest.raises(Refused) as refused:
        client.run(path)
    found = [d for d in refused.value.diagnostics if d.code == "KF506"]
    assert [("c1", True)] == [(d.cell, why in d.message) for d in found], refused.value.diagnostics
    assert 3 == len([cell for cell in read_notebook(path).cells if cell.source])


def test_parts_that_may_hold_what_is_changed_later_are_refused(client: Client, tmp_path: Path) -> None:
    """By hand the change would show in the parts too; the reason names what is changed."""
    tags = {0: ("step:a",), 1: ("step:b", "foreach"), 2: ("step:c",)}
    sources = ("rows = [[1], [2]]", "results = [row for row in rows]", "rows[0].append(9)\nprint(results)")
    with pytest.raises(Refused) as refused:
        client.run(write_notebook(tmp_path / "p.ipynb", *sources, tags=tags))
    assert [("KF506", "c1")] == [(d.code, d.cell) for d in refused.value.diagnostics if d.severity == "error"]
    assert "may give objects that belong to `rows`" in refused.value.diagnostics[0].message


def test_a_run_that_was_interrupted_after_a_fan_out_is_resumed(client: Client, tmp_path: Path) -> None:
    """What its tasks gave is kept for the cache where its process did not get to that, and the rest runs."""
    sources = ("items = [1, 2]", "results = [x * 10 for x in items]", "total = sum(results)", "print(total)")
    path = write_notebook(tmp_path / "p.ipynb", *sources, tags={1: ("step:fan", "foreach")})
    run = client.run(path).wait()
    assert "SUCCEEDED" == run.state
    folder = Path(run.location)
    kept = sorted(folder.glob("**/cache.json"))
    assert kept
    for account in kept:
        account.unlink()
    *_, last = sorted((folder / "events").iterdir())
    last.unlink()
    resumed = client.resume(run.id).wait()
    assert ("SUCCEEDED", "30\n") == (resumed.state, resumed.tasks["s3"].log())
    assert kept == sorted(folder.glob("**/cache.json"))
