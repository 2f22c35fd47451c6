"""What a store in a bucket promises beyond the suite of all stores: one winner, parts, forks, waiting, clear words."""

from __future__ import annotations

import http.server
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.utils
import pytest
from s3_gateway import Gateway

from kfnb.artifacts import calls
from kfnb.artifacts.bucket import PART
from kfnb.artifacts.connections import Answer, Connections
from kfnb.artifacts.s3 import Bucket
from kfnb.artifacts.store import Store
from kfnb.errors import StoreError

LARGE = os.urandom(PART) + b"the rest of it" * 400_000


def test_what_a_killed_process_was_sending_is_not_seen_and_swept(bucket: str) -> None:
    """Parts of an upload whose process was killed are no object, and `sweep` gives them up."""
    dies = (
        "import os, sys; from kfnb.artifacts import s3; from kfnb.artifacts.store import Store\n"
        "call = s3.Bucket._call\n"
        "def dies_at_the_end(bucket, method, key, query=None, **more):\n"
        "    if method == 'POST' and 'uploadId' in (query or {}): os._exit(9)\n"
        "    return call(bucket, method, key, query, **more)\n"
        "s3.Bucket._call = dies_at_the_end\n"
        f"Store(sys.argv[1]).write('half', bytes({PART} + 1))"
    )
    assert 9 == subprocess.run([sys.executable, "-c", dies, bucket]).returncode
    store = Store(bucket)
    assert (False, []) == (store.exists("half"), store.list(""))
    assert 1 == len(_uploads(store))
    store.sweep(time.time() + 60)
    assert [] == _uploads(store)


def _uploads(store: Store) -> list[str]:
    files = store._files
    assert isinstance(files, Bucket)
    return re.findall(r"<UploadId>(.*?)</UploadId>", files._calls.call("GET", query={"uploads": ""}).body.decode())


@pytest.fixture
def own_gateway(
    s3_gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Gateway]]:
    """Starts an endpoint of the test's own."""
    started: list[Gateway] = []

    def start(*options: str) -> Gateway:
        gateway = Gateway(s3_gateway.program, tmp_path / "s3", *options)
        started.append(gateway)
        for name, value in gateway.environment.items():
            monkeypatch.setenv(name, value)
        return gateway

    yield start
    for gateway in started:
        gateway.stop()


@pytest.mark.parametrize(
    ("variable", "words"),
    [("AWS_ACCESS_KEY_ID", "access key is not known there"), ("AWS_SECRET_ACCESS_KEY", "secret key is wrong")],
)
def test_wrong_keys_say_which(bucket: str, variable: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong access key and a wrong secret are told apart."""
    monkeypatch.setenv(variable, uuid.uuid4().hex)
    with pytest.raises(StoreError, match=words):
        Store(bucket).write("key", b"")


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_clock_that_is_wrong_is_made_up_for(bucket: str, seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint takes no request of another time than its own, so its own is what requests are of."""
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + seconds)
    store = Store(bucket)
    store.write("key", b"value")
    assert b"value" == store.read("key")
    assert abs(store.now() - clock()) < 30


def test_no_keys_say_so(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without keys the message names the variables."""
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StoreError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        Store(bucket).write("key", b"")


def test_a_place_that_these_keys_may_not_write_says_so(own_gateway: Callable[..., Gateway]) -> None:
    """A refusal by the store's owner is told as one."""
    store = Store(own_gateway("--readonly").make_bucket("kept"))
    with pytest.raises(StoreError, match="may not write there"):
        store.write("key", b"")


def test_keys_from_the_files_of_aws_are_found(
    s3_gateway: Gateway, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile in the files that AWS programs read gives keys, region and endpoint."""
    given = s3_gateway.environment
    for variable in given:
        monkeypatch.delenv(variable)
    (tmp_path / "credentials").write_text(
        f"[mine]\naws_access_key_id = {given['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {given['AWS_SECRET_ACCESS_KEY']}\n"
    )
    (tmp_path / "config").write_text(
        f"[profile mine]\nregion = us-east-1\nendpoint_url = {given['AWS_ENDPOINT_URL']}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "mine")
    store = Store(bucket)
    store.write("key", b"found")
    assert b"found" == store.read("key")


def test_what_goes_wrong_after_it_was_said_to_go_well_is_done_again(
    s3_gateway: Gateway, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Joining the parts of an object and copying one take long: Amazon says 200 first, and then how it ended."""
    ask, failing = Connections.ask, ["POST", "PUT"]
    wrong = Answer(200, {}, b"<?xml version='1.0'?><Error><Code>InternalError</Code><Message>again</Message></Error>")

    def asked(self: Connections, method: str, target: str, headers: Any, body: Any) -> Answer:
        is_long = "uploadId" in target if method == "POST" else "x-amz-copy-source" in headers
        if is_long and method in failing:
            failing.remove(method)
            return wrong
        return ask(self, method, target, headers, body)

    monkeypatch.setattr(Connections, "ask", asked)
    store = Store(bucket)
    blob = store.put(LARGE)
    assert ["PUT"] == failing
    s3_gateway.make_old(bucket, f"artifacts/{blob.digest[:2]}/{blob.digest[2:]}")
    assert store.renew(blob.digest)
    assert [] == failing
    assert not store.discard(blob.digest, time.time() - 3600)
    assert LARGE == store.get(blob)


def test_a_file_that_changes_while_it_is_looked_for_is_not_kept_by_another_name(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its digest and its first byte sent it may be written anew, by as many bytes."""
    store, path, holds = Store(bucket), tmp_path / "table", Bucket.holds
    path.write_bytes(LARGE)

    def written_meanwhile(self: Bucket, key: str, size: int) -> bool:
        path.write_bytes(LARGE[::-1])
        return holds(self, key, size)

    monkeypatch.setattr(Bucket, "holds", written_meanwhile)
    with pytest.raises(StoreError, match="was changed while it was being stored"):
        store.put_file(path)
    assert [] == store.list("")


def test_what_gives_a_pod_its_keys_may_be_away_for_a_moment(
    s3_gateway: Gateway, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pod's identity is asked for anew, as the store itself is; botocore alone gives up after three questions."""
    given, asked = s3_gateway.environment, itertools.count(1)
    keys = {"AccessKeyId": given["AWS_ACCESS_KEY_ID"], "SecretAccessKey": given["AWS_SECRET_ACCESS_KEY"]}
    body = json.dumps({**keys, "Token": "", "Expiration": "2099-01-01T00:00:00Z"}).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503 if next(asked) <= 3 else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setattr(botocore.utils.ContainerMetadataFetcher, "SLEEP_TIME", 0.1)
    monkeypatch.setattr(calls, "_FIRST_PATIENCE", 30.0)  # as a launcher has, whose store must be there
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{server.server_port}/")
        store = Store(bucket)
        store.write("key", b"found")
        assert b"found" == store.read("key")
        server.shutdown()
    assert 5 == next(asked)


def test_a_secure_endpoint_is_used_if_its_certificate_is_trusted(
    own_gateway: Callable[..., Gateway], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over https the certificate counts: one that is not trusted is an error at once, which names AWS_CA_BUNDLE."""
    made = ("-keyout", tmp_path / "key", "-out", tmp_path / "certificate", "-days", "2", "-nodes", "-subj", "/CN=s3")
    name = ("-addext", "subjectAltName=IP:127.0.0.1")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", *made, *name], check=True, capture_output=True)
    gateway = own_gateway("--cert", str(tmp_path / "certificate"), "--key", str(tmp_path / "key"))
    root = gateway.make_bucket("secure")
    with pytest.raises(StoreError, match=r"certificate .* AWS_CA_BUNDLE"):
        Store(root).write("key", b"1")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "certificate"))
    store = Store(root)
    blob = store.put(LARGE)
    assert (LARGE, True, False) == (store.get(blob), store.create("one", b"1"), store.create("one", b"2"))


@pytest.mark.parametrize("most", [6 << 20, 5 << 30], ids=["in parts", "at once"])
def test_an_old_blob_that_is_put_again_is_young(
    s3_gateway: Gateway, bucket: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renewing moves the time from which a blob's age counts, in parts where it is large, and leaves its bytes."""
    monkeypatch.setattr("kfnb.artifacts.s3._MOST_COPIED", most)
    store = Store(bucket)
    blob = store.put(LARGE)
    s3_gateway.make_old(bucket, f"artifacts/{blob.digest[:2]}/{blob.digest[2:]}")
    assert next(store.blobs())[2] < time.time() - 86_000
    assert store.renew(blob.digest)
    assert not store.discard(blob.digest, time.time() - 60)
    assert LARGE == store.get(blob)
