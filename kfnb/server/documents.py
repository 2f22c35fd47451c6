"""The requests and answers of the server as plain data; `extension` makes the OpenAPI document from them.

Nothing here asks or decides anything. Times are ISO 8601 in UTC; numbers that JSON lacks are the words NaN, Infinity
and -Infinity.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from kfnb.spec import Settings, State  # noqa: TC001 - msgspec looks at the annotations


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    pass


class _Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


# -------------------------------------------------------------------------------------------------------- a notebook


class TagChange(_Answer, frozen=True, kw_only=True):
    """Tags to add to and to take off a cell: what a fix does."""

    cell_id: str
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()


class Finding(_Answer, frozen=True, kw_only=True):
    """A diagnostic. `line`, `column`: from 1, within the cell. `fix` is in words, `apply` what a click can do."""

    code: str
    severity: Literal["error", "warning", "hint"]
    message: str
    fix: str | None = None
    cell_id: str | None = None
    line: int | None = None
    column: int | None = None
    apply: TagChange | None = None


class OutlinedStep(_Answer, frozen=True, kw_only=True):
    """A step. `cells`: those tagged for it or below one that is; `setup_cells`: those that stand outside every step and
    run with it. `inputs`, `outputs`: names that flow in and out. `explicit`: named by a tag. `color_index`: its place.
    """

    name: str
    cells: tuple[str, ...]
    setup_cells: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    when: str | None = None
    settings: Settings
    explicit: bool = True
    color_index: int = 0


class OutlinedEdge(_Answer, frozen=True, kw_only=True):
    """What flows from one step to another; `why` says it in words where no name flows."""

    source: str
    target: str
    names: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


ParameterType = Literal["int", "float", "str", "bool", "list", "dict", "any"]


class ParameterField(_Answer, frozen=True, kw_only=True):
    """A parameter of the notebook. `written`: its default as JSON, in which 1.0 is not 1."""

    name: str
    type: ParameterType
    default: Any = None
    written: str = "null"


class CellComment(_Answer, frozen=True, kw_only=True):
    """What the comment in a cell's first line says, as tags; what the cell's own tags overrule is left out."""

    cell_id: str
    tags: tuple[str, ...]


class Analysis(_Answer, frozen=True, kw_only=True):
    """What a notebook is seen to mean. `valid`: it would run; if not, steps and edges are as good as they can be."""

    valid: bool
    steps: tuple[OutlinedStep, ...] = ()
    edges: tuple[OutlinedEdge, ...] = ()
    diagnostics: tuple[Finding, ...] = ()
    parameters: tuple[ParameterField, ...] = ()
    skipped_cells: tuple[str, ...] = ()
    comments: tuple[CellComment, ...] = ()


class PlacementRequest(_Request, frozen=True, kw_only=True):
    """What fits no tag: a `text` in YAML or JSON to be checked, or else the `value` that the metadata have."""

    kind: Literal["affinity", "pod_patch"]
    text: str | None = None
    value: dict[str, Any] = {}


class Placement(_Answer, frozen=True, kw_only=True):
    """An affinity or a pod patch: as metadata have it, and as YAML. Both empty: there is none."""

    value: dict[str, Any]
    yaml: str


class AnalyseRequest(_Request, frozen=True, kw_only=True):
    """`path` of a notebook below the server's root; `notebook`: its JSON, where it is not saved.

    `view`: name of who asks; an older request of the same view may be dropped.
    """

    path: str
    notebook: dict[str, Any] | None = None
    view: str = ""


# ------------------------------------------------------------------------------------------------------------ a run


class RunRequest(_Request, frozen=True, kw_only=True):
    """A run to start; what is left out is as `kfnb run` has it. `force`: nothing is taken from the cache. `cluster`:
    name of a profile; None: this machine. `asked_as`: a word of who asks, another one for each run, by which the run is
    found if the answer is lost; asked with the same word again, nothing more is started. `written`: parameters as JSON
    each, from those to whom 1.0 is 1."""

    path: str
    parameters: dict[str, Any] = {}
    written: dict[str, str] = {}
    name: str | None = None
    experiment: str = "Default"
    force: bool = False
    from_step: str | None = None
    only: str | None = None
    until: str | None = None
    max_parallel: int | None = None
    fail_fast: bool = False
    allow_cpu: bool = False
    cluster: str | None = None
    asked_as: str | None = None


class Started(_Answer, frozen=True, kw_only=True):
    """A run that has been started, and what was doubtful about it."""

    run_id: str
    warnings: tuple[Finding, ...] = ()


class CancelRequest(_Request, frozen=True, kw_only=True):
    """`now`: tasks are not let save what they have."""

    now: bool = False


class ResumeRequest(_Request, frozen=True, kw_only=True):
    """`task`: of a run that has ended only this task is done anew, with what it lacks and what waits for it."""

    task: str | None = None


class RunState(_Answer, frozen=True, kw_only=True):
    """How a run stands."""

    run_id: str
    state: State


class RunPicture(_Answer, frozen=True, kw_only=True):
    """A run as a saved notebook shows it: what its display is without a widget."""

    html: str
    text: str


class TaskError(_Answer, frozen=True, kw_only=True):
    """Why a task failed; `traceback` is text with terminal colours."""

    message: str
    code: str | None = None
    cell_id: str | None = None
    fix: str | None = None
    traceback: str = ""


class TaskDocument(_Answer, frozen=True, kw_only=True):
    """A task of a run. `owner`: the step that it is a part of (an element of a fan-out, `train[3]`, or what makes its
    items, `train[items]`); `elements`: how many a fan-out has. `cells_done` of `cells`; `cell_id`: the running one.
    `python`: version of the interpreter that its cells run in, once the first one has begun."""

    state: State
    cached: bool = False
    attempt: int = 0
    started: str | None = None
    finished: str | None = None
    why: str | None = None
    owner: str | None = None
    elements: int | None = None
    cells: int | None = None
    cells_done: int | None = None
    cell_id: str | None = None
    python: str | None = None
    error: TaskError | None = None
    warnings: tuple[Finding, ...] = ()


class RunDocument(_Answer, frozen=True, kw_only=True):
    """A run as it is now. `batch`: number of the last batch of events that is in it: the stream goes on `after` it.

    `notebook`: path below the server's root, None if it lies elsewhere. `interrupted`: nothing drives it, and it can be
    resumed. `driven`: a process drives it. `waits`: why its orchestrator in a cluster has not begun. `unseen`: why its
    cluster could not be asked lately, so that the rest may be old. `started_by`: who did so; null if that is not known.
    `written`: the parameters as JSON each, in which 1.0 is not 1."""

    run_id: str
    name: str
    experiment: str
    state: State
    why: str | None
    interrupted: bool
    driven: bool
    ended: bool
    created: str
    started: str | None
    finished: str | None
    notebook: str | None
    notebook_path: str
    cluster: str | None
    waits: str | None
    unseen: str | None
    started_by: str | None
    parameters: dict[str, Any]
    written: dict[str, str]
    options: dict[str, Any]
    batch: int
    tasks: dict[str, TaskDocument]
    metrics: dict[str, dict[str, Any]]
    steps: tuple[OutlinedStep, ...]
    edges: tuple[OutlinedEdge, ...]
    learned: dict[str, TagChange] = {}


class RunRow(_Answer, frozen=True, kw_only=True):
    """A run in a list. `started_by`, `written`: as of a RunDocument."""

    run_id: str
    name: str
    experiment: str
    state: State
    why: str | None
    interrupted: bool
    created: str | None
    started: str | None
    finished: str | None
    notebook: str | None
    notebook_path: str
    started_by: str | None
    parameters: dict[str, Any]
    written: dict[str, str]
    metrics: dict[str, dict[str, Any]]
    tags: tuple[str, ...]
    archived: bool
    versions: dict[str, Any]
    root: str


class RunPage(_Answer, frozen=True, kw_only=True):
    """A page of runs. `next`: the cursor of the next page, None if this is the last. `messages`: what a person should
    hear, such as that a store cannot be reached."""

    runs: tuple[RunRow, ...]
    next: str | None = None
    messages: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------------------- what a run made


class ArtifactDocument(_Answer, frozen=True, kw_only=True):
    """A result. `kind`: value (a name of the notebook) or logged. `preview`: safe JSON made when it was saved.
    `content`: address of its bytes, relative to the API, where it is a file or text."""

    name: str
    task: str
    kind: Literal["value", "logged"]
    type: str
    size: int
    digest: str | None
    media_type: str | None
    preview: dict[str, Any]
    content: str | None = None


class ArtifactList(_Answer, frozen=True, kw_only=True):
    """What the tasks of a run made, in notebook order."""

    artifacts: tuple[ArtifactDocument, ...]


class TaskEvent(_Answer, frozen=True, kw_only=True):
    """Something that happened to a task. `source`: the run, or its cluster. `about`: the cluster's object. `count`: how
    often it was seen, `time` the last time."""

    time: str
    source: Literal["run", "cluster"]
    text: str
    about: str | None = None
    warning: bool = False
    count: int = 1


class TaskEvents(_Answer, frozen=True, kw_only=True):
    """What happened to a task, in order. `trouble`: why the cluster's own events are not among them."""

    events: tuple[TaskEvent, ...]
    trouble: str | None = None


class TaskPod(_Answer, frozen=True, kw_only=True):
    """A task's pod as YAML, without values that look like credentials. `living`: as the cluster has it now. `why`: why
    it is not, or why there is none."""

    yaml: str | None
    living: bool
    why: str | None = None


Figure = float | str
"""A number, or the word for one that JSON lacks."""


class Metric(_Answer, frozen=True, kw_only=True):
    """`value`: one number. `roc_curve`: lists fpr, tpr, thresholds. `confusion_matrix`: labels, and rows of the true
    classes."""

    kind: Literal["value", "roc_curve", "confusion_matrix"]
    value: Any = None
    fpr: tuple[Figure, ...] = ()
    tpr: tuple[Figure, ...] = ()
    thresholds: tuple[Figure, ...] = ()
    labels: tuple[str, ...] = ()
    rows: tuple[tuple[Figure, ...], ...] = ()


class MetricsDocument(_Answer, frozen=True, kw_only=True):
    """The metrics of each task that has any, by name."""

    tasks: dict[str, dict[str, Metric]]


class MetricSeries(_Answer, frozen=True, kw_only=True):
    """How a metric went: `logged` points; of many every nth is there, and the last."""

    steps: tuple[float, ...]
    values: tuple[Figure, ...]
    logged: int


class SeriesDocument(_Answer, frozen=True, kw_only=True):
    """The series of each task that logged a metric more than once, by name."""

    tasks: dict[str, dict[str, MetricSeries]]


class CellOutput(_Answer, frozen=True, kw_only=True):
    """What a cell showed in a run. `source`: its code then; `outputs` as nbformat has them."""

    cell_id: str
    source: str
    outputs: tuple[dict[str, Any], ...]
    execution_count: int | None


class OutputsDocument(_Answer, frozen=True, kw_only=True):
    """What bringing a run's outputs home puts under the cells of the notebook, in its order."""

    cells: tuple[CellOutput, ...]


class Version(_Answer, frozen=True, kw_only=True):
    """The server's half of kfnb: its version, the Python it runs in, where it keeps runs, and who starts those."""

    version: str
    python: str
    home: str
    person: str | None


class Failure(_Answer, frozen=True, kw_only=True):
    """Why a request was not done: what, where, and what to do. `diagnostics`: where a notebook was refused."""

    message: str
    code: str | None = None
    fix: str | None = None
    diagnostics: tuple[Finding, ...] = ()


# ------------------------------------------------------------------------------------------- proposals and preflight


class SuggestRequest(_Request, frozen=True, kw_only=True):
    """As an AnalyseRequest. `skip`: cells that only explore are to be tagged `skip`."""

    path: str
    notebook: dict[str, Any] | None = None
    skip: bool = False


class ProposedStep(_Answer, frozen=True, kw_only=True):
    """A step of the proposal and why it is one. `new`: it was not tagged before."""

    name: str
    cells: tuple[str, ...]
    why: str
    new: bool


class ReasonedCell(_Answer, frozen=True, kw_only=True):
    """A cell for which something is proposed, and why."""

    cell_id: str
    why: str


class Proposal(_Answer, frozen=True, kw_only=True):
    """Steps that are proposed, and the tags to add that make them. `skippable`: cells that only explore.

    `notes`: what was joined because the pipeline would not compile otherwise.
    """

    steps: tuple[ProposedStep, ...]
    edges: tuple[OutlinedEdge, ...]
    tags: tuple[TagChange, ...]
    setup: tuple[ReasonedCell, ...]
    parameters: ReasonedCell | None
    metrics: tuple[ReasonedCell, ...]
    skippable: tuple[ReasonedCell, ...]
    notes: tuple[str, ...]
    diagnostics: tuple[Finding, ...]


class CheckRequest(_Request, frozen=True, kw_only=True):
    """The notebook at `path`, as it is saved; `notebook`: its JSON, where it is not. `cluster`: where it is to run;
    None: this machine. `from_step`, `only`, `until`: the part that is to run."""

    path: str
    notebook: dict[str, Any] | None = None
    cluster: str | None = None
    allow_cpu: bool = False
    from_step: str | None = None
    only: str | None = None
    until: str | None = None


class CheckResult(_Answer, frozen=True, kw_only=True):
    """Everything that stands against a run there, or is doubtful. `ready`: nothing stands against it."""

    ready: bool
    diagnostics: tuple[Finding, ...]


# ---------------------------------------------------------------------------------------------------- runs compared


class Comparand(_Answer, frozen=True, kw_only=True):
    """One of the runs that are compared."""

    run_id: str
    name: str
    state: State
    interrupted: bool
    created: str | None


class SideBySide(_Answer, frozen=True, kw_only=True):
    """A value of each run, in their order. `present`: whether a run has it at all."""

    name: str
    values: tuple[Any, ...]
    present: tuple[bool, ...]
    differs: bool


class CellDifference(_Answer, frozen=True, kw_only=True):
    """A cell that is not the same in run `run_id` as in the run `against`; `diff`: lines as of a unified diff."""

    run_id: str
    against: str
    cell: str
    kind: Literal["added", "removed", "changed"]
    diff: str


class ComparisonDocument(_Answer, frozen=True, kw_only=True):
    """What is the same in runs and what is not; metrics are called TASK.NAME. `written`: parameters, as JSON each."""

    runs: tuple[Comparand, ...]
    parameters: tuple[SideBySide, ...]
    written: dict[str, tuple[str, ...]]
    metrics: tuple[SideBySide, ...]
    versions: tuple[SideBySide, ...]
    cells: tuple[CellDifference, ...]


class TagRequest(_Request, frozen=True, kw_only=True):
    """Tags to give a run and to take off it."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class RunTags(_Answer, frozen=True, kw_only=True):
    """The tags that a run has now."""

    run_id: str
    tags: tuple[str, ...]


class ArchiveRequest(_Request, frozen=True, kw_only=True):
    """`undo`: put it back into the lists."""

    undo: bool = False


class RunName(_Answer, frozen=True, kw_only=True):
    """The run that was archived or deleted."""

    run_id: str


class Experiments(_Answer, frozen=True, kw_only=True):
    """The names of all experiments, the one with the newest run first."""

    experiments: tuple[str, ...]


# ---------------------------------------------------------------------------------------------------------- clusters


class Cluster(_Answer, frozen=True, kw_only=True):
    """A cluster profile. `settings`: those that are not as where nothing is said, as the file has them. `accelerators`:
    types that steps can ask for."""

    name: str
    default: bool
    settings: dict[str, Any]
    accelerators: tuple[str, ...]


class Clusters(_Answer, frozen=True, kw_only=True):
    """The clusters of the file of profiles that can be used, and what is wrong with the others."""

    clusters: tuple[Cluster, ...]
    default: str | None
    file: str
    diagnostics: tuple[Finding, ...]


class AcceleratorType(_Answer, frozen=True, kw_only=True):
    """A type for steps. `nodes`: those that have it and let a step in; `most`: how many one has. None: not seen."""

    name: str
    nodes: int | None
    most: int | None


class Accelerators(_Answer, frozen=True, kw_only=True):
    """What a cluster offers, within a minute. `gpus`: NVIDIA's on one node; `unnamed`: its nodes' words for no type."""

    types: tuple[AcceleratorType, ...]
    gpus: int | None
    unnamed: tuple[str, ...]


class ClusterRequest(_Request, frozen=True, kw_only=True):
    """What a profile is to say: settings as in the file. `default`: it is to be the default one. `replace`: in the
    place of one of that name. `expected`: the settings of that one; only what differs from them is written.
    """

    settings: dict[str, Any]
    expected: dict[str, Any] | None = None
    default: bool = False
    replace: bool = False


class DefaultRequest(_Request, frozen=True, kw_only=True):
    """Nothing more can be said about the default cluster than its name."""
