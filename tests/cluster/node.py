"""A node: namespaces of this machine with a containerd, a kubelet and a kube-proxy that know nothing of the others.

A first process, the anchor, holds a network and a mount namespace; everything of the node is started in both. So what
these programs mount, and the folders whose places they do not let one choose, end with the node's last process.
"""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.cluster import components, network
from tests.cluster.certificates import AUTHORITY, certificate, kubeconfig
from tests.cluster.control_plane import apply, kubectl, wait_for
from tests.cluster.images import PAUSE
from tests.cluster.places import IMAGES_HOST, PODS, REGISTRY, Node
from tests.cluster.programs import program
from tests.cluster.shell import attempt, call, flags, wait_until, write

_KUBELET_PORT = 10250
CGROUPS = Path("/sys/fs/cgroup")
FIXED_FOLDERS = (Path("/var/lib/kubelet"), Path("/var/lib/cni"), Path("/var/log"))
"""What kubelet and the network plugins use wherever else their settings point; each node has its own in their place."""


def anchor(node: Node) -> str:
    """The component that holds the node's namespaces."""
    return f"anchor-{node.name}"


def containerd(node: Node) -> str:
    """The component that runs the node's containers."""
    return f"containerd-{node.name}"


def kubelet(node: Node) -> str:
    """The component that speaks for the node."""
    return f"kubelet-{node.name}"


def proxy(node: Node) -> str:
    """The component that translates services' addresses on the node."""
    return f"kube-proxy-{node.name}"


def start(node: Node) -> None:
    """Start everything of the node; it is not waited for its being ready."""
    _make_cgroup(node)
    _start_anchor(node)
    _start_containerd(node)
    wait_for(containerd(node), lambda: _containerd_answers(node))  # kubelet ends at once where it finds none
    _start_kubelet(node)
    _start_proxy(node)


def start_again(node: Node) -> None:
    """Start the programs of a node that was stopped, and wait until it is ready."""
    components.start_again(containerd(node))
    wait_for(containerd(node), lambda: _containerd_answers(node))
    components.start_again(proxy(node))
    wait_until(lambda: _kubelet_answers(node), f"The start of {kubelet(node)}")
    wait_ready(node)


def wait_ready(node: Node) -> None:
    """Return when the node is ready, with its labels, taints and fake devices."""
    wait_for(kubelet(node), lambda: is_ready(node))
    if not node.resources:
        return
    capacity = [
        {"op": "add", "path": f"/status/capacity/{name.replace('/', '~1')}", "value": count}
        for name, count in node.resources.items()
    ]
    kubectl("patch", "node", node.name, "--subresource=status", "--type=json", "--patch", json.dumps(capacity))
    wanted = node.resources.items()
    wait_until(lambda: wanted <= _status(node).get("allocatable", {}).items(), f"The devices of node {node.name}")


def is_ready(node: Node) -> bool:
    """Whether the API server has the node as ready."""
    conditions = _status(node).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def pull(node: Node, images: Iterable[str]) -> None:
    """Have these images on the node, so that no pod waits for one."""
    for image in images:
        call("ctr", *_address(node), "--namespace", "k8s.io", "images", "pull", "--hosts-dir", _hosts(node), image)


def stop(node: Node) -> None:
    """Kill the node's programs and its containers; the anchor keeps its namespaces.

    What watches a container goes before it: else it would note how that ended, as no node without power does.
    """
    for name in {kubelet(node), proxy(node), containerd(node)} & {*components.names()}:
        components.stop(name)
    components.kill([*_shims(node), *containers(node)])


def _shims(node: Node) -> list[int]:
    """Ids of the processes of the node's containerd that each watch the containers of a pod."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"shim" in words[0] and f"{node.folder}/containerd.sock".encode() in words:
                found.append(int(folder.name))
    return found


def containers(node: Node) -> list[int]:
    """Ids of all processes in the node's cgroups."""
    listed: set[int] = set()
    for folder in cgroups(node):
        for processes in folder.rglob("cgroup.procs"):
            with contextlib.suppress(OSError):  # the folder has gone meanwhile
                listed.update(map(int, processes.read_text().split()))
    return sorted(listed)


def cgroups(node: Node) -> list[Path]:
    """The node's folder in every hierarchy that has one: one a controller in cgroup v1, a single one in v2."""
    return [folder for folder in (CGROUPS / node.cgroup, *CGROUPS.glob(f"*/{node.cgroup}")) if folder.is_dir()]


def remove_cgroups(node: Node) -> None:
    """Take away the node's cgroups, once the last process in them has ended."""
    wait_until(lambda: not containers(node), f"The end of the containers of node {node.name}", 20)
    for folder in cgroups(node):
        below = [path for path in folder.rglob("*") if path.is_dir()]
        for each in (*sorted(below, reverse=True), folder):
            each.rmdir()


def _status(node: Node) -> dict[str, Any]:
    """The node's status, empty where there is no such node yet."""
    said = kubectl("get", "nodes", "--output=json")
    items = json.loads(said)["items"]
    return next((item["status"] for item in items if item["metadata"]["name"] == node.name), {})


def _make_cgroup(node: Node) -> None:
    """Make what kubelet wants to be there."""
    if (CGROUPS / "cgroup.controllers").exists():
        wanted = {"cpu", "cpuset", "memory", "pids", "io"} & set((CGROUPS / "cgroup.controllers").read_text().split())
        switch = " ".join(f"+{name}" for name in sorted(wanted))
        (CGROUPS / "cgroup.subtree_control").write_text(switch)
        (CGROUPS / node.cgroup).mkdir(exist_ok=True)
        (CGROUPS / node.cgroup / "cgroup.subtree_control").write_text(switch)
        return
    for controller in CGROUPS.iterdir():
        if controller.is_symlink() or not (controller / "cgroup.procs").exists():
            continue
        folder = controller / node.cgroup
        folder.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):  # a new cpuset is empty, and takes no process then
            if (controller / setting).exists():
                (folder / setting).write_text((controller / setting).read_text())


def _start_anchor(node: Node) -> None:
    """Make the node's namespaces, its network and its own folders at the fixed places."""
    for place in FIXED_FOLDERS:
        place.mkdir(parents=True, exist_ok=True)
    pid = components.start(anchor(node), "unshare", "--net", "--mount", "--propagation=slave", "sleep", "infinity")
    # It has both namespaces once it is what it was to become.
    wait_until(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n", f"The namespaces of node {node.name}")
    for place in FIXED_FOLDERS:
        own = node.folder / "fixed" / place.name
        own.mkdir(parents=True)
        call("nsenter", f"--mount=/proc/{pid}/ns/mnt", "mount", "--bind", own, place)
    network.connect(node, pid)


def _inside(node: Node) -> tuple[str, ...]:
    """What a command begins with to run in the node's namespaces."""
    pid = components.recorded(anchor(node)).pid
    return ("nsenter", f"--net=/proc/{pid}/ns/net", f"--mount=/proc/{pid}/ns/mnt")


def _address(node: Node) -> tuple[str, str]:
    return ("--address", str(node.folder / "containerd.sock"))


def _hosts(node: Node) -> Path:
    """The folder that tells containerd which registry holds an image."""
    return node.folder / "registries"


def _kubelet_answers(node: Node) -> bool:
    """Start the kubelet where it is not alive, and say whether it listens.

    It ends where containerd answers and does not take pods yet, as it does while it looks for those of before.
    """
    components.start_again(kubelet(node))
    with contextlib.suppress(OSError), socket.create_connection((node.address, _KUBELET_PORT), 1):
        return True
    return False


def _containerd_answers(node: Node) -> bool:
    return attempt("ctr", *_address(node), "--connect-timeout", "1s", "version")


def _start_containerd(node: Node) -> None:
    """containerd, with state, image store and network of its own."""
    folder = node.folder
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    settings = f"""
version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-state"
[grpc]
  address = "{folder}/containerd.sock"
[{cri}]
  sandbox_image = "{PAUSE}"
  # Root in a container or a small machine may not be allowed to lower a score.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[{cri}.cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "{folder}/cni"
[{cri}.registry]
  config_path = "{_hosts(node)}"
"""
    registry = f'[host."http://{REGISTRY}"]\n  capabilities = ["pull", "resolve"]\n'
    for name in (IMAGES_HOST, REGISTRY):  # by its address this machine can ask it too
        write(_hosts(node) / name / "hosts.toml", registry)
    addresses = {"type": "host-local", "dataDir": str(folder / "addresses"), "ranges": [[{"subnet": node.pods}]]}
    plugin = {
        "type": "ptp",
        "ipam": {**addresses, "routes": [{"dst": "0.0.0.0/0"}]},
    }
    chain = {
        "cniVersion": "0.4.0",
        "name": "kfnb-test",
        "plugins": [plugin, {"type": "portmap", "capabilities": {"portMappings": True}}],
    }
    write(folder / "cni" / "kfnb.conflist", json.dumps(chain))
    config = write(folder / "containerd.toml", settings)
    components.start(containerd(node), *_inside(node), "containerd", "--config", config)


def _start_kubelet(node: Node) -> None:
    """kubelet; what it reports, it reports soon."""
    folder = node.folder
    shown, key = certificate(node.name)
    settings = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock",
        "address": node.address,
        "tlsCertFile": str(shown),
        "tlsPrivateKeyFile": str(key),
        "authentication": {"x509": {"clientCAFile": str(AUTHORITY)}, "anonymous": {"enabled": False}},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{node.cgroup}",
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "resolvConf": "",
        "podLogsDir": str(folder / "pod-logs"),
        "volumePluginDir": str(folder / "volume-plugins"),
        "registerWithTaints": list(node.taints),
        "nodeStatusUpdateFrequency": "2s",
        "nodeLeaseDurationSeconds": 12,
        "maxPods": 250,
        # A test cluster on a full disk says so where the disk is missed, not by moving pods.
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
    }
    given = flags(
        config=write(folder / "kubelet.json", json.dumps(settings, indent=1)),
        kubeconfig=kubeconfig(node.name),
        root_dir=folder / "kubelet",
        cert_dir=folder / "certificates",
        hostname_override=node.name,
        node_ip=node.address,
        node_labels=",".join(f"{name}={value}" for name, value in node.labels.items()),
    )
    components.start(kubelet(node), *_inside(node), program("kubelet"), *given)


def _start_proxy(node: Node) -> None:
    """kube-proxy, by iptables; the machine's own limits for connections stay as they are."""
    settings = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "hostnameOverride": node.name,
        "clusterCIDR": PODS,
        "clientConnection": {"kubeconfig": str(kubeconfig("kube-proxy"))},
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
    }
    config = write(node.folder / "kube-proxy.json", json.dumps(settings, indent=1))
    components.start(proxy(node), *_inside(node), program("kube-proxy"), f"--config={config}")


def remove_fixed_folders() -> None:
    """Take away the empty folders that the nodes' own were mounted on, unless this machine uses them."""
    for place in FIXED_FOLDERS:
        with contextlib.suppress(OSError):
            place.rmdir()


def let_proxies_read() -> None:
    """Give kube-proxy the right to read what it proxies."""
    apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "kfnb-test-proxies"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:node-proxier"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:kube-proxy"}],
        }
    )
