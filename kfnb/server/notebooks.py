"""Addresses about kfnb itself and about notebooks: version, analyse, suggest, check. Nothing here runs a notebook."""

from __future__ import annotations

import asyncio
import platform
from typing import TYPE_CHECKING

from kfnb.client.elsewhere import cluster_called
from kfnb.client.person import who_starts
from kfnb.errors import NotFound, Refused
from kfnb.server.documents import (
    AnalyseRequest,
    Analysis,
    CheckRequest,
    CheckResult,
    Placement,
    PlacementRequest,
    Proposal,
    SuggestRequest,
    Version,
)
from kfnb.server.handler import KfnbHandler, Superseded, allowed
from kfnb.server.showing import analysis, finding, proposal, refusal

if TYPE_CHECKING:
    from pathlib import Path


class VersionHandler(KfnbHandler):
    """`GET version`: which kfnb the server has; the front end compares it with its own."""

    @allowed("read")
    def get(self) -> None:
        """Return a Version."""
        from kfnb import __version__

        self.answer(
            Version(
                version=__version__,
                python=platform.python_version(),
                home=str(self.desk.client.home),
                person=who_starts() or None,
            )
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
        if asked.notebook is None:
            must_be_there(path, asked.path)
        try:
            outline = self.desk.client.outline(path, asked.notebook)
        except Refused as refused:
            return refusal(refused.diagnostics)
        return analysis(outline)


class SuggestHandler(KfnbHandler):
    """`POST suggest`: steps for a notebook that has none, or not everywhere; nothing is written."""

    @allowed("read")
    async def post(self) -> None:
        """Return a Proposal for what a SuggestRequest names; 422 with findings if no tags can heal its mistakes."""
        asked = self.read(SuggestRequest)
        path = self.file_of(asked.path)

        def work() -> Proposal:
            if asked.notebook is None:
                must_be_there(path, asked.path)
            return proposal(self.desk.client.suggest(path, skip=asked.skip, content=asked.notebook))

        self.answer(await asyncio.get_running_loop().run_in_executor(self.desk.analysts, work))


class CheckHandler(KfnbHandler):
    """`POST check`: what stands against a run of a notebook, here or on a cluster, which is asked."""

    @allowed("read")
    async def post(self) -> None:
        """Return a CheckResult for what a CheckRequest names."""
        asked = self.read(CheckRequest)
        path = self.file_of(asked.path)

        def work() -> CheckResult:
            if asked.notebook is None:
                must_be_there(path, asked.path)
            on = cluster_called(asked.cluster)
            part = {"from_step": asked.from_step, "only": asked.only, "until": asked.until}
            found = self.desk.client.check(path, allow_cpu=asked.allow_cpu, on=on, content=asked.notebook, part=part)
            ready = not any(one.severity == "error" for one in found)
            return CheckResult(ready=ready, diagnostics=tuple(map(finding, found)))

        self.answer(await self.aside(work, asked.cluster))


class PlacementHandler(KfnbHandler):
    """`POST placement`: read an affinity or a pod patch as it was written, or write one; nothing is kept."""

    @allowed("read")
    async def post(self) -> None:
        """Return the Placement that a PlacementRequest says; 400 with what is wrong with the text."""
        asked = self.read(PlacementRequest)

        def work() -> Placement:
            from kfnb.runners import placement_text  # loads much that only a few steps need

            value = asked.value if asked.text is None else placement_text.read_placement(asked.kind, asked.text)
            return Placement(value=value, yaml=placement_text.written_placement(value))

        self.answer(await self.aside(work))


def must_be_there(path: Path, called: str) -> None:
    """Raise NotFound if there is no notebook at `path`, which the front end calls so."""
    if not path.is_file():
        raise NotFound(f"There is no notebook {called}. It may have been renamed or deleted.")
