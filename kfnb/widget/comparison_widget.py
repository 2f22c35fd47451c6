"""The kernel's end of the widget of runs side by side: it is given everything at once, and asked nothing."""

from __future__ import annotations

from typing import Any

import traitlets

from kfnb.widget import STATIC, plain
from kfnb.widget.displayed import Displayed


class ComparisonWidget(Displayed):
    """Runs side by side. `compared` is JSON: what the server answers of the comparison, and of each run's charts."""

    _esm: Any = STATIC / "comparison.js"
    compared = traitlets.Dict().tag(sync=True)

    def __init__(self, compared: dict[str, Any]) -> None:
        super().__init__(compared=plain(compared))
