"""What the cluster has once: etcd, API server, controllers, scheduler; beside them a registry and an S3 endpoint."""

from __future__ import annotations

import http.client
import json
import secrets
import urllib.request
from collections.abc import Callable

from tests.cluster import components
from tests.cluster.certificates import AUTHORITY, AUTHORITY_KEY, FOLDER, KUBECONFIG, certificate, kubeconfig
from tests.cluster.places import ADDRESS, BUCKET, CACHE, REGISTRY, RUN, S3, SERVICES
from tests.cluster.programs import program
from tests.cluster.shell import ClusterError, attempt, call, flags, wait_until, write

API_SERVER = "kube-apiserver"
S3_GATEWAY = "s3-gateway"
_ETCD = f"http://{ADDRESS}:2379"
_S3_ADDRESS = S3.removeprefix("http://")
_S3_KEYS = RUN / "s3-keys.json"


def kubectl(*words: str, text: str | None = None) -> str:
    """What kubectl says, called as the cluster's administrator, with `text` as its standard input."""
    return call(program("kubectl"), "--kubeconfig", KUBECONFIG, *words, text=text)


def apply(*objects: dict[str, object]) -> None:
    """Make these objects, or bring them up to date."""
    kubectl("apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


def answers() -> bool:
    """Whether the API server is ready."""
    return attempt(program("kubectl"), "--kubeconfig", KUBECONFIG, "get", "--raw", "/readyz", "--request-timeout=5s")


def forget_history() -> None:
    """Have etcd forget all versions of objects but the newest, as the API server has it do every five minutes."""
    newest = json.loads(kubectl("get", "--raw", "/api/v1/events?limit=1"))["metadata"]["resourceVersion"]
    asked = json.dumps({"revision": newest}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{_ETCD}/v3/kv/compaction", asked), timeout=30):
        pass


def s3_answers() -> bool:
    """Whether the S3 endpoint is there."""
    return answers_http(_S3_ADDRESS)


def s3_environment() -> dict[str, str]:
    """What a client of the S3 endpoint has in its environment, on this machine as in a pod."""
    keys = json.loads(_S3_KEYS.read_text("utf-8"))
    return {
        "AWS_ACCESS_KEY_ID": keys["access"],
        "AWS_SECRET_ACCESS_KEY": keys["secret"],
        "AWS_ENDPOINT_URL": S3,
        "AWS_REGION": "us-east-1",
    }


def start_registry() -> None:
    """A registry whose images outlive the cluster."""
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(CACHE / "registry")}, "delete": {"enabled": True}},
        "http": {"addr": REGISTRY},
        "log": {"level": "warn"},
    }
    components.start("registry", "docker-registry", "serve", write(RUN / "registry.yml", json.dumps(settings)))
    wait_for("registry", lambda: answers_http(REGISTRY))


def start_s3() -> None:
    """An S3 endpoint on a folder, with keys of its own and a bucket."""
    keys = {"access": secrets.token_hex(10), "secret": secrets.token_hex(20)}
    write(_S3_KEYS, json.dumps(keys), 0o600)
    folder = RUN / "s3"
    (folder / BUCKET).mkdir(parents=True, exist_ok=True)
    env = {"ROOT_ACCESS_KEY": keys["access"], "ROOT_SECRET_KEY": keys["secret"]}
    command = (program("versitygw"), "--port", _S3_ADDRESS, "--quiet", "posix", folder)
    components.start(S3_GATEWAY, *command, env=env)
    wait_for(S3_GATEWAY, s3_answers)


def start() -> None:
    """Start etcd, the API server and what works with it, and wait until it is ready."""
    data = RUN / "etcd"
    data.mkdir(mode=0o700)
    settings = flags(
        name="kfnb",
        data_dir=data,
        listen_client_urls=_ETCD,
        advertise_client_urls=_ETCD,
        listen_peer_urls=f"http://{ADDRESS}:2380",
        log_level="warn",
    )
    components.start("etcd", program("etcd"), *settings, "--unsafe-no-fsync")
    _start_api_server()
    wait_for(API_SERVER, answers)
    _start_controllers()


def wait_for(name: str, ready: Callable[[], bool]) -> None:
    """Return when `ready()`; ClusterError with the end of its log when the component ends before, or takes a minute."""
    try:
        wait_until(lambda: ready() or not components.alive(name), f"The start of {name}")
        if components.alive(name):
            return
        said = f"{name} has ended."
    except ClusterError as problem:
        said = str(problem)
    raise ClusterError(f"{said} The end of its log:\n{components.last_words(name)}")


def _start_api_server() -> None:
    """The API server; Pod Security, quota and priority admission are on by default."""
    serving, serving_key = certificate("api-server")
    client, client_key = certificate("api-server-client")
    accounts, accounts_key = certificate("service-accounts")
    settings = flags(
        advertise_address=ADDRESS,
        bind_address=ADDRESS,
        etcd_servers=_ETCD,
        service_cluster_ip_range=SERVICES,
        client_ca_file=AUTHORITY,
        tls_cert_file=serving,
        tls_private_key_file=serving_key,
        kubelet_certificate_authority=AUTHORITY,
        kubelet_client_certificate=client,
        kubelet_client_key=client_key,
        kubelet_preferred_address_types="InternalIP",
        service_account_issuer="https://kubernetes.default.svc",
        service_account_key_file=accounts,
        service_account_signing_key_file=accounts_key,
        authorization_mode="Node,RBAC",
        enable_admission_plugins="NodeRestriction",
        allow_privileged="true",  # as everywhere: what refuses privileged pods is Pod Security
        cert_dir=FOLDER,
    )
    components.start(API_SERVER, program(API_SERVER), *settings)


def _start_controllers() -> None:
    """Controller manager and scheduler."""
    manager, scheduler = "kube-controller-manager", "kube-scheduler"
    settings = flags(
        kubeconfig=kubeconfig(manager),
        leader_elect="false",
        use_service_account_credentials="true",
        root_ca_file=AUTHORITY,
        service_account_private_key_file=certificate("service-accounts")[1],
        cluster_signing_cert_file=AUTHORITY,
        cluster_signing_key_file=AUTHORITY_KEY,
        bind_address=ADDRESS,
        cert_dir=FOLDER,
        # A dead node is noticed in seconds; a minute would pass with every test that kills one.
        node_monitor_period="2s",
        node_monitor_grace_period="20s",
    )
    components.start(manager, program(manager), *settings)
    settings = flags(kubeconfig=kubeconfig(scheduler), leader_elect="false", bind_address=ADDRESS, cert_dir=FOLDER)
    components.start(scheduler, program(scheduler), *settings)


def answers_http(address: str) -> bool:
    """Whether something that speaks HTTP is at HOST:PORT, whatever it says."""
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
