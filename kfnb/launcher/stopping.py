"""What a signal does to a launcher before there is a body to stop; used by __main__.py, caught by launch.py."""

from __future__ import annotations

import signal


class Stopped(BaseException):
    """A signal asked this process to stop."""


def stop_at_signals() -> None:
    """Have SIGTERM, SIGHUP and SIGINT raise Stopped.

    Also as process 1 of a container, which the system does not end by a signal that it does not handle.
    """

    def stop(*_: object) -> None:
        raise Stopped

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop)
