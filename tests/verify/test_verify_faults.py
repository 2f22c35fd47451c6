"""`verify` finds what is put wrong on purpose: every seeded fault, and nothing where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from kfnb.errors import Refused
from kfnb.verify import verify
from tests.written_notebooks import write_cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.spec import PipelineSpec, Task


def notebook(folder: Path, cells: list[tuple[str, str]]) -> Path:
    """Write a notebook of (tags, source) cells."""
    return write_cells(folder / "nb.ipynb", ((tags.split(), source) for tags, source in cells))


def with_task(spec: PipelineSpec, name: str, change: Callable[[Task], Task]) -> PipelineSpec:
    """Return the pipeline with one task changed."""
    tasks = tuple(change(task) if task.name == name else task for task in spec.tasks)
    return msgspec.structs.replace(spec, tasks=tasks)


def replaced(old: str, new: str) -> Callable[[Task], Task]:
    """Change the source of a task's cells."""

    def change(task: Task) -> Task:
        cells = tuple(msgspec.structs.replace(cell, source=cell.source.replace(old, new)) for cell in task.cells)
        return msgspec.structs.replace(task, cells=cells)

    return change


def without(*names: str) -> Callable[[Task], Task]:
    """Have a task neither take in nor give out these names, nor know that they share anything."""

    def change(task: Task) -> Task:
        return msgspec.structs.replace(
            task,
            inputs=tuple(i for i in task.inputs if i.name not in names),
            outputs=tuple(o for o in task.outputs if o.name not in names),
            shares=(),
        )

    return change


def taking(name: str, producer: str) -> Callable[[Task], Task]:
    """Have a task take a name from another producer."""

    def change(task: Task) -> Task:
        inputs = tuple(
            msgspec.structs.replace(i, producer=producer, guard=False) if i.name == name else i for i in task.inputs
        )
        return msgspec.structs.replace(task, inputs=inputs)

    return change


CHAIN = [
    ("step:load", "rows = [3, 1, 2]"),
    ("step:sort", "rows = sorted(rows)"),
    ("step:total", "total = sum(r * i for i, r in enumerate(rows))\nprint(total)"),
]


def test_a_pipeline_without_fault_is_equal(tmp_path: Path) -> None:
    """Every cell and every value is compared, and the notebook's folder stays as it was."""
    path = notebook(tmp_path, CHAIN)
    before = path.read_bytes()
    verdict = verify(path)
    assert ("equal", 0, 3) == (verdict.outcome, verdict.exit_code, verdict.cells)
    assert verdict.values >= 3
    assert (["nb.ipynb"], before) == ([p.name for p in tmp_path.iterdir()], path.read_bytes())


def test_an_altered_result_is_found_where_it_arises(tmp_path: Path) -> None:
    """A step that silently gives another value is the first difference, though it prints nothing."""
    verdict = verify(
        notebook(tmp_path, CHAIN),
        spec_hook=lambda spec: with_task(spec, "sort", replaced("sorted(rows)", "sorted(rows, reverse=True)")),
    )
    first = verdict.differences[0]
    assert ("different", 1) == (verdict.outcome, verdict.exit_code)
    assert ("value", "sort", "rows", "[1, 2, 3]", "[3, 2, 1]") == (
        first.kind,
        first.step,
        first.name,
        first.by_hand,
        first.pipeline,
    )
    assert {"c2"} == {d.cell for d in verdict.differences if d.kind == "output"}


def test_a_removed_edge_is_found(tmp_path: Path) -> None:
    """A step that takes an older version than the notebook has shows another output."""
    verdict = verify(notebook(tmp_path, CHAIN), spec_hook=lambda spec: with_task(spec, "total", taking("rows", "load")))
    assert ("different", "c2") == (verdict.outcome, verdict.differences[0].cell)


ALIASES = [
    ("step:make", "a = [1]\nb = a"),
    ("step:grow", "a.append(2)"),
    ("step:show", "print(b)"),
]


def test_a_split_group_is_found(tmp_path: Path) -> None:
    """Two names of one list that travel apart: the change through one is missing in the other."""

    def split(spec: PipelineSpec) -> PipelineSpec:
        apart = with_task(with_task(spec, "make", without()), "grow", without("b"))
        return with_task(apart, "show", taking("b", "make"))

    path = notebook(tmp_path, ALIASES)
    assert "equal" == verify(path).outcome
    verdict = verify(path, spec_hook=split)
    # the guard of the launcher may see it first: then the run is stopped, which is no silent difference either
    assert (1, True) == (verdict.exit_code, verdict.outcome in ("different", "stopped"))


def test_a_split_group_is_found_though_nothing_shows_it(tmp_path: Path) -> None:
    """Even where no cell prints the stale name: the step that should have given it out did not."""
    path = notebook(tmp_path, [*ALIASES[:2], ("step:show", "print(a)")])
    verdict = verify(path, spec_hook=lambda spec: with_task(spec, "grow", without("b")))
    assert {("grow", "b")} == {(d.step, d.name) for d in verdict.differences}
    assert any(note.startswith("`b` was changed after the step that gave it") for note in verdict.notes)


MODEL = [
    (
        "step:build",
        "class Model:\n    def __init__(self):\n        self.w = [0.0]\n"
        "class Optimizer:\n    def __init__(self, parameters):\n        self.parameters = parameters\n"
        "    def step(self):\n        self.parameters[0] += 1.0\n"
        "model = Model()\noptimizer = Optimizer(model.w)",
    ),
    ("step:train", "for _ in range(3):\n    optimizer.step()"),
    ("step:use", "print(model.w)"),
]


def test_a_model_that_its_optimizer_changed_is_found(tmp_path: Path) -> None:
    """Model and optimizer in three steps: a pipeline that forgets that they share weights shows the untrained model."""

    def forgetful(spec: PipelineSpec) -> PipelineSpec:
        return with_task(with_task(spec, "train", without("model")), "use", taking("model", "build"))

    path = notebook(tmp_path, MODEL)
    assert "equal" == verify(path).outcome
    assert 1 == verify(path, spec_hook=forgetful).exit_code


def test_what_differs_by_hand_too_does_not_count(tmp_path: Path) -> None:
    """Random numbers without a seed and the time differ between two runs by hand; they are listed, and that is all."""
    path = notebook(
        tmp_path,
        [("step:draw", "import random, time\nx = random.random()\nprint(time.time(), x)"), ("step:b", "y = 1")],
    )
    verdict = verify(path)
    assert "equal" == verdict.outcome
    assert any("two runs by hand" in note for note in verdict.notes)


def test_a_notebook_that_fails_by_hand_is_no_difference(tmp_path: Path) -> None:
    """Exit code 4 and the cell with its error."""
    verdict = verify(notebook(tmp_path, [("step:a", "x = 1"), ("step:b", "y = 1 / (x - 1)")]))
    assert ("fails-by-hand", 4) == (verdict.outcome, verdict.exit_code)
    assert "cell [2] (id c1) raises ZeroDivisionError: division by zero" == verdict.message


def test_a_pipeline_that_hides_a_failure_is_different(tmp_path: Path) -> None:
    """Where the notebook fails and the pipeline ends well, the promise is broken."""
    verdict = verify(
        notebook(tmp_path, [("step:a", "x = int('0')"), ("step:b", "y = 1 / x")]),
        spec_hook=lambda spec: with_task(spec, "a", replaced("'0'", "'1'")),
    )
    assert ("different", "end") == (verdict.outcome, verdict.differences[0].kind)


def test_a_refused_notebook_is_refused(tmp_path: Path) -> None:
    """What `kfnb run` refuses, `verify` refuses with the same diagnostics."""
    with pytest.raises(Refused):
        verify(notebook(tmp_path, [("step:a", "print(undefined_name)"), ("step:b", "x = 1")]))


def test_parameters_reach_both_sides(tmp_path: Path) -> None:
    """Both run with the given values, and what the parameters cell works out from them agrees."""
    path = notebook(
        tmp_path,
        [("parameters", "n = 2\nx = 0.5"), ("step:a", "print(list(range(n)))"), ("step:b", "print('n is', n, x)")],
    )
    seen: list[str] = []
    assert "equal" == verify(path, {"n": 4, "x": 1}, progress=seen.append).outcome
    assert 2 == len(seen)


def test_pictures_are_compared(tmp_path: Path) -> None:
    """A plot that looks different is a difference, though its text is the same."""
    cells: list[tuple[str, Any]] = [
        ("step:a", "import matplotlib.pyplot as plt\nys = [1, 2, 3]"),
        ("step:b", "plt.plot(ys); plt.show()"),
    ]
    path = notebook(tmp_path, cells)
    assert "equal" == verify(path).outcome
    verdict = verify(path, spec_hook=lambda spec: with_task(spec, "b", replaced("plot(ys)", "plot(ys, color='red')")))
    assert "picture 1 looks different" == verdict.differences[0].what


def test_a_step_that_asks_for_a_device_is_verified_without_it(tmp_path: Path) -> None:
    """Where this machine has no such device both sides run with what there is, and that is said."""
    said: list[str] = []
    path = notebook(
        tmp_path, [("step:train limit:example.com/fpga:1", "x = 1\nprint(x)"), ("step:show", "print(x + 1)")]
    )
    assert "equal" == verify(path, progress=said.append).outcome
    assert "Step `train` asks for 1 of example.com/fpga; this machine has none, and it runs with that." == said[0]
