"""Compiles a notebook into a PipelineSpec: reads it, works out what flows, and puts every task together.

`client.py` and the command line call `compile_notebook` and `check_notebook`. Same notebook, same bytes. `reading`
turns cells
into what the analysis takes, `folder` answers what only the notebook's folder knows, `findings` makes diagnostics,
`tasks` the
spec.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kfnb.artifacts import deep
from kfnb.compiler.again import Asked, Known, recall, remember
from kfnb.compiler.devices import devices_from_above
from kfnb.compiler.fanout import dependent_elements, own_cell, split, with_fans
from kfnb.compiler.findings import diagnostic_of, misplaced_exits, not_built, scattered_steps, skipped_names
from kfnb.compiler.folder import own_modules, script_names, search_paths, star_resolver
from kfnb.compiler.reading import code_step, is_immutable, is_setup, read_parameters
from kfnb.compiler.tasks import edges_of, pipeline_of, preload
from kfnb.dataflow.graph import analyse
from kfnb.errors import Diagnostic, Refused, by_severity
from kfnb.notebook.reader import read_notebook
from kfnb.notebook.steps import read_steps
from kfnb.spec import PipelineSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kfnb.dataflow.flows import Dataflow
    from kfnb.notebook.cells import Notebook
    from kfnb.notebook.steps import Steps
    from kfnb.spec import Edge, Parameter

__all__ = ["Outline", "check_notebook", "compile_notebook", "compile_read", "outline_read"]


def check_notebook(path: Path) -> tuple[PipelineSpec | None, tuple[Diagnostic, ...]]:
    """Return the pipeline that a notebook means, None if it has errors, and every diagnostic, errors first."""
    try:
        spec, found = _compile(path)
    except Refused as refused:
        spec, found = None, refused.diagnostics
    return spec, by_severity(found)


def compile_notebook(path: Path) -> PipelineSpec:
    """Return the pipeline that a notebook means; Refused if a diagnostic says that it cannot be one."""
    spec, diagnostics = _compile(path)
    if any(d.severity == "error" for d in diagnostics) or spec is None:
        raise Refused(diagnostics)
    return msgspec.structs.replace(spec, diagnostics=diagnostics)


class Outline(NamedTuple):
    """What a notebook is seen to mean. `spec`: None if it has errors; steps and edges are as good as they can be then.

    `diagnostics`: errors first.
    """

    steps: Steps
    edges: tuple[Edge, ...]
    parameters: tuple[Parameter, ...]
    spec: PipelineSpec | None
    diagnostics: tuple[Diagnostic, ...]


class _Analysed(NamedTuple):
    """`flow`: None where there is no step. `diagnostics`: as they were found."""

    steps: Steps
    parameters: tuple[Parameter, ...]
    flow: Dataflow | None
    spec: PipelineSpec | None
    diagnostics: tuple[Diagnostic, ...]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Put off the search for cyclic garbage: a compile makes much that stays and little that goes.

    What is there at the end counts as old, or the next search, and the one after it, would go through all of it.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if not gc.get_freeze_count():  # else what the program itself has frozen would come back
                gc.freeze()
                gc.unfreeze()  # into the oldest generation
            gc.enable()


@_uncollected()
def _compile(path: Path) -> tuple[PipelineSpec | None, tuple[Diagnostic, ...]]:
    return compile_read(read_notebook(path))


@_uncollected()
def compile_read(notebook: Notebook) -> tuple[PipelineSpec | None, tuple[Diagnostic, ...]]:
    """Return the pipeline that a notebook means, None if it has errors, and every diagnostic as it was found."""
    analysed = deep.if_needed(_analysed, notebook)  # a sum of many terms is as many expressions in one another
    return analysed.spec, analysed.diagnostics


@_uncollected()
def outline_read(notebook: Notebook) -> Outline:
    """Return what can be shown of a notebook while it is written, mistakes or not; it need not compile."""
    analysed = deep.if_needed(_analysed, notebook)
    edges = analysed.spec.edges if analysed.spec is not None else ()
    if analysed.spec is None and analysed.flow is not None:
        edges = edges_of(analysed.steps, analysed.flow)
    return Outline(analysed.steps, edges, analysed.parameters, analysed.spec, by_severity(analysed.diagnostics))


def _analysed(notebook: Notebook) -> _Analysed:
    steps = read_steps(notebook, is_setup)
    diagnostics = list(steps.diagnostics)
    parameters, found = read_parameters(steps)
    diagnostics += found
    if any(d.severity == "error" for d in diagnostics) and not steps.steps:
        return _Analysed(steps, parameters, None, None, tuple(diagnostics))
    folder = notebook.path.parent
    steps, fans, found = split(steps)
    diagnostics += found
    code = tuple(map(code_step, steps.steps))
    immutable = {p.name: is_immutable(p.default) for p in parameters}
    modules = own_modules(notebook)
    asked = Asked(star_resolver(folder, search_paths(notebook)), script_names(folder, notebook))
    known = recall(notebook.path)
    flow = known.flow_of(code, immutable, modules, asked) if known is not None else None
    if flow is None:
        known = None
        flow = analyse(code, parameters=immutable, resolver=asked.resolver, scripts=asked.scripts, modules=modules)
    found_now = Known(immutable, modules, asked, flow)
    remember(notebook.path, found_now)
    diagnostics += [own_cell(diagnostic_of(finding)) for finding in flow.findings]
    diagnostics += dependent_elements(steps, flow, fans)
    diagnostics += skipped_names(steps, flow)
    diagnostics += not_built(steps)
    diagnostics += [own_cell(found) for found in devices_from_above(steps, flow)]
    diagnostics += misplaced_exits(steps, flow)
    diagnostics += scattered_steps(steps)
    diagnostics = [msgspec.structs.replace(d, notebook=notebook.path.name) for d in dict.fromkeys(diagnostics)]
    if any(d.severity == "error" for d in diagnostics):
        return _Analysed(steps, parameters, flow, None, tuple(diagnostics))
    pipeline = pipeline_of(steps, flow, {p.name for p in parameters}, known)
    remember(notebook.path, replace(found_now, pipeline=pipeline))
    spec = PipelineSpec(
        name=notebook.name,
        notebook=notebook.path.name,
        notebook_digest=notebook.digest,
        kernel=notebook.kernel,
        parameters=parameters,
        tasks=pipeline.tasks,
        edges=pipeline.edges,
        preload=preload(flow.program),
    )
    spec = with_fans(spec, fans, {cell.id: cell.source for cell in notebook.cells})
    return _Analysed(steps, parameters, flow, spec, tuple(diagnostics))
