"""Runs a notebook by hand: `python -m kfnb.verify.linear PLAN RESULT`, started by `verify` as a process of its own.

A process of its own, so that it can have mounts of its own before it has threads. The notebook runs in a real kernel of
its kernelspec through nbclient, cell by cell; between cells the plan's conditions and probes run hidden.
"""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec

from kfnb.launcher.processes import die_with_parent
from kfnb.verify.folder import enter_copy
from kfnb.verify.plan import Action, Compared, Plan, Result
from kfnb.verify.probe import Answer, Question


class _ByHand:
    """One run by hand in the making."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._scratch = Path(plan.scratch)
        self._different: list[Compared] = []
        self._notes: list[str] = []
        self._left_out: set[str] = set()
        self._values = 0
        self._failed: tuple[int, str] | None = None

    async def run(self) -> Result:
        """Run every action, or up to the first cell that fails."""
        import nbformat
        from nbclient import NotebookClient

        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_raw_cell("") for _ in range(max(self._plan.sources, default=-1) + 1)]
        for index, source in self._plan.sources.items():
            tags = ["raises-exception"] if index in self._plan.raises else []
            notebook.cells[index] = nbformat.v4.new_code_cell(source, metadata={"tags": tags})
        notebook.metadata["kernelspec"] = {"name": self._plan.kernel, "display_name": self._plan.kernel}
        client = NotebookClient(
            notebook,
            timeout=self._plan.timeout,
            kernel_name=self._plan.kernel,
            resources={"metadata": {"path": str(self._folder)}},
        )
        async with client.async_setup_kernel(env=_kernel_environment()):
            for action in self._plan.actions:
                if action.step is not None and action.step in self._left_out:
                    continue
                await self._do(client, action)
                if self._failed:
                    break
        failed, error = self._failed or (None, "")
        # only now: a later cell may update what an earlier one displays
        shown = {index: [dict(output) for output in notebook.cells[index].outputs] for index in self._plan.sources}
        return Result(
            outputs=shown,
            different=tuple(self._different),
            notes=tuple(self._notes),
            values=self._values,
            failed=failed,
            error=error,
        )

    async def _do(self, client: Any, action: Action) -> None:
        if action.kind == "cell":
            await self._cell(client, action.cell)
        elif action.kind == "when":
            if not await self._condition(client, action.code):
                self._left_out.add(action.step or "")
        elif action.probe is not None:
            await self._probe(client, action)

    async def _cell(self, client: Any, index: int) -> None:
        from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError

        try:
            await client.async_execute_cell(client.nb.cells[index], index)
        except (CellExecutionError, CellControlSignal) as error:
            self._failed = (index, f"{getattr(error, 'ename', 'Error')}: {getattr(error, 'evalue', error)}")
        except DeadKernelError:
            self._failed = (index, "the kernel died")

    async def _condition(self, client: Any, expression: str) -> bool:
        flag = self._scratch / "condition"
        code = f"if 1: __import__('pathlib').Path({str(flag)!r}).write_text('yes' if ({expression}) else 'no')"
        flag.unlink(missing_ok=True)
        await self._hidden(client, code)
        return flag.exists() and flag.read_text() == "yes"

    async def _probe(self, client: Any, action: Action) -> None:
        assert action.probe is not None
        question, answer = self._scratch / "question.json", self._scratch / "answer.json"
        answer.unlink(missing_ok=True)
        question.write_bytes(
            msgspec.json.encode(
                Question(
                    probe=action.probe,
                    root=self._plan.root,
                    scratch=str(self._scratch / "values"),
                    before=self._plan.before,
                    before_root=self._plan.before_root,
                )
            )
        )
        # One compound statement: an expression of its own would bind `_` in the notebook.
        module = "__import__('kfnb.verify.probe', fromlist=['compare'])"
        await self._hidden(client, f"if 1: {module}.compare(globals(), {str(question)!r}, {str(answer)!r})")
        where = f"at the end of step {action.step}" if action.step else "at the end"
        if not answer.exists():
            self._notes.append(f"The values {where} could not be compared in kernel {self._plan.kernel}.")
            return
        found = msgspec.json.decode(answer.read_bytes(), type=Answer)
        self._different += found.different
        self._notes += found.notes
        self._values += found.values

    async def _hidden(self, client: Any, code: str) -> None:
        """Run code that leaves no trace: no history, no count, no output."""
        from jupyter_client.utils import ensure_async

        request = await ensure_async(client.kc.execute(code, silent=True, store_history=False))
        for receive in (client.kc.get_shell_msg, client.kc.get_iopub_msg):
            while await ensure_async(client.km.is_alive()):
                try:
                    message = await receive(timeout=1)
                except queue.Empty:
                    continue
                if message["parent_header"].get("msg_id") == request and _ends(message):
                    break


def _ends(message: dict[str, Any]) -> bool:
    """Say whether nothing more comes on this channel about the request."""
    return bool(message["msg_type"] == "execute_reply" or message["content"].get("execution_state") == "idle")


def _kernel_environment() -> dict[str, str]:
    return {**os.environ, "PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "0")}


def main(plan_path: str, result_path: str) -> None:
    """Carry out the plan and write the result."""
    plan = msgspec.json.decode(Path(plan_path).read_bytes(), type=Plan)
    folder = enter_copy(Path(plan.folder), Path(plan.scratch))
    os.chdir(folder)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the kernel is ended too
    die_with_parent(signal.SIGTERM, os.getppid())
    result = asyncio.run(_ByHand(plan, folder).run())
    Path(result_path).write_bytes(msgspec.json.encode(result, enc_hook=str))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
