"""Runs hidden in the kernel of the run by hand: compares what names hold there with what the pipeline saved.

`linear` sends one line that calls `compare` between two cells. It works in a fork of the kernel, so that loading and
comparing values can change nothing in the notebook's own process: no counter, no cache, no random state, no new module.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kfnb.spec import Artifact  # noqa: TC001 - msgspec looks at the annotations
from kfnb.verify.plan import Compared, Probe, value_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.artifacts.store import Store

SECONDS = 300.0
EXCERPT = 400


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What to compare, in the file that `linear` writes.

    `scratch`: store for values by hand; `before`: those that the first run by hand kept, in `before_root`.
    """

    probe: Probe
    root: str
    scratch: str
    before: dict[str, Artifact] = {}
    before_root: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, in the file that `compare` writes."""

    different: tuple[Compared, ...] = ()
    notes: tuple[str, ...] = ()
    values: int = 0


def compare(namespace: dict[str, Any], question_path: str, answer_path: str) -> None:
    """Answer the question about `namespace`, in a fork; the answer file says so if it could not be done."""
    child = os.fork()
    if child == 0:
        try:
            _be_alone()
            question = msgspec.json.decode(Path(question_path).read_bytes(), type=Question)
            answer = _Comparison(namespace, question).answer()
            Path(answer_path).write_bytes(msgspec.json.encode(answer))
        finally:
            os._exit(0)
    deadline = time.monotonic() + SECONDS
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > deadline:  # a lock that another thread held at the fork
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return
        time.sleep(0.002)


def _be_alone() -> None:
    """Cut the fork off: it must show nothing and must not use the thread pools that stayed behind."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until this process ends
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


class _Comparison:
    """One answer in the making."""

    def __init__(self, namespace: dict[str, Any], question: Question) -> None:
        from kfnb.artifacts.store import Store

        self._namespace = namespace
        self._question = question
        self._step = question.probe.step
        self._pipeline = Store(question.root)
        self._scratch = Store(question.scratch)
        self._notes: list[str] = []

    def answer(self) -> Answer:
        """Compare every name of the question."""
        probe = self._question.probe
        loaded = _load(self._pipeline, probe.artifacts, self._namespace, self._notes, self._where)
        different = [found for name in probe.artifacts if name in loaded and (found := self._compare(name, loaded))]
        different += [self._not_absent(name) for name in probe.absent if name in self._namespace]
        return Answer(different=tuple(different), notes=tuple(self._notes), values=len(loaded) + len(probe.absent))

    @property
    def _where(self) -> str:
        return f"at the end of step {self._step}" if self._step else "at the end"

    def _compare(self, name: str, loaded: Mapping[str, Any]) -> Compared | None:
        from kfnb.artifacts.equality import difference

        value = loaded[name]
        if name not in self._namespace:
            if self._step is None:
                self._notes.append(f"`{name}` is not bound {self._where}; a step deleted it.")
                return None
            return Compared(step=self._step, name=name, what="not bound by hand", by_hand="", pipeline=_excerpt(value))
        live = self._namespace[name]
        what = difference(live, value)
        if what is None:
            return None
        saved: Artifact | None = None
        now = live
        for by_reference in (_own_definitions(self._namespace), frozenset[str]()):
            # what saving does to every value of this type is no difference between the runs
            artifact, copies = self._round_trip(name, by_reference)
            if artifact is None:
                continue
            what_saved = difference(copies[0], value)
            if what_saved is None:
                return None
            if difference(copies[0], copies[1]) is not None:
                self._notes.append(f"`{name}` {self._where} ({type(live).__name__}): two copies of one value differ.")
                return None
            if saved is None:
                saved, now, what = artifact, copies[0], what_saved
        return Compared(
            step=self._step,
            name=name,
            what=what,
            by_hand=_excerpt(live),
            pipeline=_excerpt(value),
            saved=saved,
            same_as_before=self._as_before(name, now),
        )

    def _not_absent(self, name: str) -> Compared:
        live = self._namespace[name]
        return Compared(
            step=self._step, name=name, what="bound by hand only", by_hand=_excerpt(live), pipeline="(not bound)"
        )

    def _round_trip(self, name: str, by_reference: frozenset[str]) -> tuple[Artifact | None, list[Any]]:
        """Save a value as the pipeline does; return it saved, and loaded twice. None where it cannot be saved."""
        from kfnb.artifacts.values import save_values

        try:
            saved = save_values(self._scratch, self._namespace, (name,), by_reference=by_reference)
            artifact = saved.artifacts[name]
            copies = [_load(self._scratch, {name: artifact}, self._namespace, [], "")[name] for _ in range(2)]
        except Exception:
            return None, []
        return artifact, copies

    def _as_before(self, name: str, now: Any) -> bool | None:
        """Say whether the first run by hand had the same value; None if this is the first."""
        from kfnb.artifacts.equality import difference
        from kfnb.artifacts.store import Store

        artifact = self._question.before.get(value_key(self._step, name))
        if artifact is None:
            return None
        loaded = _load(Store(self._question.before_root), {name: artifact}, self._namespace, [], "")
        return name in loaded and difference(now, loaded[name]) is None


def _load(
    store: Store, artifacts: Mapping[str, Artifact], live: Mapping[str, Any], notes: list[str], where: str
) -> dict[str, Any]:
    """Return the values of `artifacts`; what cannot be loaded is noted. Groups of names stay together.

    `live`: the notebook's names, where the values find their classes and functions.
    """
    from kfnb.artifacts.values import load_values

    loaded: dict[str, Any] = {}
    groups: dict[str, dict[str, Artifact]] = {}
    for name, artifact in artifacts.items():
        key = artifact.group.pickle.digest if artifact.group is not None else name
        groups.setdefault(key, {})[name] = artifact
    for members in groups.values():
        namespace = dict(live)
        try:
            load_values(store, members, namespace)
        except Exception as error:
            notes.append(f"{', '.join(members)} {where}: cannot be loaded to compare ({error}).")
        else:
            loaded |= {name: namespace[name] for name in members}
    return {name: loaded[name] for name in artifacts if name in loaded}


def _own_definitions(namespace: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(
        name
        for name, value in namespace.items()
        if callable(value) and getattr(value, "__module__", None) == "__main__" and hasattr(value, "__qualname__")
    )


def _excerpt(value: Any) -> str:
    """Return the beginning of a value's text for a person."""
    try:
        text = repr(value)
    except Exception as error:
        text = f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"
    return text if len(text) <= EXCERPT else text[:EXCERPT] + "…"
