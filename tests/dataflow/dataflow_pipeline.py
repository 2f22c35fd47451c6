"""A notebook's pipeline in this process: a fresh namespace a step, setup repeated, values saved and loaded as runs do.

What it leaves out is the kernel, the folder and the processes; what the analysis promises is all there: who takes what
from whom, what is setup, which groups stay together, what is guarded.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataflow_truth import Picture, run_cell, user_names

from kfnb.artifacts import functions, session
from kfnb.artifacts.store import Store
from kfnb.artifacts.values import load_values, save_values
from kfnb.compiler import compile_notebook
from kfnb.errors import Refused
from kfnb.launcher import guard
from kfnb.orchestrator.conditions import Undecidable, evaluate
from kfnb.orchestrator.inputs import Lost, resolve_records, resolve_state, resolve_values
from kfnb.spec import ExecutorInput, ExecutorOutput, PipelineSpec, Task


@dataclass
class Outcome:
    """What a run gave: printed text by cell, pictures of names at the end of each step, and how it ended.

    `ended`: `done`, or `refused`, `stopped` or `failed` with a code.
    """

    printed: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    final: dict[str, Any] = field(default_factory=dict)
    ended: str = "done"


def notebook(steps: list[list[str]]) -> dict[str, Any]:
    """The notebook of steps of cells: step `s0`, `s1` …, cells `s0-0` …"""
    cells = []
    for number, sources in enumerate(steps):
        for place, source in enumerate(sources):
            tags = [f"step:s{number}"] if place == 0 else []
            cells.append(
                {
                    "cell_type": "code",
                    "id": f"s{number}-{place}",
                    "metadata": {"tags": tags},
                    "execution_count": None,
                    "outputs": [],
                    "source": source,
                }
            )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


def run_linear(steps: list[list[str]]) -> Outcome:
    """Run all cells in one namespace, from top to bottom."""
    outcome, names = Outcome(), _fresh()
    random.seed(0)
    for number, sources in enumerate(steps):
        for place, source in enumerate(sources):
            outcome.printed[f"s{number}-{place}"] = run_cell(source, names)
        outcome.values[f"s{number}"] = {name: _seen(names[name]) for name in user_names(names)}
    outcome.final = outcome.values[f"s{len(steps) - 1}"]
    return outcome


def run_pipeline(steps: list[list[str]], folder: Path) -> Outcome:
    """Compile the notebook in `folder` and run its tasks one after the other, each in a namespace of its own."""
    path = folder / "program.ipynb"
    path.write_text(json.dumps(notebook(steps)))
    try:
        spec = compile_notebook(path)
    except Refused as refused:
        return Outcome(ended="refused " + next(d.code for d in refused.diagnostics if d.severity == "error"))
    run = _Run(spec, Store(str(folder / "store")))
    for task in spec.tasks:
        if not run.step(task):
            break
    return run.outcome


def _seen(value: Any) -> Any:
    """A picture without identity: that shows where cells print `a is b`, or change the one and show the other."""
    return Picture(identity=False).see(value)


def _fresh() -> dict[str, Any]:
    return {"__name__": "__main__", "__builtins__": __builtins__}


class _Run:
    def __init__(self, spec: PipelineSpec, store: Store) -> None:
        self.tasks = {task.name: task for task in spec.tasks}
        self.store = store
        self.outputs: dict[str, ExecutorOutput] = {}
        self.outcome = Outcome()

    def step(self, task: Task) -> bool:
        """Run one task; False if the run ends here."""
        if self._skipped(task):
            return True
        with functions.apart():
            return self._run(task, _fresh())

    def _skipped(self, task: Task) -> bool:
        if task.condition is None:
            return False
        try:
            records = resolve_records(task, self.tasks, self.outputs, {})
            return not evaluate(task.condition.expression, records)
        except (Undecidable, Lost):
            return False

    def _run(self, task: Task, names: dict[str, Any]) -> bool:
        random.seed(12345)  # a process of its own starts anywhere
        given = self._given(task)
        with contextlib.redirect_stdout(io.StringIO()):
            for setup in task.setup:
                exec(setup.source, dict(names) if setup.kind == "setter" else names)
        order = sorted(given.inputs.items(), key=lambda item: self._place(task, item[0]))
        loaded = load_values(self.store, dict(order), names)
        for wanted in task.state_inputs:
            if wanted.provider in given.state:
                session.restore(wanted.provider, self.store.get(given.state[wanted.provider]))
        missing = [i.name for i in task.inputs if not i.optional and i.name not in given.inputs]
        if missing:
            return self._end(f"failed: {missing[0]} was not given to {task.name}")
        before = {p: session.snapshot(p) for p in task.state_watch}
        for cell in task.cells:
            try:
                self.outcome.printed[cell.id] = run_cell(cell.source, names)
            except Exception as error:
                return self._end(f"failed: {type(error).__name__}: {error} in {cell.id}")
        after = {p: session.snapshot(p) for p in (*task.state_watch, *task.state_outputs)}
        error = guard.check_inputs(given, loaded, names) or guard.check_mates(given, loaded, names)
        error = error or guard.check_state(given, before, after)
        if error is not None:
            return self._end(f"stopped {error.code}")
        return self._save(task, given, names, after)

    def _given(self, task: Task) -> ExecutorInput:
        return ExecutorInput(
            run_id="run",
            root="",
            prefix="",
            task=task,
            notebook_name="program.ipynb",
            folder="",
            scratch="",
            inputs=resolve_values(task, self.tasks, self.outputs),
            state=resolve_state(task, self.tasks, self.outputs),
        )

    @staticmethod
    def _place(task: Task, name: str) -> int:
        producer = next(i.producer for i in task.inputs if i.name == name)
        return task.ancestors.index(producer) if producer in task.ancestors else -1

    def _save(self, task: Task, given: ExecutorInput, names: dict[str, Any], state: dict[str, bytes | None]) -> bool:
        wanted = [o.name for o in task.outputs]
        if task.hot or task.clashes:
            wanted += [i.name for i in task.inputs if i.name not in wanted]
        saved = save_values(self.store, names, wanted, by_reference=frozenset(task.definitions))
        lost = [o.name for o in task.outputs if o.needed and o.name in saved.unsaved]
        if lost:
            return self._end("stopped KF607")
        error = guard.check_sharing(given, saved.artifacts)
        if error is not None:
            return self._end(f"stopped {error.code}")
        records = guard.record_scalars(given, names)
        self.outputs[task.name] = ExecutorOutput(
            state="SUCCEEDED",
            artifacts=saved.artifacts,
            records=records[0] if isinstance(records, tuple) else records,
            state_out={p: self.store.put(d) for p in task.state_outputs if (d := state[p]) is not None},
        )
        kept = {o.name for o in task.outputs} & saved.artifacts.keys()
        self.outcome.values[task.name] = {name: _seen(names[name]) for name in kept}
        self.outcome.final.update(self.outcome.values[task.name])
        for output in task.outputs:
            if output.name not in names or output.name in saved.unsaved:
                self.outcome.final.pop(output.name, None)
        return True

    def _end(self, how: str) -> bool:
        self.outcome.ended = how
        return False


def _masked(text: str) -> str:
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def difference(linear: Outcome, pipeline: Outcome) -> str | None:
    """Return in words where a finished pipeline differs from the linear run, or None."""
    for cell, text in linear.printed.items():
        printed = pipeline.printed.get(cell)
        if printed is not None and _masked(printed) != _masked(text):
            return f"{cell} printed {printed!r}, by hand {text!r}"
        if printed is None and text:
            return f"{cell} did not run; by hand it printed {text!r}"
    for step, values in pipeline.values.items():
        for name, seen in values.items():
            if name not in linear.values[step]:
                return f"after {step} there is {name}, by hand there is not"
            if seen != linear.values[step][name]:
                return f"after {step} {name} is {seen}, by hand {linear.values[step][name]}"
    for name, seen in pipeline.final.items():
        if name in linear.final and seen != linear.final[name]:
            return f"at the end {name} is {seen}, by hand {linear.final[name]}"
    return None
