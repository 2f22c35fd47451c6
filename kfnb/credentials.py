"""Recognises what looks like a credential: none is kept in a file of profiles, shown in a pod, or printed by a task.

A guess from names and forms: it may miss one, and it never prints the value that it found.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = frozenset({"SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "CREDENTIAL", "CREDENTIALS", "APIKEY"})
_KEYS = frozenset({"ACCESS", "API", "ACCOUNT", "PRIVATE", "SECRET", "AUTH", "ENCRYPTION", "SIGNING"})
"""Words that make a credential of the word KEY after them."""

_PLACES = frozenset({"FILE", "PATH", "DIR", "URL", "URI", "ENDPOINT", "NAME", "PROVIDER"})
"""Last words of names that say where something is, not what it is."""

_FORMS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # Amazon's access keys
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bglpat-[\w-]{20,}|\bhf_[A-Za-z0-9]{30,}|\bxox[abprs]-[\w-]{10,}"
    r"|\bsk-[A-Za-z0-9_-]{20,}|\bAIza[\w-]{35}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\."  # a JSON web token
    r"|://[^/\s:@]+:[^/\s@]+@"  # user and password in an address
)


def is_secret_name(name: str) -> bool:
    """Say whether an environment variable of this name holds a credential, as names go."""
    words = [word for word in re.split(r"[_\W]+", name.upper()) if word]
    if not words or words[-1] in _PLACES:
        return False
    return bool(_WORDS & set(words)) or any(second == "KEY" and first in _KEYS for first, second in pairwise(words))


def is_secret(name: str, value: str) -> bool:
    """Say whether a variable holds a credential. One that holds a path (`/etc/key.json`) or nothing holds none."""
    return has_secret_form(value) or (is_secret_name(name) and bool(value) and not value.startswith(("/", "~", "$")))


def has_secret_form(text: str) -> bool:
    """Say whether a text has the form of a known kind of credential."""
    return _FORMS.search(text) is not None


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a value of TOML, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
