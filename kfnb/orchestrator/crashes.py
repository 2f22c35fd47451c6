"""Mistakes of kfnb's own that end the process which drives a run: kept in the store, and counted.

In a cluster the process is started again, which helps where it was chance. After a few times the run is over: it says
so, rather than being driven into the same mistake for hours.
"""

from __future__ import annotations

import contextlib
import traceback
from typing import Protocol

from kfnb.errors import KfnbError
from kfnb.orchestrator import places

MOST = 3
"""Crashes after which a run is not taken up again."""


class Documents(Protocol):
    """What is needed of a store."""

    def create(self, key: str, data: bytes) -> bool:
        """Write a document if there is none; say whether it was written."""


def note(store: Documents, run_id: str, error: Exception) -> int:
    """Keep the traceback of a crash as `crashes/NUMBER.txt` of the run; return how many there were, 0 if unknown."""
    text, number = "".join(traceback.format_exception(error)).encode("utf-8", "replace"), 1
    with contextlib.suppress(KfnbError, OSError):
        while not store.create(_key(run_id, number), text):
            number += 1
        return number
    return 0


def in_words(run_id: str, error: Exception, number: int) -> str:
    """Return why a run ended, for a person: what happened, and where the details are."""
    times = f" for the {number}. time" if number > 1 else ""
    kept = f" The details are in {_key(run_id, number)} of its store;" if number else ""
    return f"kfnb itself failed{times} while it drove the run: {type(error).__name__}: {error}.{kept} please report it."


def _key(run_id: str, number: int) -> str:
    return places.run_key(run_id, "crashes", f"{number:04d}.txt")
