"""Leaves in the store what the image of this pod has, so that the next run knows before it starts; used by `launch`.

One task of each image in a run does it, beside its body: it begins with the first cell, after the body has been forked,
and holds up neither that nor whoever waits for the task's end.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING

from kfnb.artifacts.store import Store

if TYPE_CHECKING:
    from kfnb.spec import ExecutorInput

_SECONDS = 10.0


class OwnImage:
    """The image in which an attempt runs, as `given.tells_image` calls it; made before anything is installed there."""

    def __init__(self, given: ExecutorInput) -> None:
        self._given = given
        self._path = [*sys.path]
        self._thread = threading.Thread(target=self._leave, name="kfnb-image", daemon=True)

    def begin(self) -> None:
        """Look, in a thread; once, however often this is called."""
        if self._thread.ident is None:
            self._thread.start()

    def finish(self) -> None:
        """Wait until it is known, if that does not take long; a task that never began looks now."""
        self.begin()
        self._thread.join(_SECONDS)

    def _leave(self) -> None:
        from kfnb.artifacts import known_images  # 10 ms, which the first cell does not wait for

        given = self._given
        with contextlib.suppress(Exception):  # only a convenience, and packages may say anything of themselves
            found = known_images.contents(self._path)
            known = known_images.seen_now(given.tells_image, found, by=given.prefix)
            known_images.remember(Store(given.root), known)
