"""Runs two pieces of code as two steps, each in a process of its own, and in one; used by the tests of values."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import msgspec

from kfnb.artifacts.store import Store
from kfnb.artifacts.values import SavedValues, load_values, save_values
from kfnb.spec import Artifact


def in_a_process(function: Any, *args: Any) -> Any:
    """What `function(*args)` returns in a forked process."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        warnings.simplefilter("ignore")  # what libraries say to the notebook's code
        try:
            answer = (True, function(*args))
        except BaseException:
            answer = (False, traceback.format_exc())
        with open(writing, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    done, result = pickle.loads(data)
    assert done, result
    return result


def run(code: str, namespace: dict[str, Any]) -> str:
    """Execute code and return what it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "<step>", "exec"), namespace)
    return out.getvalue()


def fresh(setup: str = "") -> dict[str, Any]:
    """The namespace of a new kernel's `__main__`, after the setup code."""
    namespace = sys.modules["__main__"].__dict__
    for name in [name for name in namespace if not name.startswith("__")]:
        del namespace[name]
    exec(compile(setup, "<setup>", "exec"), namespace)
    return namespace


def produce(root: Path, setup: str, code: str) -> tuple[bytes, dict[str, str]]:
    """Run the first step and save all that it bound."""
    namespace = fresh(setup)
    given = set(namespace)
    run(code, namespace)
    names = [name for name in namespace if name not in given]
    own = frozenset(n for n in given if not n.startswith("__") and isinstance(namespace[n], type | type(run)))
    saved: SavedValues = save_values(Store(str(root)), namespace, names, by_reference=own)
    return msgspec.json.encode(saved.artifacts), saved.unsaved


def consume(root: Path, setup: str, artifacts: bytes, code: str) -> str:
    """Load what was saved and run the second step."""
    namespace = fresh(setup)
    load_values(Store(str(root)), msgspec.json.decode(artifacts, type=dict[str, Artifact]), namespace)
    return run(code, namespace)


def linear(setup: str, first: str, second: str) -> str:
    """Run both steps in one kernel and return what the second printed."""
    namespace = fresh(setup)
    run(first, namespace)
    return run(second, namespace)


def split(root: Path, first: str, second: str, setup: str = "") -> tuple[str, str]:
    """What the second step prints in one kernel, and as a step of its own."""
    by_hand = in_a_process(linear, setup, first, second)
    artifacts, unsaved = in_a_process(produce, root, setup, first)
    assert {} == unsaved
    return by_hand, in_a_process(consume, root, setup, artifacts, second)
