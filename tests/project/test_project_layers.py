"""Rooms and doors: every room has its place in the layers, and each outside system is reached through one door."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

DOORS = {
    "fsspec": {"kfnb/artifacts/remote.py"},
    "kubernetes": {"kfnb/runners/api_server.py"},
    "sqlalchemy": {"kfnb/metadata"},
    "alembic": {"kfnb/metadata/migrations"},
}
"""Library of an outside system → the only files, or folders, that may import it."""


def imported_by(path: Path) -> set[str]:
    """Top-level packages that a file imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    from_ = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in plain | from_}


def test_every_room_has_its_place_in_the_layers(root: Path) -> None:
    """The import contract names every room of kfnb, so none escapes it."""
    contract = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    placed = {room.strip() for layer in contract["layers"] for room in layer.split("|")}
    rooms = {
        f"kfnb.{path.stem}"
        for path in (root / "kfnb").iterdir()
        if (path.suffix == ".py" and not path.name.startswith("__")) or (path / "__init__.py").exists()
    }
    assert set() == rooms - placed


@pytest.mark.parametrize("library", DOORS)
def test_an_outside_system_has_one_door(root: Path, library: str) -> None:
    """Only the file that is a system's door imports its library."""
    files = [p.relative_to(root) for p in (root / "kfnb").rglob("*.py") if library in imported_by(p)]
    assert [] == [str(p) for p in files if not DOORS[library] & {str(p), *map(str, p.parents)}]
