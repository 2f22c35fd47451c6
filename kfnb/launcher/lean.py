"""Lets ipykernel's shell be imported without the client half of Jupyter; imported first by kernel.py and streams.py.

`jupyter_client` and `ipykernel` import in their `__init__` all that starts and talks to kernels, which a body never
does: a fifth of the start of the forkserver. Here both packages are put in place unexecuted, so that their modules can
be imported one by one; the first name that is asked of a package itself has its `__init__` executed then.
A process that has imported them already is left alone.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_OF_SHELL = ("connect_qtconsole", "get_connection_file", "get_connection_info")
"""What `ipykernel.zmqshell` takes from the package, for magics that no notebook needs to run."""


def put_in_place(name: str, given: dict[str, Any]) -> None:
    """Put package `name` into sys.modules with only its version and what is `given`; the rest comes when asked for."""
    spec = importlib.util.find_spec(name)
    if name in sys.modules or spec is None or spec.loader is None or not spec.submodule_search_locations:
        return
    module = importlib.util.module_from_spec(spec)
    loader = spec.loader

    def complete(attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        del module.__getattr__
        loader.exec_module(module)
        return getattr(module, attribute)

    module.__getattr__ = complete  # type: ignore[method-assign]
    sys.modules[name] = module
    try:
        version = importlib.import_module(f"{name}._version")
        module.__dict__.update(given, __version__=version.__version__, version_info=version.version_info)
    except (ImportError, AttributeError):
        del sys.modules[name]  # laid out otherwise than we know: import it as it is


def _later(name: str) -> Callable[..., Any]:
    def call(*args: Any, **more: Any) -> Any:
        connect: ModuleType = importlib.import_module("ipykernel.connect")
        return getattr(connect, name)(*args, **more)

    return call


put_in_place("jupyter_client", {})
put_in_place("ipykernel", {name: _later(name) for name in _OF_SHELL})
