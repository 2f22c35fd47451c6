"""State of the session that flows beside the names: random sources, working directory, environment, search path.

The launcher snapshots a provider after a body, restores it before the next, and compares to find changes nobody
foresaw. A provider whose library is not imported does not apply: nothing here imports one for that.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import pickle
import random
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfnb.errors import WrongCall

if TYPE_CHECKING:
    from collections.abc import Callable

MODULE = "module:"
"""Prefix of the provider that is the data of one of the notebook's own modules: `module:NAME`."""

PROVIDERS = ("random", "numpy.random", "torch.random", "cwd", "environ", "sys.path")
"""Names of all providers."""

_DEVICES = "KFNB_DEVICES"
"""Variable that kfnb sets where others show a task its own GPUs: JSON of what these were before, null where not set."""
_VOLATILE = frozenset({"JPY_PARENT_PID", "JPY_SESSION_NAME", "COLUMNS", "LINES", "_", "SHLVL", "PWD", "OLDPWD"})
"""Environment variables that belong to the process, not to the notebook: neither carried nor compared."""


def snapshot(provider: str) -> bytes | None:
    """Return the state of `provider` as bytes, the same bytes for the same state; None where it does not apply."""
    state = _provider(provider)[0]()
    return None if state is None else state


def restore(provider: str, data: bytes) -> None:
    """Continue from the state in `data`, which `snapshot` gave, here or in another process."""
    _provider(provider)[1](data)


def changed(provider: str, before: bytes | None, after: bytes | None) -> bool:
    """Whether the state of `provider` differs between two snapshots. A library imported meanwhile is no change."""
    _provider(provider)
    return before is not None and after is not None and before != after


def _provider(name: str) -> tuple[Callable[[], bytes | None], Callable[[bytes], None]]:
    if name.startswith(MODULE):
        module = name[len(MODULE) :]
        return lambda: _module(module), lambda data: _restore_module(module, data)
    try:
        return _TABLE[name]
    except KeyError:
        raise WrongCall(
            f"There is no provider of session state called {name!r}; there are {', '.join(PROVIDERS)}."
        ) from None


def _module(name: str) -> bytes | None:
    """The data of a module that can be pickled: its functions and classes are made anew by importing it."""
    module = sys.modules.get(name)
    if module is None:
        return None
    kept = {}
    for key, value in sorted(vars(module).items()):
        if key.startswith("__") or callable(value) or isinstance(value, types.ModuleType):
            continue
        try:
            kept[key] = _pickled(value)
        except Exception:  # it stays as importing the module makes it
            continue
    return _pickled(kept)


def _restore_module(name: str, data: bytes) -> None:
    module = importlib.import_module(name)
    for key, content in pickle.loads(data).items():
        setattr(module, key, pickle.loads(content))


def _random() -> bytes:
    return _pickled(random.getstate())


def _restore_random(data: bytes) -> None:
    random.setstate(pickle.loads(data))


def _numpy() -> bytes | None:
    numpy = sys.modules.get("numpy.random")
    if numpy is None:
        return None
    state = numpy.get_state(legacy=False)
    if not isinstance(state.get("state"), dict) or "key" not in state["state"]:
        return _pickled(state)
    key = state["state"]["key"]
    plain = {**state, "state": {**state["state"], "key": (key.dtype.str, key.tobytes())}}
    return _pickled(plain)


def _restore_numpy(data: bytes) -> None:
    import numpy as np  # a step that continues this state draws from NumPy, or hands it on: it is needed

    state = pickle.loads(data)
    if isinstance(state.get("state"), dict) and isinstance(state["state"].get("key"), tuple):
        dtype, content = state["state"]["key"]
        state["state"]["key"] = np.frombuffer(content, dtype).copy()
    if np.random.get_state(legacy=False)["bit_generator"] != state["bit_generator"]:
        np.random.set_bit_generator(  # type: ignore[attr-defined]
            getattr(np.random, state["bit_generator"])()
        )
    np.random.set_state(state)


def _torch() -> bytes | None:
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "get_rng_state"):
        return None
    state: dict[str, Any] = {"cpu": torch.get_rng_state().numpy().tobytes()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        state["cuda"] = [device.cpu().numpy().tobytes() for device in torch.cuda.get_rng_state_all()]
    return _pickled(state)


def _restore_torch(data: bytes) -> None:
    import torch  # a step that continues this state draws from Torch, or hands it on: it is needed

    state = pickle.loads(data)
    torch.set_rng_state(torch.frombuffer(bytearray(state["cpu"]), dtype=torch.uint8))
    if "cuda" in state and torch.cuda.is_available():
        for device, content in enumerate(state["cuda"][: torch.cuda.device_count()]):
            torch.cuda.set_rng_state(torch.frombuffer(bytearray(content), dtype=torch.uint8), device)


def _cwd() -> bytes:
    return os.fsencode(Path.cwd())


def _restore_cwd(data: bytes) -> None:
    os.chdir(os.fsdecode(data))


def _environ() -> bytes:
    # json, not msgspec: variables may hold bytes that are no text, which Python escapes.
    found = {**os.environ, **_before_devices()}
    return json.dumps({k: v for k, v in sorted(found.items()) if k not in _VOLATILE and v is not None}).encode()


def _restore_environ(data: bytes) -> None:
    wanted: dict[str, str] = json.loads(data)
    volatile = _VOLATILE.union(_before_devices())
    for name in [name for name in os.environ if name not in wanted and name not in volatile]:
        del os.environ[name]
    changed = {name: value for name, value in wanted.items() if os.environ.get(name) != value}
    os.environ.update({name: value for name, value in changed.items() if name not in volatile})


def _before_devices() -> dict[str, str | None]:
    """Return the variables that show this task its GPUs as they are for everybody else."""
    given = os.environ.get(_DEVICES)
    before: dict[str, str | None] = json.loads(given) if given else {}
    return {**before, _DEVICES: None} if given else {}


def _path() -> bytes:
    return json.dumps([str(entry) for entry in sys.path]).encode()


def _restore_path(data: bytes) -> None:
    sys.path[:] = json.loads(data)


def _pickled(state: Any) -> bytes:
    """`state` as bytes that depend on its values alone, not on which of its objects are one."""
    file = io.BytesIO()
    pickler = pickle.Pickler(file, 5)
    pickler.fast = True
    pickler.dump(state)
    return file.getvalue()


_TABLE: dict[str, tuple[Callable[[], bytes | None], Callable[[bytes], None]]] = {
    "random": (_random, _restore_random),
    "numpy.random": (_numpy, _restore_numpy),
    "torch.random": (_torch, _restore_torch),
    "cwd": (_cwd, _restore_cwd),
    "environ": (_environ, _restore_environ),
    "sys.path": (_path, _restore_path),
}
