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
from typing import TYPE_CHECKING

import msgspec

from kfnb.compiler.fanout import dependent_elements, own_cell, split, with_fans
from kfnb.compiler.findings import diagnostic_of, misplaced_exits, not_built, scattered_steps, skipped_names
from kfnb.compiler.folder import own_modules, script_names, search_paths, star_resolver
from kfnb.compiler.reading import code_step, is_immutable, is_setup, read_parameters
from kfnb.compiler.tasks import order_of, pipeline_of
from kfnb.dataflow.graph import analyse
from kfnb.errors import Diagnostic, Refused, by_severity
from kfnb.notebook.reader import read_notebook
from kfnb.notebook.steps import read_steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kfnb.notebook.cells import Notebook
    from kfnb.spec import PipelineSpec

__all__ = ["check_notebook", "compile_notebook", "compile_read"]


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


@contextmanager
def _uncollected() -> Iterator[None]:
    """Put off the search for cyclic garbage: a compile makes much that stays and little that goes."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_uncollected()
def _compile(path: Path) -> tuple[PipelineSpec | None, tuple[Diagnostic, ...]]:
    return compile_read(read_notebook(path))


@_uncollected()
def compile_read(notebook: Notebook) -> tuple[PipelineSpec | None, tuple[Diagnostic, ...]]:
    """Return the pipeline that a notebook means, None if it has errors, and every diagnostic as it was found."""
    steps = read_steps(notebook, is_setup)
    diagnostics = list(steps.diagnostics)
    parameters, found = read_parameters(steps)
    diagnostics += found
    if any(d.severity == "error" for d in diagnostics) and not steps.steps:
        return None, tuple(diagnostics)
    folder = notebook.path.parent
    steps, fans, found = split(steps)
    diagnostics += found
    flow = analyse(
        tuple(code_step(step) for step in steps.steps),
        parameters={p.name: is_immutable(p.default) for p in parameters},
        resolver=star_resolver(folder, search_paths(notebook)),
        scripts=script_names(folder, notebook),
        modules=own_modules(notebook),
    )
    diagnostics += [own_cell(diagnostic_of(finding)) for finding in flow.findings]
    diagnostics += dependent_elements(steps, flow, fans)
    diagnostics += skipped_names(steps, flow)
    diagnostics += not_built(steps)
    diagnostics += misplaced_exits(steps, flow)
    diagnostics += scattered_steps(steps)
    diagnostics = [msgspec.structs.replace(d, notebook=notebook.path.name) for d in dict.fromkeys(diagnostics)]
    if any(d.severity == "error" for d in diagnostics):
        return None, tuple(diagnostics)
    spec = pipeline_of(notebook, steps, flow, parameters, order_of(steps, flow))
    return with_fans(spec, fans, {cell.id: cell.source for cell in notebook.cells}), tuple(diagnostics)
