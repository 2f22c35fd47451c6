"""Room in a quota that counts objects: a run's own Jobs take it also when they have ended, until they are removed.

Used by the Kubernetes runner where something of its run finds such a quota full. What its Jobs gave, and what they
printed, is in the store; they stay only to be looked at.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from kfnb.errors import ClusterError
from kfnb.runners.job_manifest import RUN, TASK
from kfnb.runners.pod_state import condition
from kfnb.runners.refusals import over_quota

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.runners.api_server import ApiServer, Object


class EndedJobs:
    """The Jobs of a run's tasks that have ended. `is_over`: says whether the end of a Job of this name was reported."""

    def __init__(self, api: ApiServer, run_id: str, is_over: Callable[[str], bool]) -> None:
        self._api = api
        self._selector = f"{RUN}={run_id},{TASK}"
        self._is_over = is_over

    def make_room(self, said: str) -> None:
        """Remove the older half of them if the API server `said` that a quota is full that counts them.

        Half: what was run last is looked at most, and one at a time would have every further task wait for its turn.
        """
        full = over_quota(said)
        if full is None or not full.counts_ended:
            return
        place = self._api.place
        with contextlib.suppress(ClusterError):  # whoever waits asks again
            found = self._api.get(place("jobs", group="batch/v1"), {"labelSelector": self._selector})["items"]
            ended = sorted((when, str(job["metadata"]["name"])) for job in found if (when := _ended(job)) is not None)
            over = [name for _, name in ended if self._is_over(name)]
            for name in over[: (len(over) + 1) // 2]:
                self._api.delete(place("jobs", name, "batch/v1"))


def _ended(job: Object) -> str | None:
    """Return when a Job ended; None if it has not."""
    end = condition(job, "Complete", "Failed")
    return None if end is None or _is_going(job) else str(end.get("lastTransitionTime") or "")


def _is_going(job: Object) -> bool:
    return "deletionTimestamp" in job["metadata"]
