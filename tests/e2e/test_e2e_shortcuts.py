"""The extension's shortcuts beside those that JupyterLab has by itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from default_keys import TABLE, first_strokes, keys_of

SCHEMAS = Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas"
VERSIONS = ("4.2", "4.3", "4.4", "4.5", "4.6")


@pytest.fixture
def own(root: Path) -> dict[str, Any]:
    """The extension's schema."""
    found: dict[str, Any] = json.loads((root / "labextension" / "schema" / "plugin.json").read_text("utf-8"))
    return found


def published(version: str) -> set[tuple[str, ...]]:
    """The keys of a minor version of JupyterLab as it was published."""
    table: dict[str, list[str]] = json.loads(TABLE.read_text("utf-8"))
    return {tuple(keys.split(", ")) for keys, versions in table.items() if version in versions}


def installed() -> set[tuple[str, ...]]:
    """The keys of the JupyterLab that is installed."""
    return {keys for schema in SCHEMAS.rglob("*.json") for keys in keys_of(json.loads(schema.read_text("utf-8")))}


@pytest.mark.parametrize("version", [*VERSIONS, "installed"])
def test_no_shortcut_is_one_of_jupyterlabs_own(own: dict[str, Any], version: str) -> None:
    """No keys of the extension begin as those of any plugin of JupyterLab do, on any system, wherever they count."""
    theirs = installed() if version == "installed" else published(version)
    assert len(theirs) > 50
    taken = {stroke for keys in theirs for stroke in first_strokes(keys)}
    assert {frozenset({"ctrl", "shift", "c"}), frozenset({"cmd", "s"})} <= taken
    for keys in keys_of(own):
        assert not first_strokes(keys) & taken, keys


def test_shortcuts_count_only_where_no_text_is_written(own: dict[str, Any]) -> None:
    """Every shortcut is of a notebook's command mode, and has keys of its own."""
    shortcuts = own["jupyter.lab.shortcuts"]
    assert {
        "kfnb:name-step": "Alt P",
        "kfnb:fold-step": "Alt O",
        "kfnb:show-pipeline": "Alt G",
        "kfnb:run-notebook": "Alt R",
    } == {shortcut["command"]: keys for shortcut in shortcuts for keys in shortcut["keys"]}
    assert all("commandMode" in shortcut["selector"] for shortcut in shortcuts)
