"""The identity of a task: everything that its result depends on, part by part, so that a difference can be named.

Pure; used by the cache, which looks results up under the digest of all parts, and by `explain`. Not a part are the
files that a task reads (the cache keeps with each result what it was made of), what later steps ask of it (a result
that lacks that is passed over), resources, placement, and the names of the run and the pipeline.
"""

from __future__ import annotations

import ast
import io
import os
import tokenize
from collections import Counter
from typing import TYPE_CHECKING, Literal

import msgspec

from kfnb import digest
from kfnb.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kfnb.spec import Artifact, Cell, ExecutorInput, Setup, Task

KEY_VERSION = 1
"""Raised when the same parts would no longer mean the same result."""

Kind = Literal["code", "setup", "parameter", "input", "state", "version", "setting", "kfnb"]


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that a result depends on. `name` and `value` are compared; `label` is how a person calls it.

    `value` is a digest, or the thing itself where it is short (`shown`).
    """

    kind: Kind
    name: str
    value: str
    label: str = ""
    shown: bool = False


def key_of(parts: Iterable[Part]) -> str:
    """Return the key of a task with these parts: a sha256."""
    return digest.of_json([[part.kind, part.name, part.value] for part in parts])


def parts_of(given: ExecutorInput, versions: Mapping[str, str], twins: int = 0) -> tuple[Part, ...]:
    """Return the parts of the task that `given` describes; `versions`: of Python and of what it imports.

    `twins`: how many steps above have the same code. By hand, the same code twice need not give the same: it may draw,
    or ask for the time.
    """
    task = given.task
    return (
        Part("kfnb", "key", str(KEY_VERSION), "kfnb itself", shown=True),
        *_code(task, twins),
        *_setup(task),
        *(_parameter(name, value) for name, value in sorted(given.parameters.items())),
        *_inputs(given),
        *(_state(given, provider) for provider in sorted(given.state)),
        *(Part("version", name, value, name, shown=True) for name, value in sorted(_environment(task, versions))),
        *_settings(task),
    )


def imports_of(task: Task, tasks: Mapping[str, Task]) -> frozenset[str]:
    """Return the top-level packages that make a task's result: its own, and those that its inputs were made with."""
    found: set[str] = set()
    seen: set[str] = set()
    todo = [task]
    while todo:
        current = todo.pop()
        if current.name not in seen:
            seen.add(current.name)
            found |= {*current.imports, *(module.partition(".")[0] for module in current.first_imports)}
            todo += [tasks[taken.producer] for taken in current.inputs]
    return frozenset(found)


# ---------------------------------------------------------------------------------------------------------- the parts


def _environment(task: Task, versions: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what runs the code: Python and packages, or the image that has them; a step may have its own."""
    own = {"image": task.settings.image} if task.settings.image and "image" in versions else {}
    yield from {**versions, **own}.items()
    if "image" in versions and task.settings.packages:
        yield "packages", " ".join(sorted(task.settings.packages))


def _code(task: Task, twins: int) -> Iterator[Part]:
    for number, cell in enumerate(task.cells, 1):
        value = digest.of_json([cell.role, _normal(cell.source), _is_silent(cell.source), _raises(cell)])
        yield Part("code", str(number), value, f"the code of cell {cell.ordinal}")
    if twins:
        yield Part("code", "twin", str(twins), "how many steps above have the same code", shown=True)


def _raises(cell: Cell) -> int:
    """Return what the result of a cell that may raise shows of its place: its number stands in the traceback."""
    return cell.ordinal if "raises-exception" in cell.tags else 0


def twins_above(tasks: Iterable[Task]) -> dict[str, int]:
    """Return, for each task of a pipeline, how many above it have the same code."""
    seen: Counter[str] = Counter()
    found = {}
    for task in tasks:
        found[task.name] = seen[task.statements_digest]
        seen[task.statements_digest] += 1
    return found


def _setup(task: Task) -> Iterator[Part]:
    seen: dict[str, int] = {}
    for setup in task.setup:
        name = f"{setup.kind} {', '.join(setup.names) or setup.source}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name += f" ({seen[name]})"
        value = digest.of_json([setup.kind, _normal(setup.source), setup.library])
        yield Part("setup", name, value, _setup_words(setup))
    if task.definitions:
        yield Part("setup", "shared", digest.of_json(task.definitions), "which functions and classes steps share")
    if task.first_imports:
        yield Part("setup", "first", digest.of_json(task.first_imports), "which modules are imported first")


def _setup_words(setup: Setup) -> str:
    if setup.kind == "setter":
        return f"the setting `{_last_statement(setup.source)}`"
    what = {"import": "the import of", "definition": "the definition of", "literal": "the value of"}[setup.kind]
    return f"{what} `{', '.join(setup.names)}`"


def _last_statement(source: str) -> str:
    """Return the first line of the last statement: above a setting stands what it needs, such as imports."""
    lines = source.strip().splitlines()
    try:
        return lines[parse(source.strip()).body[-1].lineno - 1]
    except (SyntaxError, ValueError):
        return lines[-1]


def _parameter(name: str, value: object) -> Part:
    text = msgspec.json.encode(value, order="deterministic").decode()
    short = len(text) <= 80
    return Part("parameter", name, text if short else digest.of_json(value), f"parameter {name}", shown=short)


def _inputs(given: ExecutorInput) -> Iterator[Part]:
    for taken in sorted(given.task.inputs, key=lambda taken: taken.name):
        artifact = given.inputs.get(taken.name)
        value = _value(artifact) if artifact is not None else "unbound"
        yield Part("input", taken.name, value, f"input `{taken.name}` from step {taken.producer}")


def _value(artifact: Artifact) -> str:
    if artifact.group is not None:
        return digest.of_json([artifact.name, artifact.group.serializer, artifact.group.digests])
    return artifact.blob.digest if artifact.blob is not None else "nothing"


_STATE_WORDS = {
    "random": "the state of Python's random numbers",
    "numpy.random": "the state of NumPy's random numbers",
    "torch.random": "the state of Torch's random numbers",
    "cwd": "the working directory",
    "environ": "environment variables that a step above sets",
    "sys.path": "sys.path as a step above leaves it",
}


def _state(given: ExecutorInput, provider: str) -> Part:
    label = _STATE_WORDS.get(provider, f"the session state {provider}")
    return Part("state", provider, given.state[provider].digest, label)


def _settings(task: Task) -> Iterator[Part]:
    settings = task.settings
    for name, value in sorted(settings.env.items()):
        yield Part("setting", f"env {name}", value, f"environment variable {name}", shown=True)
    for what, entries in (("secret", settings.secrets), ("config map", settings.config_maps)):
        for source, key, variable in entries:
            label = f"{what} {source} in environment variable {variable}"
            yield Part("setting", f"{what} {variable}", f"{source}:{key}", label, shown=True)
    for what, folders in (("secret", settings.secret_files), ("config map", settings.config_map_files)):
        for source, folder in folders:
            yield Part("setting", f"{what} {folder}", source, f"{what} {source} as files in {folder}", shown=True)
    seed = os.environ.get("PYTHONHASHSEED", "0")
    if seed != "0":
        yield Part("setting", "PYTHONHASHSEED", seed, "environment variable PYTHONHASHSEED", shown=True)


# ---------------------------------------------------------------------------------------------------- code as it counts


def _normal(source: str) -> str:
    """Return code without comments and layout; a cell that is not plain Python (magics) as it is, line by line."""
    try:
        return ast.dump(parse(source))
    except (SyntaxError, ValueError):
        return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _is_silent(source: str) -> bool:
    """Say whether the cell ends with a semicolon, which keeps its last value from being shown."""
    if ";" not in source:
        return False
    try:
        tokens = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in _LAYOUT]
    except (tokenize.TokenError, SyntaxError):
        return source.rstrip().endswith(";")
    return bool(tokens) and tokens[-1].string == ";"


_LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
