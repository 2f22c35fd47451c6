"""Adds the addresses of kfnb to a Jupyter server; `kfnb.server` calls this when the server loads the extension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join

from kfnb.server.clusters import ClusterHandler, ClustersHandler, DefaultHandler
from kfnb.server.desk import Desk
from kfnb.server.handler import MissingHandler
from kfnb.server.notebooks import AnalyseHandler, CheckHandler, SuggestHandler, VersionHandler
from kfnb.server.results import (
    ArtifactContentHandler,
    ArtifactsHandler,
    ExecutedNotebookHandler,
    LogHandler,
    MetricsHandler,
    OutputsHandler,
)
from kfnb.server.runs import (
    ArchiveHandler,
    CancelHandler,
    CompareHandler,
    ExperimentsHandler,
    ResumeHandler,
    RunHandler,
    RunsHandler,
    TagsHandler,
)
from kfnb.server.stream import EventsHandler

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

RUN = r"runs/([^/]+)"
TASK = RUN + r"/tasks/([^/]+)"

ADDRESSES: tuple[tuple[str, Any], ...] = (
    (r"version", VersionHandler),
    (r"analyse", AnalyseHandler),
    (r"suggest", SuggestHandler),
    (r"check", CheckHandler),
    (r"clusters", ClustersHandler),
    (r"clusters/([^/]+)", ClusterHandler),
    (r"clusters/([^/]+)/default", DefaultHandler),
    (r"experiments", ExperimentsHandler),
    (r"compare", CompareHandler),
    (r"runs", RunsHandler),
    (RUN, RunHandler),
    (RUN + r"/cancel", CancelHandler),
    (RUN + r"/resume", ResumeHandler),
    (RUN + r"/tags", TagsHandler),
    (RUN + r"/archive", ArchiveHandler),
    (RUN + r"/metrics", MetricsHandler),
    (RUN + r"/artifacts", ArtifactsHandler),
    (RUN + r"/outputs", OutputsHandler),
    (RUN + r"/events", EventsHandler),
    (TASK + r"/log", LogHandler),
    (TASK + r"/notebook", ExecutedNotebookHandler),
    (TASK + r"/artifacts/([^/]+)", ArtifactContentHandler),
    (r".*", MissingHandler),
)
"""Address below `kfnb/api/`, as a pattern → who answers."""


def load(app: ServerApp) -> None:
    """Add the addresses, and what answers need, to a server that is starting."""
    web_app = app.web_app
    web_app.settings["kfnb_desk"] = Desk()
    base = web_app.settings["base_url"]
    web_app.add_handlers(".*$", [(url_path_join(base, "kfnb", "api", path), handler) for path, handler in ADDRESSES])
