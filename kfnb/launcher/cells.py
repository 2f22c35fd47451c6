"""Runs code cells one after the other in the shell, as ipykernel does, and says on the channel how each went.

Used by body.py for a task and by engine.py for papermill. What a cell shows goes out by itself (streams.py).
"""

from __future__ import annotations

import ast
import asyncio
import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core.interactiveshell import _asyncio_runner

from kfnb.launcher.frames import Kind
from kfnb.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kfnb.launcher.kernel import Kernel
    from kfnb.spec import Cell


class Failure(NamedTuple):
    """The cell that failed and what it raised. `exited`: it called exit() or quit(), which stops a kernel."""

    cell: Cell
    ename: str
    evalue: str
    traceback: tuple[str, ...]
    exited: bool = False


class ReplaceLiterals(ast.NodeTransformer):
    """Puts run parameters in place of the literals that a `parameters` cell binds at its top level."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Replace in the statements of the cell itself, not within functions or blocks."""
        for statement in node.body:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                self._replace(statement, statement.targets[0])
            elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
                self._replace(statement, statement.target)
        return node

    def _replace(self, statement: ast.Assign | ast.AnnAssign, target: ast.expr) -> None:
        if isinstance(target, ast.Name) and target.id in self._values and statement.value is not None:
            literal = parse(repr(self._values[target.id]), mode="eval").body
            for node in ast.walk(literal):
                ast.copy_location(node, statement.value)
            statement.value = literal


def run_cells(kernel: Kernel, cells: Sequence[Cell], parameters: Mapping[str, Any]) -> Failure | None:
    """Run the cells in order in one event loop; return the failure that stopped them, or None."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(_run_all(kernel, cells, parameters))


async def _run_all(kernel: Kernel, cells: Sequence[Cell], parameters: Mapping[str, Any]) -> Failure | None:
    for number, cell in enumerate(cells):
        failure = await _run_one(kernel, number, cell, parameters)
        if failure is not None:
            return failure
        # Tasks that the user left running get a turn between cells, as they do while a kernel waits for the next one.
        await asyncio.sleep(0.005 if len(asyncio.all_tasks()) > 1 else 0)
    return None


async def _run_one(kernel: Kernel, number: int, cell: Cell, parameters: Mapping[str, Any]) -> Failure | None:
    shell = kernel.shell
    kernel.begin_cell(number)
    _count_from(shell, cell.ordinal)
    kernel.channel.send(Kind.STARTED, number, json.dumps({"time": time.time()}).encode())
    with _injected(shell, cell, parameters):
        error = await _execute(kernel, cell)
    sys.stdout.flush()
    sys.stderr.flush()
    allowed = "raises-exception" in cell.tags and not shell.exit_now
    said = {"time": time.time(), "ok": error is None, "allowed": allowed, "count": shell.execution_count - 1}
    if error is None and shell.exit_now:
        said["ok"] = False
        error = Failure(cell, "SystemExit", "exit() was called", (), exited=True)
    kernel.channel.send(Kind.FINISHED, number, json.dumps(said).encode())
    return None if allowed else error


async def _execute(kernel: Kernel, cell: Cell) -> Failure | None:
    """Do what IPythonKernel.do_execute does (ipykernel 7) and return what was raised."""
    shell = kernel.shell
    saved = kernel.open_input()
    shell._last_traceback = None
    shell._last_traceback_during_displayhook = False
    try:
        transformed, problem = cell.source, None
        try:
            transformed = shell.transform_cell(cell.source)
        except Exception:
            problem = sys.exc_info()
        asynchronous = shell.loop_runner is _asyncio_runner and shell.should_run_async(
            cell.source, transformed_cell=transformed, preprocessing_exc_tuple=problem
        )
        if asynchronous:
            result = None
            try:
                result = await asyncio.ensure_future(
                    shell.run_cell_async(
                        cell.source,
                        store_history=True,
                        silent=False,
                        transformed_cell=transformed,
                        preprocessing_exc_tuple=problem,
                        cell_id=cell.id,
                    )
                )
            finally:
                shell.events.trigger("post_execute")
                shell.events.trigger("post_run_cell", result)
        else:
            result = shell.run_cell(cell.source, store_history=True, silent=False, cell_id=cell.id)
    finally:
        kernel.close_input(saved)
        shell.payload_manager.clear_payload()
    error = result.error_before_exec if result.error_before_exec is not None else result.error_in_exec
    if result.success and not shell._last_traceback_during_displayhook:
        return None
    return Failure(cell, type(error).__name__, _text_of(error), tuple(shell._last_traceback or ()))


def _text_of(error: BaseException | None) -> str:
    try:
        return str(error)
    except Exception:
        return "<the error has no text>"


def _count_from(shell: Any, ordinal: int) -> None:
    """Let the next cell be number `ordinal`, as when the notebook runs from the top; `In` has empty entries above."""
    shell.execution_count = ordinal
    for entries in (shell.history_manager.input_hist_parsed, shell.history_manager.input_hist_raw):
        entries.extend([""] * (ordinal - len(entries)))


@contextmanager
def _injected(shell: Any, cell: Cell, parameters: Mapping[str, Any]) -> Iterator[None]:
    if cell.role != "parameters" or not parameters:
        yield
        return
    transformer = ReplaceLiterals(parameters)
    shell.ast_transformers.append(transformer)
    try:
        yield
    finally:
        if transformer in shell.ast_transformers:
            shell.ast_transformers.remove(transformer)
