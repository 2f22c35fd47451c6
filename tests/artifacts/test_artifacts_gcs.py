"""What a store in a bucket of Google's promises beyond those of all buckets: parts that nobody sees, tokens, words."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kfnb.artifacts import gcs_http
from kfnb.artifacts.bucket import PART
from kfnb.artifacts.store import Store
from kfnb.errors import StoreError


def test_what_a_killed_process_was_sending_is_not_seen_and_swept(gcs_bucket: str) -> None:
    """Parts of an object whose process was killed are not listed, and `sweep` removes them."""
    dies = (
        "import os, sys; from kfnb.artifacts import gcs; from kfnb.artifacts.store import Store\n"
        "gcs.Bucket._compose = lambda *_: os._exit(9)\n"
        f"Store(sys.argv[1]).write('half', bytes({PART} + 1))"
    )
    assert 9 == subprocess.run([sys.executable, "-c", dies, gcs_bucket]).returncode
    store = Store(gcs_bucket)
    assert (False, [], []) == (store.exists("half"), store.list(""), store.children(""))
    store.sweep(time.time() - 60)
    assert 2 == len(store.list(".parts"))
    store.sweep(time.time() + 60)
    assert [] == store.list(".parts")


def test_more_parts_than_are_composed_at_once_are_composed_of_composed_ones(
    gcs_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object of many parts is put together in stages, and no part stays."""
    monkeypatch.setattr("kfnb.artifacts.gcs._MOST_COMPOSED", 2)
    store, data = Store(gcs_bucket), b"".join(bytes([number]) * PART for number in range(4)) + b"rest"
    store.write("large", data)
    assert (data, []) == (store.read("large"), store.list(".parts"))


def test_an_old_blob_that_is_put_again_is_young(gcs_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renewing moves the time from which a blob's age counts, and leaves its bytes."""
    store = Store(gcs_bucket)
    blob = store.put(b"x" * 100)
    ((_, _, first),) = store.blobs()
    assert store.renew(blob.digest)
    assert first == next(store.blobs())[2]
    monkeypatch.setattr("kfnb.artifacts.bucket.RENEW_AFTER", -1.0)
    assert store.renew(blob.digest)
    assert first < next(store.blobs())[2]
    assert b"x" * 100 == store.get(blob)
    assert not store.renew("0" * 64)


# ------------------------------------------------------------------------------------------------------------ tokens


class _Google(http.server.BaseHTTPRequestHandler):
    """Answers as Google's metadata server, token server and store do, which cannot be had here."""

    asked: list[tuple[str, str]]
    answers: list[tuple[int, object]]

    def do_GET(self) -> None:
        self.asked.append((self.path.partition("?")[0], self.headers.get("Authorization", "")))
        if self.path.startswith("/computeMetadata/"):
            assert "Google" == self.headers["Metadata-Flavor"]
        status, answer = self.answers.pop(0)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


TOKEN = "/computeMetadata/v1/instance/service-accounts/default/token"
LISTED = "/storage/v1/b/mine/o"


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[http.server.ThreadingHTTPServer]:
    """A server that stands for Google's hosts, trusted with tokens as those are; no credentials in files."""
    handler = type("Handler", (_Google,), {"asked": [], "answers": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    address = f"127.0.0.1:{server.server_port}"
    monkeypatch.setattr(gcs_http, "is_google", lambda _: True)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
    monkeypatch.setenv("GCE_METADATA_HOST", address)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    yield server
    server.shutdown()
    server.server_close()


def _answers(google: http.server.ThreadingHTTPServer, *answers: tuple[int, object]) -> list[tuple[str, str]]:
    """Have a server give answers, in this order; return the list of what it is asked, with the tokens shown."""
    handler = google.RequestHandlerClass
    assert issubclass(handler, _Google)
    handler.answers.extend(answers)
    return handler.asked


def test_a_pod_s_identity_gives_tokens_while_they_last(google: http.server.ThreadingHTTPServer) -> None:
    """A token of the metadata server is used until shortly before its end, then the next one is asked for."""
    asked = _answers(
        google,
        (503, {}),
        (200, {"access_token": "one", "expires_in": 300}),
        (200, {}),
        (200, {}),
        (200, {"access_token": "two", "expires_in": 100}),
        (200, {}),
        (200, {"access_token": "three", "expires_in": 3600}),
        (200, {}),
    )
    store = Store("gs://mine")
    assert ([], []) == (store.list("runs"), store.list("runs"))
    store._files._calls._endpoint._credentials.forget()  # type: ignore[union-attr]
    assert ([], []) == (store.list("runs"), store.list("runs"))
    tokens = [(TOKEN, ""), (TOKEN, ""), (LISTED, "Bearer one"), (LISTED, "Bearer one")]
    more = [(TOKEN, ""), (LISTED, "Bearer two"), (TOKEN, ""), (LISTED, "Bearer three")]
    assert [*tokens, *more] == asked


def test_a_token_that_is_refused_is_replaced_once(google: http.server.ThreadingHTTPServer) -> None:
    """A token that is refused is got anew; refused again, the store says that somebody has to sign in."""
    refused = (401, {"error": {"code": 401, "message": "Invalid Credentials"}})
    tokens = [(200, {"access_token": name, "expires_in": 3600}) for name in ("old", "new")]
    asked = _answers(google, tokens[0], refused, tokens[1], (200, {}))
    store = Store("gs://mine")
    assert [] == store.list("runs")
    assert [(LISTED, "Bearer old"), (LISTED, "Bearer new")] == [one for one in asked if one[0] == LISTED]
    _answers(google, refused, tokens[1], refused)
    with pytest.raises(StoreError, match="the token is not accepted: sign in anew"):
        store.list("runs")


def test_an_account_without_rights_is_told_the_role(google: http.server.ThreadingHTTPServer) -> None:
    """A refusal by the bucket's owner names the role that is needed."""
    _answers(google, (200, {"access_token": "one", "expires_in": 3600}), (403, {"error": {"message": "no access"}}))
    with pytest.raises(StoreError, match=r"may not write there: .* role Storage Object User"):
        Store("gs://mine").write("key", b"")


def test_a_place_without_an_identity_says_what_to_do(
    google: http.server.ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without credentials the message names all ways to have some, also where there is no metadata server."""
    _answers(google, (404, {}))
    with pytest.raises(StoreError, match=r"application-default login.*workload identity.*answers 404"):
        Store("gs://mine").read("key")
    monkeypatch.setenv("GCE_METADATA_HOST", "metadata.invalid")
    with pytest.raises(StoreError, match=r"application-default login.*workload identity"):
        Store("gs://mine").read("key")


def _key_file(folder: Path, token_url: str) -> Path:
    """Make a file with a service account's key, as Google gives them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, how = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    text = key.private_bytes(form, how, serialization.NoEncryption()).decode()
    known = {"type": "service_account", "client_email": "me@mine.iam", "private_key": text, "token_uri": token_url}
    (folder / "key.json").write_text(json.dumps({**known, "project_id": "mine", "private_key_id": "1"}))
    return folder / "key.json"


def test_a_key_in_a_file_gives_tokens(
    google: http.server.ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service account's key in a file is turned into a token, and a token that was refused leads to words."""
    path = _key_file(tmp_path, f"http://127.0.0.1:{google.server_port}/token")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    asked = _answers(google, (200, {"access_token": "one", "expires_in": 3600}), (200, {}), (200, {}))
    store = Store("gs://mine")
    assert ([], []) == (store.list("runs"), store.list("runs"))
    assert [("/token", ""), (LISTED, "Bearer one"), (LISTED, "Bearer one")] == asked
    _answers(google, (400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}))
    with pytest.raises(StoreError, match=r"credentials in .*key\.json give no access .*invalid_grant"):
        Store("gs://mine").list("runs")


@pytest.mark.parametrize("text", [None, "{", "{}"], ids=["missing", "not JSON", "empty"])
def test_a_file_without_credentials_is_named(
    google: http.server.ThreadingHTTPServer, text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is not there, or holds no credentials, is named."""
    path = tmp_path / "mine.json"
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(StoreError, match=r"credentials in .*mine\.json give no access"):
        Store("gs://mine").list("runs")


@pytest.mark.parametrize(
    ("url", "googles"),
    [
        ("https://storage.googleapis.com", True),
        ("https://storage-mine.p.googleapis.com", True),
        ("http://storage.googleapis.com", False),
        ("https://notgoogleapis.com", False),
        ("https://gcs.example.com:4443", False),
    ],
)
def test_tokens_go_to_google_alone(url: str, googles: bool) -> None:
    """Tokens are sent to hosts of Google's over TLS, and nowhere else."""
    assert googles == gcs_http.is_google(url)
