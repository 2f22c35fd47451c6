"""An API server that nobody answers for, or that a test answers for, for tests of what asks it."""

from __future__ import annotations

import json
from pathlib import Path

from kfnb.runners.api_server import ApiServer

_KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: c
clusters: [{name: k, cluster: {server: SERVER}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
"""


def nowhere(folder: Path) -> ApiServer:
    """Return it, with a kubeconfig in `folder`."""
    return served(folder, "https://127.0.0.1:9")


def served(folder: Path, address: str) -> ApiServer:
    """Return the API server at an address, with a kubeconfig in `folder`."""
    (folder / "config").write_text(_KUBECONFIG.replace("SERVER", json.dumps(address)), "utf-8")
    return ApiServer(None, str(folder / "config"), "n")
