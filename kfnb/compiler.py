"""Compiles a notebook into a PipelineSpec: reads it, works out what flows, and puts every task together.

`client.py` and the command line call `compile_notebook` and `check_notebook`. Same notebook, same bytes.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from kfnb import digest
from kfnb.dataflow.graph import analyse
from kfnb.dataflow.magics import parse_cell
from kfnb.dataflow.program import CodeCell, CodeStep
from kfnb.dataflow.slices import literal
from kfnb.errors import Diagnostic, Fix, Refused
from kfnb.notebook.reader import read_notebook
from kfnb.notebook.steps import Step, Steps, read_steps
from kfnb.spec import (
    Condition,
    Edge,
    Effects,
    Input,
    Output,
    Parameter,
    PipelineSpec,
    Setup,
    StateInput,
    Task,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kfnb.dataflow.flows import Dataflow, StepFlow
    from kfnb.dataflow.program import Statement
    from kfnb.dataflow.record import Finding
    from kfnb.notebook.cells import Notebook, NotebookCell

_PRELOAD = ("numpy", "pandas", "scipy", "sklearn", "matplotlib", "seaborn", "statsmodels", "torch", "polars", "pyarrow")
"""Libraries that may be imported before tasks are forked: importing them starts no threads and reads no environment
that a
notebook is known to set."""


def check_notebook(path: Path) -> tuple[Diagnostic, ...]:
    """Return every diagnostic of a notebook, errors first."""
    try:
        found = _compile(path)[1]
    except Refused as refused:
        found = refused.diagnostics
    return tuple(sorted(found, key=lambda d: ("error", "warning", "hint").index(d.severity)))


def compile_notebook(path: Path) -> PipelineSpec:
    """Return the pipeline that a notebook means; Refused if a diagnostic says that it cannot be one."""
    spec, diagnostics = _compile(path)
    if any(d.severity == "error" for d in diagnostics) or spec is None:
        raise Refused(diagnostics)
    return msgspec.structs.replace(spec, diagnostics=diagnostics)


def _compile(path: Path) -> tuple[PipelineSpec | None, tuple[Diagnostic, ...]]:
    notebook = read_notebook(path)
    steps = read_steps(notebook, is_setup)
    diagnostics = list(steps.diagnostics)
    parameters, found = _parameters(steps)
    diagnostics += found
    if any(d.severity == "error" for d in diagnostics) and not steps.steps:
        return None, tuple(diagnostics)
    folder = notebook.path.parent
    flow = analyse(
        tuple(_code_step(step) for step in steps.steps),
        parameters={p.name: _immutable(p.default) for p in parameters},
        resolver=_star_resolver(folder, _search_paths(notebook)),
        scripts=_script_names(folder, notebook),
        modules=_own_modules(notebook),
    )
    diagnostics += [_diagnostic(finding) for finding in flow.findings]
    diagnostics += _skipped(steps, flow)
    diagnostics += _not_built(steps)
    diagnostics += _scattered(steps)
    diagnostics = [msgspec.structs.replace(d, notebook=notebook.path.name) for d in dict.fromkeys(diagnostics)]
    if any(d.severity == "error" for d in diagnostics):
        return None, tuple(diagnostics)
    return _spec(notebook, steps, flow, parameters, _order(steps, flow)), tuple(diagnostics)


# -------------------------------------------------------------------------------------------------- reading the cells


def is_setup(source: str) -> bool:
    """Say whether a cell above the first step is pure setup: imports, definitions and immutable literals."""
    parsed = parse_cell(source)
    if parsed.error is not None:
        return False
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in parsed.tree.body:
        if isinstance(node, kinds) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node is not parsed.tree.body[-1]
        ):
            continue
        if isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) for t in node.targets) and literal(node.value):
            continue
        return False
    return True


def _code_step(step: Step) -> CodeStep:
    cells = tuple(
        CodeCell(
            id=cell.id,
            source=cell.source,
            ordinal=cell.ordinal,
            index=cell.index,
            parameters=cell.role == "parameters",
            may_raise="raises-exception" in cell.tags,
            metrics=cell.metrics,
            uses=cell.uses,
            changes=cell.changes,
            keeps=cell.keeps,
            binds=cell.binds,
            draws=cell.draws,
        )
        for cell in step.cells
    )
    return CodeStep(step.name, cells, step.when)


def _parameters(steps: Steps) -> tuple[tuple[Parameter, ...], list[Diagnostic]]:
    """Return the run parameters: `name = literal` in the cell tagged so."""
    cell = steps.parameters_cell
    if cell is None:
        return (), []
    parsed = parse_cell(cell.source)
    parameters: dict[str, Parameter] = {}
    problems: list[Diagnostic] = []
    for node in parsed.tree.body:
        name, value, annotation = _assignment(node)
        if name is None or value is None:
            continue
        try:
            default = ast.literal_eval(value)
            _json(default)
        except (ValueError, TypeError):
            continue
        parameters[name] = Parameter(name=name, default=default, type=_type(default, annotation))
    problems += _late_parameters(parsed.tree, parameters, cell)
    return tuple(parameters.values()), problems


def _late_parameters(tree: ast.Module, parameters: dict[str, Parameter], cell: NotebookCell) -> list[Diagnostic]:
    if parameters or not tree.body:
        return []
    return [
        Diagnostic(
            code="KF501",
            severity="warning",
            message="This cell is tagged `parameters` but has no `name = literal` that JSON can hold: "
            "the run has no parameters.",
            cell=cell.id,
            line=1,
        )
    ]


def _assignment(node: ast.stmt) -> tuple[str | None, ast.expr | None, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value, None
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value, node.annotation
    return None, None, None


def _json(value: object) -> None:
    """Raise if JSON would not give `value` back (tuples, sets, bytes, keys that are not text)."""
    if isinstance(value, (str, int, float, bool, type(None))):
        return
    if isinstance(value, list):
        for element in value:
            _json(element)
    elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
        for element in value.values():
            _json(element)
    else:
        raise TypeError(type(value).__name__)


def _type(default: object, annotation: ast.expr | None) -> str:
    kinds = {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}
    if isinstance(annotation, ast.Name) and annotation.id in kinds.values():
        return annotation.id
    return kinds.get(type(default), "any")


def _immutable(value: object) -> bool:
    return not isinstance(value, (list, dict))


# -------------------------------------------------------------------------------------------------- what only the
# folder knows


def _search_paths(notebook: Notebook) -> tuple[str, ...]:
    """Return the folders that the notebook adds to `sys.path` with a literal."""
    found = []
    for cell in notebook.cells:
        if cell.kind != "code" or "sys.path" not in cell.source:
            continue
        for node in ast.walk(parse_cell(cell.source).tree):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) in ("sys.path.append", "sys.path.insert")
                and node.args
            ):
                place = node.args[-1]
                if isinstance(place, ast.Constant) and isinstance(place.value, str):
                    found.append(place.value)
    return tuple(found)


def _star_resolver(folder: Path, search: tuple[str, ...]) -> Callable[[str], tuple[str, ...] | None]:
    """Return a function that asks the notebook's interpreter, in the notebook's folder, what a star import binds."""
    known: dict[str, tuple[str, ...] | None] = {}
    program = (
        "import importlib, json, sys; sys.path[:0] = ['', *sys.argv[2:]]; m = importlib.import_module(sys.argv[1]);"
        "print('\\n' + json.dumps(list(getattr(m, '__all__', None) or [n for n in vars(m) if not n.startswith('_')])))"
    )

    def resolve(module: str) -> tuple[str, ...] | None:
        if module not in known:
            try:
                done = subprocess.run(
                    [sys.executable, "-c", program, module, *search],
                    cwd=folder,
                    capture_output=True,
                    text=True,
                    timeout=120,
                    check=True,
                )
                known[module] = tuple(json.loads(done.stdout.splitlines()[-1]))
            except (OSError, subprocess.SubprocessError, ValueError, IndexError):
                known[module] = None
        return known[module]

    return resolve


def _script_names(folder: Path, notebook: Notebook) -> Callable[[str], tuple[str, ...] | None]:
    """Return a function that says which names a script binds at its top level: a file, or a cell with `%%writefile`."""
    written = {
        cell.source.splitlines()[0].split()[-1]: cell.source.partition("\n")[2]
        for cell in notebook.cells
        if cell.kind == "code" and cell.source.startswith("%%writefile ")
    }

    def names(path: str) -> tuple[str, ...] | None:
        from kfnb.dataflow.slices import bound_names

        try:
            tree = ast.parse(written[path] if path in written else (folder / path).read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError):
            return None
        return tuple(dict.fromkeys(name for statement in tree.body for name, _ in bound_names(statement)))

    return names


def _own_modules(notebook: Notebook) -> dict[str, str]:
    """Return the source of the modules that the notebook imports from its own folder, or from one it adds to `sys.path`."""
    folder = notebook.path.parent
    text = "\n".join(cell.source for cell in notebook.cells if cell.kind == "code")
    found: dict[str, str] = {}
    for place in (folder, *(folder / path for path in _search_paths(notebook))):
        for file in sorted(place.glob("*.py")) if place.is_dir() else ():
            if file.stem in text and file.stem not in found:
                try:
                    found[file.stem] = file.read_text(encoding="utf-8")
                except (OSError, UnicodeDecodeError):
                    continue
    return found


# -------------------------------------------------------------------------------------------------- diagnostics


def _diagnostic(finding: Finding) -> Diagnostic:
    assert finding.severity in ("error", "warning", "hint")
    return Diagnostic(
        code=finding.code,
        severity=finding.severity,  # type: ignore[arg-type]
        message=finding.message,
        cell=finding.place.cell or None,
        line=finding.place.line or None,
        column=finding.place.column,
        fix=Fix(text=finding.fix) if finding.fix else None,
    )


def _skipped(steps: Steps, flow: Dataflow) -> list[Diagnostic]:
    """Warn where a skipped cell binds a name that the pipeline reads and nothing else binds."""
    found = []
    missing = {f.message.split("`")[1]: f for f in flow.findings if f.code in ("KF201", "KF208")}
    for cell in steps.skipped:
        names = {
            n.id
            for n in ast.walk(parse_cell(cell.source).tree)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        for name in sorted(names & missing.keys()):
            found.append(
                Diagnostic(
                    code="KF207",
                    severity="warning",
                    message=f"This cell is tagged `skip` but binds `{name}`, "
                    f"which is read in cell {missing[name].place.cell}.",
                    cell=cell.id,
                    line=1,
                    fix=Fix(text="Take the tag `skip` away.", remove_tags=("skip",)),
                )
            )
    return found


_LATER = {
    "foreach": ("foreach", "Fan-out (`foreach`)"),
    "on_exit": ("on-exit", "An exit handler (`on-exit`)"),
    "pipeline": ("pipeline:", "A sub-pipeline (`pipeline:`)"),
    "retries": ("retry:", "Retrying (`retry:`)"),
}
_REPORTED = {
    "cache": "cache:",
    "limits": "limit:/gpu:",
    "requests": "request:",
    "accelerator": "accelerator:",
    "image": "image:",
    "node_selector": "node:",
    "tolerations": "toleration:",
    "queue": "queue:",
    "priority": "priority:",
    "secrets": "secret:",
    "config_maps": "configmap:",
    "volumes": "pvc:",
    "shared_memory": "shm:",
    "labels": "label:",
    "annotations": "annotation:",
    "packages": "packages:",
    "includes": "include:",
    "env": "env:",
}


def _not_built(steps: Steps) -> list[Diagnostic]:
    """Refuse what would be ignored otherwise, and say which settings have no meaning on this machine."""
    found = []
    for step in steps.steps:
        cell = step.cells[0].id
        for field, (tag, what) in _LATER.items():
            value = getattr(step.settings, field)
            if (value is not None and value is not False and value != 0) or (field == "foreach" and value is not None):
                found.append(
                    Diagnostic(
                        code="KF502",
                        severity="error",
                        message=f"{what} in step `{step.name}` is not built yet; "
                        "without it the step would do something else.",
                        cell=_tagged(step, tag) or cell,
                        line=1,
                        fix=Fix(text=f"Take the tag `{tag}` away."),
                    )
                )
        ignored = [tag for field, tag in _REPORTED.items() if getattr(step.settings, field)]
        if ignored:
            found.append(
                Diagnostic(
                    code="KF503",
                    severity="hint",
                    message=f"Step `{step.name}` asks for {', '.join(ignored)}; on this machine that changes nothing.",
                    cell=cell,
                    line=1,
                )
            )
    return found


def _tagged(step: Step, prefix: str) -> str | None:
    return next((cell.id for cell in step.cells if any(tag.startswith(prefix) for tag in cell.tags)), None)


def _scattered(steps: Steps) -> list[Diagnostic]:
    """Refuse a step in several places where running its earlier cells later would change something."""
    found = []
    for position, step in enumerate(steps.steps):
        if not step.scattered:
            continue
        early = {cell.id for cell in step.early}
        between = [other for other in steps.steps[:position] if any(c.index > step.early[0].index for c in other.cells)]
        for other in between:
            names = _conflict(step, early, other)
            if names:
                found.append(
                    Diagnostic(
                        code="KF210",
                        severity="error",
                        message=f"Step `{step.name}` stands in several places, and its cells above cannot run "
                        f"after step `{other.name}`: both have to do with {', '.join(f'`{n}`' for n in sorted(names)[:3])}.",
                        cell=step.early[0].id,
                        line=1,
                        fix=Fix(text=f"Give the cells above another step name, or move step `{other.name}`."),
                    )
                )
    return found


def _conflict(step: Step, early: set[str], other: Step) -> set[str]:
    first, second = _touched([c.source for c in step.cells if c.id in early]), _touched([c.source for c in other.cells])
    (reads, writes), (other_reads, other_writes) = first, second
    return (writes & (other_reads | other_writes)) | (reads & other_writes)


def _touched(sources: list[str]) -> tuple[set[str], set[str]]:
    """Return the names that code reads, and those that it binds or may change in place (imports aside)."""
    flow = analyse((CodeStep("part", tuple(CodeCell(str(n), source) for n, source in enumerate(sources))),))
    reads: set[str] = set()
    writes: set[str] = set()
    for source in sources:
        tree = parse_cell(source).tree
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                (reads if isinstance(node.ctx, ast.Load) else writes).add(node.id)
            if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
                writes |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                writes |= {
                    n.id for n in ast.walk(node.value) if isinstance(n, ast.Name) and n.id not in ("print", "display")
                }
    return reads, writes | {name for step in flow.steps for name in step.outputs}


def _order(steps: Steps, flow: Dataflow) -> list[set[int]]:
    """Return, for each step, every step that must be done first, always among those above it."""
    numbers = {step.name: number for number, step in enumerate(steps.steps)}
    after: list[set[int]] = []
    for number, step in enumerate(steps.steps):
        first = set(flow.steps[number].after) | {taken.producer for taken in flow.steps[number].inputs.values()}
        first |= {numbers[name] for name in step.after if name in numbers}
        after.append({other for other in first if other < number})
    return after


# -------------------------------------------------------------------------------------------------- the spec


def _spec(
    notebook: Notebook, steps: Steps, flow: Dataflow, parameters: tuple[Parameter, ...], order: list[set[int]]
) -> PipelineSpec:
    names = [step.name for step in steps.steps]
    ancestors: list[set[int]] = []
    for first in order:
        ancestors.append(first | {a for number in first for a in ancestors[number]})
    known = {p.name for p in parameters}
    tasks = tuple(
        _task(step, flow.steps[number], names, sorted(order[number]), sorted(ancestors[number]), known)
        for number, step in enumerate(steps.steps)
    )
    return PipelineSpec(
        name=notebook.name,
        notebook=notebook.path.name,
        notebook_digest=notebook.digest,
        kernel=notebook.kernel,
        parameters=parameters,
        tasks=tasks,
        edges=tuple(_edges(steps, flow, names, order)),
        preload=_preload(notebook),
    )


def _task(
    step: Step, flow: StepFlow, names: list[str], after: list[int], ancestors: list[int], known: set[str]
) -> Task:
    setup = tuple(_setup(use.statement, use.kind, use.names, use.library, use.prelude, step) for use in flow.setup)
    read = set(flow.parameters) & known
    return Task(
        name=step.name,
        slug=step.slug,
        cells=tuple(cell.to_cell() for cell in step.cells),
        setup=setup,
        definitions=tuple(sorted(flow.definitions)),
        parameters=tuple(sorted(read | (set(known) if any(c.role == "parameters" for c in step.cells) else set()))),
        inputs=tuple(
            Input(name=t.name, producer=names[t.producer], optional=t.optional, guard=t.guard, mates=t.mates)
            for t in sorted(flow.inputs.values(), key=lambda t: t.name)
        ),
        outputs=tuple(
            Output(name=g.name, needed=g.needed, optional=g.optional)
            for g in sorted(flow.outputs.values(), key=lambda g: g.name)
        ),
        shares=tuple(flow.shares),
        hot=tuple(sorted(flow.hot)),
        clashes=tuple(flow.clashes),
        state_inputs=tuple(StateInput(provider=p, producer=names[n]) for p, n in sorted(flow.state_inputs.items())),
        state_outputs=tuple(sorted(flow.state_outputs)),
        state_watch=tuple(sorted(flow.state_watch)),
        after=tuple(names[number] for number in after),
        ancestors=tuple(names[number] for number in ancestors),
        condition=_condition(flow, names),
        records=tuple(sorted(flow.records)),
        metrics=flow.metrics,
        settings=step.settings,
        effects=Effects(outside=flow.outside, reads_outside=flow.reads_outside, reads=flow.reads, writes=flow.writes),
        imports=flow.imports,
        statements_digest=digest.of_json([_normal(cell.source) for cell in step.cells] + [s.source for s in setup]),
    )


def _normal(source: str) -> str:
    """Return a cell's syntax tree as text: comments and layout do not count."""
    parsed = parse_cell(source)
    return source if not parsed.plain or parsed.error is not None else ast.dump(parsed.tree)


def _setup(
    statement: Statement,
    kind: str,
    names: tuple[str, ...],
    library: str | None,
    prelude: tuple[Statement, ...],
    step: Step,
) -> Setup:
    source = "\n".join([*(_source(s) for s in prelude), _source(statement)])
    line = (
        1
        if prelude
        else min([statement.node.lineno, *(d.lineno for d in getattr(statement.node, "decorator_list", ()))])
    )
    return Setup(
        kind=kind,  # type: ignore[arg-type]
        source=source,
        names=names,
        cell=statement.cell.id,
        ordinal=statement.cell.ordinal,
        line=line,
        library=library,
    )


def _source(statement: Statement) -> str:
    """Return the text of a statement as it runs: its own lines, or what IPython makes of them."""
    parsed = parse_cell(statement.cell.source)
    node = statement.node
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    if not parsed.plain:
        known = parsed.runnable.get(first)
        if known is not None:
            return known
        marks = [c for c in ast.walk(node) if isinstance(c, ast.Name) and c.id == "__kfnb_mark__"]
        if marks:
            call = next(
                c
                for c in ast.walk(node)
                if isinstance(c, ast.Call) and isinstance(c.func, ast.Name) and c.func.id == "__kfnb_mark__"
            )
            number = call.args[0]
            assert isinstance(number, ast.Constant)
            assert isinstance(number.value, int)
            return str(parsed.marks[number.value].detail["source"])
        return ast.unparse(node)
    last = node.end_lineno or node.lineno
    alone = all(
        (other.lineno, other.col_offset) == (node.lineno, node.col_offset)
        or (other.end_lineno or other.lineno) < first
        or min([other.lineno, *(d.lineno for d in getattr(other, "decorator_list", ()))]) > last
        for other in parsed.tree.body
    )
    if not alone:
        return ast.unparse(node)
    return "\n".join(statement.cell.source.splitlines()[first - 1 : last])


def _condition(flow: StepFlow, names: list[str]) -> Condition | None:
    test = flow.test
    if test is None:
        return None
    return Condition(
        expression=test.expression,
        names={name: names[number] for name, number in sorted(test.producers.items())},
        constants=dict(sorted(test.constants.items())),
        parameters=test.parameters,
        tagged=test.tagged,
    )


def _edges(steps: Steps, flow: Dataflow, names: list[str], order: list[set[int]]) -> list[Edge]:
    edges = []
    for number, first in enumerate(order):
        step = flow.steps[number]
        for producer in sorted(first):
            flowing = tuple(sorted(t.name for t in step.inputs.values() if t.producer == producer))
            why = set(step.after.get(producer, ()))
            if names[producer] in steps.steps[number].after:
                why.add("tag prev:")
            edges.append(Edge(source=names[producer], target=names[number], names=flowing, why=tuple(sorted(why))))
    return edges


def _preload(notebook: Notebook) -> tuple[str, ...]:
    """Return the libraries that the notebook imports and that may be imported before the environment is what it
    sets."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.kind == "code")
    if "os.environ" in text or "%env" in text or "putenv" in text:
        return ()
    found: dict[str, None] = {}
    for cell in notebook.cells:
        if cell.kind != "code" or "skip" in cell.tags:
            continue
        for node in ast.walk(parse_cell(cell.source).tree):
            if isinstance(node, ast.Import):
                found.update(dict.fromkeys(alias.name for alias in node.names))
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module] = None
    return tuple(sorted(name for name in found if name.split(".")[0] in _PRELOAD))
