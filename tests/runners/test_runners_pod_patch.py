"""Pod patches: merged as Kubernetes merges them, and refused where a run would not hold any more."""

from __future__ import annotations

from typing import Any

import pytest

from kfnb.profiles import Profile
from kfnb.runners.pod_manifest import BUNDLE, HOME, pod_template
from kfnb.runners.pod_patch import BadPatch, patched
from kfnb.spec import Settings


def template() -> dict[str, Any]:
    """A small pod template."""
    main = {
        "name": "main",
        "image": "a",
        "command": ["x"],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "securityContext": {"readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
    }
    return {
        "metadata": {"labels": {"kfnb.dev/run": "r"}},
        "spec": {
            "restartPolicy": "Never",
            "containers": [main],
            "tolerations": [{"key": "a"}],
            "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}],
        },
    }


def of_main(**fields: Any) -> dict[str, Any]:
    """A patch of the container that runs the step."""
    return {"spec": {"containers": [{"name": "main", **fields}]}}


@pytest.mark.parametrize(
    ("patch", "path", "expected"),
    [
        ({"spec": {"hostname": "h"}}, ["spec", "hostname"], "h"),
        ({"spec": {"tolerations": [{"key": "b"}]}}, ["spec", "tolerations"], [{"key": "b"}]),
        ({"spec": {"tolerations": None}}, ["spec", "tolerations"], None),
        ({"metadata": {"labels": {"team": "x"}}}, ["metadata", "labels"], {"kfnb.dev/run": "r", "team": "x"}),
        ({"metadata": {"annotations": {"a": "b"}}}, ["metadata", "annotations"], {"a": "b"}),
        (
            of_main(env=[{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]),
            ["spec", "containers", 0, "env"],
            [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}, {"name": "C", "value": "4"}],
        ),
        (
            of_main(env=[{"name": "A", "$patch": "delete"}]),
            ["spec", "containers", 0, "env"],
            [{"name": "B", "value": "2"}],
        ),
        (
            of_main(env=[{"$patch": "replace"}, {"name": "Z", "value": "0"}]),
            ["spec", "containers", 0, "env"],
            [{"name": "Z", "value": "0"}],
        ),
        (
            of_main(securityContext={"readOnlyRootFilesystem": False}),
            ["spec", "containers", 0, "securityContext"],
            {"readOnlyRootFilesystem": False, "capabilities": {"drop": ["ALL"]}},
        ),
        (
            of_main(securityContext={"$patch": "replace", "privileged": True}),
            ["spec", "containers", 0, "securityContext"],
            {"privileged": True},
        ),
        (
            {"spec": {"volumes": [{"name": "scratch", "ephemeral": {"a": 1}}]}},
            ["spec", "volumes"],
            [{"name": "scratch", "ephemeral": {"a": 1}}],
        ),
        (
            {"spec": {"volumes": [{"name": "scratch", "emptyDir": {"medium": "Memory"}}]}},
            ["spec", "volumes"],
            [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi", "medium": "Memory"}}],
        ),
        (
            {"spec": {"initContainers": [{"name": "side", "image": "b", "restartPolicy": "Always"}]}},
            ["spec", "initContainers"],
            [{"name": "side", "image": "b", "restartPolicy": "Always"}],
        ),
    ],
)
def test_a_patch_is_merged(patch: dict[str, Any], path: list[Any], expected: object) -> None:
    """Objects are merged, lists of named items item by item, other lists replaced, null removes."""
    found: Any = patched(template(), patch)
    for step in path:
        found = found.get(step) if isinstance(found, dict) else found[step]
    assert expected == found


def test_the_last_patch_wins_and_nothing_given_is_changed() -> None:
    """A step's patch comes after the profile's; template and patches stay as they were."""
    before, first = template(), {"spec": {"hostname": "a", "subdomain": "s"}}
    after = patched(before, first, {"spec": {"hostname": "b"}})
    assert ("b", "s") == (after["spec"]["hostname"], after["spec"]["subdomain"])
    assert (template(), "a") == (before, first["spec"]["hostname"])


def test_without_patches_a_template_is_itself() -> None:
    """Empty patches change nothing."""
    assert template() == patched(template(), {}, {})


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({"tolerations": []}, "`tolerations` stands beside `metadata` and `spec`; it belongs into one of them"),
        ({"spec": []}, "`spec` must be an object"),
        ({"metadata": {"name": "x"}}, "`metadata.name` is kfnb's own; only labels and annotations can be patched"),
        ({"metadata": {"labels": []}}, "`metadata.labels` must be an object"),
        ({"metadata": {"labels": {"kfnb.dev/run": None}}}, "`metadata.labels`: by kfnb.dev/run kfnb finds the pods"),
        ({"metadata": {"labels": {"$patch": "replace"}}}, "`metadata.labels`: by these kfnb finds the pods"),
        ({"spec": {"restartPolicy": "Always"}}, "`spec.restartPolicy` cannot be changed: what becomes of a pod"),
        ({"spec": {"activeDeadlineSeconds": 5}}, "`spec.activeDeadlineSeconds` cannot be changed: it would count"),
        (of_main(command=["y"]), "`command` of the container `main` cannot be changed: it starts the step"),
        (of_main(args=["y"]), "`args` of the container `main` cannot be changed"),
        (of_main(image="y"), "`image` of the container `main` cannot be changed: a result depends on it"),
        (of_main(**{"$patch": "delete"}), "the container `main` cannot be taken away: the step runs in it"),
        ({"spec": {"containers": None}}, "the container `main` cannot be taken away: the step runs in it"),
        ({"spec": {"containers": [{"name": "side"}]}}, "the container `side` would keep the pod from ending"),
        ({"spec": {"containers": [{"image": "y"}]}}, "`spec.containers`: each item must be an object with `name`"),
        ({"spec": {"containers": [{"$patch": "replace"}, {}]}}, "`spec.containers` must be a list of objects with"),
        ({"spec": {"containers": "x"}}, "`spec.containers` must be a list of objects with a `name`"),
        ({"spec": {"volumes": ["x"]}}, "`spec.volumes`: each item must be an object with `name`"),
        ({"spec": {"restartPolicy": {"a": 1}}}, "`spec.restartPolicy` is no object in a pod"),
        ({"spec": {"$retainKeys": ["x"]}}, "`spec.$retainKeys`: of directives there are"),
    ],
)
def test_a_patch_that_breaks_a_run_is_refused(patch: dict[str, Any], message: str) -> None:
    """What a run rests on cannot be patched; the message says which field and why."""
    with pytest.raises(BadPatch) as caught:
        patched(template(), patch)
    assert message == str(caught.value)[: len(message)]


LENT = Profile(
    name="t", namespace="n", root="s3://b/r", image="own:1", launcher_image="base:1", bundle=True, store_secret="keys"
)
KEYS = {"secretRef": {"name": "keys"}}


def of_lender(**fields: Any) -> dict[str, Any]:
    """A patch of the init container that lends the launcher."""
    return {"spec": {"initContainers": [{"name": "launcher", **fields}]}}


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({"spec": {"readinessGates": [{"conditionType": "x"}]}}, "`spec.readinessGates` cannot be changed: that its"),
        ({"spec": {"initContainers": None}}, "the init container `launcher` cannot be taken away: it lends kfnb's"),
        (of_lender(**{"$patch": "delete"}), "the init container `launcher` cannot be taken away"),
        (of_lender(command=["true"]), "`command` of the container `launcher` cannot be changed: it copies kfnb's"),
        (of_lender(image="other"), "`image` of the container `launcher` cannot be changed: kfnb's launcher is in it"),
        (of_lender(restartPolicy="Always"), "`restartPolicy` of the container `launcher` cannot be changed"),
        (of_lender(volumeMounts=None), f"what is mounted at `{BUNDLE}` of the container `launcher` cannot be taken"),
        ({"spec": {"volumes": None}}, "the volume `scratch` cannot be taken away: it is mounted"),
        ({"spec": {"volumes": [{"name": "scratch", "$patch": "delete"}]}}, "the volume `scratch` cannot be taken"),
        (of_main(volumeMounts=None), f"what is mounted at `{HOME}` of the container `main` cannot be taken away"),
        (of_main(volumeMounts=[{"mountPath": "/tmp", "$patch": "delete"}]), "what is mounted at `/tmp` of the"),
        (of_main(volumeMounts=[{"mountPath": "/tmp", "readOnly": True}]), "the mount at `/tmp` of the container `ma"),
        (of_main(volumeMounts=[{"mountPath": BUNDLE, "name": "x"}]), f"the mount at `{BUNDLE}` of the container `ma"),
        (of_main(volumeMounts="x"), "`volumeMounts` of the container `main`"),
        (of_main(env=None), "the variable `HOME` cannot be taken away; it may have another value"),
        (of_main(env=[{"name": "PYTHONHASHSEED", "$patch": "delete"}]), "the variable `PYTHONHASHSEED` cannot be"),
        (of_main(envFrom=None), "`envFrom` of the container `main` is replaced as a whole; repeat `secretRef: keys`"),
        (of_main(envFrom=[{"secretRef": {"name": "more"}}]), "`envFrom` of the container `main` is replaced as a"),
        (of_main(restartPolicy="Always"), "`restartPolicy` of the container `main` cannot be changed"),
    ],
)
def test_what_kfnb_put_into_a_pod_stays_there(patch: dict[str, Any], message: str) -> None:
    """The launcher that is lent, what is mounted, where it may write, its variables and the store's keys are kept."""
    with pytest.raises(BadPatch) as caught:
        patched(pod_template(LENT, Settings(), ["x"], labels={}), patch)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "patch",
    [
        of_lender(resources={"requests": {"cpu": "1"}}),
        of_main(env=[{"name": "HOME", "value": "/data"}, {"name": "TEAM", "$patch": "delete"}]),
        of_main(envFrom=[KEYS, {"secretRef": {"name": "more"}}]),
        of_main(volumeMounts=[{"mountPath": "/tmp", "name": "large"}]),
        {"spec": {"volumes": [{"name": "scratch", "ephemeral": {"a": 1}}, {"name": "large", "emptyDir": {}}]}},
        {"spec": {"initContainers": [{"name": "side", "image": "b", "restartPolicy": "Always"}]}},
    ],
)
def test_all_else_is_the_users(patch: dict[str, Any]) -> None:
    """Other sizes, values, sources and companions are no breach."""
    before = pod_template(LENT, Settings(env={"TEAM": "x"}), ["x"], labels={})
    assert before != patched(before, patch)


def test_a_patch_of_what_lends_is_for_pods_that_have_it() -> None:
    """A pod whose image has kfnb, such as the orchestrator's, is not given half an init container."""
    plain = pod_template(Profile(name="t", namespace="n", root="s3://b/r", image="base:1"), Settings(), [], labels={})
    assert [] == patched(plain, of_lender(resources={"requests": {"cpu": "1"}}))["spec"]["initContainers"]
    assert [{"name": "launcher", "image": "my"}] == patched(plain, of_lender(image="my"))["spec"]["initContainers"]
