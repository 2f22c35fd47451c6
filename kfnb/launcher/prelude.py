"""Runs what a task needs from other cells before its own: sliced setup statements and replayed settings, silently.

Called by body.py. Each statement is compiled as a part of its own cell, so that a traceback through a function names
the cell and line where it stands in the notebook.
"""

from __future__ import annotations

import ast
import functools
import importlib.abc
import sys
from typing import TYPE_CHECKING, Any

from kfnb.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

    from kfnb.launcher.kernel import Kernel
    from kfnb.spec import Setup


class SetupFailed(Exception):
    """A setup statement raised; `setup` is the statement, `traceback` what IPython makes of the error."""

    def __init__(self, setup: Setup, error: BaseException, traceback: tuple[str, ...]) -> None:
        super().__init__(str(error))
        self.setup = setup
        self.error = error
        self.traceback = traceback


def run_setup(kernel: Kernel, statements: Sequence[Setup]) -> None:
    """Run the statements in order; SetupFailed at the first that raises. A setter waits for its library."""
    shell = kernel.shell
    with kernel.channel.muted(), shell.builtin_trap:
        for setup in statements:
            if setup.kind == "setter" and setup.library and setup.library not in sys.modules:
                after_import(setup.library, functools.partial(_replay_late, kernel, setup, statements))
                continue
            try:
                code = compile_statement(shell, setup)
                if setup.kind == "setter":
                    _replay(shell, setup, code, statements)
                else:
                    exec(code, shell.user_ns)
            except BaseException as error:
                stb = shell.InteractiveTB.structured_traceback(type(error), error, error.__traceback__, tb_offset=1)
                raise SetupFailed(setup, error, tuple(stb)) from None


def compile_statement(shell: Any, setup: Setup) -> CodeType:
    """Compile one statement as lines of the cell it comes from; future imports of earlier cells hold."""
    source = setup.source
    try:
        parse(source)
    except SyntaxError:
        source = shell.transform_cell(source)
    padded = "\n" * (setup.line - 1) + source
    name = shell.compile.cache(padded, setup.ordinal, raw_code=padded)
    code: CodeType = shell.compile(shell.compile.ast_parse(padded, filename=name), name, "exec")
    return code


def _replay(shell: Any, setup: Setup, code: CodeType, statements: Sequence[Setup]) -> None:
    """Run a setter in a copy of the namespace: it binds nothing, and may need an import that the task does not have."""
    namespace = dict(shell.user_ns)
    wanted = (
        {name.id for name in ast.walk(parse(setup.source)) if isinstance(name, ast.Name)} if _plain(setup) else set()
    )
    for other in statements:
        if other.kind != "setter" and wanted.intersection(other.names) - namespace.keys():
            exec(compile_statement(shell, other), namespace)
    exec(code, namespace)


def _plain(setup: Setup) -> bool:
    try:
        parse(setup.source)
    except SyntaxError:
        return False
    return True


def _replay_late(kernel: Kernel, setup: Setup, statements: Sequence[Setup]) -> None:
    with kernel.channel.muted(), kernel.shell.builtin_trap:
        _replay(kernel.shell, setup, compile_statement(kernel.shell, setup), statements)


_after: dict[str, list[Callable[[], None]]] = {}


def after_import(module: str, action: Callable[[], None]) -> None:
    """Call `action` once, right after `module` has first been imported; at once if it is there already."""
    if module in sys.modules:
        action()
        return
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    _after.setdefault(module, []).append(action)


class _Finder(importlib.abc.MetaPathFinder):
    """Lets the other finders find, and has the actions of a module called when it has been executed."""

    def find_spec(self, fullname: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname not in _after:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, fullname)  # type: ignore[assignment]
                return spec
        return None


class _Loader:
    """The real loader, with the actions after it; the module itself keeps the real one."""

    def __init__(self, real: Any, name: str) -> None:
        self._real = real
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._real.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        module.__loader__ = self._real
        self._real.exec_module(module)
        for action in _after.pop(self._name, ()):
            action()
