"""An API server that nobody answers for, or that a test answers for, for tests of what asks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kfnb.profiles import Profile
from kfnb.runners.api_server import ApiServer
from kfnb.runners.chosen import cluster_options

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


def unseen_options(folder: Path, name: str = "far") -> dict[str, Any]:
    """Options of a run on cluster `name`, of whose context the kubeconfig in `folder` knows nothing."""
    kubeconfig = folder / "unseen"
    kubeconfig.write_text("{apiVersion: v1, kind: Config, current-context: none, contexts: [], users: []}")
    profile = Profile(name=name, namespace="n", root="s3://r", image="i", context="c", kubeconfig=str(kubeconfig))
    return cluster_options(profile, local_orchestrator=False)
