"""Parsers for what stands after the colon of a tag; tags.py looks them up in its table.

Each takes that text and returns the fields it sets (of spec.Settings, or of CellTags), or raises BadValue. The forms
of names, quantities and references are those of the Kubernetes API and of OCI image references.
"""

from __future__ import annotations

import re
import warnings
from keyword import iskeyword
from typing import Any

from kfnb.notebook.object_names import environment_name, label_value, object_name, qualified_name, resource_name
from kfnb.notebook.quantities import BadValue, amount, count, inside, seconds

Fields = dict[str, Any]

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
"""What a taint does to pods that do not tolerate it."""

_KEY = re.compile(r"[-._A-Za-z0-9]{1,253}")


def _split(value: str, form: str, separator: str = ":", parts: int = 2) -> list[str]:
    pieces = [piece.strip() for piece in value.split(separator, parts - 1)]
    if len(pieces) < parts or not pieces[0]:
        raise BadValue(f"it must have the form `{form}`")
    return pieces


# ----------------------------------------------------------------------------------------------------- the parsers


def _resources(value: str, word: str) -> dict[str, str]:
    resource, quantity = (piece.strip() for piece in value.rpartition(":")[::2])
    if not resource or not quantity:
        raise BadValue(f"it must have the form `{word}:RESOURCE:QUANTITY`")
    if resource in ("gpu", "gpus"):
        raise BadValue(f"`{resource}` is not a resource of Kubernetes", instead=f"gpu:{quantity}")
    with inside(after=f":{quantity}"):
        resource_name(resource)
    with inside(f"{resource}:"):
        size = amount(quantity)
    if "/" in resource and size != size.to_integral_value():
        raise BadValue(f"`{resource}` can only be had in whole numbers, not {quantity}")
    return {resource: quantity}


def limit(value: str) -> Fields:
    """`RESOURCE:QUANTITY`."""
    return {"limits": _resources(value, "limit")}


def request(value: str) -> Fields:
    """`RESOURCE:QUANTITY`."""
    return {"requests": _resources(value, "request")}


def gpu(value: str) -> Fields:
    """`N`: short for limit:nvidia.com/gpu:N."""
    if value.startswith("mig-"):
        raise BadValue(f"`{value}` is not a number of GPUs", instead=f"limit:nvidia.com/{value}:1")
    return {"limits": {"nvidia.com/gpu": str(count(value, "a number of GPUs"))}}


def accelerator(value: str) -> Fields:
    """`TYPE`: a key of the cluster profile's table."""
    return {"accelerator": label_value(value, "an accelerator type")}


_DOMAIN = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_IMAGE = re.compile(
    rf"(?:{_DOMAIN}(?:\.{_DOMAIN})*(?::[0-9]+)?/)?"  # registry[:port]/
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,})?"
)


def image(value: str) -> Fields:
    """`REF`: an OCI image reference, as in `docker pull`."""
    if not _IMAGE.fullmatch(value):
        name, colon, tag = value.rpartition(":")
        better = f"{name.lower()}{colon}{tag}" if name and "/" not in tag else value.lower()
        raise BadValue(f"`{value}` is not an image reference", better if _IMAGE.fullmatch(better) else None)
    return {"image": value}


_REQUIREMENT = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*"
    r"(?:@\s*\S+|\(?\s*(?:(?:===|==|~=|!=|<=|>=|<|>)\s*[^\s,;()<>=!~]+\s*,?\s*)*\)?)\s*(?:;.+)?"
)
_COMMA_OF_LIST = re.compile(r",(?![^\[]*\])\s*(?![\s<>=!~])")


def packages(value: str) -> Fields:
    """`REQ[,REQ]`: requirements as pip reads them; a comma before a version belongs to the requirement."""
    found = tuple(piece.strip() for piece in _COMMA_OF_LIST.split(value))
    for requirement in found:
        if not _REQUIREMENT.fullmatch(requirement):
            raise BadValue(f"`{requirement}` is not a requirement (like pandas, pandas>=2,<3, torch[opt]==2.4)")
    return {"packages": found}


def node(value: str) -> Fields:
    """`KEY=VALUE` of the node selector."""
    if "=" not in value and value.count(":") == 1:
        raise BadValue("it must have the form `node:KEY=VALUE`", value.replace(":", "="))
    key, wanted = _split(value, "node:KEY=VALUE", "=")
    return {"node_selector": {qualified_name(key, "a node label"): label_value(wanted, "a label's value")}}


def toleration(value: str) -> Fields:
    """`KEY[=VALUE][:EFFECT]`, as `kubectl taint` writes taints; the result is a Kubernetes toleration."""
    taint, colon, effect = value.partition(":")
    key, equals, wanted = (piece.strip() for piece in taint.partition("="))
    if colon and effect not in EFFECTS:
        close = {known.lower(): known for known in EFFECTS}.get(effect.lower())
        better = f"{taint}:{close}" if close else None
        raise BadValue(f"`{effect}` is not a taint's effect ({', '.join(EFFECTS)})", better)
    result = {"key": qualified_name(key, "a taint's key"), "operator": "Equal" if equals else "Exists"}
    if equals:
        result["value"] = label_value(wanted, "a taint's value")
    if colon:
        result["effect"] = effect
    return {"tolerations": (result,)}


def label(value: str) -> Fields:
    """`KEY:VALUE`."""
    key, text = _split(value, "label:KEY:VALUE")
    return {"labels": {qualified_name(key, "a label"): label_value(text, "a label's value")}}


def annotation(value: str) -> Fields:
    """`KEY:VALUE`; the value may hold anything."""
    key, text = _split(value, "annotation:KEY:VALUE")
    return {"annotations": {qualified_name(key, "an annotation"): text}}


def queue(value: str) -> Fields:
    """`NAME` of a Kueue LocalQueue."""
    return {"queue": object_name(value, "the name of a queue")}


def priority(value: str) -> Fields:
    """`CLASS`: a PriorityClass."""
    return {"priority": object_name(value, "the name of a priority class")}


def _from_object(value: str, word: str) -> tuple[str, str, str]:
    name, key, variable = _split(value, f"{word}:NAME:KEY:ENV", parts=3)
    if not _KEY.fullmatch(key):
        raise BadValue(f"`{key}` cannot be a key: letters, digits, `-`, `_`, `.`")
    with inside(after=f":{key}:{variable}"):
        object_name(name, f"the name of a {word}")
    return name, key, environment_name(variable)


def _folder_of_object(value: str, word: str) -> tuple[str, str] | None:
    """Return what `NAME:/FOLDER` says, None where the value has the other form, NAME:KEY:ENV."""
    name, _, folder = (piece.strip() for piece in value.partition(":"))
    if not folder.startswith("/"):
        return None
    with inside(after=f":{folder}"):
        return object_name(name, f"the name of a {word}"), folder


def secret(value: str) -> Fields:
    """`NAME:KEY:ENV`, or `NAME:/FOLDER` for all its keys as files."""
    folder = _folder_of_object(value, "secret")
    return {"secret_files": (folder,)} if folder else {"secrets": (_from_object(value, "secret"),)}


def configmap(value: str) -> Fields:
    """`NAME:KEY:ENV`, or `NAME:/FOLDER` for all its keys as files."""
    folder = _folder_of_object(value, "configmap")
    return {"config_map_files": (folder,)} if folder else {"config_maps": (_from_object(value, "configmap"),)}


def env(value: str) -> Fields:
    """`KEY=VALUE`."""
    key, text = _split(value, "env:KEY=VALUE", "=")
    return {"env": {environment_name(key): text}}


def pvc(value: str) -> Fields:
    """`NAME:PATH[:ro]`."""
    pieces = [piece.strip() for piece in value.split(":")]
    if len(pieces) not in (2, 3):
        raise BadValue("it must have the form `pvc:NAME:PATH` or `pvc:NAME:PATH:ro`")
    name, path = pieces[:2]
    mode = pieces[2] if len(pieces) == 3 else "rw"
    if mode not in ("ro", "rw"):
        read_only = mode.lower() in ("readonly", "read-only", "r")
        raise BadValue(f"`{mode}` is neither `ro` nor `rw`", f"{name}:{path}:ro" if read_only else None)
    if not path.startswith("/"):
        raise BadValue(f"`{path}` is not an absolute path", f"{name}:/{path}:{mode}" if path else None)
    with inside(after=f":{path}:{mode}"):
        object_name(name, "the name of a volume claim")
    return {"volumes": ((name, path, mode == "ro"),)}


def shm(value: str) -> Fields:
    """`SIZE` of /dev/shm."""
    amount(value)
    return {"shared_memory": value}


def include(value: str) -> Fields:
    """`GLOB` of files to ship."""
    return {"includes": (value,)}


_CACHE_WORDS = {"enabled": "on", "true": "on", "yes": "on", "disabled": "off", "false": "off", "no": "off"}


def cache(value: str) -> Fields:
    """`on`, `off`, or a duration after which a result is too old."""
    if value not in ("on", "off"):
        try:
            seconds(value)
        except BadValue as error:
            lower = value.lower()
            better = _CACHE_WORDS.get(lower, lower if lower in ("on", "off") else error.better)
            raise BadValue(f"`{value}` is neither on, off, nor a duration like 30d", better) from None
    return {"cache": value}


def retry(value: str) -> Fields:
    """`N[:BACKOFF]`."""
    times, colon, backoff = (piece.strip() for piece in value.partition(":"))
    fields: Fields = {"retries": count(times, "a number of retries")}
    if colon:
        with inside(f"{times}:"):
            fields["retry_backoff"] = seconds(backoff)
    return fields


def timeout(value: str) -> Fields:
    """A duration."""
    return {"timeout": seconds(value)}


# ------------------------------------------------------------------------------------------- control flow and names


def when(value: str) -> Fields:
    """`EXPR`: one Python expression."""
    from kfnb.parsing import parse  # what parses loads `ast`, which few notebooks need here

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful escape in a string is no reason to print into a check
            parse(value, mode="eval")
    except SyntaxError as error:
        raise BadValue(f"`{value}` is not a Python expression ({error.msg})", _better_condition(value)) from None
    except (ValueError, RecursionError, MemoryError):
        raise BadValue("it is not a Python expression that can be read") from None
    return {"when": value}


def _better_condition(value: str) -> str | None:
    """`a = 1` was meant as `a == 1`."""
    better = re.sub(r"(?<![=!<>:])=(?!=)", "==", value)
    if better == value:
        return None
    return better


def foreach(value: str) -> Fields:
    """Nothing, or `N`: the most that run at once."""
    return {"foreach": count(value, "a number of elements that run at once") if value else 0}


def pipeline(value: str) -> Fields:
    """`FILE.ipynb`."""
    if not value.endswith(".ipynb"):
        raise BadValue(f"`{value}` is not the path of a notebook (FILE.ipynb)")
    return {"pipeline": value}


def names(value: str) -> tuple[str, ...]:
    """`NAME[,NAME]`: Python names."""
    found = tuple(piece.strip() for piece in value.split(","))
    for name in found:
        if not name.isidentifier() or iskeyword(name):
            raise BadValue(f"`{name}` is not a Python name")
    return found
