"""The public surface: what `import kfnb` offers."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import kfnb


def test_all_is_what_is_visible() -> None:
    """Every name in `__all__` can be had, and `dir(kfnb)` shows these names, submodules and dunders only."""
    public = {name for name in dir(kfnb) if not name.startswith("_")}
    offered = {name for name in public if not inspect.ismodule(getattr(kfnb, name))} - {"annotations"}
    assert set(kfnb.__all__) - {"__version__"} == offered


def test_all_is_sorted_and_without_doubles() -> None:
    """`__all__` is in order and names nothing twice."""
    assert sorted(set(kfnb.__all__)) == list(kfnb.__all__)


def test_every_public_name_has_a_docstring() -> None:
    """What is public says what it does."""
    names = [name for name in kfnb.__all__ if name != "__version__"]
    assert [] == [name for name in names if not (getattr(kfnb, name).__doc__ or "").strip()]


def test_every_module_says_what_it_is(root: Path) -> None:
    """Every module of kfnb that holds code begins with a docstring."""
    modules = [path for path in sorted((root / "kfnb").rglob("*.py")) if path.read_text("utf-8").strip()]
    assert [] == [str(p.relative_to(root)) for p in modules if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
