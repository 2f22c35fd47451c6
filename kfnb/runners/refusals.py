"""What an API server says of somebody without a right, in words that name the right and who grants it; and which quota
it says to be full. Pure.

The server's own words are those of RBAC (`forbiddenMessage` in k8s.io/apiserver's authorization filter):
`jobs.batch is forbidden: User "ada" cannot create resource "jobs" in API group "batch" in the namespace "ml"`.
Those of quotas are `exceeded quota: jobs, requested: count/jobs.batch=1, used: count/jobs.batch=2, limited:
count/jobs.batch=2`, after the object's name, which may be any that has no spaces.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_FORBIDDEN = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<kind>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)")?'
)


_IN_WORDS = re.compile(r"`[^`]*` may not (.+?) in (?:namespace \S+|the cluster)\. ")
_EXCEEDED = re.compile(r"exceeded quota: (\S+), requested: (\S+), used: (\S+), limited: (\S+)")
_OBJECTS = ("count/jobs.batch", "count/pods")
"""What a quota counts of a run's Jobs also when they have ended, until they are removed."""


class OverQuota(NamedTuple):
    """A quota that has no room, and what the API server says of it: resources, each with `=` and how much of it."""

    name: str
    requested: str
    used: str
    limited: str

    @property
    def counts_ended(self) -> bool:
        """Whether what has ended takes room in it as well."""
        return any(one.partition("=")[0] in _OBJECTS for one in self.limited.split(","))


def over_quota(said: str) -> OverQuota | None:
    """Return which quota has no room for something, if that is what the API server `said`."""
    found = _EXCEEDED.search(said)
    return OverQuota(*found.groups()) if found is not None else None


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
