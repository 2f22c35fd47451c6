"""Reads the comment that says the same as tags, for editors without a tag UI; tags.py calls this for every code cell.

The form is the first line of a cell, `# step: train, gpu: 1, retry: 2`. It counts only if every word in it is one of
ours; ordinary comments must never be mistaken for it. So a comment without `step:` counts only if every value can be
read and no word in it is one that prose starts with (`# image: resized`), the name of a step has at most four words,
and flags (`skip`, `metrics` …) count only beside a word with a value (`# functions` is a heading).
"""

from __future__ import annotations

import re

from kfnb.notebook.words import FLAGS, VALUED, readable

_PROSE = frozenset({"accelerator", "after", "annotation", "binds", "cache", "changes", "env", "foreach", "image"}) | {
    *("include", "keeps", "label", "node", "packages", "pipeline", "prev", "priority", "queue", "request", "uses"),
    "when",
}
"""Words that ordinary comments start with; they count only beside `step:`."""

_COMMENT = re.compile(r"#(?![#!%])\s*(\S.*)")
_STEP_NAME = re.compile(r"[^\W_][\w.\-/]*(?: [\w.\-/]+){0,3}")
_CONTINUES_REQUIREMENT = re.compile(r"[A-Za-z0-9<>=!~]\S*")


def comment_items(source: str) -> tuple[int, tuple[str, ...]]:
    """Return the line of a cell's tag comment, from 1, and its tags; no tags if the comment is an ordinary one."""
    before = len(source) - len(source.lstrip())
    line = source.count("\n", 0, before) + 1
    first = source[before:].split("\n", 1)[0].rstrip()
    match = _COMMENT.fullmatch(first)
    if not match or ":" not in first:
        return line, ()
    return line, _items(match[1])


def _items(comment: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in at_commas(comment):
        word, colon, value = (piece.strip() for piece in part.partition(":"))
        if colon and word in VALUED:
            found.append(f"{word}:{value}")
        elif not colon and word in FLAGS:
            found.append(word)
        elif found and _continues(found[-1], part.strip()):
            found[-1] += f",{part.strip()}"
        else:
            return ()
    return tuple(found) if _is_for_us(found) else ()


def _continues(item: str, part: str) -> bool:
    """Return whether `part`, after a comma, goes on with the list in `item`."""
    word = item.partition(":")[0]
    if word in ("uses", "changes", "keeps", "binds"):
        return part.isidentifier()
    return word == "packages" and bool(_CONTINUES_REQUIREMENT.fullmatch(part))


def _is_for_us(items: list[str]) -> bool:
    words = {item.partition(":")[0] for item in items if ":" in item}
    if "step" in words:
        names = [item[5:] for item in items if item.startswith("step:")]
        return all(not name or (_STEP_NAME.fullmatch(name) and not name.endswith(".")) for name in names)
    return bool(words) and not words & _PROSE and all(readable(item) for item in items)


def at_commas(text: str) -> list[str]:
    """Split at commas, but not in brackets or quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and depth <= 0:
            parts.append("")
            continue
        parts[-1] += letter
    return parts
