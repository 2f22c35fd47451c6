"""Adds the addresses of kfnb to a Jupyter server; `kfnb.server` calls this when the server loads the extension."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join

from kfnb.server.changes import ChangesHandler, ListenedChanges
from kfnb.server.clusters import AcceleratorsHandler, ClusterHandler, ClustersHandler, DefaultHandler
from kfnb.server.desk import Desk
from kfnb.server.front_end import why_not_shown
from kfnb.server.handler import MissingHandler
from kfnb.server.notebooks import AnalyseHandler, CheckHandler, PlacementHandler, SuggestHandler, VersionHandler
from kfnb.server.pictures import Pictures
from kfnb.server.renaming import listen
from kfnb.server.results import (
    ArtifactContentHandler,
    ArtifactsHandler,
    ExecutedNotebookHandler,
    LogHandler,
    MetricsHandler,
    OutputsHandler,
    PictureHandler,
    SeriesHandler,
    TaskEventsHandler,
    TaskPodHandler,
)
from kfnb.server.runs import (
    ArchiveHandler,
    CancelHandler,
    CompareHandler,
    ExperimentsHandler,
    ResumeHandler,
    RunHandler,
    RunsHandler,
    StartHandler,
    TagsHandler,
)
from kfnb.server.stream import EventsHandler
from kfnb.server.watch import Watches

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

RUN = "runs/{run_id}"
TASK = RUN + "/tasks/{task}"

ADDRESSES: tuple[tuple[str, Any], ...] = (
    ("version", VersionHandler),
    ("analyse", AnalyseHandler),
    ("suggest", SuggestHandler),
    ("check", CheckHandler),
    ("placement", PlacementHandler),
    ("clusters", ClustersHandler),
    ("clusters/{name}", ClusterHandler),
    ("clusters/{name}/default", DefaultHandler),
    ("clusters/{name}/accelerators", AcceleratorsHandler),
    ("experiments", ExperimentsHandler),
    ("compare", CompareHandler),
    ("changes", ChangesHandler),
    ("runs", RunsHandler),
    (RUN, RunHandler),
    ("starts/{word}", StartHandler),
    (RUN + "/cancel", CancelHandler),
    (RUN + "/resume", ResumeHandler),
    (RUN + "/tags", TagsHandler),
    (RUN + "/archive", ArchiveHandler),
    (RUN + "/picture", PictureHandler),
    (RUN + "/metrics", MetricsHandler),
    (RUN + "/series", SeriesHandler),
    (RUN + "/artifacts", ArtifactsHandler),
    (RUN + "/outputs", OutputsHandler),
    (RUN + "/events", EventsHandler),
    (TASK + "/log", LogHandler),
    (TASK + "/events", TaskEventsHandler),
    (TASK + "/pod", TaskPodHandler),
    (TASK + "/notebook", ExecutedNotebookHandler),
    (TASK + "/artifacts/{name}", ArtifactContentHandler),
)
"""Address below `kfnb/api/` → who answers. What stands in braces is given to who answers."""


def pattern(address: str) -> str:
    """Return the regular expression of an address."""
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", re.escape(address).replace(r"\{", "{").replace(r"\}", "}"))


def load(app: ServerApp) -> None:
    """Add the addresses, and what answers need, to a server that is starting; hear what it renames, and saves."""
    web_app = app.web_app
    web_app.settings["kfnb_desk"] = desk = Desk()
    web_app.settings["kfnb_watches"] = watches = Watches(desk.lookers)
    web_app.settings["kfnb_changes"] = ListenedChanges(desk, watches)
    listen(app, desk.client.home)
    app.contents_manager.register_pre_save_hook(Pictures(desk).before_saving)
    base = web_app.settings["base_url"]
    patterns = [*((pattern(address), handler) for address, handler in ADDRESSES), (".*", MissingHandler)]
    web_app.add_handlers(".*$", [(url_path_join(base, "kfnb", "api", path), handler) for path, handler in patterns])
    _say_what_is_missing(app)


def _say_what_is_missing(app: ServerApp) -> None:
    """Say in the server's log why its JupyterLab shows nothing of kfnb, if it does not."""
    lab = app.extension_manager.extensions.get("jupyterlab")
    if lab is None or not lab.enabled:
        return
    try:
        why = why_not_shown()
    except Exception as error:  # another extension's files: kfnb is there all the same
        app.log.debug("kfnb: what JupyterLab shows cannot be told: %s", error)
    else:
        if why is not None:
            app.log.warning("kfnb: %s", why)
