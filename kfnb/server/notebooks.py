"""Addresses about kfnb itself and about notebooks: version, analyse. Nothing here runs a notebook."""

from __future__ import annotations

import asyncio
import platform
from typing import TYPE_CHECKING

from kfnb.errors import NotFound, Refused
from kfnb.server.documents import AnalyseRequest, Analysis, Version
from kfnb.server.handler import KfnbHandler, Superseded, allowed
from kfnb.server.showing import analysis, refusal

if TYPE_CHECKING:
    from pathlib import Path


class VersionHandler(KfnbHandler):
    """`GET version`: which kfnb the server has; the front end compares it with its own."""

    @allowed("read")
    def get(self) -> None:
        """Return a Version."""
        from kfnb import __version__

        self.answer(
            Version(version=__version__, python=platform.python_version(), home=str(self.desk.client.home)),
        )


class AnalyseHandler(KfnbHandler):
    """`POST analyse`: what a notebook is seen to mean, saved or not, and what is wrong with it."""

    @allowed("read")
    async def post(self) -> None:
        """Return an Analysis of what an AnalyseRequest names; mistakes in the notebook are findings in it."""
        asked = self.read(AnalyseRequest)
        path, view = self.file_of(asked.path), (asked.path, asked.view)
        number = self.desk.ask(view)

        def work() -> Analysis:
            if not self.desk.is_newest(view, number):
                raise Superseded("A newer version of the notebook is being looked at.")
            return self._analysis(path, asked)

        self.answer(await asyncio.get_running_loop().run_in_executor(self.desk.analysts, work))

    def _analysis(self, path: Path, asked: AnalyseRequest) -> Analysis:
        if asked.notebook is None and not path.is_file():
            raise NotFound(f"There is no notebook {asked.path}. It may have been renamed or deleted.")
        client = self.desk.client
        try:
            outline = client.outline(path, asked.notebook)
        except Refused as refused:
            return refusal(refused.diagnostics)
        return analysis(outline)
