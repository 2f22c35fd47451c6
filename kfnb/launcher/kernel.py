# ruff: noqa: I001
"""Makes the interactive shell in which cells run: ipykernel's own, without sockets.

Called once by the forkserver (every body inherits the shell by fork) or by a plain start; cells.py runs cells in it.
What user code can ask of a kernel (`get_ipython()`, `sys.stdout`, comms, `input`) answers as under Jupyter.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import getpass
import importlib
import importlib.util
import os
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfnb.launcher import lean  # noqa: F401 - before the first import of ipykernel

import comm
from comm.base_comm import BaseComm
from ipykernel.compiler import XCachingCompiler
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.error import StdinNotImplementedError
from traitlets.config import Config

from kfnb.launcher.streams import Channel, ChannelSession, Stream

if TYPE_CHECKING:
    from collections.abc import Iterable


class KernelStandIn:
    """What `get_ipython().kernel` is here: the attributes of ipykernel's kernel that libraries use."""

    eventloop: Any = None
    iopub_socket = None
    implementation = "ipython"
    banner = ""

    def __init__(self, session: ChannelSession) -> None:
        self.session = session
        self.shell: Any = None
        self.comm_manager = comm.get_comm_manager()
        self._parent: dict[str, Any] = {}

    @property
    def _parent_header(self) -> dict[str, Any]:
        return self._parent

    @property
    def execution_count(self) -> int:
        """The number of the running cell."""
        return int(self.shell.execution_count)

    def get_parent(self, channel: str | None = None) -> dict[str, Any]:
        """Return the request that is being answered: the running cell."""
        return self._parent

    def set_parent(self, ident: Any, parent: dict[str, Any], channel: str = "shell") -> None:
        """Say which request is being answered."""
        self._parent = parent
        self.shell.set_parent(parent)

    def send_response(self, stream: Any, kind: str, content: Any = None, **more: Any) -> None:
        """Send a Jupyter message of the given type."""
        self.session.send(stream, kind, content, self._parent)

    async def do_one_iteration(self) -> None:
        """Process one message of the front end: there is none."""

    def raw_input(self, prompt: object = "") -> str:
        """Ask the person: nobody is there."""
        raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")

    def getpass(self, prompt: str = "", stream: Any = None) -> str:
        """Ask the person for a password: nobody is there."""
        raise StdinNotImplementedError("getpass was called, but this frontend does not support input requests.")


class Kernel:
    """The shell, its channel and its streams. One a process; made before the fork, used after it."""

    def __init__(self) -> None:
        self.channel = Channel()
        self.session = ChannelSession()
        self.session.channel = self.channel
        self.stand_in = KernelStandIn(self.session)
        self.shell = self._make_shell()

    def _make_shell(self) -> Any:
        _imitate_start()
        self.streams = (Stream(self.channel, "stdout", self.session), Stream(self.channel, "stderr", self.session))
        sys.stdout, sys.stderr = self.streams
        _serve_comms(self.stand_in)
        config = Config()
        config.IPKernelApp.connection_file = sys.argv[-1]
        config.HistoryManager.enabled = False
        config.HistoryManager.hist_file = ":memory:"
        ZMQInteractiveShell.clear_instance()  # of a notebook that this process was forked from
        shell = ZMQInteractiveShell.instance(config=config, kernel=self.stand_in, compiler_class=XCachingCompiler)
        self.stand_in.shell = shell
        shell.displayhook.session = shell.display_pub.session = self.session
        shell.displayhook.topic = b"execute_result"
        shell.enable_gui = self._enable_gui
        sys.displayhook = shell.displayhook
        # A body's end is not a session's: there is no history to close, and clearing names takes a full collection.
        atexit.unregister(shell.atexit_operations)
        return shell

    def warm_up(self) -> None:
        """Have done once what the first cell of every body would do: compile patterns, import what IPython puts off."""
        self.shell.transform_cell("%time 1\n!true\nprint?")
        self.shell.run_cell("pass", store_history=False, silent=True)
        self.shell.logger.log("", "")

    def load(self, modules: Iterable[str]) -> None:
        """Import libraries ahead of the fork. What cannot be imported fails in the step that imports it, as by hand.

        With the shell's builtins, as in a cell: pandas looks for get_ipython when it is imported, and shows frames
        otherwise without it.
        """
        for module in modules:
            with contextlib.suppress(Exception, SystemExit), self.shell.builtin_trap:
                importlib.import_module(module)

    def _enable_gui(self, gui: Any = None) -> None:
        # ipykernel would look for its own application, which is not here.
        from ipykernel.eventloops import enable_gui
        from IPython.core.error import UsageError

        try:
            enable_gui(gui, self.stand_in)
        except ValueError as error:
            raise UsageError(str(error)) from error
        self.shell.active_eventloop = gui

    def begin_cell(self, number: int) -> None:
        """Let everything shown from now on belong to cell `number` of the task."""
        self.channel.cell = number
        header = {"msg_id": f"kfnb-{number}", "msg_type": "execute_request", "session": self.session.session}
        parent = {"header": {**header, "kfnb_cell": number}, "parent_header": {}, "metadata": {}, "content": {}}
        self.stand_in.set_parent(None, parent)

    def open_input(self) -> tuple[Any, Any]:
        """Replace `input` and `getpass` while a cell runs, as ipykernel does; returns what was there."""
        saved = (builtins.input, getpass.getpass)
        builtins.input = self.stand_in.raw_input
        getpass.getpass = self.stand_in.getpass
        return saved

    def close_input(self, saved: tuple[Any, Any]) -> None:
        """Put back what `open_input` replaced."""
        builtins.input, getpass.getpass = saved


def _imitate_start() -> None:
    """Set process-wide things as `python -m ipykernel_launcher` leaves them."""
    spec = importlib.util.find_spec("ipykernel_launcher")
    launcher = spec.origin if spec is not None and spec.origin else "ipykernel_launcher.py"
    runtime = Path.home() / ".local/share/jupyter/runtime"
    sys.argv = [launcher, "-f", str(runtime / f"kernel-{uuid.uuid4()}.json")]
    if "" not in sys.path:
        at = (n for n, path in enumerate(sys.path) if Path(path).name in {"site-packages", "dist-packages"})
        sys.path.insert(next(at, 0), "")
    os.environ.setdefault("PYDEVD_USE_FRAME_EVAL", "NO")
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"


def _serve_comms(stand_in: KernelStandIn) -> None:
    class Comm(BaseComm):  # type: ignore[misc]
        """A comm to a front end that never answers."""

        def publish_msg(
            self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
        ) -> None:
            content = {"data": data or {}, "comm_id": self.comm_id, **keys}
            stand_in.session.send(None, msg_type, content, stand_in.get_parent())

    comm.create_comm = Comm
