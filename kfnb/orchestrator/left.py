"""What an attempt that is over left in the store, or how it ended without leaving anything; used by the loop."""

from __future__ import annotations

from typing import Protocol

import msgspec

from kfnb.errors import OutsideError
from kfnb.runners.base import Exited, Lost
from kfnb.spec import ExecutorOutput, TaskError

_output_decoder = msgspec.json.Decoder(ExecutorOutput)


class Documents(Protocol):
    """What is needed of a store."""

    def create(self, key: str, data: bytes) -> bool:
        """Write a document if there is none; say whether it was written."""

    def find(self, key: str) -> bytes | None:
        """Return a document; None if there is none."""


_AWAY, _NO_ACCESS = OutsideError.exit_code, 5
"""Exit codes with which a launcher says that something outside, such as the store, cannot be used: now, or at all."""
_NOTHING = "KF654"


def for_want_of_a_store(report: Exited, output: ExecutorOutput) -> Lost | None:
    """Return that an attempt in a pod was lost, as its launcher got to neither its input nor its output; else None."""
    error = output.error
    if report.code != _AWAY or error is None or error.code != _NOTHING:
        return None
    return Lost(report.task, report.attempt, error.message.rstrip("."), counted=True)


def output_of(store: Documents, place: str, report: Exited) -> ExecutorOutput:
    """Return the output of the attempt whose documents lie under `place`; a failed one if it left none."""
    key = f"{place}/output.json"
    ended = TaskError(message=_how_it_ended(report), code="KF657" if report.unfit else _NOTHING)
    if report.log:
        store.create(f"{place}/log.txt", report.log.encode())  # unless the attempt has kept its own
    left = store.find(key)
    if left is None:
        return ExecutorOutput(state="FAILED", error=ended)
    try:
        output = _output_decoder.decode(left)
    except msgspec.DecodeError as error:
        message = f"What the step gave cannot be read back from {key}: {error}."
        return ExecutorOutput(state="FAILED", error=TaskError(message=message, code="KF653"))
    if report.code is None and output.state == "CANCELED":  # it only followed the place where it ran
        return msgspec.structs.replace(output, state="FAILED", error=ended)
    return output


def _how_it_ended(report: Exited) -> str:
    if report.why:
        return report.why
    if report.code == -9:
        return (
            "The step's process was killed (SIGKILL): most likely it used more memory than there is. "
            "Work on less data at a time, run fewer steps at once (--max-parallel 1), or give it more memory."
        )
    if report.code is not None and report.code < 0:
        return f"The step's process was ended by signal {-report.code}: a library crashed, or something killed it."
    if report.code in (_AWAY, _NO_ACCESS):
        return f"The run's store, or the disk, could not be used where the step ran (exit code {report.code})."
    return (
        f"The step's process ended with exit code {report.code} before the step was done: "
        "a cell called os._exit, or a library did."
    )
