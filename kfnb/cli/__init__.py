"""The command line: `kfnb` and `python -m kfnb` call `main`.

One file a group of commands; `app` puts them together and turns every error into an exit code.
"""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the command line with this process's arguments and exit with its code."""
    arguments = sys.argv[1:]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no box characters shows the rest
    if arguments[:1] in (["run"], ["resume"]) and not {"--help", "-h", "--detach"} & set(arguments):
        # Before everything else: the process that tasks are forked from loads while we parse and compile.
        from kfnb.cli import prestart

        prestart.begin(arguments)
    from kfnb.cli.app import run_app

    sys.exit(run_app(arguments))
