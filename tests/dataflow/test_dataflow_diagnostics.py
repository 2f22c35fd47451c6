"""What is found in a notebook's data flow, and where."""

from __future__ import annotations

import pytest
from dataflow_book import Book, Cells

from kfnb.compiler import check_notebook
from kfnb.errors import CODES


@pytest.mark.parametrize(
    ("code", "place", "cells"),
    [
        ("KF201", ("c1", 2), [("total = 1", "step:a"), ("x = 1\nprint(totl)", "step:b")]),
        ("KF202", ("c0", 1), [("print(later)", "step:a"), ("later = [1]", "step:b")]),
        ("KF203", ("c1", 1), [("a = [1]\ndel a", "step:a"), ("print(a)", "step:b")]),
        ("KF204", ("c1", 1), [("1 + 1", "step:a"), ("print(_)", "step:b")]),
        ("KF205", ("c0", 2), [("a = 1\nprint(sorted(globals()))", "step:a"), ("print(a)", "step:b")]),
        ("KF206", ("c1", 1), [("t = 'a' + '=1'", "step:a"), ("exec(t)", "step:b")]),
        ("KF207", ("c0", 1), [("x = [1]", "skip"), ("print(x)", "step:a"), ("print(2)", "step:b")]),
        ("KF208", ("c0", 3), [("import sys\nif sys.argv == 5:\n    print(nowhere)", "step:a"), ("1", "step:b")]),
        ("KF209", ("c0", 1), [("%run missing.py", "step:a"), ("print(1)", "step:b")]),
        (
            "KF210",
            ("c0", 1),
            [("xs = [1]", "step:a"), ("xs.append(2)", "step:b"), ("print(xs)", "step:a")],
        ),
        ("KF211", ("c0", 1), [("from no_such_module import *", "step:a"), ("print(1)", "step:b")]),
        (
            "KF213",
            ("c0", 3),
            [
                ("import functools\n@functools.lru_cache\ndef f(x):\n    print(x)\n    return x", "step:a"),
                ("f(1)", "step:b"),
                ("f(1)", "step:c"),
            ],
        ),
        (
            "KF213",
            ("c0", 3),
            [
                ("import functools\n@functools.cache\ndef f(x):\n    return [x]", "step:a"),
                ("f(1).append(2)", "step:b"),
                ("f(2).append(3)", "step:c"),
                ("print(f(1))", "step:d"),
            ],
        ),
        (
            "KF215",
            ("c0", 1),
            [
                ("class A:\n    def __del__(self):\n        print('gone')", "step:a"),
                ("a = A()", "step:b"),
                ("print(a)", "step:c"),
            ],
        ),
        ("KF250", ("c0", 2), [("x = 1\ny = = 2", "step:a"), ("print(1)", "step:b")]),
        ("KF251", ("c0", 1), [("%who", "step:a"), ("print(1)", "step:b")]),
        ("KF252", ("c0", 1), [("%no_such_magic x", "step:a"), ("print(1)", "step:b")]),
        ("KF253", ("c0", 1), [("%reset -f", "step:a"), ("print(1)", "step:b")]),
        ("KF255", ("c0", 1), [("%pip install nothing-of-note", "step:a"), ("print(1)", "step:b")]),
        ("KF257", ("c0", 1), [("!sleep 1 &", "step:a"), ("print(1)", "step:b")]),
        (
            "KF401",
            ("c0", 3),
            [
                ("import pandas as pd\nn = [5]\npd.set_option('display.max_rows', n[0])", "step:a"),
                ("import pandas as pd\npd.DataFrame()", "step:b"),
            ],
        ),
        ("KF501", ("c0", 1), [("print(1)", "parameters"), ("print(2)", "step:a"), ("print(2)", "step:b")]),
        ("KF502", ("c1", 1), [("xs = [1]", "step:a"), ("print(1)", "step:b", "pipeline:other.ipynb")]),
        ("KF503", ("c0", 1), [("print(1)", "step:a", "image:x"), ("print(2)", "step:b")]),
        ("KF504", ("c0", 1), [("%run other.ipynb", "step:a"), ("print(1)", "step:b")]),
        ("KF505", ("c0", 1), [("print(1)", "step:a", "on-exit"), ("print(1)", "step:b")]),
        ("KF506", ("c1", 1), [("xs = [1]", "step:a"), ("ys = len(xs)", "step:b", "foreach")]),
        (
            "KF509",
            ("c0", 2),
            [('import torch\ndevice = torch.device("cuda")', "step:a"), ("print(device)", "step:b", "gpu:1")],
        ),
    ],
)
def test_each_finding_names_its_cell_and_line(book: Book, code: str, place: tuple[str, int], cells: Cells) -> None:
    """Every diagnostic of the data flow has a code, a cell and a line, and its code is in the list."""
    assert code in CODES
    assert (code, *place) in book.check(*cells)


@pytest.mark.parametrize(
    "cells",
    [
        [("x = 1\nprint(x)", "step:a"), ("try:\n    y\nexcept NameError:\n    y = 2", "step:b")],
        [("sum = [1]\ndel sum", "step:a"), ("print(sum([1]))", "step:b")],
        [("from __future__ import annotations\ndef f(x: Later): pass", "step:a"), ("class Later: pass", "step:b")],
        [("def run(x):\n    print(x)", "step:a"), ("run(3)", "step:b")],
        [("from os import system as ls", "step:a"), ("ls", "step:b")],
        [("x = 1\nx", "step:a"), ("y = 2\ny\nprint(y)", "step:b")],
        [("def f():\n    return later", "step:a"), ("later = [1]", "step:b"), ("print(f())", "step:c")],
        [("import math as m\nprint(m.pi)", "step:a"), ("print([m.sqrt(v) for v in (1, 2)])", "step:b")],
    ],
)
def test_what_is_right_is_not_complained_about(book: Book, cells: Cells) -> None:
    """A notebook that runs by hand and can be split has no errors and no warnings."""
    assert [] == [d for d in book.check(*cells) if not d[0].startswith("KF503")]


def test_a_wrong_name_is_told_the_nearest_one(book: Book) -> None:
    """An unknown name comes with the nearest spelling."""
    book.write([("total = [1]", "step:a"), ("print(totl)", "step:b")])
    (found,) = [d for d in check_notebook(book.path)[1] if d.code == "KF201"]
    assert found.fix is not None
    assert "Did you mean `total`?" == found.fix.text


def test_a_cached_function_may_be_called_by_several_steps_with_arguments_of_their_own(book: Book) -> None:
    """What one step changes of a remembered result, no other step asks for."""
    found = book.check(
        ("import functools\n@functools.cache\ndef f(x):\n    return [x]", "step:a"),
        ("xs = f(1)\nxs.append(2)", "step:b"),
        ("ys = f(2)\nys.append(3)\nprint(f(2))", "step:c"),
        ("print(xs, ys)", "step:d"),
    )
    assert [] == found
