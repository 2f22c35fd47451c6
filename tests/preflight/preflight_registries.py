"""Real registries for tests of what is asked of them: an open one, one with passwords, one that hands out tokens."""

from __future__ import annotations

import base64
import contextlib
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

from tests.cluster.control_plane import answers_http
from tests.cluster.shell import call, found, wait_until

SERVICE, ISSUER = "registry", "tokens"
ENOUGH = 30.0
"""Seconds for registries in tests of what they say: the machine may be busy."""


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
        wait_until(lambda: answers_http(at), f"The registry {name}", 20)
        yield at
    finally:
        served.kill()
        served.wait()


def _free_port(address: str) -> int:
    with socket.socket() as one:
        one.bind((address, 0))
        port: int = one.getsockname()[1]
        return port


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
