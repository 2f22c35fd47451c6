"""`kfnb verify`: is what the pipeline gives what the notebook gives, run by hand from top to bottom in one kernel?

Called by the command line. `verify` runs the pipeline with every step's values kept, then the notebook by hand in a
private copy of its folder (`linear`), compares what cells show (`outputs`) and what names hold (`probe`), and runs by
hand once more where something differs, because what differs between two runs by hand does not count.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kfnb.errors import KernelError, OutsideError
from kfnb.spec import PipelineSpec
from kfnb.verify import outputs
from kfnb.verify.plan import Compared, Plan, Probe, Result, actions_of, value_key, with_parameters
from kfnb.verify.verdict import Difference, Verdict

if TYPE_CHECKING:
    from kfnb.client import Run
    from kfnb.notebook.reader import Notebook
    from kfnb.orchestrator.handles import TaskRun
    from kfnb.spec import Artifact

__all__ = ["Difference", "Verdict", "verify"]

CODE = re.compile(r"\bKF\d+")
COMPARED_AGAIN_UP_TO = 256_000_000
"""Bytes up to which a value is compared once more at the end of the notebook."""

SpecHook = Callable[[PipelineSpec], PipelineSpec]


def verify(
    path: Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    progress: Callable[[str], None] = lambda text: None,
    spec_hook: SpecHook | None = None,
) -> Verdict:
    """Compare the notebook at `path` run by hand with its pipeline.

    Raises Refused where the pipeline is refused. `progress` is told what is going on. `spec_hook` changes the pipeline
    before it runs: a test puts faults in, each of which must be found.
    """
    from kfnb.compiler import compile_notebook
    from kfnb.notebook.reader import read_notebook
    from kfnb.preflight import findings_here

    notebook = read_notebook(path)
    spec = compile_notebook(path)
    for lacking in findings_here(spec, allow_cpu=True):  # by hand too it runs with what there is: both sides are alike
        progress(lacking.message)
    with tempfile.TemporaryDirectory(prefix="kfnb-verify-", ignore_cleanup_errors=True) as folder:
        return _Verification(notebook, spec, dict(parameters or {}), Path(folder), progress).verdict(spec_hook)


class _Verification:
    """One verification in the making."""

    def __init__(
        self,
        notebook: Notebook,
        spec: PipelineSpec,
        parameters: dict[str, Any],
        scratch: Path,
        progress: Callable[[str], None],
    ) -> None:
        self._notebook = notebook
        self._spec = spec
        self._parameters = parameters
        self._scratch = scratch
        self._progress = progress
        self._by_hand_runs = 0
        self._values_root = ""  # where the last run by hand kept values that differ

    def verdict(self, hook: SpecHook | None) -> Verdict:
        """Run both sides and compare them."""
        self._progress("Running the pipeline …")
        run = self._pipeline(hook)
        if run.state != "SUCCEEDED":
            return self._failed(run)
        self._progress("Running the notebook by hand …")
        plan = self._plan(run)
        hand = self._by_hand(plan)
        if hand.failed is not None:
            what = f"by hand {self._cell_name(hand.failed)} fails ({hand.error}), the pipeline succeeds"
            return Verdict(
                outcome="different", differences=(Difference(kind="end", what=what, by_hand="", pipeline=""),)
            )
        shown = self._shown(run)
        found = {**self._output_differences(hand, shown), **_value_differences(hand), **self._missing(run)}
        notes = [*self._left_out_notes(run), *hand.notes, *_stale(hand), *self._output_notes(hand, shown)]
        if found:
            self._progress("Something differs; running the notebook by hand once more …")
            before = {value_key(c.step, c.name): c.saved for c in hand.different if c.saved is not None}
            again = self._by_hand(msgspec.structs.replace(plan, before=before, before_root=self._values_root))
            found, by_nature = self._without_chance(found, hand, again)
            notes += by_nature
        return Verdict(
            outcome="different" if found else "equal",
            differences=tuple(sorted(found.values(), key=self._place)),
            notes=tuple(dict.fromkeys(notes)),
            cells=len(plan.sources),
            values=hand.values,
        )

    # ------------------------------------------------------------------------------------------------------- pipeline

    def _pipeline(self, hook: SpecHook | None) -> Run:
        from kfnb.client import Client

        spec = hook(self._spec) if hook is not None else self._spec
        run = Client(home=self._scratch / "home").run(
            self._notebook.path, self._parameters, cache=False, save="all", spec=spec, allow_cpu=True
        )
        try:
            run.wait()
        except BaseException:
            run.cancel(now=True)
            run.wait()
            raise
        return run

    def _failed(self, run: Run) -> Verdict:
        self._progress("The pipeline failed; running the notebook by hand …")
        hand = self._by_hand(self._plan(run, compare=False))
        if hand.failed is not None:
            return Verdict(outcome="fails-by-hand", message=f"{self._cell_name(hand.failed)} raises {hand.error}")
        whys = [f"task {name}: {task.why}" for name, task in run.tasks.items() if task.state == "FAILED"]
        message = "\n".join(whys)
        if CODE.search(message):
            return Verdict(outcome="stopped", message=message)
        what = "the pipeline fails where the notebook does not"
        return Verdict(
            outcome="different", differences=(Difference(kind="end", what=what, by_hand="", pipeline=message),)
        )

    def _shown(self, run: Run) -> dict[int, list[dict[str, Any]]]:
        """Return the outputs of every cell in the pipeline, as they would come home."""
        target = self._scratch / "outputs.ipynb"
        content = json.loads(json.dumps(self._notebook.content))
        for cell in content["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        target.write_text(json.dumps(content))
        run.write_outputs(into=target)
        cells = json.loads(target.read_text())["cells"]
        return {index: cell.get("outputs", []) for index, cell in enumerate(cells)}

    # -------------------------------------------------------------------------------------------------------- by hand

    def _plan(self, run: Run, *, compare: bool = True) -> Plan:
        left_out = frozenset(self._left_out(run))
        probes = {name: _probe(task) for name, task in run.tasks.items()} if compare else {}
        cells = self._notebook.cells
        sources = {cell.index: cell.source for cell in cells if cell.ordinal is not None}
        for task in self._spec.tasks:
            for cell in task.cells:
                if cell.role == "parameters" and self._parameters:
                    given = {name: run.info.parameters[name] for name in self._parameters}
                    sources[cell.index] = with_parameters(sources[cell.index], given)
        return Plan(
            actions=actions_of(cells, self._spec, probes, self._last_probe(run) if compare else None, left_out),
            sources=sources,
            raises=tuple(cell.index for cell in cells if "raises-exception" in cell.tags),
            folder=str(self._notebook.path.absolute().parent),
            scratch="",
            kernel=self._notebook.kernel,
            root=run.store.root,
        )

    def _last_probe(self, run: Run) -> Probe:
        """Ask at the end for every name that a step above the last one gave: a change through an alias shows there."""
        last: dict[str, Artifact] = {}
        tasks = run.tasks
        for task in self._spec.tasks:
            output = tasks[task.name].output
            for name in output.absent if output is not None else ():
                last.pop(name, None)
            last.update(output.artifacts if output is not None else {})
        final = tasks[self._spec.tasks[-1].name].output
        done = final.artifacts if final is not None else {}
        return Probe(
            step=None,
            artifacts={
                name: artifact
                for name, artifact in last.items()
                if name not in done and not name.startswith("_kfnb_")
                if artifact.group is not None and artifact.group.size <= COMPARED_AGAIN_UP_TO
            },
        )

    def _left_out(self, run: Run) -> list[str]:
        """Return the tasks that did not run because a `when:` step above them was left out."""
        tasks = run.tasks
        skipped = [task for task in self._spec.tasks if tasks[task.name].state == "SKIPPED"]
        tagged = {task.name for task in skipped if task.condition is not None and task.condition.tagged}
        return [task.name for task in skipped if task.name not in tagged and tagged & set(task.ancestors)]

    def _left_out_notes(self, run: Run) -> list[str]:
        return [f"Step {name} was left out: {run.tasks[name].why}" for name in self._left_out(run)]

    def _by_hand(self, plan: Plan) -> Result:
        self._by_hand_runs += 1
        scratch = self._scratch / f"by-hand-{self._by_hand_runs}"
        scratch.mkdir()
        self._values_root = str(scratch / "values")
        plan_path, result_path = scratch / "plan.json", scratch / "result.json"
        plan_path.write_bytes(msgspec.json.encode(msgspec.structs.replace(plan, scratch=str(scratch))))
        _run_process([sys.executable, "-m", "kfnb.verify.linear", str(plan_path), str(result_path)], result_path)
        return msgspec.json.decode(result_path.read_bytes(), type=Result)

    def _place(self, difference: Difference) -> float:
        """Return where in the notebook a difference shows; a step's values do at the end of its last cell."""
        if difference.cell is not None:
            return next(cell.index for cell in self._notebook.cells if cell.id == difference.cell)
        if difference.step is None:
            return len(self._notebook.cells)
        return max(cell.index for cell in self._spec.task(difference.step).cells) + 0.5

    def _cell_name(self, index: int) -> str:
        cell = self._notebook.cells[index]
        return f"cell [{cell.ordinal}] (id {cell.id})"

    # ----------------------------------------------------------------------------------------------------- comparing

    def _output_differences(self, hand: Result, shown: Mapping[int, list[dict[str, Any]]]) -> dict[str, Difference]:
        found: dict[str, Difference] = {}
        for cell in self._notebook.cells:
            if cell.ordinal is None:
                continue
            differs = outputs.difference(hand.outputs.get(cell.index, []), shown.get(cell.index, []))
            if differs is not None:
                what, by_hand, pipeline = differs
                found[f"cell {cell.index}"] = Difference(
                    kind="output", what=what, by_hand=by_hand, pipeline=pipeline, cell=cell.id, ordinal=cell.ordinal
                )
        return found

    def _missing(self, run: Run) -> dict[str, Difference]:
        """Return the names that a step should have given out, as the notebook compiles, and did not."""
        found: dict[str, Difference] = {}
        tasks = run.tasks
        for task in self._spec.tasks:
            output = tasks[task.name].output
            if output is None:
                continue
            for name in {o.name for o in task.outputs}.difference(output.artifacts, output.absent, output.unsaved):
                what = "the pipeline has no value for it"
                found[_key(task.name, name)] = Difference(
                    kind="value", what=what, by_hand="", pipeline="", step=task.name, name=name
                )
        return found

    def _output_notes(self, hand: Result, shown: Mapping[int, list[dict[str, Any]]]) -> list[str]:
        return [
            f"{self._cell_name(cell.index)}: text on stderr or HTML differs."
            for cell in self._notebook.cells
            if cell.ordinal is not None
            and outputs.noted(hand.outputs.get(cell.index, [])) != outputs.noted(shown.get(cell.index, []))
        ]

    def _without_chance(
        self, found: dict[str, Difference], hand: Result, again: Result
    ) -> tuple[dict[str, Difference], list[str]]:
        """Return the differences that are none between the two runs by hand, and a note for each that is."""
        by_chance = {_key(c.step, c.name) for c in again.different if c.same_as_before is False} | {
            f"cell {index}"
            for index, first in hand.outputs.items()
            if outputs.difference(first, again.outputs.get(index, [])) is not None
        }
        # a value that differed from the pipeline's in the first run only, differs by hand too
        again_different = {_key(c.step, c.name) for c in again.different}
        in_first = {_key(c.step, c.name) for c in hand.different}
        by_chance |= (in_first - again_different) & found.keys()
        notes = [
            f"{found[key].describe().splitlines()[0]}; it differs between two runs by hand too."
            for key in found
            if key in by_chance
        ]
        return {key: difference for key, difference in found.items() if key not in by_chance}, notes


def _probe(task: TaskRun) -> Probe:
    """Ask at the end of a step for every name that it gave."""
    output = task.output
    if output is None:
        return Probe(step=task.name)
    values = {name: artifact for name, artifact in output.artifacts.items() if not name.startswith("_kfnb_")}
    return Probe(step=task.name, artifacts=values, absent=output.absent)


def _key(step: str | None, name: str) -> str:
    return f"value {value_key(step, name)}"


def _value_differences(hand: Result) -> dict[str, Difference]:
    return {_key(c.step, c.name): _as_difference(c) for c in hand.different if c.step is not None}


def _stale(hand: Result) -> list[str]:
    """Note what another name of the same object changed after the step that gave it, where no step reads it again."""
    return [
        f"`{c.name}` was changed after the step that gave it, through another name; no later step reads it. "
        f"At the end it is {c.by_hand} by hand, {c.pipeline} in the pipeline."
        for c in hand.different
        if c.step is None
    ]


def _as_difference(compared: Compared) -> Difference:
    return Difference(
        kind="value",
        what=compared.what,
        by_hand=compared.by_hand,
        pipeline=compared.pipeline,
        step=compared.step,
        name=compared.name,
    )


def _run_process(command: list[str], result: Path) -> None:
    """Run the process of a run by hand; KernelError with its last words if it gives no result."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if result.exists():
            return
        said.seek(0)
        lines = said.read().strip().splitlines()
    if lines and "NoSuchKernel" in lines[-1]:
        raise KernelError(f"The notebook's kernel is not installed: {lines[-1].split(':', 1)[-1].strip()}.")
    raise OutsideError(f"The notebook could not be run by hand: {lines[-1] if lines else 'no message'}.")
