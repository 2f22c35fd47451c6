"""Torch, where it is installed: it is too large for the checks to install, so its tests are among the long ones."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import pytest

torch: Any = importlib.import_module("torch") if importlib.util.find_spec("torch") else None
needs_torch = [
    pytest.mark.soak,
    pytest.mark.skipif(torch is None, reason="Torch is not installed: .venv/bin/pip install torch"),
]
