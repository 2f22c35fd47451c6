"""A real S3 endpoint on a folder of this machine (versitygw), for whatever is tested against a bucket."""

from __future__ import annotations

import os
import time
from pathlib import Path

from endpoint_program import EndpointProgram, built, free_port

KEYS = {"AWS_ACCESS_KEY_ID": "kfnb-test", "AWS_SECRET_ACCESS_KEY": "kfnb-test-secret", "AWS_REGION": "us-east-1"}


def program() -> Path | None:
    """Where the gateway's program lies; None where it was not built (`make store-endpoints` builds it)."""
    return built("versitygw", "versitygw")


class Gateway(EndpointProgram):
    """A running endpoint; `options` are its program's."""

    def __init__(self, program: Path, folder: Path, *options: str) -> None:
        port = free_port()
        address = f"127.0.0.1:{port}"
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {**KEYS, "AWS_ENDPOINT_URL": f"{'https' if '--cert' in options else 'http'}://{address}"}
        secrets = {"ROOT_ACCESS_KEY": KEYS["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]}
        super().__init__([program, "--port", address, "--quiet", *options, "posix", folder], port, secrets)

    def make_bucket(self, name: str) -> str:
        """Make a bucket; return its URI."""
        (self._folder / name).mkdir()
        return f"s3://{name}"

    def make_old(self, bucket: str, key: str) -> None:
        """Have an object been put a day ago."""
        os.utime(self._folder / bucket.removeprefix("s3://") / key, (time.time() - 86_400,) * 2)
