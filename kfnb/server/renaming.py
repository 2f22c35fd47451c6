"""Hears which notebooks and folders the server renames or moves, so that runs are found under the names of now.

The server tells of it whoever asked: JupyterLab's file browser, a notebook's menu, another tab.
https://jupyter-server.readthedocs.io/en/latest/operators/configuring-logging.html
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.services.contents.fileio import FileManagerMixin
from jupyter_server.services.contents.manager import ContentsManager

from kfnb.history.renames import Rename, note

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def listen(app: ServerApp, home: Path) -> None:
    """Note in kfnb's data folder what is renamed from now on; nothing where notebooks are not files."""
    contents = app.contents_manager
    if not isinstance(contents, FileManagerMixin):
        return

    async def heard(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        if data["action"] != "rename":
            return
        old, new = (Path(contents._get_os_path(str(data[key]).strip("/"))) for key in ("source_path", "path"))
        if new.suffix == ".ipynb" or new.is_dir():
            note(home, Rename(time.time(), str(old), str(new)))

    app.event_logger.add_listener(schema_id=ContentsManager.event_schema_id, listener=heard)
