"""Commands about a notebook that run nothing: check, graph, compile."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer looks at the annotations
from typing import Annotated, Any

import msgspec
import typer

from kfnb.cli.options import AllowCpuOption, JsonOption, NotebookArgument, OnOption, client
from kfnb.cli.output import emit, say, show, terminal_columns
from kfnb.client.schemas import one_line_descriptions
from kfnb.errors import OutsideError, WrongCall
from kfnb.spec import PipelineSpec, to_json


def check(
    notebook: NotebookArgument, allow_cpu: AllowCpuOption = False, on: OnOption = None, json: JsonOption = False
) -> int:
    """Say what kfnb makes of a notebook: mistakes, doubts and hints, each with its cell and a fix.

    With --on, also what stands against running it on that cluster, which is asked. Ends with 2 if there are errors,
    else with 0.

    \b
    Examples:
      kfnb check churn.ipynb
      kfnb check churn.ipynb --on test
      kfnb check churn.ipynb --json | jq '.diagnostics[].code'
    """
    from kfnb.cli import diagnostics

    profile = None
    if on is not None and on != "local":
        from kfnb.profiles import find_profile

        profile = find_profile(on)
    found = client().check(notebook, allow_cpu=allow_cpu, on=profile)
    errors = any(d.severity == "error" for d in found)
    if json:
        emit({"diagnostics": diagnostics.as_json(found)})
    else:
        diagnostics.print_diagnostics(found, notebook)
        if not found:
            show(f"{notebook}: nothing to say.")
    return 2 if errors else 0


def graph(
    notebook: NotebookArgument,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Write the drawing to FILE as SVG.")] = None,
    json: JsonOption = False,
) -> int:
    """Draw the pipeline of a notebook; each edge says which names flow.

    \b
    Examples:
      kfnb graph churn.ipynb
      kfnb graph churn.ipynb --svg churn.svg
    """
    spec = client().compile(notebook)
    if svg is not None:
        from kfnb.drawing.dag_svg import dag_svg

        write(svg, dag_svg(spec).encode())
        say(f"Wrote {svg}.")
    if json:
        emit(graph_document(spec))
    elif svg is None:
        from kfnb.drawing.dag_text import dag_text

        show(dag_text(spec, columns=terminal_columns() if sys.stdout.isatty() else 160))
    return 0


def graph_document(spec: PipelineSpec) -> dict[str, Any]:
    """Return the steps and edges of a pipeline as `kfnb graph --json` prints them."""
    return {
        "steps": [
            {
                "name": task.name,
                "cells": [cell.id for cell in task.cells],
                "inputs": [i.name for i in task.inputs],
                "outputs": [o.name for o in task.outputs if o.needed],
            }
            for task in spec.tasks
        ],
        "edges": [{"from": e.source, "to": e.target, "names": list(e.names), "why": list(e.why)} for e in spec.edges],
    }


def compile_(
    notebook: Annotated[Path | None, typer.Argument(metavar="NOTEBOOK", help="The notebook (.ipynb).")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write the pipeline.")
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of compiled pipelines.")] = False,
    json: JsonOption = False,
) -> int:
    """Compile a notebook to a pipeline: plain JSON, the same bytes for the same notebook.

    \b
    Examples:
      kfnb compile churn.ipynb -o pipeline.json
      kfnb compile churn.ipynb | jq '.tasks[].name'
      kfnb compile --schema
    """
    if schema:
        data = schema_bytes()
    elif notebook is None:
        raise WrongCall("Which notebook? `kfnb compile NOTEBOOK`, or `kfnb compile --schema`.")
    else:
        spec = client().compile(notebook)
        data = pretty(to_json(spec))
    if output is None:
        sys.stdout.write(data.decode())
        return 0
    write(output, data)
    if json:
        emit({"written": str(output)})
    else:
        say(f"Wrote {output}.")
    return 0


def pretty(data: bytes) -> bytes:
    """Return JSON as people and diffs read it: indented, with a line end."""
    return msgspec.json.format(data, indent=2) + b"\n"


def schema_bytes() -> bytes:
    """Return the JSON schema of PipelineSpec; kfnb/schemas/pipeline.schema.json holds the same."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "kfnb pipeline",
        **one_line_descriptions(msgspec.json.schema(PipelineSpec)),
    }
    return pretty(msgspec.json.encode(schema, order="deterministic"))


def write(path: Path, data: bytes) -> None:
    """Write a file that a person named; OutsideError says why it cannot be written."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise OutsideError(f"{path} cannot be written: {error.strerror}.") from None
