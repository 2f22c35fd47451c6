"""Why an image cannot be pulled, in words: from what the container runtime says. Pure; used by diagnose.py.

The texts are those of containerd and CRI-O, which hand on what registries and the network say, without a code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CAUSES: tuple[tuple[str, str], ...] = (
    (r"no match for platform|no matching manifest|does not match the specified platform", "platform"),
    (r"toomanyrequests|429 Too Many|rate limit", "limit"),
    (r"\b401\b|\b403\b|unauthorized|authorization failed|insufficient_scope|access denied|no basic auth", "refused"),
    (r"x509|certificate|HTTP response to HTTPS", "certificate"),
    (r"no space left", "space"),
    (r"dial tcp|no such host|connection refused|i/o timeout|deadline exceeded|unreachable|connection reset", "away"),
    (r"not found|manifest unknown|name unknown", "missing"),
)


def why_not_pulled(image: str, said: str, pull_secrets: Sequence[str] = ()) -> str:
    """Say why `image` cannot be pulled, and what to do. `said`: by the container runtime; "" if it has not said yet."""
    cause = next((name for pattern, name in _CAUSES if re.search(pattern, said, re.I)), "")
    registry = _registry(image)
    if cause == "missing":
        return f"there is no image {image}. Correct the tag `image:` (or the profile); or push it, and it goes on then"
    if cause == "refused":
        asked = f"with the credentials in {', '.join(pull_secrets)}" if pull_secrets else "without credentials"
        return (
            f"registry {registry} does not hand out image {image} {asked}. Make a pull secret, name it in "
            "the profile's image_pull_secrets, and run again"
        )
    if cause == "away":
        return (
            f"registry {registry} cannot be reached from the node, to pull image {image}: {_end(said)}. It is tried "
            "again and again; check the registry's name and the cluster's network"
        )
    if cause == "certificate":
        return (
            f"the node does not trust registry {registry}, to pull image {image}: {_end(said)}. The cluster's "
            "administrator can add its certificate"
        )
    if cause == "platform":
        return (
            f"image {image} is not made for the node's processors. Build it for them too, or place the step elsewhere "
            "(tag `node:kubernetes.io/arch=…`)"
        )
    if cause == "limit":
        return (
            f"registry {registry} has been asked for too many images. It is tried again; with a pull secret "
            "(image_pull_secrets) it allows more"
        )
    if cause == "space":
        return f"the node has no disk space left for image {image}. The cluster's administrator can make room"
    return f"image {image} cannot be pulled{f': {_end(said)}' if said else ''}. It is tried again"


def _registry(image: str) -> str:
    """Return the host that an image comes from; one without a host is Docker's."""
    first, slash, _ = image.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"


def _end(said: str) -> str:
    """Return the last cause in a chain of them, in which each repeats the image's name."""
    if "lookup " in said:
        return "its name cannot be resolved there"
    parts = [part.strip() for part in said.split(": ") if part.strip()]
    return ": ".join(parts[-2:]).rstrip(".") if len(parts) > 1 else said.strip().rstrip(".")
