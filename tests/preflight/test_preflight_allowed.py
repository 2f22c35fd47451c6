"""Which rights a run cannot do without, and what those are for that it can."""

from __future__ import annotations

import msgspec
import pytest
from preflight_facts import EMPTY

from kfnb.preflight import allowed
from kfnb.profiles import Profile
from kfnb.runners import rights

PROFILE = Profile(name="test", namespace="ml", root="s3://runs/kfnb", image="base:1")
USER = rights.needed("user")


def told(has: frozenset[rights.Right], *, local: bool) -> list[tuple[str, str]]:
    """Severity and rights of each finding about somebody who has these."""
    lacking = [right for right in allowed.asked_for(local=local) if right not in has]
    found = allowed.findings(lacking, PROFILE, local=local)
    return [(each.severity, each.message.rpartition(": ")[2]) for each in found]


def test_who_may_make_jobs_and_see_them_may_start_a_run() -> None:
    """A run that the cluster drives takes no more; what is missed later is a warning."""
    logs, removal = "list pods; get pods/log; list events.", "delete jobs.batch; delete pods; delete configmaps; "
    leases = "create, get, update, delete leases.coordination.k8s.io."
    assert [("warning", logs), ("warning", removal + leases)] == told(rights.STARTS, local=False)
    assert [] == told(rights.STARTS | rights.ENDS | rights.LOOKS, local=False)


@pytest.mark.parametrize("right", sorted(rights.STARTS))
def test_there_is_no_run_without_these(right: rights.Right) -> None:
    """To make a Job and to see it are needed each."""
    assert [("error", f"{right}.")] == told(frozenset(USER) - {right}, local=False)


def test_who_drives_a_run_needs_what_an_orchestrator_does() -> None:
    """With --local-orchestrator all is needed but a look at logs and events."""
    assert [("error", "watch pods.")] == told(frozenset(USER) - {rights.Right("watch", "pods")}, local=True)
    assert [("warning", "get pods/log; list events.")] == told(rights.drives(), local=True)


def test_what_is_asked_for_is_granted() -> None:
    """Every right that something is said about is in the role that `kfnb cluster init` gives people."""
    assert set() == (rights.STARTS | rights.ENDS | rights.LOOKS | rights.drives()) - set(USER)


@pytest.mark.parametrize(
    ("lacks", "there", "words"),
    [
        ((rights.Right("create", "jobs", "batch"),), {}, ["create jobs.batch."]),
        ((rights.Right("create", "jobs", "batch"),), {"ServiceAccount kfnb-orchestrator": False}, []),
        ((), {}, []),
        (None, {}, []),
    ],
)
def test_an_orchestrator_without_rights_is_told(
    lacks: tuple[rights.Right, ...] | None, there: dict[str, bool | None], words: list[str]
) -> None:
    """Where it could be asked; of an account that is not there that is said, elsewhere."""
    facts = msgspec.structs.replace(EMPTY, driver_lacks=lacks, there=there)
    found = [*allowed.of_orchestrator(facts, PROFILE)]
    assert [("KF920", "error")] * len(words) == [(one.code, one.severity) for one in found]
    assert words == [one.message.rpartition(": ")[2] for one in found]
