"""What is kept of an attempt around which kfnb itself failed: an output that says so, and the traceback in its log.

Used by `launch`. Whoever looks at the run finds there what nobody saw happen, in a pod above all.
"""

from __future__ import annotations

import contextlib
import os
import traceback
from typing import TYPE_CHECKING

from kfnb.errors import KfnbError
from kfnb.launcher import guard
from kfnb.spec import ExecutorOutput, to_json

if TYPE_CHECKING:
    from kfnb.artifacts.store import Store
    from kfnb.launcher.masking import Mask
    from kfnb.spec import ExecutorInput


def keep(given: ExecutorInput, store: Store, error: Exception, mask: Mask | None) -> None:
    """Write down that kfnb itself failed with `error`, as far as the store takes it, and say it on standard error.

    `mask`: hides secrets in it.
    """
    text = "".join(traceback.format_exception(error))
    text = text if mask is None else mask.text(text)
    os.write(2, text.encode("utf-8", "replace"))
    log = f"{given.prefix}/log.txt"
    with contextlib.suppress(KfnbError, OSError):
        printed = store.read(log) if store.exists(log) else b""
        store.write(log, printed + text.encode("utf-8", "replace"))
    message = (
        f"kfnb itself failed around step {given.task.name!r}: {type(error).__name__}: {error}. The end of its log "
        "says where; please report this."
    )
    failed = ExecutorOutput(state="FAILED", error=guard.finding(given, "KF616", message), log=log)
    failed = failed if mask is None else mask.output(failed)
    with contextlib.suppress(KfnbError, OSError):
        store.write(f"{given.prefix}/output.json", to_json(failed))
