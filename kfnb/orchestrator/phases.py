"""Where a task of a run may be, and the moves there are between these phases. Data of the state machine."""

from __future__ import annotations

from typing import Literal

Phase = Literal[
    "WAITING",
    "DECIDING",
    "LOOKING",
    "READY",
    "AWAITING",
    "DELAYED",
    "STARTING",
    "RUNNING",
    "CANCELING",
    "SUCCEEDED",
    "SKIPPED",
    "FAILED",
    "CANCELED",
]
"""Where a task is. The first seven are PENDING to everyone else."""

MOVES: dict[Phase, frozenset[Phase]] = {
    # The last two of WAITING where a run is taken up again with what it has already.
    "WAITING": frozenset({"DECIDING", "LOOKING", "READY", "SKIPPED", "CANCELED", "SUCCEEDED", "FAILED"}),
    "DECIDING": frozenset({"LOOKING", "READY", "SKIPPED", "FAILED", "CANCELED"}),
    "LOOKING": frozenset({"READY", "SUCCEEDED", "SKIPPED", "FAILED", "CANCELED"}),
    "AWAITING": frozenset({"LOOKING", "READY", "SKIPPED", "CANCELED"}),
    "READY": frozenset({"STARTING", "SKIPPED", "CANCELED"}),
    "DELAYED": frozenset({"READY", "SKIPPED", "CANCELED"}),
    "STARTING": frozenset({"RUNNING", "AWAITING", "DELAYED", "CANCELING", "SUCCEEDED", "FAILED", "CANCELED"}),
    "RUNNING": frozenset({"DELAYED", "CANCELING", "SUCCEEDED", "FAILED", "CANCELED"}),
    "CANCELING": frozenset({"SUCCEEDED", "FAILED", "CANCELED"}),
    # The next two only when it turns out later that the task, or one above it, had read what it should not have.
    "SUCCEEDED": frozenset({"FAILED", "CANCELED"}),
    "FAILED": frozenset({"FAILED"}),
    "SKIPPED": frozenset(),
    "CANCELED": frozenset(),
}

NOT_BEGUN: frozenset[Phase] = frozenset({"WAITING", "DECIDING", "LOOKING", "READY", "AWAITING", "DELAYED"})
PENDING: frozenset[Phase] = NOT_BEGUN | {"STARTING"}
ACTIVE: frozenset[Phase] = frozenset({"STARTING", "RUNNING", "CANCELING"})
TERMINAL: frozenset[Phase] = frozenset({"SUCCEEDED", "SKIPPED", "FAILED", "CANCELED"})
