"""An endpoint that speaks as Google Cloud Storage does (fake-gcs-server); Google's own cannot be had in tests."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from endpoint_program import EndpointProgram, built, free_port


def program() -> Path | None:
    """Where its program lies; None where it was not built (`make store-endpoints` builds it)."""
    return built("fake-gcs-server", "fake-gcs-server")


class GcsServer(EndpointProgram):
    """A running endpoint: in memory, or on a folder, where its objects are there again when it is started again.

    `host`: the address of this machine at which it listens.
    """

    def __init__(self, program: Path, folder: Path | None = None, host: str = "127.0.0.1") -> None:
        port = free_port(host)
        self.url = f"http://{host}:{port}"
        self.environment = {"STORAGE_EMULATOR_HOST": self.url}
        kept = ["-backend", "filesystem", "-filesystem-root", folder] if folder else ["-backend", "memory"]
        where = ["-scheme", "http", "-host", host, "-port", port, "-external-url", self.url]
        super().__init__([program, *where, *kept], port, {}, host)

    def make_bucket(self, name: str) -> str:
        """Make a bucket; return its URI."""
        body, kind = json.dumps({"name": name}).encode(), {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/storage/v1/b", body, kind)):
            return f"gs://{name}"
