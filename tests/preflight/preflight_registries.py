"""Real registries for tests of what is asked of them: an open one, one with passwords, one that hands out tokens."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import http.server
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.cluster.shell import call, found, wait_until

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
SERVICE, ISSUER = "registry", "tokens"


@dataclass(frozen=True)
class Registries:
    """Addresses of three registries with the same images. `tokens` gives everybody one, but for what is `private/…`."""

    open: str
    passwords: str
    tokens: str


@contextlib.contextmanager
def registries(address: str, folder: Path) -> Iterator[Registries]:
    """Have them at an address of this machine that is not its own alone."""
    with contextlib.ExitStack() as stack:
        certificate, key = folder / "tokens.crt", folder / "tokens.key"
        folder.mkdir()
        call("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={ISSUER}",
             "-keyout", key, "-out", certificate)  # fmt: skip
        realm = stack.enter_context(_token_server(address, certificate, key))
        token = {"realm": realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": str(certificate)}
        (folder / "passwords").write_text("", "utf-8")
        ways = {
            "open": {},
            "passwords": {"htpasswd": {"realm": "private", "path": str(folder / "passwords")}},
            "tokens": {"token": token},
        }
        yield Registries(
            **{name: stack.enter_context(_served(address, folder, name, auth)) for name, auth in ways.items()}
        )


@contextlib.contextmanager
def _served(address: str, folder: Path, name: str, auth: dict[str, dict[str, str]]) -> Iterator[str]:
    at = f"{address}:{_free_port(address)}"
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "http": {"addr": at},
        "log": {"level": "error"},
    }
    file = folder / f"{name}.yml"
    file.write_text(json.dumps({**settings, **({"auth": auth} if auth else {})}), "utf-8")
    with (folder / f"{name}.log").open("wb") as log:
        served = subprocess.Popen([str(found("docker-registry")), "serve", file], stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(at), f"The registry {name}", 20)
        yield at
    finally:
        served.kill()
        served.wait()


def _free_port(address: str) -> int:
    with socket.socket() as one:
        one.bind((address, 0))
        port: int = one.getsockname()[1]
        return port


def _answers(at: str) -> bool:
    try:
        return request(at, "GET", "/v2/")[0] in (200, 401)
    except OSError:
        return False


def request(at: str, method: str, target: str, body: bytes = b"", kind: str = "") -> tuple[int, str]:
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
    place = urlsplit(request(at, "POST", f"/v2/{name}/blobs/uploads/")[1])
    assert 201 == request(at, "PUT", f"{place.path}?{place.query}&digest={_digest(config)}", config)[0]
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
    assert 201 == request(at, "PUT", f"/v2/{name}/manifests/{tag}", text, str(manifest["mediaType"]))[0]
    return _digest(text)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


# -------------------------------------------------------------------------------------------------------------- tokens


@contextlib.contextmanager
def _token_server(address: str, certificate: Path, key: Path) -> Iterator[str]:
    """Gives everybody a token to pull what is asked for, as https://distribution.github.io/distribution/spec/auth/."""

    class Tokens(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            scope = parse_qs(urlsplit(self.path).query).get("scope", [""])[0]
            _, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            access = (
                []
                if name.startswith("private/")
                else [{"type": "repository", "name": name, "actions": [*actions.split(",")]}]
            )
            body = json.dumps({"token": _token(access, certificate, key)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer((address, 0), Tokens) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{address}:{server.server_port}/token"
        finally:
            server.shutdown()
            thread.join()


def _token(access: list[dict[str, object]], certificate: Path, key: Path) -> str:
    der = "".join(line for line in certificate.read_text("ascii").splitlines() if "-----" not in line)
    now = int(time.time())
    head = {"alg": "RS256", "typ": "JWT", "x5c": [der]}
    claims = {"iss": ISSUER, "aud": SERVICE, "sub": "", "exp": now + 300, "nbf": now - 10, "iat": now, "jti": "1"}
    signed = f"{_encoded(json.dumps(head).encode())}.{_encoded(json.dumps({**claims, 'access': access}).encode())}"
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", key], input=signed.encode(), capture_output=True, check=True
    ).stdout
    return f"{signed}.{_encoded(signature)}"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
