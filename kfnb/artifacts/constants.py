"""Objects that belong to a library and not to the notebook: a class's or a module's own lists, default paths, settings.

Values of the notebook hold some of them, so the pickles of unrelated values meet. `sharing.py` asks here, so that
names are not joined for that. Only libraries count (the standard library and installed packages): what a notebook's
own modules hold, its values share on purpose.
"""

from __future__ import annotations

import functools
import io
import pickle
import sys
import sysconfig
from typing import TYPE_CHECKING, Any

from kfnb.artifacts.pickler import Context, ValuePickler

if TYPE_CHECKING:
    from collections.abc import Iterable


def ids(kinds: Iterable[type]) -> set[int]:
    """Ids of what the library classes `kinds`, and the modules that define them, hold as attributes."""
    found: set[int] = set()
    modules = set()
    for kind in kinds:
        module = kind.__module__
        if isinstance(module, str) and _is_library(module):
            found.update(id(value) for value in vars(kind).values())
            modules.add(module)
    for module in modules:
        found.update(id(value) for value in list(vars(sys.modules[module]).values()))
    settings = getattr(sys.modules.get("matplotlib"), "rcParams", None)
    if settings is not None:
        found.update(id(value) for value in dict.values(settings))
    return found


def inside(roots: Iterable[Any]) -> frozenset[int]:
    """Ids of everything that pickling `roots` meets."""
    found: set[int] = set()
    for root in roots:
        pickler = ValuePickler(io.BytesIO(), list[pickle.PickleBuffer](), Context({}))
        try:
            pickler.dump(root)
        except Exception:
            continue
        found.update(pickler.memo.copy())
        found.add(id(root))
    return frozenset(found)


@functools.cache
def _is_library(module: str) -> bool:
    if module == "__main__":
        return False  # whatever file the process was started with
    if module in sys.builtin_module_names:
        return True
    where = getattr(sys.modules.get(module), "__file__", None) or ""
    return where.startswith(tuple(sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")))
