"""What a profile and a step say together that no pod can be made of."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kfnb.profiles import Accelerator, Profile
from kfnb.runners.pod_findings import findings
from kfnb.spec import Cell, PipelineSpec, Settings, Task

PROFILE = Profile(name="test", namespace="ml", root="s3://runs/kfnb", image="base:1")


def found(settings: Settings, *tags: str, **profile: Any) -> list[tuple[str, str | None, str, str | None]]:
    """Code, cell, message and fix of each finding about a pipeline of one step with a tagged second cell."""
    cells = (
        Cell(id="a", index=0, source="1", ordinal=1),
        Cell(id="b", index=1, source="2", ordinal=2, tags=tags),
    )
    task = Task(name="train", slug="train", cells=cells, settings=settings)
    spec = PipelineSpec(name="n", notebook="n.ipynb", notebook_digest="", tasks=(task,))
    diagnostics = findings(msgspec.structs.replace(PROFILE, **profile), spec)
    return [(each.code, each.cell, each.message, each.fix.text if each.fix else None) for each in diagnostics]


def test_a_step_that_can_be_a_pod_has_no_findings() -> None:
    """Known accelerators, labels of the user's own, mounts beside ours and harmless patches are fine."""
    settings = Settings(
        accelerator="big",
        labels={"team": "x"},
        volumes=(("data", "/data", False), ("cache", "/kfnb/home/.cache", False)),
        pod_patches=({"spec": {"hostname": "h"}},),
    )
    assert [] == found(settings, accelerators={"big": Accelerator()}, pod_patch={"spec": {"subdomain": "s"}})


def test_an_unknown_accelerator_is_told_at_its_tag() -> None:
    """A type that neither the profile nor kfnb knows is refused, with the nearest one and with how to add it."""
    table = "`[clusters.test.accelerators.T4]` to the file of clusters."
    assert [
        (
            "KF910",
            "b",
            "Step `train` asks for the accelerator `T4`, which cluster `test` does not know.",
            f"Write `accelerator:t4`, or add a table {table}",
        )
    ] == found(Settings(accelerator="T4"), "accelerator:T4")
    assert "A type that it is not told: add a table" in str(found(Settings(accelerator="quantum"))[0][3])


def test_an_accelerator_is_mended_where_a_tag_says_it() -> None:
    """The fix takes the tag off and sets the nearest type; where no tag says it, there are words alone."""
    changes = []
    for tags in (("step:train", "accelerator:T4"), ("step:train",)):
        cell = Cell(id="b", index=0, source="x = 1", ordinal=1, tags=tags)
        task = Task(name="train", slug="train", cells=(cell,), settings=Settings(accelerator="T4"))
        (one,) = findings(PROFILE, PipelineSpec(name="n", notebook="n.ipynb", notebook_digest="", tasks=(task,)))
        assert one.fix is not None
        changes.append((one.fix.add_tags, one.fix.remove_tags))
    assert [(("accelerator:t4",), ("accelerator:T4",)), ((), ())] == changes


@pytest.mark.parametrize("word", ["label", "annotation"])
def test_labels_of_kfnb_are_refused(word: str) -> None:
    """A tag cannot set what kfnb finds its pods by."""
    settings = msgspec.structs.replace(Settings(), **{f"{word}s": {"kfnb.dev/run": "x"}})
    assert [
        (
            "KF912",
            "b",
            f"Step `train` sets the {word} `kfnb.dev/run`, by which kfnb finds its pods again.",
            "Give it another name.",
        )
    ] == found(settings, f"{word}:kfnb.dev/run:x")


@pytest.mark.parametrize(
    ("settings", "tag", "own"),
    [
        (Settings(volumes=(("c", "/tmp", False),)), "pvc:c:/tmp", "/tmp"),
        (Settings(volumes=(("c", "/tmp/", False),)), "pvc:c:/tmp/", "/tmp"),
        (Settings(secret_files=(("s", "/kfnb"),)), "secret:s:/kfnb", "/kfnb/home"),
        (Settings(config_map_files=(("s", "/"),)), "configmap:s:/", "/kfnb/home"),
        (Settings(volumes=(("c", "/dev/shm", False),)), "pvc:c:/dev/shm", "/dev/shm"),
    ],
)
def test_a_mount_that_hides_a_folder_of_kfnb_is_refused(settings: Settings, tag: str, own: str) -> None:
    """Nothing is mounted over the folders that a pod writes to, or above them."""
    path = tag.partition(":/")[2]
    message = f"Step `train` mounts something at `/{path}`, where kfnb's own `{own}` would be hidden."
    assert [("KF912", "b", message, "Mount it elsewhere, like /data.")] == found(settings, tag)


def test_patches_are_tried_before_anything_runs() -> None:
    """A patch that would break a run is a finding of its profile, or of its step."""
    patch = {"spec": {"restartPolicy": "Always"}}
    reason = "what becomes of a pod is for the orchestrator to say"
    why = f"cannot be applied: `spec.restartPolicy` cannot be changed: {reason}."
    assert [("KF911", None, f"The pod patch of cluster `test` {why}")] == [
        each[:3] for each in found(Settings(), pod_patch=patch)
    ]
    assert [("KF911", "a", f"The pod patch of step `train` {why}")] == [
        each[:3] for each in found(Settings(pod_patches=(patch,)))
    ]


def test_patches_that_fit_alone_and_not_together_are_told() -> None:
    """What the profile makes of a pod, the patch of a step may not go with: that is a finding of the step's."""
    of_profile, of_step = {"spec": {"dnsConfig": "text"}}, {"spec": {"dnsConfig": {"searches": ["x"]}}}
    assert [] == found(Settings(), pod_patch=of_profile)
    assert [] == found(Settings(pod_patches=(of_step,)))
    (told,) = found(Settings(pod_patches=(of_step,)), pod_patch=of_profile)
    assert ("KF911", "a", True) == (*told[:2], "The pod patch of step `train`" in told[2])
