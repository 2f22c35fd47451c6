"""What the cluster's registry is asked when images are made: whether it holds one, and to give one a second name."""

from __future__ import annotations

import http.client

from tests.cluster.places import IMAGES_HOST, REGISTRY
from tests.cluster.shell import ClusterError

_KINDS = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


def holds(reference: str) -> bool:
    """Whether the registry has an image of this name and tag."""
    return _ask("HEAD", reference)[0] == http.HTTPStatus.OK


def name_also(reference: str, other: str) -> None:
    """Let `other` be the same image as `reference`, whatever it was."""
    status, kind, manifest = _ask("GET", reference)
    if status != http.HTTPStatus.OK:
        raise ClusterError(f"The registry has no image {reference} (it says {status}).")
    status, _, said = _ask("PUT", other, manifest, kind)
    if status != http.HTTPStatus.CREATED:
        raise ClusterError(f"The registry refuses the name {other}: {said.decode('utf-8', 'replace')}")


def _ask(method: str, reference: str, body: bytes | None = None, kind: str = "") -> tuple[int, str, bytes]:
    """Status, type and content of the answer about an image's manifest."""
    name, _, tag = reference.removeprefix(f"{IMAGES_HOST}/").rpartition(":")
    connection = http.client.HTTPConnection(REGISTRY, timeout=30)
    try:
        headers = {"Accept": _KINDS, **({"Content-Type": kind} if kind else {})}
        connection.request(method, f"/v2/{name}/manifests/{tag}", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()
    except OSError as problem:
        raise ClusterError(f"The registry at {REGISTRY} does not answer: {problem}.") from problem
    finally:
        connection.close()
