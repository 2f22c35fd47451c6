"""The plain data that crosses rooms: what a notebook compiles to, what a task is given, what it gives back, what a run
says.

Everything here is a frozen msgspec Struct that turns into JSON and back; nothing here does I/O.
The compiler writes a PipelineSpec, the orchestrator turns its tasks into ExecutorInput documents, the launcher answers
with
an ExecutorOutput, and a run's truth is a list of RunEvent. ExecutorInput and ExecutorOutput follow the shape of the
messages of the same name in Kubeflow Pipelines (kfp.pipeline_spec, v2).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from kfnb.errors import Diagnostic, WrongCall

SPEC_VERSION = 1
"""Version of PipelineSpec; a reader refuses a newer one."""

State = Literal["PENDING", "RUNNING", "SUCCEEDED", "SKIPPED", "FAILED", "CANCELING", "CANCELED"]
"""States of runs and tasks: Kubeflow Pipelines' words."""

Json = Any
"""Any value that JSON can hold."""


class _Data(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    pass


# ---------------------------------------------------------------------------------------------- notebook → pipeline


class Parameter(_Data, frozen=True, kw_only=True):
    """One run parameter: `name = literal` in the cell tagged `parameters`.

    `type` is the JSON type of the default (or of the annotation where there is one): int, float, str, bool, list, dict
    or any.
    """

    name: str
    default: Json
    type: str = "any"


class Cell(_Data, frozen=True, kw_only=True):
    """A code cell as a task runs it. `index`: place among all cells of the notebook, from 0.

    `ordinal`: execution count that the cell gets when the notebook runs from top to bottom (from 1; cells that are
    skipped or empty do not count). `role`: `body` cells are the step's own, `setup` and `parameters` cells stand
    outside
    every step and run, with their outputs, at the start of the step that follows.
    """

    id: str
    index: int
    source: str
    ordinal: int
    role: Literal["body", "setup", "parameters"] = "body"
    tags: tuple[str, ...] = ()


class Setup(_Data, frozen=True, kw_only=True):
    """One statement of another cell that runs silently before a task's own cells, because the task needs it.

    `kind` is `import`, `definition` (def or class), `literal`, or `setter` (a replayed setting). A setter with a
    `library`
    runs when that library is first imported in the task (at once if it is already there), never importing it for that.
    `line` is the first line of the statement in its cell and `ordinal` that cell's execution count, so that tracebacks
    match.
    """

    kind: Literal["import", "definition", "literal", "setter"]
    source: str
    names: tuple[str, ...] = ()
    cell: str = ""
    ordinal: int = 0
    line: int = 1
    library: str | None = None


class Input(_Data, frozen=True, kw_only=True):
    """A name that a task takes in, and the task that produces the version it takes.

    `optional`: the name may be unbound in the producer (absent), then it stays unbound here too.
    `guard`: the graph says that this task only reads it and a later task reads it from elsewhere, so the launcher
    checks
    that it did not change. `mates`: names that a later task reads from elsewhere in the version that stands beside this
    one; where they turn out to be saved in one group with it, they must not change either.
    """

    name: str
    producer: str
    optional: bool = False
    guard: bool = False
    mates: tuple[str, ...] = ()


class Output(_Data, frozen=True, kw_only=True):
    """A name that a task gives out. `needed`: some later task takes it (then it must be saveable); the others are the
    notebook's final values, kept where they can be. `optional`: the body may leave it unbound.
    """

    name: str
    needed: bool = True
    optional: bool = False


class StateInput(_Data, frozen=True, kw_only=True):
    """Session state that a task continues: `provider` is one of random, numpy.random, torch.random, cwd, environ,
    sys.path."""

    provider: str
    producer: str


class Condition(_Data, frozen=True, kw_only=True):
    """When a task runs: a Python expression over recorded scalars, evaluated by the orchestrator without starting
    anything.

    `names` maps each name of the expression to the task that records it. A name that is a run parameter or a setup
    literal
    is in `constants` instead.
    """

    expression: str
    names: dict[str, str] = {}
    constants: dict[str, Json] = {}
    parameters: tuple[str, ...] = ()  # names of the expression that are run parameters
    tagged: bool = False  # `when:` rather than a plain `if`: what needs a skipped step's new names is skipped too


class Settings(_Data, frozen=True, kw_only=True):
    """What tags ask for a step beyond its code: environment, resources, placement, and how the task is run.

    Quantities are Kubernetes quantity strings. Durations are seconds.
    """

    limits: dict[str, str] = {}
    requests: dict[str, str] = {}
    accelerator: str | None = None
    image: str | None = None
    packages: tuple[str, ...] = ()
    node_selector: dict[str, str] = {}
    tolerations: tuple[dict[str, str], ...] = ()
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    queue: str | None = None
    priority: str | None = None
    secrets: tuple[tuple[str, str, str], ...] = ()  # (secret, key, environment variable)
    config_maps: tuple[tuple[str, str, str], ...] = ()
    secret_files: tuple[tuple[str, str], ...] = ()  # (secret, folder in which its keys are files)
    config_map_files: tuple[tuple[str, str], ...] = ()
    env: dict[str, str] = {}
    volumes: tuple[tuple[str, str, bool], ...] = ()  # (claim, path, read-only)
    shared_memory: str | None = None
    affinity: dict[str, Json] = {}  # as in a pod's spec; from the notebook's metadata, as no tag can hold it
    pod_patches: tuple[dict[str, Json], ...] = ()  # strategic merge patches of the pod template, from there too
    includes: tuple[str, ...] = ()
    cache: str | None = None  # "off", "on", or an expiry as written ("30d")
    retries: int = 0
    retry_backoff: float | None = None
    timeout: float | None = None
    foreach: int | None = None  # 0: no cap on parallelism
    on_exit: bool = False
    pipeline: str | None = None


class Effects(_Data, frozen=True, kw_only=True):
    """What a task does to the world outside the notebook's names, as far as its code shows."""

    outside: bool = False  # an effect that cannot be taken back; keeps notebook order among such tasks
    reads_outside: bool = False  # a URL, a database: what it gives may differ next time
    reads: tuple[str, ...] = ()  # path patterns, relative to the notebook's folder
    writes: tuple[str, ...] = ()


FAN_ITEMS = "_kfnb_items"
FAN_ITEM = "_kfnb_item_"
FAN_PART = "_kfnb_part_"
FAN_COUNT = "_kfnb_count"
"""Names by which the tasks of a fan-out hand on: all items, one item, one part of the result, how many there are."""


class Fan(_Data, frozen=True, kw_only=True):
    """How a task is fanned out: for each item that the task `head` gives, the statement `before` item `after` runs over
    this one item (between brackets), and the parts, put together in order, are `target`.

    `loop`: the statement is a loop that fills `target`. `most`: how many elements run at once, 0 for no own limit.
    """

    head: str
    kind: Literal["list", "dict"]
    target: str
    before: str
    after: str
    loop: bool = False
    most: int = 0


class Task(_Data, frozen=True, kw_only=True):
    """A step's component placed in the pipeline. `shares` are the sets of names that are taken to reach common mutable
    objects once the body has run (they are saved together); `hot` are the names that a later task changes in place.
    """

    name: str
    slug: str
    cells: tuple[Cell, ...]
    setup: tuple[Setup, ...] = ()
    definitions: tuple[str, ...] = ()  # functions and classes that every task defines for itself where it needs them
    parameters: tuple[str, ...] = ()  # run parameters that the task reads
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    shares: tuple[tuple[str, ...], ...] = ()
    hot: tuple[str, ...] = ()
    clashes: tuple[
        tuple[str, str], ...
    ] = ()  # (input, output): if they share, a later change of the one is lost to the other
    state_inputs: tuple[StateInput, ...] = ()
    state_outputs: tuple[str, ...] = ()  # providers whose state a later task continues
    state_watch: tuple[str, ...] = ()  # providers that a later task takes from elsewhere: not to be changed
    after: tuple[str, ...] = ()  # every task that must be done first, for whatever reason
    ancestors: tuple[str, ...] = ()  # all tasks above it in the graph, in notebook order
    condition: Condition | None = None
    fan: Fan | None = None  # it is run once for each item, and its parts are put together
    spread: str | None = None  # name of the list whose items it gives out one by one, for a fan-out
    spread_beside: tuple[str, ...] = ()  # what else the elements of that fan-out take from it
    records: tuple[str, ...] = ()  # names whose scalar values conditions need
    metrics: tuple[str, ...] = ()  # names that become metrics of the run
    settings: Settings = Settings()
    effects: Effects = Effects()
    imports: tuple[str, ...] = ()  # top-level packages that its code imports
    first_imports: tuple[str, ...] = ()  # modules it imports before all others, which draw random numbers as they load
    statements_digest: str = ""  # of its normalised syntax trees


class Edge(_Data, frozen=True, kw_only=True):
    """What flows from one task to another. `names` are notebook names; `why` says it in words where no name flows."""

    source: str
    target: str
    names: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


class PipelineSpec(_Data, frozen=True, kw_only=True):
    """A compiled notebook: plain data, the same bytes for the same notebook."""

    version: int = SPEC_VERSION
    name: str
    notebook: str  # file name
    notebook_digest: str
    kernel: str = "python3"
    parameters: tuple[Parameter, ...] = ()
    tasks: tuple[Task, ...] = ()  # in notebook order, which is a topological order
    edges: tuple[Edge, ...] = ()
    preload: tuple[str, ...] = ()  # libraries worth importing once before tasks are forked
    diagnostics: tuple[Diagnostic, ...] = ()  # warnings and hints; a spec is never made from a notebook with errors

    def task(self, name: str) -> Task:
        """Return the task called `name`; KeyError if there is none."""
        for task in self.tasks:
            if task.name == name:
                return task
        owner = owner_of(name)
        if owner != name:
            return element_of(self.task(owner), int(name[len(owner) + 1 : -1]))
        raise KeyError(name)


def element_name(task: str, number: int) -> str:
    """Return the name of one element of a fan-out, from 0."""
    return f"{task}[{number}]"


def owner_of(name: str) -> str:
    """Return the name of the fan-out of which the task called `name` is an element; else `name` itself."""
    owner, bracket, number = name.removesuffix("]").rpartition("[")
    return owner if bracket and number.isdigit() else name


def element_of(task: Task, number: int) -> Task:
    """Return the task of one element of the fan-out `task`; KeyError if it is none."""
    fan = task.fan
    if fan is None:
        raise KeyError(element_name(task.name, number))
    item, part = f"{FAN_ITEM}{number}", f"{FAN_PART}{number}"
    statement = f"{fan.before}[{item}]{fan.after}"
    ends = f"\n{part} = {fan.target}"
    inputs = []
    for taken in task.inputs:
        inputs.append(msgspec.structs.replace(taken, name=item, mates=()) if taken.name == FAN_ITEMS else taken)
    return msgspec.structs.replace(
        task,
        name=element_name(task.name, number),
        slug=f"{task.slug}.{number}",
        cells=tuple(msgspec.structs.replace(cell, source=statement + ends) for cell in task.cells),
        inputs=tuple(inputs),
        outputs=(Output(name=part, needed=True),),
        shares=tuple(tuple(part if name == fan.target else name for name in group) for group in task.shares),
        hot=(),
        clashes=tuple((taken, part) for taken, given in task.clashes if given == fan.target and taken != FAN_ITEMS),
        state_outputs=(),
        condition=None,
        fan=None,
        records=(),
        metrics=(),
        statements_digest=f"{task.statements_digest}[]",
    )


def collected(task: Task, count: int) -> Task:
    """Return the fan-out `task` as the task that puts `count` parts together."""
    fan = task.fan
    assert fan is not None
    parts = [f"{FAN_PART}{number}" for number in range(count)]
    star, (left, right) = ("*", "[]") if fan.kind == "list" else ("**", "{}")
    source = f"{fan.target} = {left}{', '.join(star + part for part in parts)}{right}"
    names = tuple(element_name(task.name, number) for number in range(count))
    return msgspec.structs.replace(
        task,
        cells=tuple(msgspec.structs.replace(cell, source=source) for cell in task.cells),
        inputs=tuple(Input(name=part, producer=name) for part, name in zip(parts, names, strict=True)),
        clashes=(),
        state_inputs=(),
        state_watch=(),
        after=(*task.after, *names),
        ancestors=(*task.ancestors, *names),
        effects=Effects(),
        settings=msgspec.structs.replace(task.settings, limits={}, requests={}, accelerator=None),
        statements_digest=f"{task.statements_digest}[{count}]",
    )


# ------------------------------------------------------------------------------------------------- task in and out


class Blob(_Data, frozen=True, kw_only=True):
    """Bytes in the store, named by their blake3 digest."""

    digest: str
    size: int


class ValueGroup(_Data, frozen=True, kw_only=True):
    """Names that reach common mutable objects, saved together: one pickle (protocol 5) of a dict and its buffers in
    order."""

    names: tuple[str, ...]
    pickle: Blob
    buffers: tuple[Blob, ...] = ()
    serializer: str = "pickle"

    @property
    def size(self) -> int:
        """Bytes of the pickle and all its buffers."""
        return self.pickle.size + sum(b.size for b in self.buffers)

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests that together say what the values are."""
        return (self.pickle.digest, *(b.digest for b in self.buffers))


class Artifact(_Data, frozen=True, kw_only=True):
    """A named, typed result. `type`: Dataset, Model, Metrics, ClassificationMetrics, HTML, Markdown or Artifact.

    A value is held by `group` (under `name`), a file or text by `blob`. `preview` is safe JSON made when it was saved.
    """

    name: str
    type: str = "Artifact"
    group: ValueGroup | None = None
    blob: Blob | None = None
    media_type: str | None = None
    preview: dict[str, Json] = {}


class FileChange(_Data, frozen=True, kw_only=True):
    """A path (relative to the notebook's folder, `/` between parts) that a task wrote, made or removed."""

    path: str
    kind: Literal["file", "directory", "link", "removed"]
    blob: Blob | None = None
    target: str | None = None  # of a link
    mode: int = 0o644


class ReportTo(_Data, frozen=True, kw_only=True):
    """Where a launcher says at once how far it is: an HTTP address, under which name, and the secret that proves it."""

    url: str
    attempt: str
    token: str


class Packages(_Data, frozen=True, kw_only=True):
    """What a task needs that its place may have to install: packages, at the versions of the user's kernel.

    `requirements`: what its tags ask for. `modules`: what its code imports, and its inputs were made with, each with
    the requirements that give it. `constraints`: the version of every package of the kernel. `index`: where to install
    from (default: pip's own); `offline`: there is none.
    """

    requirements: tuple[str, ...] = ()
    modules: dict[str, tuple[str, ...]] = {}
    constraints: tuple[str, ...] = ()
    index: str | None = None
    offline: bool = False


class ExecutorInput(_Data, frozen=True, kw_only=True):
    """Everything the launcher needs to run one attempt of one task; a document in the store, named by a URI."""

    run_id: str
    attempt: int = 1
    root: str  # pipeline root: URI of the store
    prefix: str  # documents of this attempt lie under this key: PREFIX/output.json, notebook.ipynb, log.txt
    task: Task
    notebook_name: str
    kernel: str = "python3"
    folder: str  # the notebook's folder on this machine
    scratch: str  # a folder on this machine for the private view; made and removed by the launcher
    parameters: dict[str, Json] = {}
    inputs: dict[str, Artifact] = {}  # by name; an absent optional input is left out
    state: dict[str, Blob] = {}  # provider → saved state to continue
    files: tuple[FileChange, ...] = ()  # what the ancestors did to the folder, in notebook order
    snapshot: str | None = None  # folder on this machine with the run's private copy of small files
    shipped: str | None = None  # key of the index of the folder in the store, where the folder itself is not at hand
    preload: tuple[str, ...] = ()  # libraries that the task imports, to be loaded before the body is forked
    real: tuple[str, ...] = ()  # paths in the folder that the notebook writes by absolute name: the folder's own
    run_status: dict[str, Json] = {}  # of an exit handler: how the run stands (RunState.summary)
    save: Literal["needed", "final", "all"] = "final"
    timeout: float | None = None
    report_to: ReportTo | None = None
    packages: Packages | None = None  # where the image may lack some
    tells_image: str = ""  # the name of its image, of which it is to say what it has (artifacts/known_images.py)
    secret_variables: tuple[str, ...] = ()  # names of those that hold secrets
    secret_paths: tuple[str, ...] = ()  # files, and folders of files, that are secrets


class Together(_Data, frozen=True, kw_only=True):
    """Elements of the fan-out `task` that are started as one; a document in the store, in which each finds its own.

    The ExecutorInput of element `number` has the URI `before`, the number, `after`. `most` of them run at once.
    """

    task: str
    attempt: int
    most: int
    numbers: tuple[int, ...]  # by the places that they are started at
    before: str
    after: str


class CellResult(_Data, frozen=True, kw_only=True):
    """How one cell ended. Times are seconds since the epoch."""

    id: str
    state: Literal["SUCCEEDED", "FAILED", "NOT_RUN"]
    started: float | None = None
    finished: float | None = None


class TaskError(_Data, frozen=True, kw_only=True):
    """Why a task failed. `code` is set where kfnb stopped it (then `diagnostic` says all); otherwise the user's code
    raised."""

    message: str
    code: str | None = None
    ename: str | None = None
    evalue: str | None = None
    traceback: tuple[str, ...] = ()
    cell: str | None = None
    diagnostic: Diagnostic | None = None
    fact: str | None = None  # a learned fact as a tag of the step: "changes:df", "draws", "prev:clean"
    fact_cell: str | None = None
    fact_step: str | None = None  # the step to tag, where it is another one than the task's own


class FileRead(_Data, frozen=True, kw_only=True):
    """A path that a body opened, listed or asked about, as it was before the body ran.

    `path` is relative to the notebook's folder (`/` between parts) or, outside of it, absolute. `digest`: of a file its
    bytes', of a directory that of the names in it. `modified`: nanoseconds, 0 for what a task above wrote.
    """

    path: str
    kind: Literal["file", "directory", "absent"] = "file"
    size: int = 0
    modified: int = 0
    digest: str = ""


class ExecutorOutput(_Data, frozen=True, kw_only=True):
    """What one attempt of a task gave; a document in the store beside its ExecutorInput."""

    state: Literal["SUCCEEDED", "FAILED", "CANCELED"]
    artifacts: dict[str, Artifact] = {}  # values by name
    logged: tuple[Artifact, ...] = ()  # what log_figure, log_table, log_artifact … made, in order
    absent: tuple[str, ...] = ()  # outputs left unbound
    unsaved: dict[str, str] = {}  # final values that could not be kept, and why
    records: dict[str, Json] = {}  # scalars for conditions, exact
    metrics: dict[str, Json] = {}
    parameters: dict[str, Json] = {}  # log_param
    state_out: dict[str, Blob] = {}
    files: tuple[FileChange, ...] = ()
    paths_read: tuple[str, ...] = ()  # relative to the folder: opened, listed or asked about
    files_read: tuple[FileRead, ...] = ()  # what the result depends on, outside the folder and before the cells too
    beyond: tuple[str, ...] = ()  # what it did or read beyond this machine's known files, in words: not repeatable
    cells: tuple[CellResult, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    error: TaskError | None = None
    started: float | None = None  # first user line
    finished: float | None = None  # last user line
    notebook: str | None = None  # key of the executed notebook
    log: str | None = None  # key of the log
    series: str | None = None  # key of how its metrics went: a Series by name, where one was logged more than once
    python: str | None = None  # version of the interpreter that its cells ran in


# -------------------------------------------------------------------------------------------------------- the run


EventKind = Literal[
    "run-started", "run-resumed", "task-expanded", "task-state", "task-progress", "task-output", "request", "run-state"
]


class RunEvent(_Data, frozen=True, kw_only=True):
    """One thing that happened in a run; the list of them is the run's truth.

    `kind`: run-started, run-resumed (`data`: host and pid of its process, `versions`: RunInfo's, and `retried`: the
    task for which alone it was taken up), task-expanded (`data`: how many elements the fan-out has), task-state,
    task-progress, task-output, request (`data`: the name of a request that is answered by this), run-state. `time`:
    seconds since the epoch. `fence`: the fencing token of the orchestrator that wrote it, greater than that of every
    one before.
    """

    kind: EventKind
    time: float
    fence: int = 0
    task: str | None = None
    attempt: int | None = None
    state: State | None = None
    why: str | None = None
    cached: bool = False
    output: ExecutorOutput | None = None
    data: dict[str, Json] = {}


class RunInfo(_Data, frozen=True, kw_only=True):
    """What a run was started with; kept as `runs/ID/run.json`, beside the notebook itself.

    `versions`: `notebook_digest`, and `git` with commit, branch, tag and dirty where the folder is in a repository.
    `shipped`: key of the index of the folder in the store, where tasks run without the folder itself. `started_by`: the
    person's name where it was started; empty: not known. `asked_as`: a word by which who had it started finds it.
    """

    run_id: str
    name: str
    experiment: str = "Default"
    spec: PipelineSpec
    parameters: dict[str, Json] = {}
    created: float = 0.0
    folder: str = ""
    shipped: str | None = None
    notebook_path: str = ""
    options: dict[str, Json] = {}
    versions: dict[str, Json] = {}
    started_by: str = ""
    asked_as: str = ""


_encoder = msgspec.json.Encoder(order="deterministic")


def to_json(value: msgspec.Struct | dict[str, Any]) -> bytes:
    """Return `value` as JSON, the same bytes for the same value."""
    return _encoder.encode(value)


def read_spec(data: bytes) -> PipelineSpec:
    """Return the PipelineSpec in `data`; WrongCall if it is none or was written by a newer kfnb."""
    try:
        version = msgspec.json.decode(data).get("version", SPEC_VERSION)
    except (msgspec.DecodeError, AttributeError) as error:
        raise WrongCall(f"This is not a compiled pipeline: {error}.") from None
    if not isinstance(version, int) or version > SPEC_VERSION:
        raise WrongCall(
            f"This pipeline has format version {version}; this kfnb reads up to {SPEC_VERSION}. "
            "Upgrade kfnb, or compile the notebook again."
        )
    try:
        return msgspec.json.decode(data, type=PipelineSpec)
    except msgspec.ValidationError as error:
        raise WrongCall(f"This is not a compiled pipeline: {error}.") from None
