"""Diagnostic codes: the sources, errors.CODES and the documentation say the same."""

from __future__ import annotations

import re
from pathlib import Path

from kfnb.errors import CODES

CODE = re.compile(r"\bKF\d{3}\b")


def codes_in_sources(root: Path) -> set[str]:
    """Every code named in kfnb's sources outside errors.py, where the list itself stands."""
    files = (path for path in (root / "kfnb").rglob("*") if path.suffix in {".py", ".toml", ".json"})
    return {code for path in files if path.name != "errors.py" for code in CODE.findall(path.read_text("utf-8"))}


def test_every_code_in_the_sources_is_listed(root: Path) -> None:
    """A code that the sources name has its line in errors.CODES."""
    assert set() == codes_in_sources(root) - CODES.keys()


def test_every_listed_code_is_used(root: Path) -> None:
    """errors.CODES lists no code that nothing raises."""
    assert set() == CODES.keys() - codes_in_sources(root)


def test_codes_have_the_form_kf_and_three_digits() -> None:
    """A code is KF and three digits, and its meaning is one line without a full stop's worth of repetition."""
    assert [] == [code for code, meaning in CODES.items() if not CODE.fullmatch(code) or "\n" in meaning or not meaning]


def test_every_code_is_documented(root: Path) -> None:
    """docs/diagnostics.md has a row for every code."""
    documented = set(CODE.findall((root / "docs" / "diagnostics.md").read_text("utf-8")))
    assert CODES.keys() == documented
