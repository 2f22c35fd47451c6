"""All objects that a run of a pipeline would have in a cluster, to be looked at; `kfnb manifests` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kfnb.runners.job_manifest import Attempt, job, run_object
from kfnb.runners.orchestrator_job import orchestrator_job
from kfnb.spec import element_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kfnb.profiles import Profile
    from kfnb.runners.pod_manifest import Manifest
    from kfnb.spec import PipelineSpec, Task

RUN_ID = "00000000-000000-0000"
"""Stands where a run's own id will."""


class Shown(NamedTuple):
    """An object, and in words what it is for."""

    why: str
    manifest: Manifest


def manifests(profile: Profile, spec: PipelineSpec, input_uri: Callable[[str, str], str]) -> Iterator[Shown]:
    """Yield the objects of a run, in the order of the notebook. `input_uri`: of the run's id and a task's slug."""
    driver = orchestrator_job(profile, RUN_ID)
    yield Shown("What drives the run; with --local-orchestrator your machine does, and there is none.", driver)
    yield Shown("The run: it owns everything below, which goes with it.", run_object(profile, RUN_ID, profile.root))
    for task in spec.tasks:
        why = f"Step `{task.name}`"
        if task.condition is not None:
            why += f", if {task.condition.expression}"
        if task.fan is not None:
            first = element_of(task, 0)
            yield Shown(f"{why}: its first element; each has a Job of its own.", _job(profile, first, input_uri))
            why += ": what puts the elements together"
        yield Shown(f"{why}.", _job(profile, task, input_uri))


def _job(profile: Profile, task: Task, input_uri: Callable[[str, str], str]) -> Manifest:
    uri = input_uri(RUN_ID, task.slug)
    return job(profile, Attempt(RUN_ID, task.name, task.slug, 1, uri, task.settings))
