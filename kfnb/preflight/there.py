"""Whether a pipeline can run in a cluster: it, the store and registries are asked at once, and what they say is judged.

Takes well under two seconds. What was found to be right counts for a minute, so that runs one after the other ask once;
what was wrong is looked at again each time, as somebody is about to mend it.
"""

from __future__ import annotations

import contextlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from kfnb import digest
from kfnb.artifacts import files
from kfnb.artifacts.store import Store
from kfnb.errors import Diagnostic, Fix, StoreError, by_severity
from kfnb.preflight import allowed, images, names, patches, pulls, registry, room
from kfnb.preflight.pulls import Pull
from kfnb.preflight.registry import Seen  # noqa: TC001 - msgspec looks at the annotations
from kfnb.runners import cluster_facts, pod_findings
from kfnb.runners.api_server import ApiServer, who_asks
from kfnb.runners.cluster_facts import Facts, Named  # noqa: TC001 - msgspec looks at the annotations
from kfnb.runners.orchestrator_job import SERVICE_ACCOUNT, orchestrator_job
from kfnb.runners.own_modules import is_own
from kfnb.runners.pod_manifest import pod_template
from kfnb.runners.pod_patch import patched
from kfnb.runners.task_packages import kernel_of
from kfnb.spec import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kfnb.profiles import Profile
    from kfnb.runners.pod_manifest import Manifest
    from kfnb.spec import PipelineSpec, Task

_Said = TypeVar("_Said")

REMEMBERED = 60.0
"""Seconds for which a cluster in which all was right is not asked again."""
MOUNT_IT = "Mount it there, or use a machine of the cluster that has it."
"""What to do where a claim is `unmounted`."""


class _Pod(NamedTuple):
    """A step's pod, and the queue of its Job."""

    task: Task
    template: Manifest
    queue: str | None


class _Answers(msgspec.Struct, frozen=True):
    """What was asked and is remembered: what the cluster says, and what registries say of images by their names."""

    facts: Facts
    images: dict[str, Seen]


def findings_there(
    spec: PipelineSpec, profile: Profile, home: Path, folder: Path, *, local: bool
) -> tuple[Diagnostic, ...]:
    """Return what stands against running a pipeline in the cluster of `profile`, and what could not be checked.

    `home`: kfnb's data folder. `folder`: the notebook's. `local`: this machine is to drive the run. ClusterError if the
    cluster cannot be reached at all.
    """
    if impossible := pod_findings.findings(profile, spec):
        return impossible
    api = ApiServer(profile.context, profile.kubeconfig, profile.namespace)
    others = [task.settings for task in patches.patched_tasks(profile, spec)]
    tried = _memory(home, profile, others, local)
    if others and _recall(tried, bool) is None:
        if refused := patches.refused(api, profile, spec, local=local):
            return by_severity(refused)  # what is not as the API has it says nothing that could be looked for
        if refused is not None:
            _keep(tried, True)
    pods = [*_pods(profile, spec)]
    driver = None if local else orchestrator_job(profile, "preflight")["spec"]["template"]
    own = _own_references(profile, driver)
    by_task = [(pod.task, [*names.references(pod.template, pod.queue)]) for pod in pods]
    named = {each.object for each in (*own, *(one for _, found in by_task for one in found))}
    to_pull = [
        *(Pull(pod.task, pod.template["spec"]) for pod in pods),
        *([Pull(None, driver["spec"])] if driver else ()),
    ]
    references = pulls.images_of(to_pull)
    memory = _memory(home, profile, sorted(named), sorted(references), local)
    answers, of_store = _recall(memory, _Answers), None
    with ThreadPoolExecutor(1) as aside:
        recalled = aside.submit(images.recalled, Store(profile.root), profile, spec.tasks)
        if answers is None:
            answers, of_store = _ask(api, profile, named, references, home, local=local)
    found = [*(of_store or ()), *_judged(answers.facts, profile, own, by_task, pods, driver)]
    if answers.facts.namespace is not False:
        found += pulls.findings(answers.images, answers.facts, profile, to_pull)
    if of_store is not None and not any(each.severity != "hint" for each in found):
        _keep(memory, answers)
    known = images.known(recalled.result(), answers.images)
    kernel = kernel_of(spec, home / "interpreters") if known else None
    own_modules = _modules_of(folder, kernel.modules - kernel.editable if kernel is not None else frozenset())
    found += images.unseen(known, profile, spec.tasks, own_modules)
    if kernel is not None:
        found += images.unsuited(known, profile, spec.tasks, own_modules, kernel)
    return by_severity(found)


def _judged(
    facts: Facts,
    profile: Profile,
    own: list[names.Reference],
    by_task: list[tuple[Task, list[names.Reference]]],
    pods: list[_Pod],
    driver: Manifest | None,
) -> Iterator[Diagnostic]:
    if facts.namespace is False:
        message = f"Cluster `{profile.name}` has no namespace `{profile.namespace}`."
        yield Diagnostic(
            "KF921", "error", message, fix=Fix(f"Make it: `kubectl create namespace {profile.namespace}`.")
        )
        return
    yield from allowed.findings(facts.lacking, profile, local=driver is None)
    yield from allowed.of_orchestrator(facts, profile)
    yield from names.missing(facts, profile, own, by_task)
    for pod in pods:
        beside = driver["spec"] if driver is not None else None
        yield from room.findings(facts, profile, pod.task, pod.template["spec"], beside)
    if driver is not None:
        yield from room.of_orchestrator(facts, profile, driver["spec"])
    yield from _unchecked(facts)


def _unchecked(facts: Facts) -> Iterator[Diagnostic]:
    unknown = names.unseen(facts)
    for what, seen in (("nodes", facts.nodes), ("quotas", facts.quotas), ("limit ranges", facts.ranges)):
        unknown += [what] if seen is None else []
    if facts.namespace is None:
        unknown.append("the namespace")
    if facts.driver_lacks is None:
        unknown.append("the rights of the orchestrator's account (`kfnb cluster check` has a pod of it look)")
    if unknown:
        message = f"Not checked, as you have no right to see it: {', '.join(unknown)}."
        yield Diagnostic("KF926", "hint", message)


# ------------------------------------------------------------------------------------------------------------- asking


def _pods(profile: Profile, spec: PipelineSpec) -> Iterator[_Pod]:
    for task in spec.tasks:
        template = pod_template(profile, task.settings, (), labels={})
        patches = (profile.pod_patch, *task.settings.pod_patches)
        yield _Pod(task, patched(template, *patches), task.settings.queue or profile.queue)


def _own_references(profile: Profile, driver: Manifest | None) -> list[names.Reference]:
    """Return what every pod of a profile names, and the orchestrator's."""
    plain = patched(pod_template(profile, Settings(), (), labels={}), profile.pod_patch)
    found = [*names.references(plain, profile.queue)]
    return found + ([*names.references(driver)] if driver is not None else [])


def _memory(home: Path, profile: Profile, *asked: object) -> Path:
    """Return where it is remembered what was answered: all that this depends on is in the name, but for the answer."""
    key = digest.of_json(msgspec.to_builtins([profile, who_asks(profile.kubeconfig), *asked]))
    return home / "preflight" / f"{key[:32]}.json"


def _ask(
    api: ApiServer, profile: Profile, named: Iterable[Named], to_pull: Sequence[str], home: Path, *, local: bool
) -> tuple[_Answers, list[Diagnostic]]:
    """Return what cluster and registries say, and what is wrong with the store."""
    with ThreadPoolExecutor(2) as aside:
        store = aside.submit(_try_store, profile)
        seen = aside.submit(registry.look, to_pull, home / "images" / "processors", seconds=registry.DEADLINE)
        in_full = [str(registry.reference(image)) for image in to_pull]
        account = None if local else (profile.orchestrator_service_account or SERVICE_ACCOUNT)
        facts = cluster_facts.look(api, named, allowed.asked_for(local=local), in_full, account)
        return _Answers(facts, seen.result()), store.result()


def _try_store(profile: Profile) -> list[Diagnostic]:
    store, key = Store(profile.root), f"checks/{os.urandom(8).hex()}"
    if why := unmounted(profile):
        return [Diagnostic("KF924", "error", why, fix=Fix(MOUNT_IT))]
    try:
        store.write(key, b"kfnb")
        if store.read(key) != b"kfnb":
            raise StoreError(f"{store.root} gives back something else than was written there.")
        store.remove_document(key)
    except StoreError as error:
        fix = Fix(f"`kfnb cluster check {profile.name}` says whether pods reach it.")
        message = f"This machine cannot use the store of cluster `{profile.name}`: {error}"
        return [Diagnostic("KF924", "error", message, fix=fix)]
    return []


def unmounted(profile: Profile) -> str | None:
    """Say that this machine does not have the claim that holds the root; None if it does, or there is none."""
    if profile.claim is None or Path(profile.claim[1]).is_dir():
        return None
    claim, path = profile.claim
    return (
        f"Nothing is mounted at {path} on this machine, where pods of `{profile.name}` have the volume claim `{claim}`."
    )


def _keep(memory: Path, answers: object) -> None:
    """Remember what was said, and forget what is too old to count."""
    with contextlib.suppress(OSError):  # then the next run asks again
        memory.parent.mkdir(parents=True, exist_ok=True)
        for old in memory.parent.iterdir():
            if time.time() - old.stat().st_mtime > REMEMBERED:
                old.unlink()
        files.replace(memory, msgspec.json.encode(answers))


def _recall(memory: Path, kind: type[_Said]) -> _Said | None:
    try:
        if time.time() - memory.stat().st_mtime > REMEMBERED:
            return None
        return msgspec.json.decode(memory.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None


def _modules_of(folder: Path, given: frozenset[str]) -> frozenset[str]:
    """Return the modules and packages that lie beside the notebook. `given`: those that packages of its kernel give."""
    try:
        names = {entry.stem for entry in folder.iterdir() if entry.suffix == ".py" or entry.is_dir()}
    except OSError:
        return frozenset()
    return frozenset(name for name in names if is_own(name, folder, given=name in given))
