"""What a store in a bucket, S3's or Google's, promises beyond the suite of all stores: one winner, parts, forks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from gcs_server import GcsServer
from s3_gateway import Gateway

from kfnb.artifacts.bucket import PART, Bucket
from kfnb.artifacts.store import Store
from kfnb.errors import StoreError

LARGE = os.urandom(PART) + b"the rest of it" * 400_000
ADDRESS = {"s3": "AWS_ENDPOINT_URL", "gs": "STORAGE_EMULATOR_HOST"}


@pytest.fixture(params=["bucket", "gcs_bucket"], ids=["s3", "gs"])
def root(request: pytest.FixtureRequest) -> str:
    """The URI of a bucket of the test's own, of either kind."""
    return str(request.getfixturevalue(request.param))


def _address(root: str) -> str:
    return ADDRESS[root.partition(":")[0]]


def _program(text: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", text, *arguments], stdout=subprocess.PIPE, text=True)


def test_of_two_processes_that_create_a_document_one_wins_each_time(root: str) -> None:
    """Two processes that create the same fifty documents at the same time make each of them once."""
    creates = (
        "import sys; from kfnb.artifacts.store import Store; store = Store(sys.argv[1]); store.exists('warm')\n"
        "print(sum(store.create(f'events/{n}', sys.argv[2].encode()) for n in range(50)))"
    )
    writers = [_program(creates, root, name) for name in "ab"]
    made = [int(writer.communicate()[0]) for writer in writers]
    assert 50 == sum(made)
    store = Store(root)
    assert made == [sum(store.read(f"events/{n}") == name for n in range(50)) for name in (b"a", b"b")]


def test_large_objects_go_in_parts_and_come_back(root: str, tmp_path: Path) -> None:
    """What is larger than a part comes back as it was, put from memory or a file, read as bytes or into a file."""
    store, source = Store(root), tmp_path / "source"
    source.write_bytes(LARGE[::-1])
    one, two = store.put(LARGE), store.put_file(source)
    store.fetch(one, tmp_path / "copy")
    assert (LARGE, LARGE[::-1]) == ((tmp_path / "copy").read_bytes(), store.get(two))
    assert ["artifacts"] == store.children("")


def test_many_small_blobs_are_put_and_read_at_once(root: str, tmp_path: Path) -> None:
    """`put_all`, `get_all` and `fetch_all` do what put, get and fetch do, in the order of what they are given."""
    store, source = Store(root), tmp_path / "source"
    source.write_bytes(b"a file")
    items = [*(f"blob {n}".encode() for n in range(40)), source]
    blobs = store.put_all(items)
    copies = [tmp_path / f"{n}" for n in range(41)]
    store.fetch_all(list(zip(blobs, copies, strict=True)))
    expected = [*items[:-1], b"a file"]
    assert (expected, expected) == (store.get_all(blobs), [copy.read_bytes() for copy in copies])


def test_a_fork_of_a_process_with_open_connections_has_its_own(root: str) -> None:
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
    assert "True 0\n" == _program(forks, root).communicate()[0]


@pytest.fixture(params=["s3_gateway", "gcs_server"], ids=["s3", "gs"])
def own_endpoint(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gateway | GcsServer]:
    """An endpoint of the test's own, of either kind."""
    shared = request.getfixturevalue(request.param)
    endpoint = type(shared)(shared.program, tmp_path / "endpoint")
    for name, value in endpoint.environment.items():
        monkeypatch.setenv(name, value)
    yield endpoint
    endpoint.stop()


def test_an_endpoint_that_goes_away_for_a_while_is_waited_for(own_endpoint: Gateway | GcsServer) -> None:
    """A call to an endpoint that has answered before waits until it is there again."""
    store = Store(own_endpoint.make_bucket("away"))
    store.write("before", b"1")
    own_endpoint.stop()
    back = threading.Timer(1.5, own_endpoint.start)
    back.start()
    store.write("after", b"2")
    back.join()
    assert ["after", "before"] == store.list("")


def test_in_a_hurry_nothing_is_waited_for(own_endpoint: Gateway | GcsServer) -> None:
    """What may as well be done later fails at once while the endpoint is away, and what must be done waits again."""
    store = Store(own_endpoint.make_bucket("away"), patient=True)
    store.write("before", b"1")
    own_endpoint.stop()
    with pytest.raises(StoreError, match="does not answer"), store.hurried():
        store.write("now", b"2")
    back = threading.Timer(0.5, own_endpoint.start)
    back.start()
    store.write("after", b"3")
    back.join()
    assert ["after", "before"] == store.list("")


def test_a_hurry_is_of_one_thread_and_what_it_does_at_once(own_endpoint: Gateway | GcsServer) -> None:
    """Many calls at once do not wait either; another thread with the same store does."""
    store = Store(own_endpoint.make_bucket("away"), patient=True)
    store.write("before", b"1")
    own_endpoint.stop()
    with ThreadPoolExecutor(1) as other, store.hurried():
        waits = other.submit(store.write, "after", b"3")
        with pytest.raises(StoreError, match="does not answer"):
            store.at_once(store.read, ["before", "before"])
        own_endpoint.start()
        waits.result()
    assert ["after", "before"] == store.list("")


def _lose_an_answer(store: Store, which: Callable[[str, Mapping[str, str]], bool]) -> None:
    """Have the next request of a kind be done, and its answer be lost."""
    bucket = store._files
    assert isinstance(bucket, Bucket)
    assert [] == store.list("")  # the endpoint is known to be there
    endpoint: Any = bucket._calls._endpoint
    real, lost = endpoint.send, [ConnectionResetError("the answer is lost")]

    def send(*asked: Any) -> Any:
        answer = real(*asked)
        if lost and which(asked[0], asked[2] or {}):
            raise lost.pop()
        return answer

    endpoint.send = send


def test_an_object_made_by_a_try_whose_answer_was_lost_counts_as_made(root: str) -> None:
    """A creation that is asked again, as its answer got lost, knows the object as its own; another's it does not."""
    store = Store(root)
    _lose_an_answer(store, lambda method, query: method == "PUT" or "uploadType" in query)
    assert (True, False) == (store.create("events/1", b"mine"), Store(root).create("events/1", b"mine"))
    assert b"mine" == store.read("events/1")


def test_an_upload_whose_last_answer_was_lost_counts_as_done(root: str) -> None:
    """Parts that were put together by a try whose answer got lost are the object."""
    store = Store(root)
    last: dict[str, Callable[[Mapping[str, str]], bool]] = {
        "s3": lambda query: "uploadId" in query,
        "gs": lambda query: "uploadType" not in query,
    }
    _lose_an_answer(store, lambda method, query: method == "POST" and last[root[:2]](query))
    assert LARGE == store.get(store.put(LARGE))


def test_an_unknown_bucket_says_so(root: str) -> None:
    """A bucket that does not exist is named, by whatever is written or listed there."""
    store = Store(f"{root[:2]}://not-there/x")
    for use in (lambda: store.write("key", b""), lambda: store.list("runs")):
        with pytest.raises(StoreError, match="there is no bucket 'not-there'"):
            use()


@pytest.mark.parametrize("kind", ADDRESS)
def test_a_root_without_a_bucket_says_so(kind: str) -> None:
    """A root that names no bucket is no store."""
    with pytest.raises(StoreError, match=f"{kind}:// names no bucket"):
        Store(f"{kind}://")


def test_an_endpoint_that_never_answered_is_named(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint where nobody listens is named at once."""
    monkeypatch.setenv(_address(root), "http://127.0.0.1:9")
    with pytest.raises(StoreError, match=rf"does not answer at http://127\.0\.0\.1:9: .* Check {_address(root)}"):
        Store(root).read("key")


@pytest.mark.parametrize("address", ["ftp://minio:9000", "http://", "http://host:port"])
def test_an_endpoint_that_is_no_url_says_so(root: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that is not a URL is named with its variable."""
    monkeypatch.setenv(_address(root), address)
    with pytest.raises(StoreError, match=f"{_address(root)} is '.*'; give a URL"):
        Store(root).read("key")


def test_keys_of_any_characters_are_sent_and_listed(root: str) -> None:
    """Documents whose keys hold spaces, signs and letters of other alphabets are written, read, listed and removed."""
    store, keys = Store(f"{root}/a b+c"), ["runs/a b/+&=?#%.json", "runs/a b/~'()*!.json", "runs/ü/雪 <x>.json"]
    for key in keys:
        store.write(key, key.encode())
    assert (sorted(keys), ["a b", "ü"]) == (store.list("runs"), store.children("runs"))
    assert [key.encode() for key in keys] == [store.read(key) for key in keys]
    store.remove("runs")
    assert [] == store.list("")


def test_more_objects_than_a_page_of_a_listing_are_listed_and_removed(root: str) -> None:
    """A folder of more objects than an endpoint lists at once is listed, and removed, as a whole."""
    store = Store(root)
    keys = sorted(f"many/{number}" for number in range(1030))
    store.at_once(lambda key: store.write(key, b""), keys)
    assert keys == store.list("many")
    store.remove("many")
    assert [] == store.list("many")


def test_in_a_pod_no_library_is_needed(root: str) -> None:
    """With keys in the environment, or none asked for, a bucket is used without importing a library for it."""
    uses = (
        "import sys; from kfnb.artifacts.store import Store; store = Store(sys.argv[1]); store.write('key', b'1')\n"
        "print(store.list(''), sorted({'botocore', 'fsspec', 'google', 'urllib3'} & set(sys.modules)))"
    )
    assert "['key'] []\n" == _program(uses, root).communicate()[0]
