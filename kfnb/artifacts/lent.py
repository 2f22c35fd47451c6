"""Which of the folders on the path are lent to an image that has no kfnb (launcher/bundled.py), and not its own.

Used by what says what an image has, and by what installs what it lacks: versions there are kfnb's choice.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BUNDLE = Path(__file__).resolve().parents[3]
"""Where the bundle is whose kfnb this is, if it is lent."""

LOADED = frozenset(
    {"IPython", "blake3", "cloudpickle", "kfnb", "msgspec", "pygments", "traitlets", "typing_extensions"}
)
"""Modules that the launcher itself has imported before a step begins: a step has them as they are, lent or not."""


def lent() -> Callable[[str], bool]:
    """Return what says of a folder of the module search path whether it is lent."""
    is_there = (BUNDLE / "least.json").is_file()
    return lambda folder: is_there and Path(folder).parent == BUNDLE


def instead() -> dict[str, str]:
    """Return the versions that are lent of packages which the image has too old for the launcher: a step gets these."""
    return {name: version for each in sys.meta_path for name, version in getattr(each, "kfnb_lends", {}).items()}
