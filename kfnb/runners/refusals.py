"""What an API server says of somebody without a right, in words that name the right and who grants it. Pure.

The server's own words are those of RBAC (`forbiddenMessage` in k8s.io/apiserver's authorization filter):
`jobs.batch is forbidden: User "ada" cannot create resource "jobs" in API group "batch" in the namespace "ml"`.
"""

from __future__ import annotations

import re

_FORBIDDEN = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<kind>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)")?'
)


_IN_WORDS = re.compile(r"`[^`]*` may not (.+?) in (?:namespace \S+|the cluster)\. ")


def right_in(words: str) -> str | None:
    """Return the right that `without_a_right` said is missing, such as `create jobs.batch`; None of other words."""
    found = _IN_WORDS.match(words)
    return found[1] if found is not None else None


def without_a_right(said: str) -> str | None:
    """Return who may not do what, and who grants it; None if that is not what the API server `said`."""
    found = _FORBIDDEN.search(said)
    if found is None:
        return None
    kind = found["kind"] + (f".{found['group']}" if found["group"] else "")
    where = f"namespace {found['namespace']}" if found["namespace"] else "the cluster"
    return (
        f"`{found['user']}` may not {found['verb']} {kind} in {where}. An administrator of the cluster grants it: "
        f"`kfnb cluster init NAME --user {found['user']}`, with the cluster's NAME."
    )
