"""Compares what cells show, by hand and in the pipeline: text, pictures, errors; `verify` calls it.

Masked: addresses, colours, timings, paths of temporary folders. Not counted but noted: text on stderr (warnings carry
paths and come once a process) and HTML (it carries ids that count up a process).
"""

from __future__ import annotations

import re
from typing import Any

COUNTED_TEXT = ("text/plain", "text/markdown", "text/latex", "application/json")
NOTED_TEXT = ("text/html",)
MASKS = (
    (re.compile(r"\b0x[0-9a-f]+"), "0x"),
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"(CPU times|Wall time): .*"), "T"),
    (re.compile(r"\b\d+(\.\d+)? ?(ns|[µμ]s|us|ms|s|min)\b"), "T"),
    (re.compile(r"/tmp/\S+"), "/tmp"),
)

Output = dict[str, Any]


def masked(text: str) -> str:
    """Return `text` without what differs from run to run by its nature."""
    for pattern, by in MASKS:
        text = pattern.sub(by, text)
    return text.strip()


def shown(outputs: list[Output]) -> str:
    """Return as text everything that counts of a cell's outputs, pictures by their kind only."""
    parts = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream" and output.get("name") == "stdout":
            parts.append("".join(output["text"]))
        elif kind in ("execute_result", "display_data"):
            parts.append(_bundle(output["data"]))
        elif kind == "error":
            parts.append(f"!{output['ename']}: {output.get('evalue', '')}")
    return masked("".join(parts))


def _bundle(data: dict[str, Any]) -> str:
    texts = [_text(data[kind]) for kind in COUNTED_TEXT if kind in data]
    pictures = [f"<{kind}>" for kind in sorted(data) if kind.startswith("image/")]
    return "[" + "".join(texts + pictures) + "]"


def _text(value: object) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def pictures(outputs: list[Output]) -> list[str]:
    """Return the pixel pictures of a cell as stored. SVG is left out: its ids are random."""
    return [
        "".join(output["data"][kind]).strip()
        for output in outputs
        if output["output_type"] in ("execute_result", "display_data")
        for kind in sorted(output["data"])
        if kind in ("image/png", "image/jpeg")
    ]


def noted(outputs: list[Output]) -> str:
    """Return what is compared for a note only: stderr and HTML."""
    parts = []
    for output in outputs:
        if output["output_type"] == "stream" and output.get("name") == "stderr":
            parts.append("".join(output["text"]))
        elif output["output_type"] in ("execute_result", "display_data"):
            parts += [_text(output["data"][kind]) for kind in NOTED_TEXT if kind in output["data"]]
    return masked("".join(parts))


def difference(by_hand: list[Output], pipeline: list[Output]) -> tuple[str, str, str] | None:
    """Return (what differs, by hand, in the pipeline), or None if the cell shows the same."""
    left, right = shown(by_hand), shown(pipeline)
    if left != right:
        return "the cell shows something else", *_around(left, right)
    hand_pictures, run_pictures = pictures(by_hand), pictures(pipeline)
    for number, (one, other) in enumerate(zip(hand_pictures, run_pictures, strict=True), start=1):
        if one != other:
            return f"picture {number} looks different", f"<{len(one)} characters>", f"<{len(other)} characters>"
    return None


def _around(left: str, right: str, lines: int = 6) -> tuple[str, str]:
    """Return both texts from just before the first line that differs."""
    hand, run = left.splitlines(), right.splitlines()
    first = next((i for i, (a, b) in enumerate(zip(hand, run, strict=False)) if a != b), min(len(hand), len(run)))
    start = max(0, first - 1)
    return _excerpt(hand, start, lines), _excerpt(run, start, lines)


def _excerpt(text: list[str], start: int, lines: int) -> str:
    chosen = [line[:300] for line in text[start : start + lines]]
    before = [f"… ({start} lines)"] if start else []
    after = ["…"] if len(text) > start + lines else []
    return "\n".join([*before, *chosen, *after]) or "(nothing)"
