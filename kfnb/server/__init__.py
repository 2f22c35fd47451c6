"""The Jupyter Server extension: what JupyterLab asks of kfnb, over HTTP and a WebSocket, below `BASE_URL/kfnb/api/`.

Jupyter Server loads it (`kfnb.json` says so to it); nothing else of kfnb imports it. It holds no logic: it reads
requests, asks the client in threads that the server does not wait for, and writes answers. `documents` are these
answers and requests, `openapi.json` is the same for other programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["_jupyter_server_extension_points", "_load_jupyter_server_extension"]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Tell Jupyter Server where the extension is."""
    return [{"module": "kfnb.server"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    """Add kfnb's addresses to a server that is starting."""
    from kfnb.server.extension import load  # with it come tornado and the client

    load(app)
