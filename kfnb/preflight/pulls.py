"""What nodes could not pull or start of a pipeline's images: those that are not there, and those for other processors.

Pure; there.py gives it what registry.py and the cluster said. What is not known refuses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kfnb.errors import Diagnostic, Fix
from kfnb.preflight import room
from kfnb.preflight.registry import reference
from kfnb.runners.pod_findings import cell_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kfnb.preflight.registry import Seen
    from kfnb.profiles import Profile
    from kfnb.runners.cluster_facts import Facts, Node
    from kfnb.spec import Task

_PROCESSOR = "kubernetes.io/arch"
"""The label of nodes that says what processors they have."""


class Pull(NamedTuple):
    """A pod that is to be: its spec, and the step that it is of; None for a run's orchestrator."""

    task: Task | None
    spec: Mapping[str, Any]


def images_of(pulls: Iterable[Pull]) -> tuple[str, ...]:
    """Return the images that pods name, each once."""
    return tuple(dict.fromkeys(each["image"] for pull in pulls for each in _containers(pull.spec)))


def findings(seen: Mapping[str, Seen], facts: Facts, profile: Profile, pulls: Iterable[Pull]) -> Iterator[Diagnostic]:
    """Yield what is wrong with images, each once, at the first step that names it. `seen`: what registries said."""
    told: set[str] = set()
    for pull in pulls:
        for container in _containers(pull.spec):
            image = container["image"]
            if image in told or image not in seen:
                continue
            found = _missing(image, container, facts, profile, pull) if seen[image].there is False else None
            found = found or _foreign(image, seen[image].processors, facts, profile, pull)
            if found is not None:
                told.add(image)
                yield found
    if unknown := [f"`{image}` ({one.why})" for image, one in seen.items() if one.there is None]:
        yield Diagnostic("KF926", "hint", f"Not checked whether images are there: {', '.join(unknown)}.")


def _containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (each for each in (*(spec.get("initContainers") or ()), *spec["containers"]) if each.get("image"))


def _missing(image: str, container: Mapping[str, Any], facts: Facts, profile: Profile, pull: Pull) -> Diagnostic | None:
    """Say that there is no such image, unless nodes need not pull it: then it may have been put on them by hand."""
    named = reference(image)
    always = container.get("imagePullPolicy") == "Always"
    if not always and any(str(named) in node.images for node in facts.nodes or ()):
        return None
    secret = bool(pull.spec.get("imagePullSecrets"))
    certain = (always or facts.nodes is not None) and not secret
    message = f"{_who(profile, pull, image)} names the image `{image}`, which registry {named.host} does not have"
    if secret:  # some registries hide what is there from who shows no credentials
        message += " for this machine, which asks without credentials. Pods have a pull secret, and may see more."
    else:
        message += "." if certain else "; your rights do not let kfnb see whether nodes have it already."
    fix = "Correct the tag `image:`, or push the image." if _is_tagged(pull, image) else _fix_of(profile)
    return _diagnostic("error" if certain else "warning", message, fix, pull, image)


def _foreign(image: str, processors: tuple[str, ...], facts: Facts, profile: Profile, pull: Pull) -> Diagnostic | None:
    """Say that an image is made for other processors than nodes have that a pod may be placed on."""
    nodes = [node for node in room.open_to(facts.nodes or (), pull.spec) if _PROCESSOR in node.labels]
    theirs = sorted({node.labels[_PROCESSOR] for node in nodes})
    if not processors or set(theirs) <= set(processors):
        return None
    good = [one for one in theirs if one in processors]
    who, made = _who(profile, pull, image), " and ".join(processors)
    message = f"{who} names the image `{image}`, which is made for {made}, and "
    message += f"{_others(nodes, processors)} other processors." if good else f"the nodes have {_and(theirs)}."
    if good:
        fix = f"Add the tag `node:{_PROCESSOR}={good[0]}`, or build the image for {_and(theirs)}."
        return _diagnostic("warning", message, fix, pull, image)
    grows = room.grows(facts.nodes or (), profile)
    return _diagnostic("warning" if grows else "error", message, f"Build it for {_and(theirs)} too.", pull, image)


def _others(nodes: Iterable[Node], processors: tuple[str, ...]) -> str:
    number = sum(node.labels[_PROCESSOR] not in processors for node in nodes)
    return f"{number} of the nodes that it may run on {'has' if number == 1 else 'have'}"


def _and(processors: list[str]) -> str:
    return " and ".join(processors)


def _is_tagged(pull: Pull, image: str) -> bool:
    return pull.task is not None and pull.task.settings.image == image


def _who(profile: Profile, pull: Pull, image: str) -> str:
    own = pull.task is not None and image not in (profile.image, profile.launcher_image)
    return f"Step `{pull.task.name}`" if pull.task is not None and own else f"Cluster `{profile.name}`"


def _fix_of(profile: Profile) -> str:
    return f"Push the image, or name another in the profile (`kfnb cluster show {profile.name}`)."


def _diagnostic(severity: Any, message: str, fix: str, pull: Pull, image: str) -> Diagnostic:
    cell = cell_of(pull.task, "image:") if pull.task is not None and _is_tagged(pull, image) else None
    return Diagnostic("KF927", severity, message, cell=cell, line=1 if cell else None, fix=Fix(fix))
