"""All objects that a run of a pipeline would have in a cluster, to be looked at; `kfnb manifests` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kfnb.runners.job_manifest import Attempt, job, job_name, run_object
from kfnb.runners.orchestrator_job import orchestrator_job
from kfnb.spec import element_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kfnb.profiles import Profile
    from kfnb.runners.pod_manifest import Manifest
    from kfnb.spec import PipelineSpec, Task

RUN_ID = "00000000-000000-0000"
"""Stands where a run's own id will."""

_SHOWN = 2
"""Elements of a fan-out that stand for as many as there will be."""


class Shown(NamedTuple):
    """An object, and in words what it is for."""

    why: str
    manifest: Manifest


def manifests(
    profile: Profile, spec: PipelineSpec, input_uri: Callable[[str, str], str], elements_uri: Callable[[str, str], str]
) -> Iterator[Shown]:
    """Yield the objects of a run, in the order of the notebook.

    `input_uri`: of the run's id and a task's slug; `elements_uri`: of the id and the first element's slug.
    """
    driver = orchestrator_job(profile, RUN_ID)
    yield Shown("What drives the run; with --local-orchestrator your machine does, and there is none.", driver)
    yield Shown("The run: it owns everything below, which goes with it.", run_object(profile, RUN_ID, profile.root))
    for task in spec.tasks:
        why = f"Step `{task.name}`"
        if task.condition is not None:
            why += f", if {task.condition.expression}"
        if task.fan is not None:
            words = f"{why}: its elements, one pod each; how many there are is known when it runs, here {_SHOWN}."
            first = element_of(task, 0).slug
            together = _attempt(task, elements_uri(RUN_ID, first))._replace(name=job_name(RUN_ID, first, 1))
            most = task.fan.most or _SHOWN
            yield Shown(words, job(profile, together._replace(elements=_SHOWN, parallelism=most)))
            why += ": what puts the elements together"
        yield Shown(f"{why}.", job(profile, _attempt(task, input_uri(RUN_ID, task.slug))))


def _attempt(task: Task, uri: str) -> Attempt:
    return Attempt(RUN_ID, task.name, task.slug, 1, uri, task.settings)
