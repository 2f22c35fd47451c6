"""What the OpenAPI document says and what a server does, started as people start it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import checks
from server_process import TOKEN, ServerProcess

from kfnb.server.extension import ADDRESSES
from kfnb.server.openapi import OPERATIONS, Operation

DOCUMENT = Path(__file__).parents[2] / "kfnb" / "server" / "openapi.json"
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
schema = schemathesis.openapi.from_path(DOCUMENT)


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: f"{one.method} {one.address}")
def test_whatever_the_document_allows_is_answered_as_it_says(one: Operation, server: ServerProcess) -> None:
    """No request makes the server fail, and every answer is of the form that the document gives it."""

    @settings(max_examples=12, deadline=None, derandomize=True, database=None)
    @given(schema[f"/{one.address}"][one.method.upper()].as_strategy())
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=server.api, headers={"Authorization": f"token {TOKEN}"}, checks=CHECKS)

    ask()


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
    schemas = json.loads(DOCUMENT.read_text())["components"]["schemas"]
    frames = [reference["$ref"].rpartition("/")[2] for reference in schemas["Frame"]["anyOf"]]
    given = {one.gives.__name__ for one in OPERATIONS if not isinstance(one.gives, str)} | {"Failure", *frames}
    assert set() == {name for name in given if {*schemas[name]["properties"]} != {*schemas[name]["required"]}}
    assert ["path"] == schemas["RunRequest"]["required"]


def test_the_document_is_that_of_today() -> None:
    """The file that is shipped has every address that there is."""
    told = set(json.loads(DOCUMENT.read_text())["paths"])
    assert {f"/{one.address}" for one in OPERATIONS} == told
    assert all(re.fullmatch(r"[a-z{}_/]+", address) for address in told)
