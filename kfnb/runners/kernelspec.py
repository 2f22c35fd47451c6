"""Which interpreter runs a notebook's code: kernel name → command line and environment of the fork server.

Used by the local runner. The kernelspec is looked up in Jupyter's folders directly, because importing jupyter_client
for that takes longer than the look-up by far; only a name that is not found there asks jupyter_client (which also knows
kernels from other sources, and all names for the message).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

DEFAULT_KERNEL = "python3"


class Interpreter(NamedTuple):
    """How to start Python as the kernel would: the command before `-m`, and what to add to the environment."""

    command: tuple[str, ...]
    env: dict[str, str]

    @property
    def is_own(self) -> bool:
        """Say whether this is the interpreter that is running now."""
        return self.command[0] == sys.executable


def find_interpreter(kernel: str) -> Interpreter:
    """Return the interpreter of kernel `kernel`; KernelError if there is none, or it is not an IPython kernel."""
    spec = _read_spec(kernel)
    if spec is None and kernel == DEFAULT_KERNEL:
        return Interpreter((sys.executable,), {})  # as ipykernel itself does where nothing is installed
    if spec is None:
        spec = _ask_jupyter(kernel)
    return _interpreter(kernel, spec)


def _interpreter(kernel: str, spec: dict[str, Any]) -> Interpreter:
    argv = [str(part) for part in spec.get("argv", ())]
    module = next((i for i, part in enumerate(argv) if part == "-m"), None)
    if not argv or module is None or argv[module + 1 : module + 2] not in (["ipykernel_launcher"], ["ipykernel"]):
        raise _kernel_error(
            f"Kernel {kernel!r} is started with {' '.join(argv) or 'nothing'!r}: kfnb runs IPython kernels "
            "(`python -m ipykernel_launcher`) only. Choose another kernel for the notebook."
        )
    command = argv[:module]
    version = sys.version_info
    if command[0] in ("python", f"python{version[0]}", f"python{version[0]}.{version[1]}"):
        command[0] = sys.executable  # jupyter_client's rule: a bare name means the Python that asks
    env: dict[str, str] = {}
    if spec.get("env"):
        import string  # rarely needed, and with it all of `re`

        env = {name: string.Template(value).safe_substitute(os.environ) for name, value in spec.get("env", {}).items()}
    return Interpreter(tuple(command), env)


def _read_spec(kernel: str) -> dict[str, Any] | None:
    for folder in _kernel_folders():
        path = folder / "kernels" / kernel / "kernel.json"
        try:
            spec: dict[str, Any] = json.loads(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            raise _kernel_error(f"The description of kernel {kernel!r} cannot be read: {path}: {error}.") from None
        return spec
    return None


def _kernel_folders() -> list[Path]:
    """Return Jupyter's data folders in jupyter_core's order: in a virtual environment its own before the user's."""
    environ = os.environ
    given = [Path(p) for p in environ.get("JUPYTER_PATH", "").split(os.pathsep) if p]
    user = environ.get("JUPYTER_DATA_DIR")
    if user is None and sys.platform == "darwin":
        user = str(Path.home() / "Library" / "Jupyter")
    elif user is None:
        user = str(Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "jupyter")
    own = [Path(sys.prefix) / "share" / "jupyter"]
    first = environ.get("JUPYTER_PREFER_ENV_PATH", "").lower() in ("1", "true", "yes") or sys.prefix != sys.base_prefix
    system = [Path("/usr/local/share/jupyter"), Path("/usr/share/jupyter")]
    return given + ([*own, Path(user)] if first else [Path(user), *own]) + system


def _ask_jupyter(kernel: str) -> dict[str, Any]:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel  # 0.2 s, and only for rare kernels

    manager = KernelSpecManager()
    try:
        found: dict[str, Any] = manager.get_kernel_spec(kernel).to_dict()
    except NoSuchKernel:
        known = ", ".join(sorted(manager.find_kernel_specs())) or "none"
        raise _kernel_error(
            f"The notebook asks for kernel {kernel!r}, which is not installed here. Installed: {known}. "
            "Choose one of them in the notebook, or install it (`python -m ipykernel install --user --name …`)."
        ) from None
    return found


def _kernel_error(message: str) -> Exception:
    from kfnb.errors import KernelError  # not before it is needed: this room starts fast

    return KernelError(message)
