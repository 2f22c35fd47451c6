"""What starting costs: which modules a fresh process has loaded after an import."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = frozenset(
    {
        "IPython",
        "anywidget",
        "fsspec",
        "ipykernel",
        "ipywidgets",
        "jsonschema",
        "kubernetes",
        "matplotlib",
        "nbclient",
        "nbformat",
        "numpy",
        "pandas",
        "papermill",
        "pydantic",
        "rich",
        "sklearn",
        "sqlalchemy",
        "typer",
        "zmq",
    }
)
"""Each of these takes longer to import than all of `import kfnb` may take, or is not needed by everyone."""

NEVER_IN_A_TASK = frozenset(
    {"jsonschema", "kubernetes", "matplotlib", "nbformat", "pandas", "papermill", "sqlalchemy", "rich", "typer"}
)
"""The launcher starts in every task's place; it needs the store and a kernel and nothing else."""


def loaded_after(statement: str) -> set[str]:
    """Top-level packages in `sys.modules` of a fresh interpreter that ran `statement`."""
    program = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_kfnb_loads_no_heavy_module() -> None:
    """`import kfnb` loads none of the libraries that kfnb works with."""
    assert set() == loaded_after("import kfnb") & HEAVY


@pytest.mark.parametrize("module", ["kfnb.launcher.forkserver", "kfnb.launcher.__main__"])
def test_the_launchers_import_closure_is_light(module: str) -> None:
    """The launcher loads no notebook format, no drawing, no database and no command line."""
    assert set() == loaded_after(f"import {module}") & NEVER_IN_A_TASK


def test_the_launcher_knows_no_room_above_it() -> None:
    """The launcher loads neither the orchestrator, the client nor the compiler."""
    program = (
        "import kfnb.launcher.forkserver, kfnb.launcher.__main__, sys\n"
        "print(*(name for name in sys.modules if name.startswith('kfnb.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    rooms = {name.split(".")[1] for name in done.stdout.split()}
    assert set() == rooms & {"orchestrator", "client", "cli", "compiler", "run_process", "runners", "verify"}
