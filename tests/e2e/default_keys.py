"""The keys that JupyterLab has by itself, by minor version: `python tests/e2e/default_keys.py WHEEL …` writes them.

The wheels are those that are published: `pip download --no-deps 'jupyterlab~=4.2.0'`, and so on.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "cases" / "jupyterlab_keys.json"
"""Keys → the minor versions in which a plugin of JupyterLab has them."""

ACCEL = ("ctrl", "cmd")
"""What `Accel` means, on a Mac and elsewhere."""

Stroke = frozenset[str]
"""Keys that are pressed at once, in lower case."""


def keys_of(schema: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The keys of a plugin's shortcuts, those of one system only among them; several strokes are pressed in turn."""
    for shortcut in schema.get("jupyter.lab.shortcuts", []):
        for kind in ("keys", "macKeys", "winKeys", "linuxKeys"):
            if keys := [key for key in shortcut.get(kind, []) if key]:
                yield tuple(keys)


def first_strokes(keys: tuple[str, ...]) -> set[Stroke]:
    """What is pressed first, on each system."""
    pressed = keys[0].lower().split()
    return {frozenset(accel if key == "accel" else key for key in pressed) for accel in ACCEL}


def _read(wheel: Path) -> set[tuple[str, ...]]:
    with zipfile.ZipFile(wheel) as content:
        names = [name for name in content.namelist() if "/lab/schemas/" in name and name.endswith(".json")]
        return {keys for name in names for keys in keys_of(json.loads(content.read(name)))}


def _write(wheels: list[Path]) -> None:
    table: dict[str, list[str]] = {}
    for wheel in wheels:
        version = ".".join(wheel.name.split("-")[1].split(".")[:2])
        for keys in _read(wheel):
            table.setdefault(", ".join(keys), []).append(version)
    lines = [f" {json.dumps(keys)}: {json.dumps(sorted(table[keys]))}" for keys in sorted(table)]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    _write([Path(name) for name in sys.argv[1:]])
