"""What lives in a notebook's output: a run, runs side by side, a list of runs; client and history say of what it is.

The widgets themselves are TypeScript, in labextension/src/widget; the build puts them into `static/`. Where they were
not built, or nobody's page knows widgets, everything is shown in its plain form, of `drawing`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

STATIC = Path(__file__).parent / "static"
"""The built widgets."""
VIEW = "application/vnd.jupyter.widget-view+json"
"""The media type by which an output shows a widget."""


def is_built() -> bool:
    """Say whether the widgets were built: a checkout may be without."""
    return all((STATIC / f"{name}.js").is_file() for name in ("run", "comparison", "runs"))


def is_watched() -> bool:
    """Say whether a person may see a widget that the running cell displays.

    Nobody does in a terminal, or where a program runs a notebook from its first cell to its last: that answers no
    questions, as a page does. What it saves is to have no widget, which is nothing without its kernel.
    """
    loaded = sys.modules.get("IPython.core.getipython")  # else there is no kernel
    kernel = getattr(loaded.get_ipython(), "kernel", None) if loaded is not None else None
    request = kernel.get_parent() if kernel is not None and hasattr(kernel, "get_parent") else {}
    return is_built() and bool(request.get("content", {}).get("allow_stdin"))


def plain(document: Any) -> Any:
    """Return a document as the JSON that a page reads; what JSON does not have is null, or text."""
    return msgspec.json.decode(msgspec.json.encode(document, enc_hook=repr))
