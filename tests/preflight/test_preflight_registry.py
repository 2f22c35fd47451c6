"""What registries are asked about images, and what is made of their answers: real ones, at the cluster's address."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from preflight_registries import ENOUGH, Registries, registries

from kfnb.preflight import registry
from kfnb.preflight.registry import Seen
from tests.cluster.fixtures import Cluster
from tests.cluster.places import ADDRESS
from tests.cluster.tiny_images import put_image, put_index


@pytest.fixture
def three(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registries:
    """Three registries with an image for one processor, one for two, and a private one."""
    monkeypatch.setenv("NO_PROXY", ADDRESS)
    with registries(ADDRESS, tmp_path / "registries") as made:
        one = put_image(made.open, "team/one", "1", "arm64")
        other = put_image(made.open, "team/one", "2", "amd64")
        put_index(made.open, "team/one", "both", {"arm64": one, "amd64": other, "unknown": other})
        put_image(made.open, "private/one", "1", "amd64")
        yield made


def without_digests(seen: dict[str, Seen]) -> dict[str, Seen]:
    """What was answered, but for what names mean now."""
    return {image: replace(one, digest="") for image, one in seen.items()}


def test_registries_are_asked_as_everybody_may(three: Registries, tmp_path: Path) -> None:
    """An image is there, for its processors, or it is not, whether a token is wanted or none; more is unknown."""
    asked = {
        f"{three.open}/team/one:1": Seen(there=True, processors=("arm64",)),
        f"{three.open}/team/one:both": Seen(there=True, processors=("amd64", "arm64")),
        f"{three.open}/team/one:none": Seen(there=False),
        f"{three.open}/team/none": Seen(there=False),
        f"{three.tokens}/team/one:2": Seen(there=True, processors=("amd64",)),
        f"{three.tokens}/team/one:none": Seen(there=False),
        f"{three.tokens}/private/one:1": Seen(None, f"its registry {three.tokens} wants credentials"),
        f"{three.passwords}/team/one:1": Seen(None, f"its registry {three.passwords} wants credentials"),
    }
    seen = registry.look(asked, tmp_path / "memory", seconds=ENOUGH)
    assert asked == without_digests(seen)
    assert [True, True, False, False, True, False, False, False] == [
        one.digest[:7] == "sha256:" for one in seen.values()
    ]
    assert len({one.digest for one in seen.values() if one.digest}) == 3


def test_what_a_digest_is_made_for_is_asked_once(three: Registries, tmp_path: Path) -> None:
    """The processors of an image are remembered by its digest: the registry may be without its content then."""
    image, memory = f"{three.open}/team/one:1", tmp_path / "memory"
    registry.look([image], memory, seconds=ENOUGH)
    (known,) = memory.iterdir()
    known.write_text('["riscv64"]', "utf-8")
    seen = registry.look([image], memory, seconds=ENOUGH)
    assert {image: Seen(there=True, processors=("riscv64",))} == without_digests(seen)


def test_what_does_not_answer_as_a_registry_is_unknown(tmp_path: Path, cluster: Cluster) -> None:
    """What is no registry, is not there or is another machine for each node says nothing about an image."""
    s3 = f"{ADDRESS}:7070"
    found = registry.look(
        ["localhost:5001/x", "127.0.0.1/x", f"{ADDRESS}:1/x", "registry.nowhere.test/x", f"{s3}/team/x"],
        tmp_path,
        seconds=ENOUGH,
    )
    assert {None} == {seen.there for seen in found.values()}
    assert ["localhost:5001 is another machine for each node", "127.0.0.1 is another machine for each node"] == [
        seen.why for seen in found.values()
    ][:2]
    assert f"its registry {ADDRESS}:1 cannot be reached from this machine" == found[f"{ADDRESS}:1/x"].why


def test_registries_keep_nobody_waiting(tmp_path: Path) -> None:
    """What has not answered in time is unknown."""
    image = "192.0.2.1/team/image:1"
    why = "its registry did not answer within 0 seconds"
    assert {image: Seen(None, why)} == registry.look([image], tmp_path, seconds=0)
