"""The way into the analysis: steps in, what flows between them out.

`compiler.py` calls `analyse` with the steps of a notebook. The walk is repeated while it finds that a name taken for
setup is
changed somewhere, which makes it an ordinary value.
"""

from __future__ import annotations

import ast
import difflib

from kfnb.dataflow.book import BUILTINS, Book
from kfnb.dataflow.conditions import find_test
from kfnb.dataflow.edges import EdgeBuilder
from kfnb.dataflow.flows import Dataflow, StepFlow
from kfnb.dataflow.functions import blank_summary, class_of, finish
from kfnb.dataflow.memories import memory_findings
from kfnb.dataflow.names import StepNotes, walk_program
from kfnb.dataflow.program import CodeCell, CodeStep, Program, StarResolver, read_program
from kfnb.dataflow.record import Finding, Place
from kfnb.dataflow.slices import SetupTable, find_setup, import_roots, impure_definitions


def analyse(
    steps: tuple[CodeStep, ...],
    *,
    parameters: dict[str, bool] | None = None,
    resolver: StarResolver | None = None,
    scripts: StarResolver | None = None,
    modules: dict[str, str] | None = None,
) -> Dataflow:
    """Return what flows between `steps`.

    `parameters`: names of the run parameters and whether each has an immutable value. `resolver` answers what a star
    import
    binds, `scripts` what a script run by `%run` does. `local_modules`: modules of the notebook's own folder, whose
    state may change.
    """
    parameters = parameters or {}
    program = read_program(steps)
    stateful = frozenset(name for module, source in (modules or {}).items() for name in _stateful(module, source))
    findings = _syntax_findings(program)
    demoted: set[str] = set()
    while True:
        book = Book(resolver=resolver, scripts=scripts, local_modules=frozenset(modules or ()), stateful=stateful)
        _register(program, book)
        table = find_setup(program, book, demoted, parameters)
        finish(book)  # inner functions are known after this
        _find_escaping(program, book)
        finish(book)
        notes = walk_program(program, book)
        escaping = set(map(id, book.escaping))
        _find_escaping(program, book)
        if any(id(s) not in escaping and (s.changes or s.binds or s.effects) for s in book.escaping):
            finish(book)  # the walk met lambdas that do something: whatever calls a function may call them
            notes = walk_program(program, book)
        found = {n for note in notes for n in note.record.demoted} & book.setup
        found |= impure_definitions(table, book)
        found |= {n for n, group in book.functions.items() if any(s.stateful for s in group)} & book.setup
        found |= {n for summary in book.summaries.values() for n in summary.changes | summary.binds} & book.setup
        if not found:
            break
        demoted |= found
    builder = EdgeBuilder(program, book, table, notes, parameters)
    flows = builder.build()
    _conditions(program, table, book, builder, flows, parameters)
    findings += [finding for note in notes for finding in dict.fromkeys(note.record.findings)]
    findings += _name_findings(notes, book, steps)
    findings += _setting_findings(notes, flows)
    if len(steps) > 1:
        findings += _finalizer_findings(program, book)
    findings += memory_findings(program, notes, table, book)
    remembering = any(summary.remembers for summary in book.summaries.values())
    return Dataflow(program, flows, findings, table.constants, frozenset(builder.repeatable), remembering)


def _stateful(module: str, source: str) -> set[str]:
    """Return the functions and classes of a module that change data of the module itself."""
    program = read_program((CodeStep(module, (CodeCell(module, source),)),))
    book = Book()
    _register(program, book)
    find_setup(program, book, set(), {})
    finish(book)
    found = {name for name, group in book.functions.items() if any(s.changes or s.binds for s in group)}
    for name, infos in book.classes.items():
        if any(m.changes or m.binds for info in infos for m in info.methods.values()):
            found.add(name)
    return {f"{module}.{name}" for name in found}


def _register(program: Program, book: Book) -> None:
    """Note every function and class that is defined at module scope, wherever it stands."""
    for statement in program.statements:
        syntax = statement.syntax
        book.modules |= syntax.facts.modules
        book.stored |= syntax.facts.stored
        book.defaulting |= syntax.facts.defaulting
        for node in syntax.definitions:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                summary = book.summaries.setdefault(id(node), blank_summary(node))
                book.functions.setdefault(node.name, []).append(summary)
            elif isinstance(node, ast.ClassDef):
                _register_class(node, book)
            elif isinstance(node.value, ast.Lambda):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        summary = book.summaries.setdefault(id(node.value), blank_summary(node.value))
                        book.functions.setdefault(target.id, []).append(summary)


def _register_class(node: ast.ClassDef, book: Book) -> None:
    info = class_of(book, node)
    book.classes.setdefault(node.name, []).append(info)
    for key, method in info.methods.items():
        name = key.partition("@")[0]
        book.methods.setdefault(name, []).append(method)
        if name in info.properties:
            book.properties.setdefault(name, []).append(method)


def _find_escaping(program: Program, book: Book) -> None:
    """Note every function that is handed about: inner ones, lambdas, decorated ones, names used without a call."""
    facts = [statement.syntax.facts for statement in program.statements]
    handed_about: set[str] = set().union(*(said.handed_about for said in facts))
    starts: set[str] = set().union(*(said.looked_up for said in facts))
    if starts:
        handed_about |= {"." + name for name in book.methods if name.startswith(tuple(starts))}
    known = {s for group in (*book.functions.values(), *book.methods.values()) for s in group}
    escaping = dict.fromkeys(book.escaping)
    escaping |= dict.fromkeys(s for s in book.summaries.values() if s not in known or s.name == "<lambda>")
    for name, group in book.functions.items():
        if name in handed_about:
            escaping |= dict.fromkeys(group)
    for name, group in book.methods.items():
        if "." + name in handed_about and not name.startswith("__"):
            escaping |= dict.fromkeys(group)
    book.escaping = list(escaping)


def _conditions(
    program: Program,
    table: SetupTable,
    book: Book,
    builder: EdgeBuilder,
    flows: list[StepFlow],
    parameters: dict[str, bool],
) -> None:
    for number, step in enumerate(program.steps):
        test = find_test(step, number, program, table, book, builder.producers_before.get(number, {}), parameters)
        if test is None:
            continue
        flows[number].test = test
        for name, producer in test.producers.items():
            flows[producer].records.add(name)
            flows[number].needs_step(producer, f"condition on {name}")


# ---------------------------------------------------------------------------------------------------- diagnostics


def _syntax_findings(program: Program) -> list[Finding]:
    findings = []
    for step in program.steps:
        for cell in step.cells:
            parsed = program.parses[cell.id]
            for problem in (*((parsed.error,) if parsed.error is not None else ()), *parsed.problems):
                if problem.code in ("KF250",) and cell.uses + cell.binds:
                    continue
                place = Place(cell.id, problem.line or 1, problem.column or 1)
                findings.append(
                    Finding(
                        problem.code,
                        problem.severity,
                        problem.message,
                        place,
                        problem.fix.text if problem.fix else None,
                    )
                )
    return findings


def _name_findings(notes: list[StepNotes], book: Book, steps: tuple[CodeStep, ...]) -> list[Finding]:
    findings = []
    for note in notes:
        for name, read in note.record.reads.items():
            if read.bound or not read.place.cell:
                continue
            if read.deleted and read.certain:
                findings.append(
                    _finding(
                        "KF203",
                        f"`{name}` was deleted above; reading it is a NameError.",
                        read.place,
                        "Delete it later, or bind it again.",
                    )
                )
            elif name in book.bound:
                if read.certain:
                    findings.append(
                        _finding(
                            "KF202",
                            f"`{name}` is read here but bound only further down.",
                            read.place,
                            "Move the cell that binds it up.",
                        )
                    )
            elif read.certain:
                findings.append(_undefined(name, read.place, book))
            elif not read.deleted:
                message = f"`{name}` is bound nowhere in this notebook; reading it will be a NameError."
                findings.append(Finding("KF208", "warning", message, read.place, _nearest(name, book)))
    return findings


def _finding(code: str, message: str, place: Place, fix: str | None) -> Finding:
    return Finding(code, "error", message, place, fix)


def _undefined(name: str, place: Place, book: Book) -> Finding:
    return _finding("KF201", f"`{name}` is bound nowhere in this notebook.", place, _nearest(name, book))


def _nearest(name: str, book: Book) -> str | None:
    close = difflib.get_close_matches(name, sorted(book.bound | BUILTINS), n=1)
    return (
        f"Did you mean `{close[0]}`?"
        if close
        else f"Bind `{name}` in a step above, or say `binds:{name}` where unseen code binds it."
    )


def _setting_findings(notes: list[StepNotes], flows: list[StepFlow]) -> list[Finding]:
    findings = []
    for number, note in enumerate(notes):
        for kind, library, place in note.computed_settings:
            later = {root for other in notes[number + 1 :] for root in other.record.imports}
            later |= {
                alias
                for flow in flows[number + 1 :]
                for use in flow.setup
                for alias in import_roots(use.statement.node)
            }
            if library in later or (library in ("warnings", "logging", "sys", "decimal") and number + 1 < len(notes)):
                what = f"a setting of `{library}`" if kind == "setter" else f"a value of the module `{library}`"
                findings.append(
                    _finding(
                        "KF401",
                        f"This changes {what} with values that are computed, or under a condition (`when:`), "
                        "so it cannot be repeated in the later steps that use it.",
                        place,
                        "Use literals in a step that always runs, or put it into the step that needs it.",
                    )
                )
    return findings


def _finalizer_findings(program: Program, book: Book) -> list[Finding]:
    """`__del__` runs when the last reference goes, which between steps is not when it goes by hand."""
    findings = []
    for statement in program.statements:
        node = statement.node
        if not isinstance(node, ast.ClassDef):
            continue
        for info in book.classes.get(node.name, ()):
            method = info.methods.get("__del__")
            if method is not None and info.node is node and (method.effects or method.changes):
                findings.append(
                    _finding(
                        "KF215",
                        f"`{node.name}.__del__` does something that shows, at a time that depends on the steps.",
                        Place(statement.cell.id, node.lineno),
                        "Use a context manager or a `close` method, or put everything with it into one step.",
                    )
                )
    return findings
