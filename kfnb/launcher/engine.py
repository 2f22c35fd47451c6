"""The papermill engine `kfnb`: `papermill --engine kfnb in.ipynb out.ipynb` runs cells as a task runs them.

Papermill finds it by its entry point. It is the only part of the launcher that imports papermill, which takes a second
(docs/adr/0001-launcher-without-papermill-import.md). The cells run in a body forked from papermill's own process; what
papermill does around them (parameters, saving, its metadata, its error) stays papermill's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.engines import Engine

from kfnb.launcher.supervise import Listener, Supervisor
from kfnb.spec import Cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.launcher.frames import Wires

_SAVE_EVERY = 3.0


class PapermillEngine(Engine):  # type: ignore[misc]
    """Runs a notebook's cells in kfnb's shell, in a process of their own."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        **options: Any,
    ) -> None:
        """Run every code cell, stop at the first that fails; papermill raises for what it then finds in the outputs.

        Raises nbclient's DeadKernelError if the body died, CellTimeoutError if a cell took longer than
        `execution_timeout` seconds.
        """
        indices = [i for i, c in enumerate(nb_man.nb.cells) if c.cell_type == "code" and c.source.strip()]
        cells = [_cell(nb_man.nb.cells[i], i, number) for number, i in enumerate(indices, start=1)]
        files = {"stdout": stdout_file, "stderr": stderr_file}
        listener = _Papermill(nb_man, indices, files, log_output)
        supervisor = Supervisor(cells, listener, execution_timeout or options.get("timeout"), owns_process=False)
        listener.supervisor = supervisor
        ended = supervisor.run(_body(cells))
        running = None if ended.running is None else listener.finish_running(ended.running)
        if ended.stopped == "timeout":
            said = f"A cell timed out: it ran longer than {execution_timeout} s."
            raise CellTimeoutError.error_from_timeout_and_cell(said, execution_timeout, running or nb_man.nb.cells[0])
        if ended.result is None:
            raise DeadKernelError(f"The kernel died (exit status {ended.status}).")
        listener.pass_to(len(nb_man.nb.cells))


def _cell(cell: Any, index: int, ordinal: int) -> Cell:
    tags = tuple(cell.metadata.get("tags", ()))
    return Cell(id=cell.get("id", f"cell-{index}"), index=index, source=cell.source, ordinal=ordinal, tags=tags)


def _body(cells: list[Cell]) -> Callable[[Wires], None]:
    def run(wires: Wires) -> None:
        from kfnb.launcher.body import connect
        from kfnb.launcher.cells import run_cells
        from kfnb.launcher.frames import Kind
        from kfnb.launcher.kernel import Kernel

        asyncio.events._set_running_loop(None)  # papermill may have been called from a notebook
        kernel = Kernel()
        connect(kernel, wires)
        run_cells(kernel, cells, {})
        kernel.channel.send(Kind.RESULT, -1)

    return run


class _Papermill(Listener):
    """Hands on to papermill what the supervisor sees. Cells that are not run pass by in their places."""

    supervisor: Supervisor

    def __init__(self, nb_man: Any, indices: list[int], files: dict[str, Any], log_output: bool) -> None:
        self._nb_man = nb_man
        self._indices = indices
        self._files = files
        self._log = logging.getLogger("papermill") if log_output else None
        self._next = 0
        self._running: int | None = None
        self._saved = time.monotonic()
        self._failed = False

    def on_cell(self, number: int, state: str, when: float) -> None:
        """Begin or complete a cell in papermill's terms."""
        index = self._indices[number]
        cell = self._nb_man.nb.cells[index]
        if state == "RUNNING":
            self.supervisor.restart_clock()
            self.pass_to(index)
            self._running = number
            self._nb_man.cell_start(cell, index)
            return
        self._running = None
        self._take_outputs(number)
        self._next = index + 1
        if state == "FAILED":
            self._failed = True
            self._nb_man.cell_exception(cell, index, exception=_error_of(cell))
        self._nb_man.cell_complete(cell, index)
        self._write_files(cell)

    def on_text(self, text: str) -> None:
        """Log what is printed, if papermill was asked to."""
        if self._log is not None and text.strip():
            self._log.info(text.rstrip("\n"))

    def on_tick(self) -> None:
        """Save the notebook every few seconds, with what the running cell has shown so far."""
        if self._running is not None and time.monotonic() - self._saved > _SAVE_EVERY:
            self._saved = time.monotonic()
            self._take_outputs(self._running)
            self._nb_man.save()

    def pass_to(self, index: int) -> None:
        """Let cells that are not run (text, empty ones) pass by, up to the one at `index`."""
        for passed in range(self._next, index):
            if not self._failed:
                self._nb_man.cell_start(self._nb_man.nb.cells[passed], passed)
                self._nb_man.cell_complete(self._nb_man.nb.cells[passed], passed)
        self._next = index

    def finish_running(self, number: int) -> Any:
        """Keep what the cell showed that ran when the body ended, and return it."""
        index = self._indices[number]
        cell = self._nb_man.nb.cells[index]
        self._take_outputs(number)
        self._nb_man.cell_exception(cell, index)
        self._nb_man.cell_complete(cell, index)
        return cell

    def _take_outputs(self, number: int) -> None:
        cell = self._nb_man.nb.cells[self._indices[number]]
        collector = self.supervisor.collector
        cell.outputs = [nbformat.from_dict(output) for output in collector.rendered(number)]
        cell.execution_count = collector.counts[number]

    def _write_files(self, cell: Any) -> None:
        for output in cell.outputs:
            file = self._files.get(output.get("name", "")) if output.output_type == "stream" else None
            if file is not None:
                file.write(output.text)
                file.flush()


def _error_of(cell: Any) -> CellExecutionError:
    error = next((o for o in cell.outputs if o.output_type == "error"), None)
    if error is None:
        return CellExecutionError("", "SystemExit", "exit() was called")
    return CellExecutionError("\n".join(error.traceback), error.ename, error.evalue)
