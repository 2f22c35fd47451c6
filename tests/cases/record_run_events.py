"""Records the files of run_events from real runs: `python -m tests.cases.record_run_events`, when events change.

Each has what a run was of (tasks), its events, and what RunStatus says of them; pytest and vitest read both.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from kfnb.client import Client, Run
from kfnb.orchestrator import results
from kfnb.orchestrator.events import RunStatus
from kfnb.spec import ExecutorOutput, PipelineSpec, RunEvent, TaskError

FOLDER = Path(__file__).parent / "run_events"


def seen(run_id: str, spec: PipelineSpec, events: list[RunEvent]) -> dict[str, Any]:
    """Return what RunStatus says of events, in the words of both languages' tests."""
    status = RunStatus(spec)
    status.apply(events)
    return {
        "document": results.run_document(run_id, status),
        "started": status.started,
        "finished": status.finished,
        "host": status.host,
        "fence": status.fence,
        "tasks": {
            task.name: {
                "owner": task.owner,
                "elements": task.elements,
                "attempt": task.attempt,
                "failures": task.failures,
                "started": task.started,
                "finished": task.finished,
                "progress": task.progress,
                "fact": list(task.fact) if task.fact else None,
            }
            for task in status.tasks.values()
        },
    }


def case(run: Run) -> dict[str, Any]:
    """Return a run as a case: nothing in it is of the machine that it ran on."""
    events = [_plain(event) for event in run.events()]
    tasks = [msgspec.to_builtins(task) for task in run.spec.tasks]
    kept = [{key: task[key] for key in ("name", "slug", "fan") if key in task} | {"cells": []} for task in tasks]
    spec = {"name": "case", "notebook": "case.ipynb", "notebook_digest": "", "tasks": kept}
    read = msgspec.convert(spec, PipelineSpec)
    return {"spec": spec, "events": msgspec.to_builtins(events), "status": seen("run", read, events)}


def _plain(event: RunEvent) -> RunEvent:
    if event.kind in ("run-started", "run-resumed"):
        event = msgspec.structs.replace(event, data={"host": "laptop", "pid": 1, "versions": {}})
    if event.output is not None:
        output, error = event.output, event.output.error
        kept = TaskError(message=error.message, cell=error.cell) if error is not None else None
        small = ExecutorOutput(state=output.state, metrics=output.metrics, cells=output.cells, error=kept)
        event = msgspec.structs.replace(event, output=small)
    return event


def _notebook(path: Path, *steps: tuple[tuple[str, ...], str]) -> Path:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "execution_count": None,
            "metadata": {"tags": list(tags)},
            "outputs": [],
            "source": source,
        }
        for number, (tags, source) in enumerate(steps)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content))
    return path


def _chain(client: Client, folder: Path) -> Run:
    load = (("step:load",), "rows = list(range(10))")
    first = "import kfnb\nkfnb.log_metrics({'total': sum(rows), 'mean': sum(rows) / len(rows), 'nan': float('nan')})"
    return client.run(
        _notebook(folder / "chain.ipynb", load, (("step:sum",), first), (("step:sum",), "print(rows)"))
    ).wait()


def _failed(client: Client, folder: Path) -> Run:
    steps = [
        (("step:load",), "x = [1]"),
        (("step:shaky", "retry:1:0.05s"), "y = x[5]"),
        (("step:after",), "print(y)"),
        (("step:beside",), "print(x)"),
    ]
    return client.run(_notebook(folder / "failed.ipynb", *steps)).wait()


def _fan(client: Client, folder: Path) -> Run:
    steps = [
        (("step:load",), "rates = [1, 2, 0, 4]"),
        (("step:fit", "foreach:2"), "fits = [8 // rate for rate in rates]"),
        (("step:best",), "print(max(fits))"),
    ]
    return client.run(_notebook(folder / "fan.ipynb", *steps)).wait()


def _skipped(client: Client, folder: Path) -> Run:
    steps = [
        (("step:score",), "score = 0.5"),
        (("step:publish", "when:score > 0.9"), "print('published', score)"),
    ]
    return client.run(_notebook(folder / "skipped.ipynb", *steps)).wait()


def _again(client: Client, folder: Path) -> Run:
    _chain(client, folder)
    return _chain(client, folder)


def _canceled_then_resumed(client: Client, folder: Path) -> Run:
    gate = folder / "gate"
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)\nprint(x)"
    run = client.run(_notebook(folder / "resumed.ipynb", (("step:load",), "x = 1"), (("step:wait",), wait)))

    def cancel(event: RunEvent) -> None:
        if event.task == "wait" and event.state == "RUNNING":
            run.cancel()

    run.watch(cancel)
    gate.touch()
    return client.resume(run.id).wait()


RUNS: dict[str, Callable[[Client, Path], Run]] = {
    "chain": _chain,
    "cached": _again,
    "failed": _failed,
    "fan": _fan,
    "skipped": _skipped,
    "resumed": _canceled_then_resumed,
}


def main() -> None:
    """Run each notebook in a home of its own and write its case."""
    for name, start in RUNS.items():
        with tempfile.TemporaryDirectory() as folder:
            client = Client(home=Path(folder) / "home")
            content = case(start(client, Path(folder)))
            client.close()
        text = json.dumps(content, indent=1, ensure_ascii=False).replace(folder, "FOLDER")
        (FOLDER / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
