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


def print_warnings(run: Run, stream: TextIO) -> None:
    """Print what was doubtful about the notebook before the run and what tasks warned of, one line each."""
    warned = [d for d in run.spec.diagnostics if d.severity == "warning"]
    for task in run.tasks.values():
        warned += task.output.warnings if task.output is not None else ()
    for diagnostic in dict.fromkeys(map(str, warned)):
        print(paint("warning", "yellow", stream), diagnostic, file=stream, flush=True)


def print_unseen(run: Run, stream: TextIO) -> None:
    """Print why it cannot be seen from here whether anything drives the run, if that is so."""
    if (why := run.unseen) is not None:
        text = f"Whether anything drives the run cannot be seen from here, only what it has written: {why}"
        print(text, file=stream, flush=True)


def print_failures(run: Run, stream: TextIO, *, remembered: bool = False) -> None:
    """Print for each failed task its cell, the error, the end of its traceback, and the ways out."""
    facts = run.facts
    for name, task in run.tasks.items():
        error = task.output.error if task.output else None
        if task.state == "FAILED":
            print(file=stream)
            lines = describe_failure(run, name, task.why, error, stream)
            lines += describe_fact(*facts[name], remembered=remembered) if name in facts else []
            print("\n".join(lines), file=stream, flush=True)


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
    return lines


def describe_fact(cell: str, tag: str, *, remembered: bool) -> list[str]:
    """Return what a stopped task taught about the notebook, and both ways out, as lines."""
    if remembered:
        return [f"  kfnb has learned: `{tag}`. It is now a tag of cell {cell}; run the notebook again."]
    return [
        f"  kfnb has learned: `{tag}` (cell {cell}). Two ways out:",
        f"    write it into the notebook: run again with `--remember`, or add the tag `{tag}` to cell {cell} yourself;",
        "    or change the cell so that it is no longer so.",
    ]


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
    if document["why"]:
        print(document["why"], file=stream)
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
    notebooks = "1 executed notebook" if ran == 1 else f"{ran} executed notebooks"
    print(f"{notebooks}, {len(run.artifacts)} artifacts in {run.location}", file=stream)


def _next_commands(run: Run, notebook: Path, failed: str | None) -> list[tuple[str, str]]:
    task = failed or next(iter(run.tasks), "TASK")
    untagged = any(found.code == "KF119" for found in run.spec.diagnostics)
    propose = [(f"  kfnb suggest {_quoted(str(notebook))}", "have steps proposed: this ran as one")] if untagged else []
    return [
        *propose,
        (f"  kfnb outputs last --into {_quoted(str(notebook))}", "put the outputs under the cells"),
        (f"  kfnb logs last {_quoted(task)}", "what a task printed"),
        ("  kfnb artifacts last", "what the run made"),
    ]


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)
