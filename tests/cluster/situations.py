"""What a task's pod can wait for, or end of, as real Jobs of kfnb's: for the tests of the words that kfnb has for it.

Each situation is one Job, all made at once in a namespace that `prepare` gets ready, some after something `happens`.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from kfnb.profiles import Profile
from kfnb.runners.job_manifest import LAUNCHER, TASK, Attempt, job
from kfnb.runners.pod_manifest import BUNDLE
from kfnb.spec import Settings
from tests.cluster import control_plane, images, lifecycle, tiny_images
from tests.cluster.places import ADDRESS, BUCKET, NODES, REGISTRY, RUN, S3, STORE_SECRET
from tests.cluster.shell import wait_until, write

RUN_ID = "20261124-121500-ab12"
NOWHERE = f"{ADDRESS}:5998"
"""An address of the control plane's at which nothing listens."""
PRIVATE = "private.kfnb.test"
"""The name of a registry that lets nobody in, while situations are prepared."""
OPEN = "open.kfnb.test"
"""Another name of the cluster's own registry, under which nobody else is asked."""
MIG = "nvidia.com/mig-1g.5gb"


def _python(program: str) -> tuple[str, ...]:
    return ("python", "-c", program)


LENDS = f"cp -R /opt/kfnb/bundle/. {BUNDLE}"
SLEEP = _python("import time; time.sleep(600)")


@dataclass(frozen=True)
class Situation:
    """One Job: settings of the step, fields of the profile, and what its container runs instead of the launcher."""

    settings: Settings = field(default_factory=Settings)
    profile: dict[str, Any] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    pod: dict[str, Any] = field(default_factory=dict)
    """Fields of the pod's spec that no tag can set."""
    lends: str = ""
    """What lends a launcher does this instead."""
    suspended: bool = False
    limited: bool = False
    """It is made in the namespace that has a LimitRange."""
    uri: str = f"s3://{BUCKET}/none/input.json"


def _affinity(key: str) -> dict[str, Any]:
    term = {"matchExpressions": [{"key": key, "operator": "Exists"}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


def _beside(label: str, value: str, kind: str = "podAffinity") -> dict[str, Any]:
    term = {"labelSelector": {"matchLabels": {label: value}}, "topologyKey": "kubernetes.io/hostname"}
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


ON_CPU = {"kubernetes.io/hostname": "cpu"}

HOLDERS = {
    "preempted": Situation(Settings(limits={MIG: "2"}), command=SLEEP),
    "holds-disk": Situation(Settings(requests={"ephemeral-storage": "200Gi"}, node_selector=ON_CPU), command=SLEEP),
    "drained": Situation(command=SLEEP),
    "deleted": Situation(command=SLEEP),
}
"""What runs before the others are made."""

WAITING = {
    "no-such-device": Situation(Settings(limits={"example.com/npu": "1"})),
    "more-devices": Situation(Settings(limits={"nvidia.com/gpu": "16"})),
    "devices-in-use": Situation(Settings(limits={MIG: "1"})),
    "second-in-line": Situation(Settings(limits={MIG: "1"})),
    "device-behind-taint": Situation(Settings(limits={"amd.com/gpu": "1"})),
    "taint": Situation(Settings(node_selector={"kubernetes.io/hostname": "gpu"})),
    "too-much-cpu": Situation(Settings(requests={"cpu": "64"})),
    "too-much-memory": Situation(Settings(requests={"memory": "900Gi"})),
    "not-free-now": Situation(Settings(requests={"ephemeral-storage": "100Gi"}, node_selector=ON_CPU)),
    "no-such-node": Situation(Settings(node_selector={"disk": "ssd"})),
    "no-affine-node": Situation(Settings(affinity=_affinity("zone"))),
    "no-affine-pod": Situation(Settings(affinity=_beside("app", "x"))),
    "apart": Situation(Settings(affinity=_beside(TASK, "holds-disk", "podAntiAffinity"), node_selector=ON_CPU)),
    "gated": Situation(pod={"schedulingGates": [{"name": "example.com/later"}]}),
    "no-claim": Situation(Settings(volumes=(("nothing", "/data", False),))),
    "unbound-claim": Situation(Settings(volumes=(("unbound", "/data", False),))),
    "claim-elsewhere": Situation(Settings(volumes=(("elsewhere", "/data", False),))),
    "quota": Situation(Settings(limits={"example.com/fpga": "1"})),
    "no-priority-class": Situation(Settings(priority="nothing")),
    "no-service-account": Situation(profile={"service_account": "nothing"}),
    "pod-security": Situation(Settings(pod_patches=({"spec": {"hostNetwork": True}},))),
    "limit-range": Situation(Settings(limits={"memory": "3Gi"}), limited=True),
    "in-queue": Situation(Settings(queue="gpus")),
    "suspended": Situation(suspended=True),
    "no-image": Situation(Settings(image=f"{OPEN}/nothing:1")),
    "no-tag": Situation(Settings(image=f"{OPEN}/kfnb-base:nothing")),
    "foreign-image": Situation(Settings(image=f"{OPEN}/foreign:s390x")),
    "no-pull-secret": Situation(Settings(image=f"{PRIVATE}/team/image:1")),
    "registry-away": Situation(Settings(image=f"{NOWHERE}/team/image:1")),
    "registry-unknown": Situation(Settings(image="registry.nowhere.test/team/image:1")),
    "bad-image-name": Situation(Settings(image="Team/Image::1")),
    "never-pulled": Situation(Settings(image=f"{OPEN}/nothing:1"), profile={"image_pull_policy": "Never"}),
    "no-secret": Situation(Settings(secrets=(("nothing", "key", "A"),))),
    "no-key": Situation(Settings(secrets=((STORE_SECRET, "nothing", "A"),))),
    "no-config-map": Situation(Settings(config_maps=(("nothing", "key", "A"),))),
    "no-config-key": Situation(Settings(config_maps=(("kube-root-ca.crt", "nothing", "A"),))),
    "no-secret-files": Situation(Settings(secret_files=(("nothing", "/etc/nothing"),))),
    "no-store-secret": Situation(profile={"store_secret": "nothing"}),
    "root-image": Situation(Settings(image=images.ROOT), profile={"run_as_user": "fromNamespace"}),
}

ENDED = {
    "no-command": Situation(Settings(image=images.PAUSE)),
    "no-kfnb": Situation(Settings(env={"PATH": "/usr/bin"}), command=("python3", *LAUNCHER[1:], "s3://none/none")),
    "bad-python": Situation(Settings(env={"PYTHONHOME": "/nowhere"})),
    "crash-at-start": Situation(command=_python("import sys; sys.exit('cannot begin: no licence')")),
    "out-of-memory": Situation(Settings(limits={"memory": "48Mi"}), command=_python("b'x' * (1 << 30)")),
    "evicted": Situation(
        profile={"scratch_size": "8Mi"},
        command=_python("open('/tmp/big', 'wb').write(bytes(32 << 20)); import time; time.sleep(600)"),
    ),
    "deadline": Situation(pod={"activeDeadlineSeconds": 1}, command=SLEEP),
    "other-python": Situation(Settings(image=images.PLAIN), lends=f"{LENDS}; cd {BUNDLE}; mv cp311-* cp39-x86_64"),
    "no-input": Situation(uri=f"s3://{BUCKET}/nothing/input.json"),
    "bad-input": Situation(uri=f"s3://{BUCKET}/bad/input.json"),
    "no-bucket": Situation(uri="s3://nothing/input.json"),
    "wrong-keys": Situation(profile={"store_secret": "wrong-keys"}),
    "exit-code": Situation(command=_python("import sys; print('the last words'); sys.exit(17)")),
}


SLOW = {"no-store": Situation(profile={"endpoint_url": f"http://{ADDRESS}:5998"})}
"""What takes minutes: a store that does not answer is waited for."""

PREEMPTS = Situation(Settings(limits={MIG: "2"}), command=SLEEP)
"""What takes the place of `preempted`, once it is given the priority class that is named as the namespace."""


def limited(namespace: str) -> str:
    """The namespace beside that has a LimitRange."""
    return f"{namespace}-limited"


def manifest(name: str, situation: Situation, namespace: str, image: str) -> dict[str, Any]:
    """The Job of a situation."""
    profile_ = msgspec.structs.replace(profile(namespace, image), **situation.profile)
    attempt = Attempt(RUN_ID, name, name, 1, situation.uri, situation.settings, suspended=situation.suspended)
    made = job(profile_, attempt)
    template = made["spec"]["template"]["spec"]
    template.update(situation.pod)
    if situation.command:
        template["containers"][0]["command"] = list(situation.command)
    if situation.lends:
        template["initContainers"][0]["command"] = ["sh", "-c", situation.lends]
    return made


def profile(namespace: str, image: str) -> Profile:
    """The profile of the situations that change nothing of it."""
    return Profile(
        name="test",
        namespace=namespace,
        root=f"s3://{BUCKET}/{namespace}",
        image=image,
        endpoint_url=S3,
        store_secret=STORE_SECRET,
        grace_seconds=1,
        requests={"cpu": "1m", "memory": "16Mi"},  # what waits on a node for its image takes nothing from other tests
    )


@contextlib.contextmanager
def prepared(namespace: str) -> Iterator[None]:
    """Have in and beside the namespace what situations need, and take away what lies outside of it."""
    lifecycle.make_namespace(limited(namespace))
    images.make_root()
    foreign = tiny_images.put_image(REGISTRY, "foreign", "alone", "s390x")
    tiny_images.put_index(REGISTRY, "foreign", "s390x", {"s390x": foreign})
    write(RUN / "s3" / BUCKET / "bad" / "input.json", "rubbish")
    control_plane.apply(*_beside_the_namespace(namespace), *_in_the_namespace(namespace))
    try:
        with _private_registry():
            yield
    finally:
        for kind, name in (
            ("namespace", limited(namespace)),
            ("persistentvolume", namespace),
            ("priorityclass", namespace),
        ):
            control_plane.kubectl("delete", kind, name, "--wait=false")


def _in_the_namespace(namespace: str) -> list[dict[str, Any]]:
    wrong = {name: "wrong" for name in control_plane.s3_environment() if "KEY" in name}
    claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}
    most = {"type": "Container", "max": {"memory": "2Gi"}}
    found = [
        _object("v1", "ResourceQuota", "fpgas", spec={"hard": {"requests.example.com/fpga": "0"}}),
        _object("v1", "Secret", "wrong-keys", stringData={**control_plane.s3_environment(), **wrong}),
        _object("v1", "PersistentVolumeClaim", "unbound", spec=claim),
        _object("v1", "PersistentVolumeClaim", "elsewhere", spec={**claim, "volumeName": namespace}),
    ]
    for each in found:
        each["metadata"]["namespace"] = namespace
    limits = _object("v1", "LimitRange", "small", spec={"limits": [most]})
    limits["metadata"]["namespace"] = limited(namespace)
    return [*found, limits]


def _beside_the_namespace(namespace: str) -> list[dict[str, Any]]:
    zone = {"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["z9"]}]}
    volume = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "",
        "claimRef": {"namespace": namespace, "name": "elsewhere"},
        "local": {"path": "/nowhere"},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [zone]}},
    }
    return [
        _object("v1", "PersistentVolume", namespace, spec=volume),
        _object("scheduling.k8s.io/v1", "PriorityClass", namespace, value=1000),
    ]


def _object(version: str, kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}


@contextlib.contextmanager
def _private_registry() -> Iterator[None]:
    """A registry that lets nobody in, which the nodes know as PRIVATE."""
    address, folder = f"{ADDRESS}:5097", RUN / "private-registry"
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "auth": {"htpasswd": {"realm": "private", "path": str(write(folder / "passwords", ""))}},
        "http": {"addr": address},
        "log": {"level": "error"},
    }
    file = write(folder / "registry.yml", json.dumps(settings))
    for name, at in ((PRIVATE, address), (OPEN, REGISTRY)):
        for each in NODES:
            asked = f'server = "http://{at}"\n[host."http://{at}"]\n  capabilities = ["pull", "resolve"]\n'
            write(each.folder / "registries" / name / "hosts.toml", asked)
    with subprocess.Popen(
        ["docker-registry", "serve", file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as one:
        try:
            wait_until(lambda: control_plane.answers_http(address), "The private registry", 10)
            yield
        finally:
            one.kill()
