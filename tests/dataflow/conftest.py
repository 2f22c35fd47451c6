"""A notebook to be written."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataflow_book import Book


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """A notebook to be written."""
    return Book(tmp_path)
