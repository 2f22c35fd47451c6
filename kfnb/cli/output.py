"""What the commands print: one JSON document on stdout with `--json`, else text; messages always on stderr."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from kfnb.errors import ClusterError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kfnb.client import Run

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CODES = {"dim": "2", "bold": "1", "red": "31", "green": "32", "yellow": "33", "blue": "34"}


def emit(document: Any) -> None:
    """Write `document` as the one JSON document of stdout. A number that JSON cannot hold (NaN) becomes null."""
    sys.stdout.write(msgspec.json.encode(document, enc_hook=str).decode() + "\n")
    sys.stdout.flush()


def say(text: str = "") -> None:
    """Write a message for a person on stderr."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def only_looking(run: Run, again: str) -> Iterator[None]:
    """Say, where store or cluster fail for now whoever looks at a living run, that the run is not ended by that.

    `again`: the command that shows it again. The error is raised all the same.
    """
    try:
        yield
    except (StoreError, ClusterError) as error:
        if isinstance(error, ClusterError):
            with contextlib.suppress(StoreError):
                run.has_ended  # noqa: B018 - `had_ended` knows it then
        if error.is_passing and not run.had_ended:
            say(f"This ends the looking, not the run: `{again}` shows it again.")
        raise


def show(text: str = "") -> None:
    """Write what a person asked for on stdout."""
    print(text, flush=True)


def coloured(stream: TextIO) -> bool:
    """Say whether `stream` is a terminal that wants colour (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, stream: TextIO) -> str:
    """Return `text` in `style` (words of CODES) where `stream` shows colour."""
    codes = ";".join(CODES[word] for word in style.split() if word in CODES)
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and coloured(stream) else text


def for_stdout(text: str) -> str:
    """Return what a cell printed without its colours where stdout shows none."""
    return text if coloured(sys.stdout) else COLOUR.sub("", text)


def columns(rows: Sequence[Sequence[str]], *, gap: str = "  ") -> str:
    """Return `rows` as text in aligned columns, without trailing blanks."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        gap.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def terminal_columns() -> int:
    """Return how many characters a line of the terminal holds, 100 where there is none."""
    import shutil

    return shutil.get_terminal_size((100, 24)).columns
