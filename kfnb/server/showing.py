"""Turns what the client gives (outlines, runs, results) into the documents that the server answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from kfnb.history import charted
from kfnb.history.written import all_written, written
from kfnb.orchestrator.results import iso
from kfnb.server.documents import (
    Analysis,
    ArtifactDocument,
    ArtifactList,
    CellComment,
    CellOutput,
    Finding,
    Metric,
    MetricsDocument,
    MetricSeries,
    OutlinedEdge,
    OutlinedStep,
    OutputsDocument,
    ParameterField,
    Proposal,
    ProposedStep,
    ReasonedCell,
    RunDocument,
    RunRow,
    SeriesDocument,
    TagChange,
    TaskDocument,
    TaskError,
)
from kfnb.server.frames import Event, GivenInShort
from kfnb.spec import owner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kfnb.client import Run
    from kfnb.compiler import Outline
    from kfnb.errors import Diagnostic
    from kfnb.metadata.store import RunRow as Row
    from kfnb.notebook.steps import Step
    from kfnb.orchestrator.handles import TaskRun
    from kfnb.server.documents import ParameterType
    from kfnb.spec import Artifact, Edge, ExecutorOutput, PipelineSpec, RunEvent, Task
    from kfnb.suggestion.proposal import SuggestedCell, Suggestion

    Place = Callable[[str, float], str | None]
    """Says where below the server's root the notebook lies now that was in a file at that time."""


Flows = dict[str, tuple[set[str], set[str]]]
"""Names that flow into and out of each step."""

HEAD = "[items]"
"""What the name of a task ends with that makes the items of a fan-out."""

_OPTIONS = ("cache", "from_step", "only", "until", "detached", "allow_cpu")
"""What a run was asked for that is told of it."""


# -------------------------------------------------------------------------------------------------------- notebooks


def finding(diagnostic: Diagnostic) -> Finding:
    """Return a diagnostic as an answer."""
    fix = diagnostic.fix
    change = None
    if fix is not None and (fix.add_tags or fix.remove_tags):
        cell = fix.cell or diagnostic.cell
        change = TagChange(cell_id=cell, add_tags=fix.add_tags, remove_tags=fix.remove_tags) if cell else None
    return Finding(
        code=diagnostic.code,
        severity=diagnostic.severity,
        message=diagnostic.message,
        fix=fix.text if fix is not None else None,
        cell_id=diagnostic.cell,
        line=diagnostic.line,
        column=diagnostic.column,
        apply=change,
    )


def analysis(outline: Outline) -> Analysis:
    """Return an outline as an answer."""
    found = outline.diagnostics
    tasks = {task.name: task for task in outline.spec.tasks} if outline.spec is not None else {}
    flows = _flows(outline.edges)
    steps = [step for step in outline.steps.steps if not step.name.endswith(HEAD)]
    return Analysis(
        valid=not any(one.severity == "error" for one in found),
        steps=tuple(_outlined(step, tasks.get(step.name), place, flows) for place, step in enumerate(steps)),
        edges=edges(outline.edges),
        diagnostics=tuple(map(finding, found)),
        parameters=tuple(
            ParameterField(
                name=p.name, type=cast("ParameterType", p.type), default=p.default, written=written(p.default)
            )
            for p in outline.parameters
        ),
        skipped_cells=tuple(cell.id for cell in outline.steps.skipped),
        comments=tuple(CellComment(cell_id=cell, tags=said) for cell, said in outline.steps.comments.items()),
    )


def refusal(diagnostics: Iterable[Diagnostic]) -> Analysis:
    """Return the answer about what is no notebook of which steps could be shown."""
    return Analysis(valid=False, diagnostics=tuple(map(finding, diagnostics)))


def _outlined(step: Step, task: Task | None, place: int, flows: Flows) -> OutlinedStep:
    taken, given = flows.get(step.name, (set(), set()))
    cells = task.cells if task is not None else tuple(cell.to_cell() for cell in step.cells)
    return OutlinedStep(
        name=step.name,
        cells=tuple(cell.id for cell in cells if cell.role == "body"),
        setup_cells=tuple(cell.id for cell in cells if cell.role != "body"),
        inputs=tuple(sorted(taken)),
        outputs=tuple(sorted(given)),
        after=tuple(name for name in step.after if not name.endswith(HEAD)),
        when=step.when,
        settings=step.settings,
        explicit=step.explicit,
        color_index=place,
    )


def _flows(found: Iterable[Edge]) -> Flows:
    """Return the names that flow into and out of each step."""
    flows: Flows = {}
    for edge in edges(found):
        flows.setdefault(edge.target, (set(), set()))[0].update(edge.names)
        flows.setdefault(edge.source, (set(), set()))[1].update(edge.names)
    return flows


def edges(found: Iterable[Edge]) -> tuple[OutlinedEdge, ...]:
    """Return the edges between steps: what makes the items of a fan-out counts as the step itself."""
    joined: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for edge in found:
        source, target = edge.source.removesuffix(HEAD), edge.target.removesuffix(HEAD)
        if source != target:
            names, why = joined.setdefault((source, target), ({}, {}))
            names.update(dict.fromkeys(edge.names))
            why.update(dict.fromkeys(edge.why))
    return tuple(
        OutlinedEdge(source=source, target=target, names=tuple(names), why=tuple(why))
        for (source, target), (names, why) in joined.items()
    )


def proposal(suggestion: Suggestion) -> Proposal:
    """Return proposed steps as an answer."""
    parameters = suggestion.parameters
    return Proposal(
        steps=tuple(
            ProposedStep(name=step.name, cells=step.cells, why=step.why, new=step.new) for step in suggestion.steps
        ),
        edges=edges(suggestion.pipeline.edges),
        tags=tuple(TagChange(cell_id=cell, add_tags=added) for cell, added in suggestion.tags.items()),
        setup=_reasoned(suggestion.setup),
        parameters=_reasoned((parameters,))[0] if parameters is not None else None,
        metrics=_reasoned(suggestion.metrics),
        skippable=_reasoned(suggestion.skippable),
        notes=suggestion.notes,
        diagnostics=tuple(map(finding, suggestion.diagnostics)),
    )


def _reasoned(cells: Iterable[SuggestedCell]) -> tuple[ReasonedCell, ...]:
    return tuple(ReasonedCell(cell_id=each.cell, why=each.why) for each in cells)


def steps_of(spec: PipelineSpec) -> tuple[OutlinedStep, ...]:
    """Return the steps of a pipeline, as of a notebook that it was compiled from."""
    flows = _flows(spec.edges)
    tasks = [task for task in spec.tasks if not task.name.endswith(HEAD)]
    return tuple(
        OutlinedStep(
            name=task.name,
            cells=tuple(cell.id for cell in task.cells if cell.role == "body"),
            setup_cells=tuple(cell.id for cell in task.cells if cell.role != "body"),
            inputs=tuple(sorted(flows.get(task.name, (set(), set()))[0])),
            outputs=tuple(sorted(flows.get(task.name, (set(), set()))[1])),
            when=task.condition.expression if task.condition is not None else None,
            settings=task.settings,
            color_index=place,
        )
        for place, task in enumerate(tasks)
    )


# ------------------------------------------------------------------------------------------------------------- runs


def run_document(run: Run, place: Place) -> RunDocument:
    """Return a run as it is now."""
    batch = run.batches  # asked for first: what comes meanwhile is told twice rather than never
    told = run.to_dict()
    return RunDocument(
        run_id=run.id,
        name=run.name,
        experiment=run.experiment,
        state=told["state"],
        why=told["why"],
        interrupted=told["interrupted"],
        driven=run.is_driven,
        ended=run.has_ended,
        created=iso(run.created) or "",
        started=iso(run.started),
        finished=iso(run.finished),
        notebook=place(run.notebook_path, run.created),
        notebook_path=run.notebook_path,
        cluster=run.cluster,
        waits=run.waits,
        unseen=run.unseen,
        started_by=run.info.started_by or None,
        parameters=run.info.parameters,
        written=all_written(run.info.parameters),
        options={key: run.info.options.get(key) for key in _OPTIONS},
        batch=batch,
        tasks={name: _task(task) for name, task in run.tasks.items()},
        metrics=told["metrics"],
        steps=steps_of(run.spec),
        edges=edges(run.spec.edges),
        learned={task: TagChange(cell_id=cell, add_tags=(tag,)) for task, (cell, tag) in run.facts.items()},
    )


def _task(task: TaskRun) -> TaskDocument:
    progress, output = task.progress, task.output
    owner = owner_of(task.name.removesuffix(HEAD))
    return TaskDocument(
        state=task.state,
        cached=task.cached,
        attempt=task.attempt,
        started=iso(task.started),
        finished=iso(task.finished),
        why=task.why,
        owner=task.owner or (owner if owner != task.name else None),
        elements=task.elements,
        cells=progress.get("cells"),
        cells_done=progress.get("done"),
        cell_id=progress.get("cell"),
        python=(output.python if output is not None else None) or progress.get("python"),
        error=_error(output) if output is not None else None,
        warnings=tuple(map(finding, output.warnings)) if output is not None else (),
    )


def _error(output: ExecutorOutput) -> TaskError | None:
    error = output.error
    if error is None:
        return None
    fix = error.diagnostic.fix if error.diagnostic is not None else None
    return TaskError(
        message=error.message,
        code=error.code,
        cell_id=error.cell,
        fix=fix.text if fix is not None else None,
        traceback="\n".join(error.traceback),
    )


def event_document(event: RunEvent) -> Event:
    """Return an event for the stream: what a task gave only in short, and what it printed not at all."""
    is_progress = event.kind == "task-progress"
    return Event(
        kind=event.kind,
        time=event.time,
        task=event.task,
        attempt=event.attempt,
        state=event.state,
        why=event.why,
        cached=event.cached,
        output=_in_short(event.output) if event.output is not None else None,
        data={key: value for key, value in event.data.items() if not (is_progress and key == "log")},
    )


def _in_short(output: ExecutorOutput) -> GivenInShort:
    return GivenInShort(
        state=output.state,
        metrics=output.metrics,
        error=_error(output),
        warnings=tuple(map(finding, output.warnings)),
        artifacts=(*output.artifacts, *(one.name for one in output.logged)),
    )


def run_row(row: Row, document: Mapping[str, Any], place: Place) -> RunRow:
    """Return a run of a list. `document`: as the history has it."""
    known = {name: document[name] for name in RunRow.__struct_fields__ if name in document}
    path = row.columns["notebook"]
    return RunRow(
        **{
            **known,
            "written": all_written(document["parameters"]),
            "tags": tuple(document["tags"]),
            "notebook": place(path, row.columns["created"]),
            "notebook_path": path,
        }
    )


# ----------------------------------------------------------------------------------------------------------- results


def metrics(run: Run) -> MetricsDocument:
    """Return the metrics of a run, those that tasks logged as curves and matrices too."""
    found = charted.metrics(run)
    return MetricsDocument(
        tasks={task: {name: Metric(**one) for name, one in of.items()} for task, of in found.items()}
    )


def series(run: Run) -> SeriesDocument:
    """Return how the metrics of a run went."""
    found = charted.series(run)
    return SeriesDocument(
        tasks={task: {name: MetricSeries(**one) for name, one in of.items()} for task, of in found.items()}
    )


def artifacts(run: Run) -> ArtifactList:
    """Return everything that the tasks of a run made."""
    found = []
    for name, task in run.tasks.items():
        if task.output is not None:
            values = [one for one in task.output.artifacts.values() if not one.name.startswith("_kfnb_")]
            found += [_artifact(run, name, one, "value") for one in values]
            found += [_artifact(run, name, one, "logged") for one in task.output.logged]
    return ArtifactList(artifacts=tuple(found))


def _artifact(run: Run, task: str, artifact: Artifact, kind: Any) -> ArtifactDocument:
    holder = artifact.group or artifact.blob
    digest = artifact.group.pickle.digest if artifact.group else artifact.blob.digest if artifact.blob else None
    has_bytes = artifact.group is None and artifact.blob is not None
    address = "/".join(("runs", run.id, "tasks", quote(task, safe=""), "artifacts", quote(artifact.name, safe="")))
    return ArtifactDocument(
        name=artifact.name,
        task=task,
        kind=kind,
        type=artifact.type,
        size=holder.size if holder is not None else 0,
        digest=digest,
        media_type=artifact.media_type,
        preview=artifact.preview,
        content=address if has_bytes else None,
    )


def outputs(run: Run) -> OutputsDocument:
    """Return what bringing a run's outputs home puts under the cells of the notebook, in the notebook's order."""
    cells = {cell.id: cell for task in run.spec.tasks for cell in task.cells}
    shown = run.outputs_by_cell()
    return OutputsDocument(
        cells=tuple(
            CellOutput(
                cell_id=cell.id,
                source=cell.source,
                outputs=tuple(shown[cell.id].outputs),
                execution_count=shown[cell.id].execution_count,
            )
            for cell in sorted(cells.values(), key=lambda cell: cell.index)
            if cell.id in shown
        )
    )
