"""Makes `openapi.json`, which says to other programs what can be asked of the server; `make generate` writes it.

What is asked and answered stands here once more only as a table: the words come from the handlers and the documents.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from kfnb import __version__
from kfnb.client.schemas import one_line_descriptions
from kfnb.server import documents as d
from kfnb.server import frames
from kfnb.server.extension import ADDRESSES, RUN, TASK
from kfnb.server.runs import MOST, MOST_COMPARED

if TYPE_CHECKING:
    from collections.abc import Iterator

ABOUT = (
    "What JupyterLab asks of kfnb. Who asks is logged in to the Jupyter server, by its token or a cookie (with its "
    "XSRF token). The events of a run, and what its tasks print, come over a WebSocket at /runs/{run_id}/events: "
    "each message is a Frame, and a Follow says whose log is wanted. A WebSocket at /changes says when lists of runs "
    "are to be asked for again: each message is a RunsFrame, and `after` is the number of the last one that is known."
)
REFERENCE = "#/components/schemas/{name}"
TEXT = "text/plain"
BYTES = "*/*"
NOTEBOOK = "application/x-ipynb+json"

Schema = dict[str, Any]


class Operation(NamedTuple):
    """One thing that can be asked. `gives`: a document, or the media type of what else is answered."""

    method: str
    address: str
    gives: type[msgspec.Struct] | str
    takes: type[msgspec.Struct] | None = None
    status: int = 200
    query: tuple[tuple[str, Schema], ...] = ()


_WORDS = {"type": "array", "items": {"type": "string"}}
_WORD = {"type": "string"}

OPERATIONS = (
    Operation("get", "version", d.Version),
    Operation("post", "analyse", d.Analysis, d.AnalyseRequest),
    Operation("post", "suggest", d.Proposal, d.SuggestRequest),
    Operation("post", "check", d.CheckResult, d.CheckRequest),
    Operation("post", "placement", d.Placement, d.PlacementRequest),
    Operation("get", "clusters", d.Clusters),
    Operation("put", "clusters/{name}", d.Clusters, d.ClusterRequest),
    Operation("delete", "clusters/{name}", d.Clusters),
    Operation("post", "clusters/{name}/default", d.Clusters, d.DefaultRequest),
    Operation("get", "clusters/{name}/accelerators", d.Accelerators),
    Operation("get", "experiments", d.Experiments),
    Operation(
        "get", "compare", d.ComparisonDocument, query=(("run", _WORDS | {"minItems": 2, "maxItems": MOST_COMPARED}),)
    ),
    Operation(
        "get",
        "runs",
        d.RunPage,
        query=(
            *((name, _WORDS) for name in ("state", "experiment", "started_by", "tag", "metric", "param")),
            *((name, _WORD) for name in ("since", "until", "notebook", "search", "sort")),
            *((name, {"type": "string", "enum": ["no", "only", "too"]}) for name in ("archived", "interrupted")),
            ("limit", {"type": "integer", "minimum": 1, "maximum": MOST}),
            ("cursor", _WORD),
        ),
    ),
    Operation("post", "runs", d.Started, d.RunRequest, 201),
    Operation("get", "starts/{word}", d.Started, query=(("cluster", _WORD),)),
    Operation("get", RUN, d.RunDocument),
    Operation("delete", RUN, d.RunName, query=(("gone", {"type": "string", "enum": ["no", "yes"]}),)),
    Operation("post", f"{RUN}/cancel", d.RunState, d.CancelRequest),
    Operation("post", f"{RUN}/resume", d.RunState, d.ResumeRequest),
    Operation("post", f"{RUN}/tags", d.RunTags, d.TagRequest),
    Operation("post", f"{RUN}/archive", d.RunName, d.ArchiveRequest),
    Operation("get", f"{RUN}/picture", d.RunPicture),
    Operation("get", f"{RUN}/metrics", d.MetricsDocument),
    Operation("get", f"{RUN}/series", d.SeriesDocument),
    Operation("get", f"{RUN}/artifacts", d.ArtifactList),
    Operation("get", f"{RUN}/outputs", d.OutputsDocument),
    Operation("get", f"{TASK}/log", TEXT, query=(("download", _WORD),)),
    Operation("get", f"{TASK}/events", d.TaskEvents),
    Operation("get", f"{TASK}/pod", d.TaskPod),
    Operation("get", f"{TASK}/notebook", NOTEBOOK),
    Operation("get", f"{TASK}/artifacts/{{name}}", BYTES),
)
"""Everything that is asked over HTTP; of WebSockets OpenAPI knows nothing."""


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    kinds = {kind.__name__: kind for one in OPERATIONS for kind in (one.gives, one.takes) if isinstance(kind, type)}
    kinds |= {kind.__name__: kind for kind in (d.Failure, frames.Follow, frames.RunsFrame)}
    ordered = [kind for _, kind in sorted(kinds.items())]
    (*_, frame), schemas = msgspec.json.schema_components([*ordered, frames.Frame], ref_template=REFERENCE)
    schemas = {name: _exact(name, schema) for name, schema in schemas.items()} | {"Frame": frame}
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        paths.setdefault(f"/{one.address}", {})[one.method] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "kfnb for Jupyter Server", "version": __version__, "description": ABOUT},
        "servers": [{"url": "/kfnb/api", "description": "Below the base URL of the Jupyter server."}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": one_line_descriptions(dict(sorted(schemas.items()))),
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "Authorization"}},
        },
    }


def _exact(name: str, schema: Schema) -> Schema:
    """Return the schema of the document called `name` with what msgspec leaves unsaid, for types are made from it too.

    An answer has all its fields, for nothing is left out of it for being the default. A request may lack those, and
    where the default is left out, None never stands there.
    """
    config = {**vars(d), **vars(frames)}[name].__struct_config__
    fields = {field: _open(form) for field, form in schema["properties"].items()}
    if config.forbid_unknown_fields:
        return {**schema, "properties": fields}
    if config.omit_defaults:
        return {**schema, "properties": {field: _without_null(form) for field, form in fields.items()}}
    for form in fields.values():
        form.pop("default", None)
    return {**schema, "properties": fields, "required": list(fields)}


def _without_null(form: Schema) -> Schema:
    if form.get("default", ...) is not None:
        return form
    (one,) = (choice for choice in form["anyOf"] if choice != {"type": "null"})
    return cast("Schema", one)


def _open(form: Schema) -> Schema:
    """Return what a field holds, with the word that an object of which nothing is said may have any fields."""
    said = {word: _open(told) for word, told in form.items() if isinstance(told, dict) and word != "default"}
    choices = {"anyOf": [_open(choice) for choice in form["anyOf"]]} if "anyOf" in form else {}
    anything = {"additionalProperties": True} if form.get("type") == "object" else {}
    return {**anything, **form, **said, **choices}


def _operation(one: Operation) -> dict[str, Any]:
    handler = dict(ADDRESSES)[one.address]
    told: dict[str, Any] = {
        "operationId": f"{one.method}-{re.sub(r'[{}]', '', one.address).replace('/', '-')}",
        "summary": _words(handler.__doc__),
        "description": _words(inspect.unwrap(getattr(handler, one.method)).__doc__),
        "parameters": [*_parameters(one)],
        "responses": {
            str(one.status): {"description": "Done.", "content": _content(one.gives)},
            **(_of_ranges(one.gives) if one.gives in (TEXT, BYTES) else {}),
            "default": {"description": "It was not done.", "content": _content(d.Failure)},
        },
    }
    if one.takes is not None:
        told["requestBody"] = {"required": True, "content": _content(one.takes)}
    return told


def _parameters(one: Operation) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", one.address):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    for name, schema in one.query:
        yield {"name": name, "in": "query", "required": False, "schema": schema}
    if one.gives in (TEXT, BYTES):
        yield {"name": "Range", "in": "header", "required": False, "schema": _WORD}


def _of_ranges(kind: type[msgspec.Struct] | str) -> dict[str, Any]:
    return {
        "206": {"description": "The range that was asked for.", "content": _content(kind)},
        "416": {"description": "The range begins beyond the end."},
    }


def _content(kind: type[msgspec.Struct] | str) -> dict[str, Any]:
    if isinstance(kind, str):
        return {kind: {"schema": {"type": "string"} if kind == TEXT else {}}}
    return {"application/json": {"schema": {"$ref": REFERENCE.format(name=kind.__name__)}}}


def _words(text: str | None) -> str:
    return " ".join((text or "").split())
