"""What kfnb says in each of the situations of `tests/cluster/situations.py`.

IMAGE is the steps' image, CPU and MEMORY are what the largest node has.
"""

from __future__ import annotations

WAITING = {
    "apart": (
        "its affinity keeps it off every node on which certain other pods run. It starts when one of those has ended"
    ),
    "bad-image-name": (
        "'Team/Image::1' cannot be the name of an image. Correct the tag `image:` (or the profile) and run again"
    ),
    "claim-elsewhere": (
        "its volume (claim elsewhere) can only be used in another zone or on another node than those that it "
        "may run on. Place the step where the volume is, or use another volume"
    ),
    "second-in-line": (
        "1 node has nvidia.com/mig-1g.5gb, all in use; 1 task ahead. It starts when something else has ended"
    ),
    "device-behind-taint": (
        "node gpu has amd.com/gpu, but it does not bear the taint nvidia.com/gpu=present there. Add the tag "
        "`toleration:nvidia.com/gpu` if it may run there"
    ),
    "devices-in-use": "1 node has nvidia.com/mig-1g.5gb, all in use. It starts when something else has ended",
    "foreign-image": (
        "image open.kfnb.test/foreign:s390x is not made for the node's processors. Build it for them too, or place the "
        "step elsewhere (tag `node:kubernetes.io/arch=…`)"
    ),
    "gated": "something in the cluster holds it back (a scheduling gate). It goes on when that lets it",
    "in-queue": "it waits in queue gpus. It starts when the queue has room; see `kubectl describe localqueue gpus`",
    "limit-range": (
        "the namespace's limits (LimitRange) refuse its pod: maximum memory usage per Container is 2Gi, but "
        "limit is 3Gi. Ask for what they allow"
    ),
    "more-devices": (
        "it asks for 16 nvidia.com/gpu, and no node has more than 2. Ask for less with the tag `gpu:`, or add"
        " a larger node"
    ),
    "never-pulled": (
        "image open.kfnb.test/nothing:1 is not on the node, and the profile's image_pull_policy is Never. Put"
        " it there, or let it be pulled"
    ),
    "no-affine-node": "no node is such as its affinity asks for (label zone). Correct the affinity, or label a node",
    "no-affine-pod": (
        "its affinity asks for a node beside certain other pods; there is none. Correct the affinity, or start them"
    ),
    "no-claim": (
        "there is no volume claim nothing in its namespace. Make it, or correct the tag `pvc:`; it goes on then"
    ),
    "no-config-key": (
        "config map kube-root-ca.crt has no key nothing. Add it, or correct the tag `configmap:`; it goes on then"
    ),
    "no-config-map": (
        "there is no config map nothing in its namespace. Make it, or correct the tag `configmap:`; it goes on then"
    ),
    "no-image": (
        "there is no image open.kfnb.test/nothing:1. Correct the tag `image:` (or the profile); or push it, "
        "and it goes on then"
    ),
    "no-key": "secret kfnb-store has no key nothing. Add it, or correct the tag `secret:`; it goes on then",
    "no-priority-class": (
        "the cluster has no priority class nothing. Correct the tag `priority:`, or the profile's priority_class"
    ),
    "no-pull-secret": (
        "registry private.kfnb.test does not hand out image private.kfnb.test/team/image:1 without "
        "credentials. Make a pull secret, name it in the profile's image_pull_secrets, and run again"
    ),
    "no-secret": (
        "there is no secret nothing in its namespace. Make it, or correct the tag `secret:`, or the profile's"
        " store_secret; it goes on then"
    ),
    "no-secret-files": (
        "there is no secret nothing in its namespace. Make it, or correct the tag `secret:`, or the profile's"
        " store_secret; it goes on then"
    ),
    "no-service-account": "there is no service account nothing in its namespace. Make it, or correct the profile",
    "no-store-secret": (
        "there is no secret nothing in its namespace. Make it, or correct the tag `secret:`, or the profile's"
        " store_secret; it goes on then"
    ),
    "no-such-device": (
        "no node has any example.com/npu. The cluster has amd.com/gpu, google.com/tpu, nvidia.com/gpu, "
        "nvidia.com/mig-1g.5gb: change the step's tags, or add such a node"
    ),
    "no-such-node": "no node has the labels disk=ssd. Correct the tag `node:`, or label a node",
    "no-tag": (
        "there is no image open.kfnb.test/kfnb-base:nothing. Correct the tag `image:` (or the profile); or "
        "push it, and it goes on then"
    ),
    "not-free-now": (
        "it asks for 100Gi ephemeral-storage, which no node has free now. It starts when something else has ended"
    ),
    "pod-security": (
        "the namespace's Pod Security level restricted refuses its pod: host namespaces (hostNetwork=true). "
        "Change the pod patch or the profile, or have the namespace's level changed"
    ),
    "quota": (
        "quota fpgas allows no example.com/fpga in its namespace, and it asks for 1. Ask for none, or have it raised"
    ),
    "registry-away": (
        "registry 10.99.0.1:5998 cannot be reached from the node, to pull image 10.99.0.1:5998/team/image:1: "
        "connect: connection refused. It is tried again and again; check the registry's name and the "
        "cluster's network"
    ),
    "registry-unknown": (
        "registry registry.nowhere.test cannot be reached from the node, to pull image "
        "registry.nowhere.test/team/image:1: its name cannot be resolved there. It is tried again and again; "
        "check the registry's name and the cluster's network"
    ),
    "root-image": (
        "image kfnb.test/pause-as-root:1 runs as root, which the pod's security forbids. Give it a numbered "
        "user (`USER 1000`), or set run_as_user in the profile"
    ),
    "suspended": "its Job is suspended. It starts when someone resumes it (`spec.suspend: false`)",
    "taint": (
        "node gpu would do, but it does not bear the taint nvidia.com/gpu=present there. Add the tag "
        "`toleration:nvidia.com/gpu` if it may run there"
    ),
    "too-much-cpu": (
        "it asks for 64 cpu, and no node has more than CPU. Ask for less with the tag `request:cpu:` or "
        "`limit:cpu:`, or add a larger node"
    ),
    "too-much-memory": (
        "it asks for 900Gi memory, and no node has more than MEMORY. Ask for less with the tag "
        "`request:memory:` or `limit:memory:`, or add a larger node"
    ),
    "unbound-claim": (
        "its volume claim unbound has no volume yet. See `kubectl describe pvc`: storage class, size and "
        "access mode must be such that the cluster has or makes one"
    ),
}
"""Of attempts that wait."""

SLOW = {
    "no-store": (
        "The input of the task cannot be read: The artifact store s3://kfnb does not answer at http://10.99.0.1:5998: "
        "[Errno 111] Connection refused. Check AWS_ENDPOINT_URL and the network. `kfnb resume` starts the step again, "
        "with a new one."
    ),
}
"""Of attempts that take minutes to end."""

ENDED = {
    "bad-input": (
        "The input of the task cannot be read: JSON is malformed: invalid character (byte 0). "
        "`kfnb resume` starts the step again, with a new one."
    ),
    "bad-python": (
        "Its process ended with exit code 1 before the step was done: see the step's log. It last said: "
        "ModuleNotFoundError: No module named 'encodings'"
    ),
    "crash-at-start": (
        "Its process ended with exit code 1 before the step was done: see the step's log. It last said: cannot begin: "
        "no licence"
    ),
    "deadline": (
        "Its pod was ended: it ran longer than 1 s that its cluster allows (activeDeadlineSeconds). Make the step "
        "shorter, or have that limit raised."
    ),
    "deleted": "its pod was removed before it had ended: by someone, or by the cluster",
    "evicted": (
        "The step used more than the 8Mi of disk (HOME and /tmp) that its pod has, and was ended. Write less "
        "there, or raise the profile's scratch_size."
    ),
    "exit-code": (
        "Its process ended with exit code 17 before the step was done: see the step's log. It last said: the last words"
    ),
    "no-bucket": (
        "The input of the task cannot be read: The artifact store s3://nothing at http://10.99.0.1:7070: "
        "there is no bucket 'nothing': make it, or name another with --root."
    ),
    "no-command": "Image kfnb.test/pause:1 has no program 'python3': an image for steps has Python in it.",
    "other-python": (
        "The image of this step has no kfnb, and no Python that kfnb's launcher can be lent to: it is CPython 3.11 on "
        "x86_64 with glibc, and what is lent is for CPython 3.9 on x86_64 with glibc. Use an image with one of these, "
        "or one made on kfnb's base image."
    ),
    "no-input": (
        "The input of the task cannot be read: The artifact store s3://kfnb/nothing holds nothing at "
        "s3://kfnb/nothing/input.json: it was removed or never written. `kfnb resume` starts the step again, with a "
        "new one."
    ),
    "no-kfnb": "Image IMAGE has no kfnb. Have it lent a launcher (`bundle` in the profile), or build it on kfnb's own.",
    "out-of-memory": (
        "The step used more memory than its limit of 48Mi (tag `limit:memory:`) and was killed. Work on less "
        "data at a time, or raise the limit."
    ),
    "wrong-keys": (
        "The input of the task cannot be read: The artifact store s3://kfnb at http://10.99.0.1:7070: the "
        "access key is not known there: check AWS_ACCESS_KEY_ID."
    ),
    "preempted": "its pod had to make room for a more important one (PREEMPTED)",
    "drained": "its pod was evicted, as when a node is drained (Eviction API: evicting)",
}
"""Of attempts that have ended, or were taken away: these start again by themselves, which the run says before."""
