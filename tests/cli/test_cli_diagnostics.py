"""Diagnostics as the shell shows them."""

from __future__ import annotations

from kfnb.cli.diagnostics import as_json, describe
from kfnb.errors import Diagnostic, Fix

FOUND = Diagnostic(
    "KF201",
    "error",
    "`dff` is not bound anywhere above.",
    notebook="churn.ipynb",
    cell="c3",
    line=2,
    column=7,
    fix=Fix("write `df`"),
)


def test_a_diagnostic_shows_place_line_caret_and_fix() -> None:
    """A person sees which cell, which line, which character, and what to do."""
    expected = """\
error KF201: `dff` is not bound anywhere above.
  --> churn.ipynb, cell 3 (id c3), line 2, column 7
    2 | print(dff)
      |       ^
  fix: write `df`"""
    assert expected == describe(FOUND, {"c3": (3, "x = 1\nprint(dff)")})


def test_the_caret_stands_under_its_character_behind_tabs() -> None:
    """Tabs before the place are repeated, so that the caret lines up however wide they are."""
    lines = describe(FOUND, {"c3": (3, "\n\tfoo = dff")}).splitlines()
    assert "      | \t     ^" == lines[3]


def test_a_line_that_is_not_there_has_no_excerpt() -> None:
    """A diagnostic about a cell that changed meanwhile is still shown."""
    assert 3 == len(describe(FOUND, {"c3": (3, "one line")}).splitlines())


def test_json_has_the_fields_of_the_contract() -> None:
    """`fix` is text or null; what a machine can apply stands beside it."""
    tagged = Diagnostic("KF101", "warning", "m", cell="a", fix=Fix("tag it", cell="b", add_tags=("skip",)))
    first, second = as_json([FOUND, tagged])
    assert {
        "code": "KF201",
        "severity": "error",
        "message": "`dff` is not bound anywhere above.",
        "notebook": "churn.ipynb",
        "cell": "c3",
        "line": 2,
        "column": 7,
        "fix": "write `df`",
        "machine_fix": None,
    } == first
    assert {"cell": "b", "add_tags": ("skip",), "remove_tags": ()} == second["machine_fix"]
