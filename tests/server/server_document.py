"""What the shipped OpenAPI document says of answers; the fixtures of this folder hold whatever they get against it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from tornado.httpclient import HTTPResponse

from kfnb.server.extension import pattern

DOCUMENT = Path(__file__).parents[2] / "kfnb" / "server" / "openapi.json"
SAID: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
_ADDRESSES = [(re.compile(f".*/kfnb/api{pattern(address)}"), told) for address, told in SAID["paths"].items()]
_FAILURE = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}}


def must_be_as_said(answer: HTTPResponse) -> None:
    """Raise AssertionError for an answer whose address or status the document does not know, or of another form.

    What the document does not know may be refused, as a Failure.
    """
    method, path = (answer.request.method or "GET").lower(), urlsplit(answer.request.url).path
    asked = f"{answer.code} {method} {path}"
    told = next((told for known, told in _ADDRESSES if known.fullmatch(path)), {})
    responses = told.get(method, {"responses": {}})["responses"]
    response = responses.get(str(answer.code))
    if response is None:
        assert answer.code >= 400, f"The document does not have this: {asked}"
        response = responses.get("default", _FAILURE)
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    content = response.get("content", {})
    if not content:
        assert b"" == answer.body, f"The document has no content here: {asked}"
    elif "*/*" not in content:
        assert media_type in content, asked
        if media_type == "application/json":
            _must_be(content[media_type]["schema"], json.loads(answer.body))


def must_be_a(kind: str, found: Any) -> None:
    """Raise an error with the place if `found` is not of the form that the document has under this name."""
    _must_be({"$ref": f"#/components/schemas/{kind}"}, found)


def _must_be(schema: dict[str, Any], found: Any) -> None:
    Draft202012Validator(SAID | schema).validate(found)
