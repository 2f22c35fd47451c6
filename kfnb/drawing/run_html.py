"""A run as a notebook shows it: HTML with a picture of the DAG, a table of tasks, metrics; and the same as plain text.

The client registers `run_bundle` as the display of a Run. The picture is a data URI: Jupyter strips inline SVG from
untrusted outputs but keeps images, so a saved notebook shows the run wherever it is opened.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from datetime import UTC, datetime
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from kfnb.drawing.dag_svg import dag_svg
from kfnb.drawing.dag_text import dag_text
from kfnb.drawing.states import look

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.spec import PipelineSpec

CELL = 'style="text-align:left;vertical-align:top;padding:2px 10px 2px 0"'
LIVING = re.compile(r'<div class="kfnb-run" data-living="([^"]+)">')
"""How the picture of a run begins that had not ended; labextension/src/notebook/pictures.ts looks for it too."""


def run_bundle(spec: PipelineSpec, document: Mapping[str, Any], *, name: str | None = None) -> dict[str, str]:
    """Return the display data of a run by MIME type: text/html and text/plain."""
    return {"text/html": run_html(spec, document, name=name), "text/plain": run_text(spec, document, name=name)}


def run_html(spec: PipelineSpec, document: Mapping[str, Any], *, name: str | None = None) -> str:
    """Return a run as HTML without scripts; every text of the user's is escaped."""
    tasks = document["tasks"]
    seen = look(document["state"])
    picture = base64.b64encode(dag_svg(spec, tasks).encode()).decode()
    return "".join(
        [
            f'<div class="kfnb-run"{_mark(document)}>',
            f"<p><b>{escape(name or spec.name)}</b> · run <code>{escape(str(document['run_id']))}</code> · ",
            f'<span style="background:{seen.fill};color:{seen.ink};border:1px solid {seen.line};border-radius:4px;',
            f'padding:0 6px">{seen.icon} {seen.word}</span>{_interrupted(document)}{_going_on(document)}</p>',
            f"<p>{escape(document['why'])}</p>" if document.get("why") else "",
            f'<img alt="{escape(_alternative(tasks))}" style="max-width:100%" ',
            f'src="data:image/svg+xml;base64,{picture}"/>',
            _task_table(folded(spec, tasks)),
            _metric_table(document.get("metrics") or {}),
            "</div>",
        ]
    )


def living_run(html: str) -> str | None:
    """Return the id of the run that `run_html` drew, if it had not ended: then the picture may have grown old."""
    found = LIVING.match(html)
    return unescape(found[1]) if found is not None else None


def run_text(spec: PipelineSpec, document: Mapping[str, Any], *, name: str | None = None) -> str:
    """Return a run as plain text: its DAG with states, below it each task's state, time and why, then the metrics."""
    head = f"{name or spec.name} · run {document['run_id']} · {look(document['state']).word}{_interrupted(document)}"
    lines = [head + (f" · on {document['cluster']}" if document.get("cluster") else "")]
    lines += [document["why"]] if document.get("why") else []
    lines += ["", dag_text(spec, tasks=document["tasks"])]
    shown = folded(spec, document["tasks"])
    longest = max(map(len, shown), default=0)
    states = [_task_line(task, values, longest) for task, values in shown.items()]
    metrics = [
        f"{task}.{metric} = {show_number(value)}"
        for task, values in (document.get("metrics") or {}).items()
        for metric, value in values.items()
    ]
    for part in (states, metrics):
        if part:
            lines += ["", *part]
    return "\n".join(lines)


def folded(spec: PipelineSpec, tasks: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the tasks without those elements of fan-outs that went well, which their fan-out then counts."""
    own = {task.name for task in spec.tasks}
    total, done = Counter[str](), Counter[str]()
    for name, task in tasks.items():
        if name not in own:
            owner = name.rpartition("[")[0]
            total[owner] += 1
            done[owner] += task["state"] == "SUCCEEDED"
    shown: dict[str, Mapping[str, Any]] = {}
    for name, task in tasks.items():
        if name in own and name in total:
            counted = f"{done[name]} of {total[name]} elements done"
            shown[name] = {**task, "why": f"{counted}; {task['why']}" if task.get("why") else counted}
        elif name in own or task["state"] not in ("SUCCEEDED", "PENDING"):
            shown[name] = task
    return shown


def _task_line(name: str, task: Mapping[str, Any], longest: int) -> str:
    seconds = task_duration(task)
    parts = [f"{name:<{longest}}", f"{look(task['state'], cached=bool(task.get('cached'))).word:<9}"]
    parts += [f"{show_duration(seconds):>10}" if seconds is not None else " " * 10, str(task.get("why") or "")]
    return "  ".join(parts).rstrip()


def show_number(value: object) -> str:
    """Return a metric as people read it: four significant digits for floats, the rest as it is."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def show_parameter(value: object) -> str:
    """Return a parameter as people read it: as a metric, but a float without more digits as Python writes it: 1.0."""
    text = show_number(value)
    return repr(value) if isinstance(value, float) and float(text) == value else text


def show_duration(seconds: float) -> str:
    """Return a time span in at most two units: 0.4 s, 12.3 s, 3 min 05 s, 2 h 07 min."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def task_duration(task: Mapping[str, Any], *, now: datetime | None = None) -> float | None:
    """Return how many seconds a task of `kfnb show --json` took, or has taken until `now`; None if it did not start."""
    if not task.get("started"):
        return None
    started = datetime.fromisoformat(task["started"])
    finished = datetime.fromisoformat(task["finished"]) if task.get("finished") else now
    return (finished - started).total_seconds() if finished else None


def _interrupted(document: Mapping[str, Any]) -> str:
    return " (interrupted)" if document.get("interrupted") else ""


def _is_living(document: Mapping[str, Any]) -> bool:
    return document["state"] in ("PENDING", "RUNNING", "CANCELING")


def _mark(document: Mapping[str, Any]) -> str:
    return f' data-living="{escape(str(document["run_id"]))}"' if _is_living(document) else ""


def _going_on(document: Mapping[str, Any]) -> str:
    """Return what a saved picture of a run that had not ended says of its age: the time of the newest that it shows."""
    parts = (document, *document["tasks"].values())
    times = [str(part[key]) for part in parts for key in ("created", "started", "finished") if part.get(key)]
    if not _is_living(document) or not times:
        return ""
    newest = datetime.fromisoformat(max(times)).astimezone(UTC)
    return f" · as it stood on {newest:%Y-%m-%d} at {newest:%H:%M:%S} UTC"


def _alternative(tasks: Mapping[str, Mapping[str, Any]]) -> str:
    return "Pipeline: " + ", ".join(f"{name} {look(task['state']).word}" for name, task in tasks.items())


def _task_table(tasks: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for name, task in tasks.items():
        seen = look(task["state"], cached=bool(task.get("cached")))
        seconds = task_duration(task)
        cells = [name, f"{seen.icon} {seen.word}", show_duration(seconds) if seconds is not None else "", task["why"]]
        rows.append("<tr>" + "".join(f"<td {CELL}>{escape(str(cell or ''))}</td>" for cell in cells) + "</tr>")
    return _table(["task", "state", "time", "why"], rows)


def _metric_table(metrics: Mapping[str, Mapping[str, object]]) -> str:
    rows = [
        f"<tr><td {CELL}>{escape(task)}</td><td {CELL}>{escape(metric)}</td>"
        f"<td {CELL}>{escape(show_number(value))}</td></tr>"
        for task, values in metrics.items()
        for metric, value in values.items()
    ]
    return _table(["task", "metric", "value"], rows) if rows else ""


def _table(heads: list[str], rows: list[str]) -> str:
    head = "".join(f"<th {CELL}>{escape(text)}</th>" for text in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
