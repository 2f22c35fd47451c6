"""Who starts a run: the name that a list of runs shows. Asked by the client when a run is prepared."""

from __future__ import annotations

import getpass
import os

ON_A_HUB = "JUPYTERHUB_USER"
"""What JupyterHub calls the person whose server it is: the login name is the same for all of them there."""


def who_starts() -> str:
    """Return the person's name on the hub, else the login name; empty where this machine knows none."""
    on_hub = os.environ.get(ON_A_HUB)
    if on_hub:
        return on_hub
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose user stands in no list (KeyError up to Python 3.12)
        return ""
