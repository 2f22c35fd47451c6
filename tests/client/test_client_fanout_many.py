"""Fan-outs of many elements: what each costs does not grow with their number, and each is cached alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from client_notebooks import write_notebook

from kfnb.client import Client, Run

TAGS = {0: ("step:make",), 1: ("step:fan", "foreach"), 2: ("step:use",)}


def fan(path: Path, make: str, fan: str, use: str, tag: str = "foreach") -> Path:
    """Write a notebook of three steps, the middle one a fan-out."""
    return write_notebook(path, make, fan, use, tags={**TAGS, 1: ("step:fan", tag)})


def ran(run: Run) -> list[str]:
    """Names of the elements that really ran."""
    assert "SUCCEEDED" == run.wait().state, run.to_dict()
    return [name for name, task in run.tasks.items() if name.startswith("fan[") and not task.cached]


@pytest.mark.parametrize("count", [300, pytest.param(5000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
def test_many_elements(client: Client, tmp_path: Path, count: int) -> None:
    """Items that lie in one array, files, printed lines: all come together in order, and the record stays small."""
    source = (
        "def f(row):\n    print('at', int(row[0]))\n    open(f'part-{int(row[0])}.txt', 'w').write(str(row[0]))\n"
        "    return int(row.sum())\nresults = [f(row) for row in rows]"
    )
    make = f"import numpy as np\nrows = np.arange({count} * 3).reshape({count}, 3)"
    use = "import os\nprint(len(results), sum(results), len([n for n in os.listdir() if n.startswith('part-')]))"
    path = fan(tmp_path / "p.ipynb", make, source, use, "foreach:4")
    run = client.run(path, max_parallel=4).wait()
    total = sum(range(count * 3))
    assert ("SUCCEEDED", f"{count} {total} {count}\n") == (run.state, run.tasks["use"].log())
    run.write_outputs()
    printed = "".join(json.loads(path.read_text())["cells"][1]["outputs"][0]["text"])
    assert "".join(f"at {3 * number}\n" for number in range(count)) == printed
    folder = run.store.local_path(f"runs/{run.id}")
    assert folder is not None
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert size < count * 20_000


def test_an_item_that_is_added_runs_alone(client: Client, tmp_path: Path) -> None:
    """What the other elements depend on has not changed, also where the items lie in one list that is used later."""
    rest = ("results = [len(row) for row in rows]", "print(results, rows)")
    assert 2 + 1 == len(ran(client.run(fan(tmp_path / "p.ipynb", "rows = [[1], [1, 2]]", *rest))))
    run = client.run(fan(tmp_path / "p.ipynb", "rows = [[1], [1, 2], []]", *rest))
    assert ["fan[items]", "fan[2]"] == ran(run)
    assert "[1, 2, 0] [[1], [1, 2], []]\n" == run.tasks["use"].log()


def test_elements_that_also_take_the_list_see_their_item_in_it(client: Client, tmp_path: Path) -> None:
    """By hand an item is the very object that the list holds."""
    place = "def place(row):\n    return [row is r for r in rows]"
    source = f"rows = [[1], [1]]\n{place}\nresults = [place(row) for row in rows]"
    run = client.run(fan(tmp_path / "p.ipynb", "n = 1", source, "print(results)")).wait()
    assert "[[True, False], [False, True]]\n" == run.tasks["use"].log(), run.to_dict()
