"""The extension's shortcuts beside those that JupyterLab has by itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

SCHEMAS = Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas"


def shortcuts(schema: Path) -> list[dict[str, Any]]:
    """The shortcuts that a plugin brings."""
    found: list[dict[str, Any]] = json.loads(schema.read_text("utf-8")).get("jupyter.lab.shortcuts", [])
    return found


@pytest.fixture
def own(root: Path) -> list[dict[str, Any]]:
    """The extension's."""
    return shortcuts(root / "labextension" / "schema" / "plugin.json")


def test_no_shortcut_is_one_of_jupyterlabs_own(own: list[dict[str, Any]]) -> None:
    """No keys of the extension begin as those of any plugin of JupyterLab do, wherever they count."""
    theirs = [tuple(shortcut["keys"]) for schema in SCHEMAS.rglob("*.json") for shortcut in shortcuts(schema)]
    assert len(theirs) > 50
    taken = [keys for keys in theirs for shortcut in own if keys[:1] == tuple(shortcut["keys"][:1])]
    assert [] == taken


def test_shortcuts_count_only_where_no_text_is_written(own: list[dict[str, Any]]) -> None:
    """Every shortcut is of a notebook's command mode."""
    assert ["commandMode" in shortcut["selector"] for shortcut in own] == [True] * len(own)
