"""The run by hand: a real kernel, a private copy of the folder, hidden probes that leave no trace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfnb.verify.plan import Action, Plan, Result, with_parameters


def by_hand(tmp_path: Path, sources: list[str], actions: list[Action] | None = None, **more: Any) -> Result:
    """Run cells by hand in `tmp_path/folder`."""
    folder, scratch = tmp_path / "folder", tmp_path / "scratch"
    folder.mkdir(exist_ok=True)
    scratch.mkdir()
    plan = Plan(
        actions=tuple(actions or [Action(kind="cell", cell=i) for i in range(len(sources))]),
        sources=dict(enumerate(sources)),
        raises=more.pop("raises", ()),
        folder=str(folder),
        scratch=str(scratch),
        kernel=more.pop("kernel", "python3"),
        root=str(tmp_path / "store"),
    )
    (tmp_path / "plan.json").write_bytes(msgspec.json.encode(plan))
    command = [sys.executable, "-m", "kfnb.verify.linear", str(tmp_path / "plan.json"), str(tmp_path / "result.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (tmp_path / "result.json").exists(), done.stderr
    return msgspec.json.decode((tmp_path / "result.json").read_bytes(), type=Result)


def text(outputs: list[dict[str, Any]]) -> str:
    return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs)


def test_cells_run_in_one_kernel_in_the_folder_and_leave_it_as_it_was(tmp_path: Path) -> None:
    """The notebook sees its folder at its real path, may write there, and the real folder stays as it was."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("old")
    (tmp_path / "beside.txt").write_text("near")
    result = by_hand(
        tmp_path,
        [
            "x = open('a.txt').read(); open('a.txt', 'w').write('new'); open('b.txt', 'w').write('b');",
            "print(x, open('a.txt').read(), open('../beside.txt').read())",
            "import os; os.path.basename(os.getcwd())",
        ],
    )
    assert "old new near\n" == text(result.outputs[1])
    assert "'folder'" == text(result.outputs[2])
    assert ["a.txt"] == [path.name for path in folder.iterdir()]
    assert "old" == (folder / "a.txt").read_text()


def test_the_hash_seed_is_that_of_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets come in the same order as in a pipeline: the seed is 0 unless the environment says otherwise."""
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    result = by_hand(tmp_path, ["import os; os.environ['PYTHONHASHSEED']"])
    assert "'0'" == text(result.outputs[0])


def test_it_stops_at_the_first_failing_cell(tmp_path: Path) -> None:
    """The failing cell is named with its error; later cells do not run; a cell that may raise does not stop it."""
    result = by_hand(tmp_path, ["1/0", "print('on')", "int('x')", "print('never')"], raises=(0,))
    assert "ZeroDivisionError" == result.outputs[0][0]["ename"]
    assert "on\n" == text(result.outputs[1])
    assert (2, []) == (result.failed, result.outputs[3])
    assert result.error.startswith("ValueError: invalid literal")


def test_conditions_leave_out_their_step_and_no_trace(tmp_path: Path) -> None:
    """A `when:` that is false leaves out all cells of its step; the execution counter and `_` do not notice."""
    result = by_hand(
        tmp_path,
        ["n = 2; 40 + n", "print('left out')", "print('run')", "print(_)", "1"],
        [
            Action(kind="cell", cell=0),
            Action(kind="when", code="n > 5", step="a"),
            Action(kind="cell", cell=1, step="a"),
            Action(kind="when", code="n > 1", step="b"),
            Action(kind="cell", cell=2, step="b"),
            Action(kind="cell", cell=3),
            Action(kind="cell", cell=4),
        ],
    )
    assert [] == result.outputs[1]
    assert "run\n" == text(result.outputs[2])
    assert "42\n" == text(result.outputs[3])
    assert 4 == result.outputs[4][0]["execution_count"]


def test_a_later_cell_updates_what_an_earlier_one_displays(tmp_path: Path) -> None:
    """`update_display` reaches the cell that made the display, as in a notebook."""
    result = by_hand(tmp_path, ["h = display('first', display_id=True)", "h.update('second')"])
    assert "'second'" == text(result.outputs[0])


def test_a_kernel_that_dies_is_a_failure_of_the_cell(tmp_path: Path) -> None:
    """`os._exit` in a cell ends the run by hand with a result that names the cell."""
    result = by_hand(tmp_path, ["x = 1", "import os; os._exit(3)"])
    assert (1, "the kernel died") == (result.failed, result.error)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("n = 1\nm = n * 2", "n = 7\nm = n * 2"),
        ("n: int = 1  # how many", "n: int = 7  # how many"),
        ("x = [\n  1,\n]; n = -1", "x = [\n  1,\n]; n = 7"),
        ("s = 'ä'; n = 1", "s = 'ä'; n = 7"),
        ("if True:\n    n = 1", "if True:\n    n = 1"),
    ],
)
def test_parameters_take_the_place_of_the_literals(source: str, expected: str) -> None:
    """A run's values stand where the notebook's literals stood, so that what follows in the cell sees them."""
    assert expected == with_parameters(source, {"n": 7})
