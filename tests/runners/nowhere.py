"""An API server that nobody answers for, for tests of what asks it."""

from __future__ import annotations

from pathlib import Path

from kfnb.runners.api_server import ApiServer

_KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: c
clusters: [{name: k, cluster: {server: "https://127.0.0.1:9"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
"""


def nowhere(folder: Path) -> ApiServer:
    """Return it, with a kubeconfig in `folder`."""
    (folder / "config").write_text(_KUBECONFIG, "utf-8")
    return ApiServer(None, str(folder / "config"), "n")
