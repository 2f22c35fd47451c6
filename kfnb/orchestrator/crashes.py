"""What ends the process which drives a run before the run has ended: kept in the store, and counted.

Mistakes of kfnb's own, and a store or an API server that does not answer for long. In a cluster the process is started
again, which helps where it was chance. After a few times the run is over: it says so, rather than being driven into the
same for hours.
"""

from __future__ import annotations

import contextlib
import traceback
from typing import Protocol

from kfnb.errors import ClusterError, KfnbError, StoreError
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


def may_pass(store: Documents, run_id: str, error: KfnbError, *, counted: bool) -> bool:
    """Say whether the next process may reach what this one could not.

    `counted`: that one comes by itself; so the error is kept, and after a few times it may not.
    """
    passes = isinstance(error, StoreError | ClusterError) and error.is_passing
    return passes and (not counted or note(store, run_id, error) < MOST)


def in_words(run_id: str, error: Exception, number: int) -> str:
    """Return why a run ended, for a person: what happened, and where the details are."""
    times = f" for the {number}. time" if number > 1 else ""
    kept = f" The details are in {_key(run_id, number)} of its store;" if number else ""
    return f"kfnb itself failed{times} while it drove the run: {type(error).__name__}: {error}.{kept} please report it."


def _key(run_id: str, number: int) -> str:
    return places.run_key(run_id, "crashes", f"{number:04d}.txt")
