"""The documentation's generated pages are those that the code of today gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_generated_pages_are_current(root: Path) -> None:
    """`make generate` would change nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"], cwd=root, check=False, capture_output=True, text=True
    )
    assert (0, "") == (done.returncode, done.stderr)


def test_every_page_is_in_the_navigation(root: Path) -> None:
    """No page of the documentation can be reached only by its address; decisions are reached through their index."""
    navigation = (root / "mkdocs.yml").read_text("utf-8")
    pages = sorted(str(path.relative_to(root / "docs")) for path in (root / "docs").rglob("*.md"))
    assert [] == [page for page in pages if page not in navigation and not page.startswith("adr/0")]


def test_every_decision_record_is_in_the_index(root: Path) -> None:
    """docs/adr/index.md names every decision record."""
    index = (root / "docs" / "adr" / "index.md").read_text("utf-8")
    records = sorted(path.name for path in (root / "docs" / "adr").glob("*.md") if path.name != "index.md")
    assert [] == [name for name in records if f"({name})" not in index]
