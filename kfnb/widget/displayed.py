"""What all widgets have: a view that an output shows."""

from __future__ import annotations

from typing import Any

import anywidget

from kfnb.widget import VIEW


class Displayed(anywidget.AnyWidget):  # type: ignore[misc]
    """A widget that something else displays beside its plain form."""

    def view(self) -> dict[str, Any]:
        """Return the entry of a display's MIME bundle that shows the widget."""
        return {VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}
