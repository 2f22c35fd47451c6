"""Says what is wrong with the entries of one profile, key by key; reading.py calls this with the table of the file.

What only the cluster can know (is there such a namespace?) is the preflight's and `kfnb cluster check`'s to find.
"""

from __future__ import annotations

import difflib
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from kfnb.credentials import has_secret_form, is_secret, texts
from kfnb.notebook import tag_values
from kfnb.notebook.object_names import environment_name, label_value, object_name, qualified_name, resource_name
from kfnb.notebook.quantities import BadValue, amount
from kfnb.profiles.profile import FROM_NAMESPACE, Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MANAGED_BY = "app.kubernetes.io/managed-by"
OWN_DOMAIN = "kfnb.dev"
RESERVED_NAMES = ("kubernetes", "local", "default")
"""`--on` means something else by these."""

_MEBIBYTE = 1 << 20
_BUCKET = re.compile(r"(s3|gs)://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/[^?#\s]*)?")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")
_TOLERATION = frozenset({"key", "operator", "value", "effect", "tolerationSeconds"})
_AFFINITIES = frozenset({"nodeAffinity", "podAffinity", "podAntiAffinity"})
_KINDS = {
    "str": "text",
    "int": "a whole number",
    "object": "a table",
    "array": "a list",
    "bool": "true/false",
}


class Problem(NamedTuple):
    """What is wrong with a profile: at which key (None: the whole), and in words. `secret`: it is a credential."""

    key: str | None
    message: str
    secret: bool = False


def is_own_label(key: str) -> bool:
    """Say whether a label or annotation is kfnb's own to set, or the Job controller's."""
    domain = key.rpartition("/")[0]
    return key == MANAGED_BY or domain in (OWN_DOMAIN, "batch.kubernetes.io") or domain.endswith(f".{OWN_DOMAIN}")


def check_name(name: str) -> str:
    """Return a profile's name; BadValue if it cannot be one."""
    if name in RESERVED_NAMES:
        raise BadValue(f"`{name}` cannot be the name of a cluster: `--on {name}` means something else")
    if not _NAME.fullmatch(name):
        raise BadValue(f"`{name}` cannot be the name of a cluster: letters, digits, `-` and `_`, 63 at most")
    return name


def problems(table: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield everything that is wrong with a profile's table; nothing if Profile can be made of it."""
    fields = {field.name: field for field in msgspec.structs.fields(Profile) if field.name != "name"}
    for key in (key for key, field in fields.items() if field.required and key not in table):
        yield Problem(None, f"`{key}` is missing")
    good: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            close = difflib.get_close_matches(key.replace("-", "_").lower(), fields, n=1)
            yield Problem(key, f"there is no setting `{key}`" + (f"; is `{close[0]}` meant?" if close else ""))
            continue
        found = [*_problems_of(key, value, fields[key].type)]
        yield from found
        if not found:
            good[key] = value
    yield from _contradictions(good)
    if good.keys() & {"root_claim"} == table.keys() & {"root_claim"}:
        yield from _of_claim(good.get("root", ""), good.get("root_claim"))


def _problems_of(key: str, value: Any, kind: Any) -> Iterator[Problem]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield Problem(key, f"`{key}`: {_in_words(str(error))}")
        return
    if any(map(has_secret_form, texts(value))) or key == "env":
        yield from _credentials(key, value)
    try:
        if key in _CHECKS:
            _CHECKS[key](value)
    except BadValue as error:
        better = f"; `{error.better}` is one" if error.better else ""
        yield Problem(key, f"`{key}`: {error}{better}")


def _credentials(key: str, value: Any) -> Iterator[Problem]:
    if key == "env":
        named = [name for name, text in value.items() if is_secret(name, text)]
        what = ", ".join(f"`{name}`" for name in named)
        if named:
            yield Problem(key, f"`env` holds what looks like a credential, in {what}", secret=True)
    else:
        yield Problem(key, f"`{key}` holds what looks like a credential", secret=True)


def _in_words(message: str) -> str:
    what, _, place = message.partition(" - at `$")
    what = re.sub(r"`([a-z]+(?: \| [a-z]+)*)`", _kinds, what)
    what = (
        what.replace("Expected", "it must be").replace(", got", ", not").replace("Object contains unknown", "unknown")
    )
    place = place.strip("`").replace("[...]", "").lstrip(".")
    return what + (f" (at {place})" if place else "")


def _kinds(match: re.Match[str]) -> str:
    return " or ".join(_KINDS.get(kind, kind) for kind in match[1].split(" | ") if kind != "null")


# ------------------------------------------------------------------------------------------------- one check a setting


def _each(check: Callable[[str], object]) -> Callable[[Any], None]:
    def each(values: Any) -> None:
        for value in values:
            check(value)

    return each


def _named(what: str) -> Callable[[str], str]:
    return lambda text: object_name(text, f"the name of {what}")


def _text(text: str) -> None:
    if not text.strip():
        raise BadValue("it is empty")


def _namespace(text: str) -> None:
    if len(object_name(text, "the name of a namespace")) > 63 or "." in text:
        raise BadValue(f"`{text}` cannot be the name of a namespace: no `.`, 63 characters at most")


def _root(text: str) -> None:
    if text.startswith(("pvc://", "file://")):
        raise BadValue(
            "write a folder on a volume claim as a path, /PATH/FOLDER, and name the claim by `root_claim`, CLAIM:/PATH"
        )
    if text.startswith("/") and PurePosixPath(text).parts[1:] and ".." not in text.split("/"):
        return
    kind, _, rest = text.partition("://")
    name = rest.partition("/")[0]
    if kind in ("s3", "gs") and name and not _BUCKET.fullmatch(f"{kind}://{name}"):
        raise BadValue(f"`{name}` cannot be the name of a bucket: 3 or more of `a` to `z`, digits, `-`, `_` and `.`")
    if not _BUCKET.fullmatch(text):
        raise BadValue(
            f"`{text}` is not a place that laptop and pods share, like s3://BUCKET/PREFIX or gs://BUCKET/PREFIX, or a "
            "folder on a volume claim"
        )


def _root_claim(text: str) -> None:
    claim, _, path = text.partition(":")
    object_name(claim, "the name of a volume claim")
    if not path.startswith("/") or not PurePosixPath(path).parts[1:] or ".." in path.split("/"):
        raise BadValue(f"`{text}` must have the form CLAIM:/PATH, the folder at which it is mounted")


def _endpoint(text: str, what: str = "a store, like https://HOST:PORT") -> None:
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and parts.hostname and not parts.query and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise BadValue(f"`{text}` is not the address of {what}")


def _index(value: str | bool) -> None:
    if isinstance(value, str):
        _endpoint(value, "a package index, like https://HOST/simple")


def _labels(values: dict[str, str]) -> None:
    for key, value in values.items():
        if is_own_label(qualified_name(key, "a label")):
            raise BadValue(f"`{key}` is set by kfnb itself")
        label_value(value, "a label's value")


def _selector(values: dict[str, str]) -> None:
    for key, value in values.items():
        qualified_name(key, "a node label")
        label_value(value, "a label's value")


def _annotations(values: dict[str, str]) -> None:
    for key in values:
        if is_own_label(qualified_name(key, "an annotation")):
            raise BadValue(f"`{key}` is set by kfnb itself")


def _tolerations(values: list[dict[str, Any]]) -> None:
    for toleration in values:
        unknown = [key for key in toleration if key not in _TOLERATION]
        if unknown:
            raise BadValue(f"a toleration has no `{unknown[0]}`, only {', '.join(sorted(_TOLERATION))}")
        effect, operator = toleration.get("effect"), toleration.get("operator", "Equal")
        if effect not in (None, *tag_values.EFFECTS):
            raise BadValue(f"`{effect}` is not a taint's effect ({', '.join(tag_values.EFFECTS)})")
        if operator not in ("Exists", "Equal"):
            raise BadValue(f"`{operator}` is not an operator of a toleration (Exists, Equal)")
        if "tolerationSeconds" in toleration and effect != "NoExecute":
            raise BadValue('`tolerationSeconds` is for `effect = "NoExecute"` alone')
        if operator == "Equal" and "key" not in toleration:
            raise BadValue('a toleration without `key` needs `operator = "Exists"`, and then means every taint')
        if "key" in toleration:
            qualified_name(str(toleration["key"]), "a taint's key")


def check_affinity(value: dict[str, Any]) -> None:
    """Raise BadValue if an affinity holds anything but the kinds that there are."""
    for key, kind in value.items():
        if key not in _AFFINITIES or not isinstance(kind, dict):
            raise BadValue(f"it holds tables named {', '.join(sorted(_AFFINITIES))}, as in the API of Kubernetes")


def _accelerators(values: dict[str, dict[str, Any]]) -> None:
    for type_, table in values.items():
        label_value(type_, "an accelerator type")
        resource = resource_name(table.get("resource", "nvidia.com/gpu"))
        if "/" not in resource:
            raise BadValue(f"`{resource}` is not a device, like nvidia.com/gpu")
        _selector(table.get("node_selector", {}))
        for key in table.get("any_label", {}):
            qualified_name(key, "a node label")
        _tolerations(table.get("tolerations", []))


def _resources(values: dict[str, str]) -> None:
    for resource, quantity in values.items():
        resource_name(resource)
        amount(quantity)


def _size(text: str) -> None:
    if amount(text) < _MEBIBYTE:
        raise BadValue(f"`{text}` is too little; write the unit: `Mi` or `Gi`")


def _at_least(least: int) -> Callable[[int], None]:
    def check(number: int) -> None:
        if number < least:
            raise BadValue(f"{number} is less than {least}")

    return check


def _user(value: int | str) -> None:
    if value != FROM_NAMESPACE and int(value) < 1:
        raise BadValue(f"{value} would be root; a number from 1, or `{FROM_NAMESPACE}`")


_CHECKS: dict[str, Callable[[Any], object]] = {
    "context": _text,
    "kubeconfig": _text,
    "namespace": _namespace,
    "root": _root,
    "root_claim": _root_claim,
    "endpoint_url": _endpoint,
    "store_secret": _named("a secret"),
    "image": tag_values.image,
    "launcher_image": tag_values.image,
    "package_index": _index,
    "image_pull_secrets": _each(_named("a secret")),
    "service_account": _named("a service account"),
    "orchestrator_service_account": _named("a service account"),
    "env": _each(environment_name),
    "labels": _labels,
    "annotations": _annotations,
    "node_selector": _selector,
    "tolerations": _tolerations,
    "affinity": check_affinity,
    "accelerators": _accelerators,
    "queue": _named("a queue"),
    "priority_class": _named("a priority class"),
    "requests": _resources,
    "limits": _resources,
    "max_parallel": _at_least(1),
    "run_as_user": _user,
    "fs_group": _user,
    "scratch_size": _size,
    "shm_size": _size,
    "grace_seconds": _at_least(0),
    "ttl_seconds": _at_least(0),
}


def _contradictions(table: Mapping[str, Any]) -> Iterator[Problem]:
    for resource, wanted in table.get("requests", {}).items():
        most = table.get("limits", {}).get(resource)
        if most is not None and amount(wanted) > amount(most):
            yield Problem("requests", f"`requests` asks for {wanted} of {resource}, and `limits` allows {most}")


def _of_claim(root: str, claim: str | None) -> Iterator[Problem]:
    """Yield what is wrong with the folder that is the root and the claim that holds it."""
    if root.startswith("/") and claim is None:
        yield Problem(
            "root", "`root` is a folder, which pods have by a volume claim: name it by `root_claim`, as CLAIM:/PATH"
        )
    elif claim is not None and not root.startswith("/"):
        yield Problem("root_claim", "`root_claim` holds a root that is a folder, and `root` is none")
    elif claim is not None and not PurePosixPath(root).is_relative_to(claim.partition(":")[2]):
        yield Problem("root", f"`root` must lie in {claim.partition(':')[2]}, where the claim is mounted")
