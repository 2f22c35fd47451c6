"""What this machine has (processors, memory, GPUs), and which tasks hold how much of it; used by the local runner.

A step that asks for nothing is not accounted for. One that asks waits until what it asks for is free; whoever waits
for a resource is not overtaken by later ones that ask for the same. GPUs are held across the runs of a data folder, by
file locks that die with their holders.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kfnb.errors import WrongCall
from kfnb.locks import try_lock
from kfnb.notebook.quantities import BadValue, amount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.spec import Settings

CPU, MEMORY, GPU = "cpu", "memory", "nvidia.com/gpu"
ACCOUNTED = (CPU, MEMORY, GPU)
"""Resources that are accounted for on this machine, as Kubernetes calls them."""

_PATIENCE = 5.0
"""Seconds that nvidia-smi may take; a driver that hangs must not keep a run from starting."""


@dataclass(frozen=True)
class Machine:
    """What there is: processors, bytes of memory, and GPUs by the names that CUDA_VISIBLE_DEVICES takes."""

    cpus: float
    memory: int
    gpus: tuple[str, ...] = ()

    def amount(self, resource: str) -> float:
        """Return how much there is of a resource."""
        return {CPU: self.cpus, MEMORY: float(self.memory), GPU: float(len(self.gpus))}.get(resource, 0.0)


@functools.cache
def this_machine() -> Machine:
    """Return what this machine has. The settings KFNB_CPUS (4), KFNB_MEMORY (16Gi) and KFNB_GPUS (0,1) say otherwise.

    WrongCall if one of them is no quantity.
    """
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(cpus=_setting("KFNB_CPUS", cpus), memory=int(_setting("KFNB_MEMORY", _memory())), gpus=_gpus())


def _setting(name: str, found: float) -> float:
    given = os.environ.get(name)
    try:
        return float(amount(given)) if given else found
    except BadValue as error:
        raise WrongCall(f"The setting {name} cannot be used: {error}.") from None


def _memory() -> int:
    """Return the bytes of memory of this machine, or of the control group that this process is held in."""
    sizes = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            sizes.append(int((Path("/sys/fs/cgroup") / name).read_text()))
    return min(sizes)


def _gpus() -> tuple[str, ...]:
    """Return the GPUs that are declared, else those that nvidia-smi lists and CUDA_VISIBLE_DEVICES does not hide."""
    declared = os.environ.get("KFNB_GPUS")
    if declared is not None:
        return tuple(filter(None, (name.strip() for name in declared.split(","))))
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, "--query-gpu=index,uuid", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    rows = [tuple(part.strip() for part in line.split(",")) for line in said.splitlines() if line.count(",") == 1]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(index for index, _ in rows)
    shown = [name.strip() for name in visible.split(",") if name.strip()]
    return tuple(name for name in shown if any(name == index or uuid.startswith(name) for index, uuid in rows))


@dataclass
class Held:
    """What a task holds: amounts by resource, and which GPUs. `locks`: files that its processes keep locked too."""

    amounts: dict[str, float]
    asked_gpu: bool = False
    gpus: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    descriptors: list[int] = field(default_factory=list)


class Room:
    """What tasks of one run hold of `machine`. `locks`: folder for the locks of GPUs, common to all runs.

    What is asked beyond all there is counts as all there is: such a task runs with nothing beside it.
    """

    def __init__(self, machine: Machine, locks: Path) -> None:
        self._machine = machine
        self._locks = locks
        self._held: dict[str, Held] = {}
        self._waiting: dict[str, dict[str, float]] = {}  # in the order in which they began to wait

    def reserve(self, task: str, asked: Mapping[str, float]) -> Held | str:
        """Give a task what it asks for, or say for what it has to wait; it is then first in line among later ones."""
        amounts = {name: min(much, self._machine.amount(name)) for name, much in asked.items()}
        amounts = {name: much for name, much in amounts.items() if much > 0}
        why = self._lacks(task, amounts)
        held = Held(amounts, bool(asked.get(GPU)))
        if not why and amounts.get(GPU):
            found = self._take_gpus(int(amounts[GPU]))
            if isinstance(found, str):
                why = found
            else:
                held = found
                held.amounts = amounts
        if why:
            self._waiting[task] = amounts
            return why
        self._waiting.pop(task, None)
        self._held[task] = held
        return held

    def has(self, task: str, asked: Mapping[str, float]) -> bool:
        """Say whether `reserve` would give a task what it asks for."""
        found = self.reserve(task, asked)
        if isinstance(found, str):
            return False
        place = dict(self._waiting)
        self.release(task)
        self._waiting = {task: found.amounts, **place}  # it was first in line for all of it
        return True

    def release(self, task: str) -> None:
        """Give back what a task holds, and its place in line."""
        self._waiting.pop(task, None)
        held = self._held.pop(task, None)
        for descriptor in held.descriptors if held is not None else ():
            os.close(descriptor)

    def _lacks(self, task: str, amounts: Mapping[str, float]) -> str:
        for other, wanted in self._waiting.items():
            if other == task:
                break
            if common := next((name for name in amounts if name in wanted), None):
                return f"waiting for {_WORDS[common]}: step {other} is next in line"
        for name, much in amounts.items():
            used = sum(held.amounts.get(name, 0.0) for held in self._held.values())
            if used + much > self._machine.amount(name) * (1 + 1e-9):
                return self._words(name, much, used)
        return ""

    def _words(self, name: str, much: float, used: float) -> str:
        holders = sorted(task for task, held in self._held.items() if held.amounts.get(name))
        free = self._machine.amount(name) - used
        return (
            f"waiting for {_WORDS[name]}: asks for {_shown(name, much)}, {_shown(name, free)} of "
            f"{_shown(name, self._machine.amount(name))} free; the rest is held by {', '.join(holders)}"
        )

    def _take_gpus(self, count: int) -> Held | str:
        """Lock `count` GPUs, none if there are not so many. Those of this run's tasks are locked already."""
        descriptors: list[int] = []
        chosen: list[str] = []
        self._locks.mkdir(parents=True, exist_ok=True)
        for gpu in self._machine.gpus:
            if len(chosen) == count:
                break
            if any(gpu in held.gpus for held in self._held.values()):
                continue
            descriptor = self._lock(gpu)
            if descriptor is not None:
                descriptors.append(descriptor)
                chosen.append(gpu)
        if len(chosen) < count:
            for descriptor in descriptors:
                os.close(descriptor)
            return f"waiting for {_WORDS[GPU]}: asks for {count}, another run holds what this one does not"
        return Held({}, True, tuple(chosen), tuple(str(self._body_lock(gpu)) for gpu in chosen), descriptors)

    def _lock(self, gpu: str) -> int | None:
        """Return a descriptor that holds a GPU for its run; None if another run, or what is left of one, holds it."""
        descriptor = try_lock(self._locks / _file_name(gpu))
        if descriptor is None:
            return None
        body = try_lock(self._body_lock(gpu))
        if body is None:
            os.close(descriptor)
            return None
        os.close(body)
        return descriptor

    def _body_lock(self, gpu: str) -> Path:
        return self._locks / f"{_file_name(gpu)}.task"


_WORDS = {CPU: "processors", MEMORY: "memory", GPU: "a GPU"}


def _shown(name: str, amount: float) -> str:
    return f"{amount / 2**30:.3g} GiB" if name == MEMORY else f"{amount:g}"


def _file_name(gpu: str) -> str:
    return "".join(char if char.isalnum() or char in "-." else "_" for char in gpu)


def asked_by(settings: Settings) -> dict[str, float]:
    """Return what is accounted for a step: what it requests, else its limit."""
    given = {**settings.limits, **settings.requests}
    return {name: float(amount(given[name])) for name in ACCOUNTED if name in given}
