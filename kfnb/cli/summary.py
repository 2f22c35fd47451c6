"""The end of a run in the shell: what failed and the ways out, what came out, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from kfnb.cli.output import COLOUR, columns, paint
from kfnb.drawing.run_html import show_duration, show_number
from kfnb.drawing.states import look

if TYPE_CHECKING:
    from pathlib import Path

    from kfnb.client import Run
    from kfnb.spec import TaskError

TRACEBACK_LINES = 12


def print_failures(run: Run, stream: TextIO) -> None:
    """Print for each failed task its cell, the error, the end of its traceback, and the ways out."""
    for name, task in run.tasks.items():
        error = task.output.error if task.output else None
        if task.state == "FAILED":
            print(file=stream)
            print("\n".join(describe_failure(run, name, task.why, error, stream)), file=stream, flush=True)


def describe_failure(run: Run, name: str, why: str | None, error: TaskError | None, stream: TextIO) -> list[str]:
    """Return what a person needs to know about one failed task, as lines."""
    lines = [paint(f"✖ Task {name} failed", "bold red", stream) + (f": {why}" if why else "")]
    if error is None:
        return lines
    cell = next((c for c in run.spec.task(name).cells if c.id == error.cell), None)
    if cell is not None:
        lines.append(f"  in cell [{cell.ordinal}] (id {cell.id}): {_first_line(cell.source)}")
    lines += [f"    {line}" for line in _traceback_end(error)]
    diagnostic = error.diagnostic
    if diagnostic is not None and diagnostic.fix is not None:
        lines.append(f"  fix: {diagnostic.fix.text}")
    if error.fact:
        lines += [
            f"  kfnb has learned: {error.fact}" + (f" (cell {error.fact_cell})" if error.fact_cell else "") + ".",
            f"  Two ways out: run again with --remember, which writes it into the tags; "
            f"or add the tag `{error.fact}` to that cell yourself.",
        ]
    return lines


def _first_line(source: str, limit: int = 80) -> str:
    line = next((text.strip() for text in source.splitlines() if text.strip()), "")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _traceback_end(error: TaskError) -> list[str]:
    lines = [line for frame in error.traceback for line in COLOUR.sub("", frame).splitlines()]
    if len(lines) > TRACEBACK_LINES:
        lines = ["…", *lines[-TRACEBACK_LINES:]]
    return lines


def print_summary(run: Run, notebook: Path, stream: TextIO) -> None:
    """Print how a run ended, its metrics, where its results lie, and the next commands."""
    document = run.to_dict()
    seen = look(document["state"])
    took = _took(run)
    head = f"{seen.icon} {seen.word}" + (f" in {show_duration(took)}" if took is not None else "")
    print(file=stream)
    print(paint(head, seen.terminal, stream) + f" · run {run.id}", file=stream)
    metrics = [
        (f"  {task}.{name}", show_number(value))
        for task, values in run.metrics.items()
        for name, value in values.items()
    ]
    if metrics:
        print("metrics", columns(metrics), sep="\n", file=stream)
    _print_places(run, stream)
    failed = next((name for name, task in run.tasks.items() if task.state == "FAILED"), None)
    print("next", columns(_next_commands(run, notebook, failed)), sep="\n", file=stream, flush=True)


def _took(run: Run) -> float | None:
    spans = [(task.started, task.finished) for task in run.tasks.values() if task.started and task.finished]
    if not spans:
        return None
    return float(max(finished for _, finished in spans) - min(started for started, _ in spans))


def _print_places(run: Run, stream: TextIO) -> None:
    ran = sum(1 for task in run.tasks.values() if task.output is not None and task.output.notebook)
    print(f"{ran} executed notebooks, {len(run.artifacts)} artifacts in {run.location}", file=stream)


def _next_commands(run: Run, notebook: Path, failed: str | None) -> list[tuple[str, str]]:
    task = failed or next(iter(run.tasks), "TASK")
    return [
        (f"  kfnb outputs last --into {_quoted(str(notebook))}", "put the outputs under the cells"),
        (f"  kfnb logs last {_quoted(task)}", "what a task printed"),
        ("  kfnb artifacts last", "what the run made"),
    ]


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)
