"""What pods name that is not in the cluster, and what is known of images."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfnb.errors import Diagnostic
from kfnb.preflight import images, names
from kfnb.preflight.names import Reference
from kfnb.profiles import Profile
from kfnb.runners.cluster_facts import Named
from kfnb.runners.pod_manifest import pod_template
from kfnb.runners.pod_patch import patched
from kfnb.runners.task_packages import Kernel
from kfnb.spec import Cell, Settings, Task
from tests.preflight.preflight_facts import EMPTY

PROFILE = Profile(name="test", namespace="ml", root="s3://runs/kfnb", image="base:1", store_secret="store")
FACTS = msgspec.structs.replace(EMPTY, kueue=True, classes=("high", "low"))


def task(settings: Settings = Settings(), *tags: str, imports: tuple[str, ...] = ()) -> Task:  # noqa: B008
    """A step with a tagged second cell."""
    cells = (Cell(id="a", index=0, source="1", ordinal=1), Cell(id="b", index=1, source="2", ordinal=2, tags=tags))
    return Task(name="train", slug="train", cells=cells, settings=settings, imports=imports)


def named(settings: Settings, *patches: dict[str, Any], **profile: Any) -> list[str]:
    """What a step's pod names, with keys."""
    template = pod_template(msgspec.structs.replace(PROFILE, **profile), settings, (), labels={})
    found = names.references(patched(template, *patches), settings.queue)
    return [f"{each.object}" + (f" {each.key}" if each.key else "") for each in found]


def test_everything_that_a_pod_names_is_seen() -> None:
    """Environment, volumes, accounts, classes, queues and what a pod patch adds; not what is optional."""
    settings = Settings(
        secrets=(("tokens", "key", "TOKEN"),),
        config_maps=(("settings", "mode", "MODE"),),
        secret_files=(("certificates", "/certificates"),),
        config_map_files=(("tables", "/tables"),),
        volumes=(("data", "/data", True), ("data", "/more", False)),
        priority="high",
        queue="gpus",
    )
    assert [
        "ServiceAccount steps",
        "PriorityClass high",
        "LocalQueue gpus",
        "Secret pull",
        "PersistentVolumeClaim data",
        "Secret certificates",
        "ConfigMap tables",
        "Secret store",
        "Secret tokens key",
        "ConfigMap settings mode",
    ] == named(settings, service_account="steps", image_pull_secrets=("pull",))
    more = [
        {"name": "extra", "configMap": {"name": "patched"}},
        {"name": "o", "secret": {"secretName": "no", "optional": True}},
    ]
    assert ["ConfigMap patched", "Secret store"] == named(Settings(), {"spec": {"volumes": more}})


def missing(
    reference: Reference, *tags: str, of_profile: bool = False, **facts: Any
) -> list[tuple[str, str | None, str, str | None]]:
    """Severity, cell, message and fix of the findings about one thing that a step, or the profile, names."""
    own = [reference] if of_profile else []
    by_task = [] if of_profile else [(task(Settings(), *tags), [reference])]
    found = names.missing(msgspec.structs.replace(FACTS, **facts), PROFILE, own, by_task)
    return [(each.severity, each.cell, each.message, each.fix.text if each.fix else None) for each in found]


@pytest.mark.parametrize(
    ("kind", "tag", "fix"),
    [
        (
            "Secret",
            "secret:x:k:K",
            "Make it: `kubectl create secret generic x --namespace ml --from-literal=KEY=VALUE`.",
        ),
        (
            "ConfigMap",
            "configmap:x:/x",
            "Make it: `kubectl create configmap x --namespace ml --from-literal=KEY=VALUE`.",
        ),
        ("PersistentVolumeClaim", "pvc:x:/x", "Name one that is there, or have it made."),
        ("LocalQueue", "queue:x", "Name one that is there, or have it made."),
    ],
)
def test_what_is_not_there_is_told_at_its_tag(kind: str, tag: str, fix: str) -> None:
    """A step that names what the namespace does not have is refused, with the command that makes it."""
    one = Named(kind, "x")
    message = f"Step `train` names the {kind} `x`, which namespace ml does not have."
    assert [("error", "b", message, fix)] == missing(Reference(one), tag, there={str(one): False})
    assert [] == missing(Reference(one), tag, there={str(one): True})
    assert [] == missing(Reference(one), tag, there={str(one): None})


def test_what_the_profile_names_has_no_cell() -> None:
    """What every pod needs is told once, of the profile; the orchestrator's account is made by `kfnb cluster init`."""
    one = Named("ServiceAccount", "kfnb-orchestrator")
    message = "Cluster `test` names the ServiceAccount `kfnb-orchestrator`, which namespace ml does not have."
    fix = "Make it, with the rights that it needs: `kfnb cluster init test`."
    assert [("error", None, message, fix)] == missing(Reference(one), of_profile=True, there={str(one): False})


def test_priority_classes_are_the_clusters() -> None:
    """For a class that is not there those that are there are named."""
    one = Named("PriorityClass", "x")
    message = "Step `train` names the PriorityClass `x`, which the cluster does not have."
    found = missing(Reference(one), "priority:x", there={str(one): False})
    assert [("error", "b", message, "There are `high`, `low`.")] == found


def test_a_queue_without_kueue_is_a_warning() -> None:
    """Something else than Kueue may let Jobs of a queue run."""
    one = Named("LocalQueue", "x")
    found = missing(Reference(one), "queue:x", there={str(one): False}, kueue=False)
    assert [("warning", "b")] == [each[:2] for each in found]


def test_a_key_of_a_config_map_is_looked_for() -> None:
    """A key that the config map does not have is refused, with those that it has; those of secrets are not seen."""
    one = Named("ConfigMap", "x")
    there: dict[str, Any] = {"there": {str(one): True}, "keys": {str(one): ("mode", "size")}}
    message = "Step `train` names the key `speed` of the ConfigMap `x`, which has `mode`, `size`."
    found = missing(Reference(one, "speed"), "configmap:x:speed:SPEED", **there)
    assert [("error", "b", message, "Name one of these, or add it.")] == found
    assert [] == missing(Reference(one, "mode"), **there)
    secret = Named("Secret", "x")
    assert [] == missing(Reference(secret, "any"), there={str(secret): True})


HERE = "{}.{}".format(*sys.version_info)
KERNEL = Kernel(frozenset(), HERE)
KNOWN = images.KnownImage("base:1", "sha256:0", 0.0, f"{HERE}.1", "0.1.0", frozenset({"pandas"}))


def unsuited(home: Path, profile: Profile, *tasks: Task, kernel: Kernel = KERNEL) -> list[Diagnostic]:
    """What is found about images that are remembered, in a folder with the module `beside`."""
    known = images.known(home, profile, tasks)
    return [*images.unsuited(known, profile, tasks, frozenset({"beside"}), kernel)]


def test_images_are_remembered(tmp_path: Path) -> None:
    """What a step imports and its image lacks is a warning, as is another Python; what is not known is not judged."""
    asking = [task(Settings(), imports=("pandas", "torch", "json", "beside")), task(Settings(image="other:1"))]
    assert [] == unsuited(tmp_path, PROFILE, *asking)
    images.remember(tmp_path, KNOWN)
    images.remember(tmp_path, msgspec.structs.replace(KNOWN, image="other:1", python="3.99.1"))
    found = unsuited(tmp_path, PROFILE, *asking)
    assert [("KF925", "warning"), ("KF925", "warning")] == [(each.code, each.severity) for each in found]
    assert found[0].message.startswith("Step `train` imports `torch`, which image `base:1` did not have on ")
    assert f"Image `other:1` has Python 3.99, and the notebook's kernel has {HERE}." == found[1].message


def test_an_image_that_no_pod_has_looked_into_is_said_to_be_unchecked(tmp_path: Path) -> None:
    """Once an image, where its steps need more than Python and the notebook's folder have, with what looks into it."""
    plain = task(Settings(image="plain:1"), imports=("json", "beside"))
    asking = [
        *(task(Settings(image=image), imports=("torch",)) for image in ("other:1", None, "other:1")),
        plain,
    ]
    images.remember(tmp_path, msgspec.structs.replace(KNOWN, image="seen:1"))
    seen = task(Settings(image="seen:1"), imports=("torch",))
    known = images.known(tmp_path, PROFILE, [*asking, seen])
    found = [*images.unseen(known, PROFILE, [*asking, seen], frozenset({"beside"}))]
    assert [("KF926", "hint")] * 2 == [(each.code, each.severity) for each in found]
    assert ["`base:1`", "`other:1`"] == [each.message.split("image ")[1].split(" yet")[0] for each in found]
    commands = [each.fix.text.split("`")[1] for each in found if each.fix is not None]
    assert ["kfnb cluster check test", "kfnb cluster check test --image other:1"] == commands


def test_an_image_is_held_against_the_notebooks_kernel(tmp_path: Path) -> None:
    """Which Python runs kfnb itself does not matter."""
    images.remember(tmp_path, KNOWN)
    (found,) = unsuited(tmp_path, PROFILE, task(), kernel=Kernel(frozenset(), "3.98"))
    assert f"Image `base:1` has Python {HERE}, and the notebook's kernel has 3.98." == found.message


def test_what_cannot_be_installed_is_refused(tmp_path: Path) -> None:
    """Without a package index it is an error to lack what the kernel has; what the kernel lacks too is a warning."""
    images.remember(tmp_path, KNOWN)
    offline = msgspec.structs.replace(PROFILE, package_index=False)
    asking = task(Settings(), imports=("torch",))
    severities = [
        found.severity
        for profile, kernel in ((PROFILE, {"torch"}), (offline, {"torch"}), (offline, {"pandas"}))
        for found in unsuited(tmp_path, profile, asking, kernel=Kernel(frozenset(kernel), HERE))
    ]
    assert ["warning", "error", "warning"] == severities


def test_packages_that_a_tag_asks_for_and_nothing_can_install_are_refused(tmp_path: Path) -> None:
    """Without a package index a version that the known image does not have is an error at the tag."""
    images.remember(tmp_path, msgspec.structs.replace(KNOWN, packages={"Scikit_Learn": "1.7.0", "six": "1.16"}))
    tags = ("scikit-learn>=1.5", "six>=1.17", "xgboost")
    asking = task(Settings(packages=tags), "packages:six>=1.17")
    assert [] == unsuited(tmp_path, PROFILE, asking)
    (found,) = unsuited(tmp_path, msgspec.structs.replace(PROFILE, package_index=False), asking)
    words = "Step `train` asks for `six>=1.17`, `xgboost`, which image `base:1` did not have on "
    assert ("error", "b", words) == (found.severity, found.cell, found.message[: len(words)])
