"""What a store in a bucket promises beyond the suite of all stores: one winner, parts, forks, waiting, clear words."""

from __future__ import annotations

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

import pytest
from s3_gateway import Gateway

from kfnb.artifacts.s3 import PART, Bucket
from kfnb.artifacts.store import Store
from kfnb.errors import StoreError

LARGE = os.urandom(PART) + b"the rest of it" * 400_000


def _program(text: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", text, *arguments], stdout=subprocess.PIPE, text=True)


def test_of_two_processes_that_create_a_document_one_wins_each_time(bucket: str) -> None:
    """Two processes that create the same fifty documents at the same time make each of them once."""
    creates = (
        "import sys; from kfnb.artifacts.store import Store; store = Store(sys.argv[1]); store.exists('warm')\n"
        "print(sum(store.create(f'events/{n}', sys.argv[2].encode()) for n in range(50)))"
    )
    writers = [_program(creates, bucket, name) for name in "ab"]
    made = [int(writer.communicate()[0]) for writer in writers]
    assert 50 == sum(made)
    store = Store(bucket)
    assert made == [sum(store.read(f"events/{n}") == name for n in range(50)) for name in (b"a", b"b")]


def test_large_objects_go_in_parts_and_come_back(bucket: str, tmp_path: Path) -> None:
    """What is larger than a part comes back as it was, put from memory or a file, read as bytes or into a file."""
    store, source = Store(bucket), tmp_path / "source"
    source.write_bytes(LARGE[::-1])
    one, two = store.put(LARGE), store.put_file(source)
    store.fetch(one, tmp_path / "copy")
    assert (LARGE, LARGE[::-1]) == ((tmp_path / "copy").read_bytes(), store.get(two))


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


def test_many_small_blobs_are_put_and_read_at_once(bucket: str, tmp_path: Path) -> None:
    """`put_all`, `get_all` and `fetch_all` do what put, get and fetch do, in the order of what they are given."""
    store, source = Store(bucket), tmp_path / "source"
    source.write_bytes(b"a file")
    items = [*(f"blob {n}".encode() for n in range(40)), source]
    blobs = store.put_all(items)
    copies = [tmp_path / f"{n}" for n in range(41)]
    store.fetch_all(list(zip(blobs, copies, strict=True)))
    expected = [*items[:-1], b"a file"]
    assert (expected, expected) == (store.get_all(blobs), [copy.read_bytes() for copy in copies])


def test_a_fork_of_a_process_with_open_connections_has_its_own(bucket: str) -> None:
    """Parent and forked child use the store side by side, and each gets its own answers."""
    forks = (
        "import os, sys; from kfnb.artifacts.store import Store; store = Store(sys.argv[1])\n"
        "store.put_all([bytes([n]) * 1000 for n in range(30)])\n"
        "child = os.fork()\n"
        "name = 'parent' if child else 'child'\n"
        "for n in range(50): store.write(f'{name}/{n}', f'{name} {n}'.encode())\n"
        "right = all(store.read(f'{name}/{n}') == f'{name} {n}'.encode() for n in range(50))\n"
        "if not child: os._exit(0 if right else 1)\n"
        "print(right, os.waitpid(child, 0)[1])"
    )
    assert "True 0\n" == _program(forks, bucket).communicate()[0]


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


def test_an_endpoint_that_goes_away_for_a_while_is_waited_for(own_gateway: Callable[..., Gateway]) -> None:
    """A call to an endpoint that has answered before waits until it is there again."""
    gateway = own_gateway()
    store = Store(gateway.make_bucket("away"))
    store.write("before", b"1")
    gateway.stop()
    back = threading.Timer(1.5, gateway.start)
    back.start()
    store.write("after", b"2")
    back.join()
    assert ["after", "before"] == store.list("")


def test_in_a_hurry_nothing_is_waited_for(own_gateway: Callable[..., Gateway]) -> None:
    """What may as well be done later fails at once while the endpoint is away, and what must be done waits again."""
    gateway = own_gateway()
    store = Store(gateway.make_bucket("away"), patient=True)
    store.write("before", b"1")
    gateway.stop()
    with pytest.raises(StoreError, match="does not answer"), store.hurried():
        store.write("now", b"2")
    back = threading.Timer(0.5, gateway.start)
    back.start()
    store.write("after", b"3")
    back.join()
    assert ["after", "before"] == store.list("")


def _lose_an_answer(store: Store, method: str, query: str = "") -> None:
    """Have the next request of a kind be done, and its answer be lost."""
    files = store._files
    assert isinstance(files, Bucket)
    assert [] == store.list("")  # the endpoint is known to be there
    endpoint = files._calls._endpoint
    assert endpoint is not None
    real, lost = endpoint.send, [ConnectionResetError("the answer is lost")]

    def send(*asked: Any) -> Any:
        answer = real(*asked)
        if lost and asked[0] == method and (not query or query in (asked[2] or {})):
            raise lost.pop()
        return answer

    endpoint.send = send  # type: ignore[method-assign]


def test_an_object_made_by_a_try_whose_answer_was_lost_counts_as_made(bucket: str) -> None:
    """A creation that is asked again, as its answer got lost, knows the object as its own; another's it does not."""
    store = Store(bucket)
    _lose_an_answer(store, "PUT")
    assert (True, False) == (store.create("events/1", b"mine"), Store(bucket).create("events/1", b"mine"))


def test_an_upload_whose_last_answer_was_lost_counts_as_done(bucket: str) -> None:
    """Parts that were put together by a try whose answer got lost are the object."""
    store = Store(bucket)
    _lose_an_answer(store, "POST", "uploadId")
    assert LARGE == store.get(store.put(LARGE))


def test_an_unknown_bucket_says_so(bucket: str) -> None:
    """A bucket that does not exist is named."""
    with pytest.raises(StoreError, match="there is no bucket 'not-there'"):
        Store("s3://not-there/x").write("key", b"")


def test_a_root_without_a_bucket_says_so() -> None:
    """A root that names no bucket is no store."""
    with pytest.raises(StoreError, match="s3:// names no bucket"):
        Store("s3://")


@pytest.mark.parametrize(
    ("variable", "words"),
    [("AWS_ACCESS_KEY_ID", "access key is not known there"), ("AWS_SECRET_ACCESS_KEY", "secret key is wrong")],
)
def test_wrong_keys_say_which(bucket: str, variable: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong access key and a wrong secret are told apart."""
    monkeypatch.setenv(variable, uuid.uuid4().hex)
    with pytest.raises(StoreError, match=words):
        Store(bucket).write("key", b"")


def test_no_keys_say_so(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without keys the message names the variables."""
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StoreError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        Store(bucket).write("key", b"")


def test_an_endpoint_that_never_answered_is_named(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint where nobody listens is named at once."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match=r"does not answer at http://127\.0\.0\.1:9"):
        Store(bucket).read("key")


def test_a_place_that_these_keys_may_not_write_says_so(own_gateway: Callable[..., Gateway]) -> None:
    """A refusal by the store's owner is told as one."""
    store = Store(own_gateway("--readonly").make_bucket("kept"))
    with pytest.raises(StoreError, match="may not write there"):
        store.write("key", b"")


def test_keys_of_any_characters_are_signed_and_listed(bucket: str) -> None:
    """Documents whose keys hold spaces, signs and letters of other alphabets are written, read, listed and removed."""
    store, keys = Store(f"{bucket}/a b+c"), ["runs/a b/+&=?#%.json", "runs/a b/~'()*!.json", "runs/ü/雪 <x>.json"]
    for key in keys:
        store.write(key, key.encode())
    assert (sorted(keys), ["a b", "ü"]) == (store.list("runs"), store.children("runs"))
    assert [key.encode() for key in keys] == [store.read(key) for key in keys]
    store.remove("runs")
    assert [] == store.list("")


def test_more_objects_than_a_page_of_a_listing_are_listed_and_removed(bucket: str) -> None:
    """A folder of more objects than an endpoint lists at once is listed, and removed, as a whole."""
    store = Store(bucket)
    keys = sorted(f"many/{number}" for number in range(1030))
    store.at_once(lambda key: store.write(key, b""), keys)
    assert keys == store.list("many")
    store.remove("many")
    assert [] == store.list("many")


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


def test_keys_in_the_environment_need_no_library(bucket: str) -> None:
    """With keys in the environment, as in a pod, a bucket is used without importing botocore."""
    uses = (
        "import sys; from kfnb.artifacts.store import Store; store = Store(sys.argv[1]); store.write('key', b'1')\n"
        "print(store.list(''), sorted({'botocore', 'fsspec', 'urllib3'} & set(sys.modules)))"
    )
    assert "['key'] []\n" == _program(uses, bucket).communicate()[0]


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


def test_an_endpoint_that_is_no_url_says_so(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that is not a URL is named with its variable."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "minio:9000")
    with pytest.raises(StoreError, match="AWS_ENDPOINT_URL is 'minio:9000'; give a URL"):
        Store(bucket).read("key")
