"""Names as the Kubernetes API wants them; tag_values.py and the cluster profiles check theirs here.

Each function returns its text, or raises BadValue, naming `what` it was to be.
"""

from __future__ import annotations

import re

from kfnb.notebook.quantities import BadValue

_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_LABEL_PART = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_ENVIRONMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STANDARD = ("cpu", "memory", "ephemeral-storage")


def object_name(text: str, what: str) -> str:
    """The name of an object: a DNS subdomain."""
    if len(text) > 253 or not _SUBDOMAIN.fullmatch(text):
        better = text.lower().replace("_", "-")
        better_or_none = better if _SUBDOMAIN.fullmatch(better) and len(better) <= 253 else None
        raise BadValue(f"`{text}` cannot be {what}: small letters, digits, `-` and `.`", better_or_none)
    return text


def qualified_name(text: str, what: str) -> str:
    """The key of a label, an annotation or a taint, with or without a domain."""
    prefix, slash, name = text.rpartition("/")
    if (slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix))) or not _LABEL_PART.fullmatch(name):
        raise BadValue(f"`{text}` cannot be {what}: a name like `zone` or `example.com/zone`, 63 characters at most")
    return text


def label_value(text: str, what: str) -> str:
    """The value of a label; it may be empty."""
    if text and not _LABEL_PART.fullmatch(text):
        raise BadValue(f"`{text}` cannot be {what}: letters, digits, `-`, `_`, `.`, 63 characters at most")
    return text


def environment_name(text: str) -> str:
    """The name of an environment variable that every shell can set."""
    if not _ENVIRONMENT.fullmatch(text):
        raise BadValue(f"`{text}` cannot name an environment variable")
    return text


def resource_name(text: str) -> str:
    """A resource that a container can ask for."""
    if text in _STANDARD or text.startswith("hugepages-") or ("/" in text and qualified_name(text, "a resource")):
        return text
    import difflib  # only for this message

    close = difflib.get_close_matches(text.lower(), _STANDARD, n=1, cutoff=0.5)
    where = "cpu, memory, ephemeral-storage, or a name with a domain like nvidia.com/gpu"
    raise BadValue(f"`{text}` is not a resource of Kubernetes ({where})", close[0] if close else None)
