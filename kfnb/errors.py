"""The exception tree and the diagnostics of kfnb; every room raises or collects these and nothing else.

KfnbError                 what a person sees when kfnb cannot go on; its text says what, where and what to do
├── Refused               diagnostics with an error in them: nothing ran            (exit code 2)
├── WrongCall             a call that cannot be understood                          (exit code 3)
│   ├── NotFound          a run, task or artifact was named that is not there
│   └── Outdated          what is to be changed is no longer what it was when it was looked at
├── OutsideError          something outside kfnb cannot be used: store, disk, kernel (exit code 4)
│   ├── StoreError        the artifact store refused, is full, or lost something
│   │   └── NoAccess      it cannot be used from here at all
│   ├── CorruptArtifact   stored bytes do not have the digest they were stored under
│   ├── KernelError       the notebook's kernel or interpreter cannot be started
│   ├── ClusterError      the cluster cannot be reached, or refuses something
│   └── LeaseHeld         another process drives the run
├── NotSaveable           a value cannot be turned into bytes
├── NoDevice              a saved value lies on a device that is not seen here
├── GraphLeft             gradients were asked of a tensor whose graph lies in an earlier step
└── RunFailed             a run ended FAILED                                        (exit code 1)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def by_severity(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return findings with errors first and hints last, otherwise in their order."""
    return tuple(sorted(found, key=lambda one: ("error", "warning", "hint").index(one.severity)))


class KfnbError(Exception):
    """Base of everything kfnb raises at a person."""

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows: the words, and the way to the call in code of one's own.

        After `%xmode Verbose` it is all that IPython shows of any error.
        """
        import traceback  # only where there is an error in a notebook
        from pathlib import Path

        from IPython.core.getipython import get_ipython

        shell = get_ipython()  # type: ignore[no-untyped-call,unused-ignore]
        if shell is not None and shell.InteractiveTB.mode == "Verbose":
            all_of_it: list[str] = shell.InteractiveTB.structured_traceback(type(self), self, self.__traceback__, 1)
            return all_of_it
        frames = traceback.extract_tb(self.__traceback__)
        of_kfnb = [Path(__file__).parent in Path(frame.filename).parents for frame in frames]
        before = frames[: of_kfnb.index(True)] if True in of_kfnb else frames
        own = [frame for frame in before if "IPython" not in Path(frame.filename).parts]
        cell = [f"  Line {frame.lineno} of the cell: {frame.line}\n" for frame in own[:1]]
        way = cell + traceback.format_list(own[1:])
        return [*way, f"{type(self).__name__}: {self}", *getattr(self, "__notes__", ())]


class Refused(KfnbError):
    """The notebook was refused before anything ran."""

    exit_code = 2

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n".join(str(d) for d in diagnostics if d.severity == "error"))


class WrongCall(KfnbError):
    """A command or function was called with something it cannot understand."""

    exit_code = 3


class NotFound(WrongCall):
    """A run, a task or an artifact was named that is not there."""


class Outdated(WrongCall):
    """What is to be changed was changed by somebody else since it was looked at."""


class OutsideError(KfnbError):
    """Something outside kfnb cannot be used: a store, a disk, a kernel."""

    exit_code = 4


class StoreError(OutsideError):
    """The artifact store refused an operation, is full, or no longer holds something."""

    @property
    def is_passing(self) -> bool:
        """Whether the same may go well in a while."""
        return not isinstance(self, NoAccess | CorruptArtifact)


class NoAccess(StoreError):
    """The artifact store cannot be used from here: no keys, or wrong ones, or no such bucket. To wait does not help."""


class Fenced(StoreError):
    """Another process drives the run by now: it has written the log where this one was about to."""


class CorruptArtifact(StoreError):
    """Bytes read from the store do not have the digest under which they were stored."""


class KernelError(OutsideError):
    """The notebook's kernel, or the interpreter it names, cannot be started."""


class ClusterError(OutsideError):
    """The cluster cannot be reached, or refuses what was asked of it."""

    @property
    def is_passing(self) -> bool:
        """Whether the same may go well in a while."""
        return True

    @property
    def lacks_right(self) -> bool:
        """Whether it does not know who asks, or says that they may not do this."""
        return False


class LeaseHeld(OutsideError):
    """Another process drives the run."""


class MaybeLiving(LeaseHeld):
    """Whether another process drives the run cannot be seen from here."""


class NotSaveable(KfnbError):
    """A value cannot be turned into bytes; `args[0]` says which, of what type, and why."""


class NoDevice(KfnbError):
    """A saved value lies on a device that this process does not see; `args[0]` goes on after the value's name."""


class GraphLeft(KfnbError):
    """Gradients were asked of a tensor that was computed in an earlier step, which has its graph."""


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
    "KF126": "the notebook's metadata say something of a step that cannot be",
    # KF2xx: names and setup (dataflow/)
    "KF250": "a cell is not valid Python",
    "KF251": "a magic looks beyond its step: at other cells, the history, all names",
    "KF252": "a magic that kfnb does not know, or that IPython would not find",
    "KF253": "a magic binds or deletes names that cannot be known before it runs",
    "KF255": "packages that a cell installs join the packages of the steps; the line itself is not run",
    "KF257": "a shell line leaves something running after its cell",
    "KF201": "A name is read that nothing in the notebook binds.",
    "KF202": "A name is read above the cell that binds it.",
    "KF203": "A name is read that a step above deleted.",
    "KF204": "Code looks at what other cells showed (`_`, `Out`, `In`).",
    "KF205": "Code looks at all names of the notebook (`globals()`, `dir()`).",
    "KF206": "`exec` or `eval` runs text that is only known while running.",
    "KF207": "A skipped cell binds a name that the pipeline reads.",
    "KF208": "A name that nothing binds is read where it may not come to that.",
    "KF209": "`%run` of a script that cannot be read.",
    "KF210": "A step stands in several places and cannot be moved together.",
    "KF211": "A star import of a module that cannot be imported here.",
    "KF213": "A function that remembers its results is called by several steps, and that shows.",
    "KF215": "A class whose `__del__` does something that shows is used by several steps.",
    # KF3xx: changes, sharing and the guard (dataflow/, launcher/)
    "KF380": "A step changed an input in place that its code only seems to read",
    "KF381": "Two names share an object that the code does not show, and a later step changes one of them",
    "KF382": "A step drew global random numbers that its code does not show",
    "KF383": "A step changed the working directory in a way that its code does not show",
    "KF384": "A step changed environment variables in a way that its code does not show",
    "KF385": "A step changed sys.path in a way that its code does not show",
    "KF387": "A step changed a name through another that shares its object, which the code does not show",
    # KF4xx: effects, session state and files (dataflow/, launcher/)
    "KF401": "A setting of a library is computed, so it cannot be repeated in later steps.",
    "KF403": "A display handle or widget is used in another step than the one that shows it.",
    # KF5xx: control flow, settings and what is not built yet (compiler)
    "KF501": "The parameters cell has no parameter.",
    "KF502": "A tag asks for something that this version of kfnb cannot do yet.",
    "KF503": "A tag asks for something that has no meaning on this machine.",
    "KF504": "Running another notebook inside a notebook is not built yet.",
    "KF505": "An on-exit step stands above a step that is none.",
    "KF506": "A step cannot be fanned out: its last statement, or what its elements share, does not allow it.",
    "KF507": "A step asks for a GPU, or another device, that this machine does not have.",
    "KF508": "A step asks for more processors or memory than this machine has.",
    "KF509": "A device is chosen in a step without a GPU and used in one that has one.",
    # KF6xx: a task stopped while running (launcher/, orchestrator/)
    "KF600": "A step's process ended by itself (os._exit) before the step was done",
    "KF601": "A step's process was killed by a signal, or crashed in compiled code",
    "KF602": "A step's process was killed because the machine had no memory left",
    "KF603": "A step ran longer than its timeout",
    "KF604": "A step called exit() or quit()",
    "KF605": "A step changed a file of the notebook's folder itself",
    "KF606": "A value holds the path of a step's private folder",
    "KF607": "A value that a later step needs cannot be saved",
    "KF609": "A step could not be run or its results not kept: the store or the disk failed",
    "KF611": "A step printed more than is kept",
    "KF612": "A thread that a step started was still alive at its end",
    "KF613": "An asyncio task that a step started was still alive at its end",
    "KF614": "A process that a step started was still alive at its end",
    "KF616": "kfnb itself failed around a step",
    "KF617": "A step was not given an input that it needs",
    "KF619": "A step used more memory than its limit",
    "KF620": "A step opened a file of the notebook's folder that was not shipped to its pod",
    "KF621": "A step named a path that only the machine has where the run was started",
    "KF622": "A step wrote beside the notebook's folder, where a pod keeps nothing",
    "KF623": "A step was given a value that lies on a device it does not see",
    "KF624": "A step needs packages that its image lacks and that could not be installed",
    "KF650": "The condition of a step cannot be evaluated",
    "KF651": "A step was told to stop from outside the run, or failed without a reason",
    "KF652": "A step looked at a path that a step above it writes, without coming after it",
    "KF653": "What a step gave cannot be read back",
    "KF655": "A step that was not to run is not in the cache",
    "KF654": "A step's process ended before the step was done",
    "KF656": "The place where a step ran lost it too often",
    "KF657": "The place where a step was to run is unfit for it: its image, or its access to the store",
    "KF618": "An array that a frame handed out cannot be written to",
    # KF7xx: parameters and calls (client, cli)
    "KF700": "The notebook has no such parameter",
    "KF701": "A parameter has the wrong type",
    "KF702": "A parameter has a value that JSON cannot hold exactly",
    # KF8xx: the database of runs (metadata/, history/)
    "KF800": "The database of runs was made by a newer kfnb",
    "KF801": "The database of runs was made by an older kfnb and is not upgraded yet",
    "KF802": "The database of runs is damaged; it is made anew from the events of the runs",
    "KF803": "The database of runs cannot be written to now, so lists of runs may be behind",
    "KF804": "The database of runs cannot be used",
    "KF805": "The setting KFNB_DATABASE names no database that can be used",
    # KF9xx: clusters (profiles/, runners/)
    "KF900": "No cluster is known yet, or none is the default one",
    "KF901": "There is no cluster profile of that name",
    "KF902": "The file of cluster profiles is not TOML",
    "KF903": "A cluster profile says something that cannot be",
    "KF904": "A cluster profile holds what looks like a credential",
    "KF910": "A step asks for an accelerator type that its cluster's profile does not know",
    "KF911": "A pod patch would break what a run rests on, or cannot be applied",
    "KF912": "A step asks for a label or a folder that is kfnb's own in a pod",
    "KF920": "A right is missing that runs in the cluster need",
    "KF921": "Something that a step or a cluster profile names is not in the cluster",
    "KF922": "No node of the cluster can take a step",
    "KF923": "A step asks for more than its namespace allows",
    "KF924": "The store of a cluster cannot be used from this machine",
    "KF925": "An image has another Python than this machine, or lacks what a step imports",
    "KF926": "Something could not be checked before a run",
    "KF927": "An image is not in its registry, or is made for other processors than the nodes have",
}
"""Every diagnostic code and its one-line meaning; docs/diagnostics.md is generated from it."""
