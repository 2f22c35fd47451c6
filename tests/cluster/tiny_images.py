"""Images without a layer, for a processor of choice, put into a registry: for tests of what is not run."""

from __future__ import annotations

import hashlib
import http.client
import json
from urllib.parse import urlsplit

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"


def _request(at: str, method: str, target: str, body: bytes = b"", kind: str = "") -> tuple[int, str]:
    """Ask a registry; status and where it says that something lies."""
    connection = http.client.HTTPConnection(at, timeout=30)
    try:
        connection.request(method, target, body, {"Content-Type": kind} if kind else {})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location", "")
    finally:
        connection.close()


def put_image(at: str, name: str, tag: str, processor: str) -> str:
    """Put an image without a layer there; the digest of its manifest."""
    config = json.dumps(
        {"architecture": processor, "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    ).encode()
    place = urlsplit(_request(at, "POST", f"/v2/{name}/blobs/uploads/")[1])
    assert 201 == _request(at, "PUT", f"{place.path}?{place.query}&digest={_digest(config)}", config)[0]
    described = {"mediaType": _CONFIG, "digest": _digest(config), "size": len(config)}
    return _put(at, name, tag, {"mediaType": MANIFEST, "config": described, "layers": []})


def put_index(at: str, name: str, tag: str, images: dict[str, str]) -> None:
    """Put an image for several processors there. `images`: digest by processor; one of `unknown` is none."""
    each = [
        {"mediaType": MANIFEST, "digest": digest, "size": 1, "platform": _platform(processor)}
        for processor, digest in images.items()
    ]
    _put(at, name, tag, {"mediaType": INDEX, "manifests": each})


def _platform(processor: str) -> dict[str, str]:
    return {"architecture": processor, "os": "unknown" if processor == "unknown" else "linux"}


def _put(at: str, name: str, tag: str, manifest: dict[str, object]) -> str:
    text = json.dumps({"schemaVersion": 2, **manifest}).encode()
    assert 201 == _request(at, "PUT", f"/v2/{name}/manifests/{tag}", text, str(manifest["mediaType"]))[0]
    return _digest(text)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
