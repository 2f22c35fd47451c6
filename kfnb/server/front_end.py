"""Says why JupyterLab shows nothing of kfnb where only the server's half of it is there: no page can say that."""

from __future__ import annotations

from jupyter_core.paths import jupyter_path

NAME = "@kfnb/jupyterlab"


def why_not_shown() -> str | None:
    """Return why the JupyterLab of this server shows no panel of kfnb, and what to type; None if it does."""
    from jupyterlab_server.config import get_page_config  # it comes with JupyterLab, which a server need not have

    places = jupyter_path("labextensions")
    page = get_page_config(places)
    if NAME in page["disabledExtensions"]:
        return (
            f"JupyterLab shows nothing of kfnb: {NAME} is disabled. Type: jupyter labextension enable {NAME} — and "
            "load the page again."
        )
    if not any(one["name"] == NAME for one in page["federated_extensions"]):
        return (
            f"JupyterLab shows nothing of kfnb: {NAME} is in none of the folders where it looks ({', '.join(places)}). "
            "Install kfnb from a wheel in JupyterLab's environment; in a checkout, type: make front-end"
        )
    return None
