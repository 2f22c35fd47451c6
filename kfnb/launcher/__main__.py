"""`python -m kfnb.launcher INPUT_URI`: the plain start of one task, in a pod or where no forkserver is.

Writes one JSON line an event on standard output. Exit codes: 0 succeeded, 1 the task failed, 3 called wrongly, 4
something outside (store, disk) cannot be used, 130 cancelled.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main() -> int:
    """Run the task named on the command line."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        os.write(2, b"usage: python -m kfnb.launcher INPUT_URI\n")
        return 3
    uri = sys.argv[1]
    if "://" not in uri:
        uri = str(Path(uri).absolute())
    if sys.path and not sys.flags.safe_path:
        sys.path.pop(0)  # the folder it was started in, which `-m` puts first
    from kfnb.launcher.kernel import Kernel
    from kfnb.launcher.launch import run_input

    out = os.dup(1)

    def write(text: str) -> None:
        left = memoryview(text.encode("utf-8", "replace"))
        while left:
            left = left[os.write(out, left) :]

    return run_input(uri, Kernel(), lambda data: write(json.dumps({"event": "progress", "data": data}) + "\n"), write)


if __name__ == "__main__":
    sys.exit(main())
