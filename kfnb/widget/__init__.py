"""A run in a notebook's output as a living widget: the client shows it where a kernel has somebody to show it to.

The widget itself is TypeScript, in labextension/src/widget; the build puts it into `static/`. Where it was not built,
or nobody's page knows widgets, a run is shown as the plain picture and table of `drawing.run_html`.
"""

from __future__ import annotations

from pathlib import Path

SCRIPT = Path(__file__).parent / "static" / "widget.js"
"""The built widget."""
VIEW = "application/vnd.jupyter.widget-view+json"
"""The media type by which an output shows a widget."""


def is_built() -> bool:
    """Say whether the widget was built: a checkout may be without."""
    return SCRIPT.is_file()
