"""Gives every part a name of its own: from its heading, else from what its cells are for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kfnb.notebook.steps import FIRST_STEP, slug
from kfnb.suggestion.headings import LONGEST_NAME, short_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kfnb.suggestion.parts import Part

_VERBS = {
    "load": "load",
    "prepare": "prepare",
    "train": "train",
    "run": "run",
    "evaluate": "evaluate",
    "save": "save",
    "look": "explore",
    "constants": "settings",
    "setup": "setup",
}
_BEFORE, _AFTER = "prepare", "results"


def names_of(parts: Sequence[Part], notebook: str, taken: Sequence[str] = ()) -> list[str]:
    """Return a name for each part, none twice and none in `taken`; the person's own parts keep theirs.

    A single part without a heading is called like the `notebook`.
    """
    whole = _short(slug(notebook)) if len(parts) == 1 and parts[0].heading is None else ""
    used = {slug(name) for name in (*taken, FIRST_STEP)}
    names = []
    for part in parts:
        own = next((look.tags.step for look in part.looks if look.tags.step), None)
        if part.own:
            names.append(own or "")
            continue
        name = next(name for name in _candidates(part, whole) if slug(name) not in used)
        used.add(slug(name))
        names.append(name)
    return names


def _candidates(part: Part, whole: str) -> Iterator[str]:
    """Yield names for a part, the best one first, without end."""
    base = whole or _base(part)
    yield base
    model = _word(next((look.object for look in part.looks if look.slow), ""))
    if model and part.heading and model not in base:
        yield _short(f"{base}-{model}")
    for above in reversed(part.heading.above if part.heading else ()):
        outer = short_name(above)
        if outer and outer != base:
            yield _short(f"{outer}-{base}")
    number = 2
    while True:
        yield f"{base[: LONGEST_NAME - 3].rstrip('-')}-{number}"
        number += 1


def _base(part: Part) -> str:
    heading = short_name(part.heading.text) if part.heading else ""
    if not heading:
        return _by_kind(part)
    if part.place == "before":
        return heading if heading.startswith(_BEFORE) else _short(f"{_BEFORE}-{heading}")
    if part.place == "after":
        return _short(f"evaluate-{heading}" if part.kind == "evaluate" else f"{heading}-{_AFTER}")
    return heading


def _by_kind(part: Part) -> str:
    verb = _VERBS[part.kind]
    what = _word(next((look.object for look in reversed(part.looks) if look.kind == part.kind and look.object), ""))
    if not what or what == verb or what.startswith(f"{verb}-"):
        return what or verb
    return _short(f"{verb}-{what}")


def _word(name: str) -> str:
    """Return a Python name as words: `RandomForestClassifier` → `random-forest`."""
    plain = re.sub(r"(?<=\w)(Classifier|Regressor|Model|Estimator|CV)$", "", name) or name
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+", " ", plain).split()
    return "-".join(re.sub(r"[^a-z0-9]", "", word.casefold()) for word in words).strip("-")[:LONGEST_NAME].strip("-")


def _short(name: str) -> str:
    """Return at most LONGEST_NAME characters of a name, whole words."""
    while len(name) > LONGEST_NAME and "-" in name:
        name = name.rpartition("-")[0]
    return name[:LONGEST_NAME]
