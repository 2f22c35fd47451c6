"""What the repository keeps: sizes, names, and nothing of the machine it was written on."""

from __future__ import annotations

import json
import re
from pathlib import Path

MEGABYTE = 1_000_000
NO_IDEA_YET = {"utils", "helpers", "common", "misc"}
HOST = re.compile(r"https?://|--index-url|--extra-index-url|--find-links|@ file:")
ONE_MACHINE = re.compile(r"(?<![\w./~-])/(?:root|home/\w+|Users/\w+)/")


def text_of(path: Path) -> str:
    """The text of a file, or nothing where it holds no text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_file_is_above_one_megabyte(root: Path, kept: tuple[Path, ...]) -> None:
    """Git keeps no file above 1 MB."""
    assert [] == [str(path.relative_to(root)) for path in kept if path.stat().st_size > MEGABYTE]


def test_every_name_has_an_idea(root: Path, kept: tuple[Path, ...]) -> None:
    """No file or folder is named utils, helpers, common or misc."""
    names = (path.relative_to(root) for path in kept)
    assert [] == [str(name) for name in names if NO_IDEA_YET & {*name.parts, name.stem}]


def test_constraints_name_no_host(root: Path) -> None:
    """constraints.txt holds names and exact versions, and no place to take them from."""
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [] == [
        line for line in pins if HOST.search(line) or not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)
    ]


def test_no_path_of_one_machine(root: Path, kept: tuple[Path, ...]) -> None:
    """No file names a person's or a machine's home folder."""
    assert [] == [str(path.relative_to(root)) for path in kept if ONE_MACHINE.search(text_of(path))]


def test_no_module_is_longer_than_a_room(root: Path, kept: tuple[Path, ...]) -> None:
    """No Python file, and no source of the front end but what is generated, has more than 600 lines."""
    modules = [path for path in kept if path.suffix in (".py", ".ts", ".tsx", ".css") and path.stem != "openapi"]
    assert [] == [str(path.relative_to(root)) for path in modules if len(text_of(path).splitlines()) > 600]


def test_example_notebooks_carry_no_outputs(root: Path) -> None:
    """Example notebooks are kept without outputs and execution counts, so that a diff shows code."""
    cells = [
        (path.name, cell["id"])
        for path in sorted((root / "notebooks").glob("*.ipynb"))
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"] is not None)
    ]
    assert [] == cells


def test_test_files_have_names_of_their_own(kept: tuple[Path, ...]) -> None:
    """No two test files share a name, so that pytest can import them side by side."""
    names = [path.name for path in kept if path.name.startswith("test_") and path.suffix == ".py"]
    assert sorted(set(names)) == sorted(names)
