"""The names that notebooks had, and what is found under which of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfnb.history.renames import FILE, Rename, Renames, note, read
from kfnb.metadata.filtering import NameInTime

SWAP = Renames([Rename(1, "/a", "/tmp"), Rename(2, "/b", "/a"), Rename(3, "/tmp", "/b")])


def named(path: str, since: float | None = None, until: float | None = None) -> NameInTime:
    """A name and when it was had."""
    return NameInTime(path, since, until)


@pytest.mark.parametrize(
    ("renames", "path", "expected"),
    [
        ([], "/a", [named("/a")]),
        ([("/a", "/b")], "/b", [named("/b", 1), named("/a", None, 1)]),
        ([("/a", "/b")], "/a", [named("/a", 1)]),
        ([("/a", "/b")], "/a-Copy1", [named("/a-Copy1")]),
        ([("/a", "/b"), ("/b", "/a")], "/a", [named("/a", 2), named("/b", 1, 2), named("/a", None, 1)]),
        ([("/a", "/b"), ("/c", "/a")], "/a", [named("/a", 2), named("/c", None, 2)]),
        ([("/x", "/y")], "/y/deep/a", [named("/y/deep/a", 1), named("/x/deep/a", None, 1)]),
        ([("/x", "/y")], "/yes/a", [named("/yes/a")]),
        ([("/x/a", "/x/b"), ("/x", "/y")], "/y/b", [named("/y/b", 2), named("/x/b", 1, 2), named("/x/a", None, 1)]),
    ],
)
def test_a_notebook_has_the_runs_of_its_names(
    renames: list[tuple[str, str]], path: str, expected: list[NameInTime]
) -> None:
    """Renamed, moved with its folder, renamed back: what had the name at another time is not the same notebook."""
    known = Renames([Rename(time, old, new) for time, (old, new) in enumerate(renames, 1)])
    assert expected == [*known.names_of(path)]


def test_two_notebooks_that_were_swapped_keep_their_runs() -> None:
    """Each is found under all its names, and at the time of each only one of them had it."""
    assert [named("/b", 3), named("/tmp", 1, 3), named("/a", None, 1)] == [*SWAP.names_of("/b")]
    assert [named("/a", 2), named("/b", None, 2)] == [*SWAP.names_of("/a")]


@pytest.mark.parametrize(
    ("path", "time", "now"),
    [("/a", 0, "/b"), ("/b", 0, "/a"), ("/tmp", 1, "/b"), ("/tmp", 0, "/b"), ("/a", 2, "/a"), ("/c", 0, "/c")],
)
def test_what_a_notebook_of_an_old_run_is_called_now(path: str, time: float, now: str) -> None:
    """The name of a run's notebook is followed from the time of the run."""
    assert now == SWAP.now_called(path, time)


def test_renames_are_remembered(tmp_path: Path) -> None:
    """A line that was cut off by a full disk is no rename; those behind it are."""
    assert (named("/b"),) == read(tmp_path / "home").names_of("/b")
    note(tmp_path / "home", Rename(1, "/ä\n", "/b"))
    with (tmp_path / "home" / FILE).open("ab") as file:
        file.write(b'{"time": 2, "old": "/\xff\n')
    note(tmp_path / "home", Rename(3, "/b", "/c"))
    assert (named("/c", 3), named("/b", 1, 3), named("/ä\n", None, 1)) == read(tmp_path / "home").names_of("/c")
