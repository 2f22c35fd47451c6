"""The DataFrame of `kfnb.runs` where a page may show it: there it is a table to search, sort and open runs in.

Imported only where pandas is there, by `frame`.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pandas as pd

from kfnb import widget
from kfnb.errors import KfnbError

if TYPE_CHECKING:
    from kfnb.history.listed import Listed
    from kfnb.widget.runs_widget import RunsWidget


class RunsFrame(pd.DataFrame):  # type: ignore[misc]
    """A DataFrame in all that is done with it: what is made of it, and what is left of it in a file, is a plain one.

    One that was changed is shown as any DataFrame, for the table is of the runs, not of what became of the frame.
    """

    _listed: Listed | None = None
    _as_made: pd.DataFrame | None = None
    _shown: RunsWidget | None = None

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame

    def __reduce__(self) -> Any:
        return pd.DataFrame, (pd.DataFrame(self),)

    def _repr_html_(self) -> str | None:
        """Return the frame as a table, under a name by which a notebook that is saved knows it.

        The corner above the index is no head of anything, to those who hear the table.
        """
        html: str | None = super()._repr_html_()
        if html is None or self._listed is None:
            return html
        return f'<div class="kfnb-runs">{html.replace("<th></th>", "<td></td>")}</div>'

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """Return the widget of the list where there is a page; what has no widget shows the table."""
        if self._listed is None or not widget.is_watched() or not self._is_as_made():
            return {}
        if self._shown is None or self._shown.comm is None:
            try:
                self._shown = self._listed.widget()
            except KfnbError:
                return {}  # the frame is shown all the same
        return self._shown.view()

    def _is_as_made(self) -> bool:
        with contextlib.suppress(ValueError, TypeError):  # of values that cannot be compared
            return bool(self.equals(self._as_made))
        return False


def shown_by(made: pd.DataFrame, listed: Listed) -> RunsFrame:
    """Return a frame that shows itself by this list of its runs."""
    found = RunsFrame(made)
    found._listed, found._as_made = listed, made.copy()
    return found
