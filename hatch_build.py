"""Build hook of the wheel and the sdist: npm builds the JupyterLab extension and the widgets; adds what it built.

hatchling runs this. Who installs from a wheel or an sdist needs no Node: both carry what was built. An editable install
takes what is there, or nothing, so that Python-only work needs no Node either; `make` builds the front end by itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WITHOUT = "KFNB_WITHOUT_FRONT_END"
EXTENSION = "kfnb/labextension"
WIDGETS = "kfnb/widget/static/*.js"
SHARED = "share/jupyter/labextensions/@kfnb/jupyterlab"


class FrontEnd(BuildHookInterface[Any]):
    """Builds the front end where it is missing. KFNB_WITHOUT_FRONT_END=1 leaves it out, as images of pods do."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what building needs beyond npm: nothing where nothing is built."""
        return ["jupyter-builder>=1.3,<2"] if self._must_build() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is missing and say where it goes in the wheel."""
        if self._must_build() and version != "editable":
            self._build()
        if os.environ.get(WITHOUT) == "1":
            return
        root = Path(self.root)
        build_data["artifacts"] += [f"/{EXTENSION}/**", f"/{WIDGETS}"]
        if self.target_name == "wheel" and (root / EXTENSION / "package.json").is_file():
            build_data["shared_data"][EXTENSION] = SHARED
            # An environment that shows this build by a link has had its file written there.
            if not (root / EXTENSION / "install.json").is_file():
                build_data["shared_data"]["labextension/install.json"] = f"{SHARED}/install.json"

    def _must_build(self) -> bool:
        built = (Path(self.root) / EXTENSION / "package.json").is_file()
        return not built and os.environ.get(WITHOUT) != "1"

    def _build(self) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                "Building kfnb from its repository needs Node 20 or newer with npm, for the JupyterLab extension. "
                f"Install Node, or set {WITHOUT}=1 to build without it; wheels and sdists of kfnb need no Node."
            )
        folder = Path(self.root) / "labextension"
        for command in (["ci"], ["run", "build"]):
            subprocess.run([npm, *command], cwd=folder, check=True)
