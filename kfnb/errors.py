"""The exception tree and the diagnostics of kfnb; every room raises or collects these and nothing else.

    KfnbError                 what a person sees when kfnb cannot go on; its text says what, where and what to do
    ├── Refused               diagnostics with an error in them: nothing ran            (exit code 2)
    ├── WrongCall             a call that cannot be understood                          (exit code 3)
    ├── OutsideError          something outside kfnb cannot be used: store, disk, kernel (exit code 4)
    │   ├── StoreError        the artifact store refused, is full, or lost something
    │   ├── CorruptArtifact   stored bytes do not have the digest they were stored under
    │   └── KernelError       the notebook's kernel or interpreter cannot be started
    ├── NotSaveable           a value cannot be turned into bytes
    └── RunFailed             a run ended FAILED                                        (exit code 1)
"""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "hint"]


class Fix(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to do about a finding: words for a person and, where it can be done by a machine, the tags to set.

    `add_tags` and `remove_tags` are tags of the cell named by `cell` (default: the diagnostic's cell).
    """

    text: str
    cell: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()


class Diagnostic(msgspec.Struct, frozen=True):
    """One finding about a notebook. `line` and `column` count from 1 within the cell; None where there is none."""

    code: str
    severity: Severity
    message: str
    notebook: str | None = None
    cell: str | None = None
    line: int | None = None
    column: int | None = None
    fix: Fix | None = None

    def __str__(self) -> str:
        place = f" (cell {self.cell}" + (f", line {self.line})" if self.line else ")") if self.cell else ""
        return f"{self.code}: {self.message}{place}" + (f" Fix: {self.fix.text}" if self.fix else "")


class KfnbError(Exception):
    """Base of everything kfnb raises at a person."""

    exit_code = 1


class Refused(KfnbError):
    """The notebook was refused before anything ran."""

    exit_code = 2

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n".join(str(d) for d in diagnostics if d.severity == "error"))


class WrongCall(KfnbError):
    """A command or function was called with something it cannot understand."""

    exit_code = 3


class OutsideError(KfnbError):
    """Something outside kfnb cannot be used: a store, a disk, a kernel."""

    exit_code = 4


class StoreError(OutsideError):
    """The artifact store refused an operation, is full, or no longer holds something."""


class CorruptArtifact(StoreError):
    """Bytes read from the store do not have the digest under which they were stored."""


class KernelError(OutsideError):
    """The notebook's kernel, or the interpreter it names, cannot be started."""


class NotSaveable(KfnbError):
    """A value cannot be turned into bytes; `args[0]` says which, of what type, and why."""


class RunFailed(KfnbError):
    """A run ended FAILED."""


CODES: dict[str, str] = {
    # KF1xx: reading notebooks and tags (notebook/)
    "KF100": "the file is not JSON",
    "KF101": "the JSON is not a well-formed notebook",
    "KF102": "the notebook's format is newer than this kfnb reads",
    "KF103": "the notebook has no code",
    "KF104": "the notebook is not written in Python",
    "KF110": "a tag's value cannot be read",
    "KF111": "an unknown tag looks like one of kfnb's",
    "KF112": "two settings of one step contradict each other",
    "KF113": "two names of steps become one label",
    "KF114": "more than one cell is tagged parameters",
    "KF115": "`step:` without a name has no step above to continue",
    "KF116": "a cell is tagged for two steps",
    "KF117": "`prev:` names a step that does not exist",
    "KF118": "`prev:` names its own step or one below",
    "KF119": "the notebook has no step tag",
    "KF120": "a tag has no effect where it stands",
    "KF121": "a step has no code",
    "KF122": "a cell's comment and its tags name different steps",
    "KF123": "every code cell is skipped",
    "KF124": "a cell left by papermill sets parameters again",
    "KF125": "a size is too small to be meant",
    # KF2xx: names and setup (dataflow/)
    "KF250": "a cell is not valid Python",
    "KF251": "a magic looks beyond its step: at other cells, the history, all names",
    "KF252": "a magic that kfnb does not know, or that IPython would not find",
    "KF253": "a magic binds or deletes names that cannot be known before it runs",
    "KF255": "packages that a cell installs join the packages of the steps; the line itself is not run",
    "KF257": "a shell line leaves something running after its cell",
    # KF3xx: changes, sharing and the guard (dataflow/, launcher/)
    # KF4xx: effects, session state and files (dataflow/, launcher/)
    # KF5xx: control flow, settings and what is not built yet (compiler)
    # KF6xx: a task stopped while running (launcher/, orchestrator/)
    "KF650": "The condition of a step cannot be evaluated",
    "KF651": "A step was told to stop from outside the run, or failed without a reason",
    "KF652": "A step looked at a path that a step above it writes, without coming after it",
    "KF653": "What a step gave cannot be read back",
    "KF654": "A step's process ended before the step was done",
    # KF7xx: parameters and calls (client, cli)
    "KF700": "The notebook has no such parameter",
    "KF701": "A parameter has the wrong type",
    "KF702": "A parameter has a value that JSON cannot hold exactly",
}
"""Every diagnostic code and its one-line meaning; docs/diagnostics.md is generated from it."""
