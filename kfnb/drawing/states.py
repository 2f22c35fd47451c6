"""How a state looks: one icon, one pair of colours and one word for each, the same in SVG, HTML and the terminal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """`fill` and `ink` stay readable on light and dark pages alike: a box brings its own ground."""

    icon: str
    word: str
    fill: str
    line: str
    ink: str
    terminal: str


LOOKS: dict[str, Look] = {
    "PENDING": Look("○", "pending", "#eef1f5", "#8593a3", "#35424f", "dim"),
    "RUNNING": Look("▶", "running", "#dcebfd", "#2f74c0", "#123a66", "bold blue"),
    "SUCCEEDED": Look("✔", "succeeded", "#dff3e4", "#2f8a4a", "#12401f", "green"),
    "SKIPPED": Look("⤼", "skipped", "#f1eef8", "#8a7ab8", "#3c2f63", "dim"),
    "FAILED": Look("✖", "failed", "#fbe1df", "#c23b32", "#651611", "bold red"),
    "CANCELING": Look("◌", "canceling", "#fbf0d9", "#b07d1a", "#553a05", "yellow"),
    "CANCELED": Look("■", "canceled", "#fbf0d9", "#b07d1a", "#553a05", "yellow"),
}

CACHED = Look("⚡", "cached", "#dff3e4", "#2f8a4a", "#12401f", "green")
NO_STATE = Look("", "", "#e8eff7", "#5f7f9f", "#1f3347", "")


def look(state: str | None, *, cached: bool = False) -> Look:
    """Return how `state` looks; a step without a run (None) looks neutral."""
    if state is None:
        return NO_STATE
    if cached and state == "SUCCEEDED":
        return CACHED
    return LOOKS.get(state, LOOKS["PENDING"])
