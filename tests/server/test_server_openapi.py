"""What the OpenAPI document says and what a server does, started as people start it."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import checks
from server_document import SAID
from server_notebooks import STEPS, write_notebook
from server_process import TOKEN, ServerProcess

from kfnb.client import Client
from kfnb.server.extension import ADDRESSES, RUN, TASK
from kfnb.server.openapi import BYTES, OPERATIONS, TEXT, Operation
from tests.runners.nowhere import nowhere

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
schema = schemathesis.openapi.from_dict(SAID)
CLUSTER = "known"
NO_POD = f"{TASK}/pod"
"""What no run of this machine has."""
RESUME = f"{RUN}/resume"
"""What starts a process each time."""


class Filled(NamedTuple):
    """A server that knows runs, notebooks and a cluster. `values`: theirs, by the names of what asks for them."""

    server: ServerProcess
    kept: Path
    profile: str
    failed: str
    values: dict[str, list[Any]]

    def values_for(self, one: Operation) -> dict[str, list[Any]]:
        """Return the values that an operation has something to answer to."""
        if one.gives == BYTES:
            return self.values | {"run_id": self.values["run"][0][:1], "task": ["show"], "name": ["page / <b>"]}
        if one.address == RESUME:
            return self.values | {"run_id": [self.failed], "task": [None]}
        return self.values

    def fill(self) -> None:
        """Put back what was deleted."""
        (self.server.home.parent / "clusters.toml").write_text(self.profile, "utf-8")
        for run in self.kept.iterdir():
            there = self.server.home / "store" / "runs" / run.name
            if not (there / "run.json").exists():
                shutil.copytree(run, there, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def filled(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """The server with a run that was asked for with a word, one that failed, and a cluster that is away."""
    client, place = Client(server.home), tmp_path_factory.mktemp("kept")
    path = write_notebook(server.root / "known.ipynb", STEPS, {"fan": ["foreach"]})
    done = client.run(path, asked_as="word").wait()
    failed = client.run(write_notebook(server.root / "fails.ipynb", {"make": "1 / 0"})).wait()
    assert ("SUCCEEDED", "FAILED") == (done.state, failed.state)
    for run in (done, failed):
        shutil.copytree(server.home / "store" / "runs" / run.id, place / "runs" / run.id)
    nowhere(place)
    profile = {"namespace": "ml", "root": "s3://runs/kfnb", "image": "x", "kubeconfig": str(place / "config")}
    values: dict[str, list[Any]] = {
        "name": [CLUSTER],
        "run_id": [done.id, failed.id],
        "run": [[done.id, failed.id]],
        "task": ["make", "show", "fan[0]", "<script>ü"],
        "word": ["word"],
        "asked_as": ["word"],
        "path": [path.name],
        "download": ["1"],
        "Range": ["bytes=0-1", "bytes=-3", "bytes=9999999-"],
        "state": [["SUCCEEDED", "FAILED"]],
        "sort": ["metric.show.total"],
        "text": ["{}"],
        "settings": [profile],
        "add": [["good"]],
    }
    written = "".join(f'{name} = "{value}"\n' for name, value in profile.items())
    return Filled(server, place / "runs", f"[clusters.{CLUSTER}]\n{written}", failed.id, values)


def schema_with(values: dict[str, list[Any]], one: Operation) -> schemathesis.BaseSchema:
    """Return the document in which an operation is asked with these values, words from a list and truths alone."""
    document = copy.deepcopy(SAID)
    told = document["paths"][f"/{one.address}"][one.method]
    told["parameters"] = list(_known(told["parameters"], values))
    if one.takes is not None:
        form = document["components"]["schemas"][one.takes.__name__]
        form["properties"] = {
            name: {"enum": values[name]} if name in values else field
            for name, field in form["properties"].items()
            if name in values or "enum" in field or field.get("type") == "boolean"
        }
    return schemathesis.openapi.from_dict(document)


def _known(parameters: list[dict[str, Any]], values: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    for one in parameters:
        if one["name"] in values:
            yield one | {"schema": one["schema"] | {"enum": values[one["name"]]}}
        elif "enum" in one["schema"]:
            yield one


def statuses(one: Operation, server: ServerProcess, asked: schemathesis.BaseSchema, examples: int) -> set[int]:
    """Ask what it allows of an operation, check every answer, and return the statuses that there were."""
    found = set()

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(asked[f"/{one.address}"][one.method.upper()].as_strategy())
    def ask(case: Any) -> None:
        answer = case.call_and_validate(base_url=server.api, headers={"Authorization": f"token {TOKEN}"}, checks=CHECKS)
        found.add(answer.status_code)

    ask()
    return found


each = pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: f"{one.method} {one.address}")


@each
def test_whatever_the_document_allows_is_answered_as_it_says(one: Operation, server: ServerProcess) -> None:
    """No request makes the server fail, and every answer is of the form that the document gives it."""
    statuses(one, server, schema, 12)


@each
def test_what_there_is_is_answered_as_the_document_says(one: Operation, filled: Filled) -> None:
    """Of runs, tasks, notebooks and clusters that there are each answer is of its form, and ranges are such."""
    filled.fill()
    examples = 2 if one.address == RESUME else 24
    found = statuses(one, filled.server, schema_with(filled.values_for(one), one), examples)
    expected = {one.status} if one.address != NO_POD else {400}
    assert found >= expected | ({206, 416} if one.gives in (TEXT, BYTES) else set())


def test_everything_that_is_answered_is_in_the_document() -> None:
    """The document has every method of every address, but the streams, which are WebSockets."""
    methods = ("get", "post", "put", "delete")
    answered = {
        (method, address)
        for address, handler in ADDRESSES
        for method in methods
        if any(method in vars(kind) for kind in handler.__mro__ if kind.__module__.startswith("kfnb."))
    }
    assert {(one.method, one.address) for one in OPERATIONS} == answered - {
        ("get", "runs/{run_id}/events"),
        ("get", "changes"),
    }


def test_an_answer_has_all_its_fields() -> None:
    """Who reads answers need not reckon with a field that is left out; only a request may lack what has a default."""
    schemas = SAID["components"]["schemas"]
    frames = [reference["$ref"].rpartition("/")[2] for reference in schemas["Frame"]["anyOf"]]
    given = {one.gives.__name__ for one in OPERATIONS if not isinstance(one.gives, str)} | {"Failure", *frames}
    assert set() == {name for name in given if {*schemas[name]["properties"]} != {*schemas[name]["required"]}}
    assert ["path"] == schemas["RunRequest"]["required"]


def test_the_document_is_that_of_today() -> None:
    """The file that is shipped has every address that there is."""
    told = set(SAID["paths"])
    assert {f"/{one.address}" for one in OPERATIONS} == told
    assert all(re.fullmatch(r"[a-z{}_/]+", address) for address in told)
