"""The kernel's end of the widget of a list of runs: its first page, and answers to what the page asks."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import traitlets

from kfnb.widget import STATIC, plain
from kfnb.widget.displayed import Displayed
from kfnb.widget.followed import Followed, answered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kfnb.widget.followed import Source


class RunsWidget(Displayed):
    """A list of runs. `page`: the first page of it, as the server has pages of runs; `experiments`: those that there
    are in it; `note`: what is to be said of it.

    A question is a message with its `number`, the `kind` of it and what it is about; its answer has the same number and
    a `value`, or else the `trouble` in words. Questions of some kinds are answered again whenever that has changed,
    until a message of the kind `leave` with their number, or until they have not been asked again for long: that says
    that the page is there. So is one for the first page before there is any message, with the number 0.
    """

    _esm: Any = STATIC / "runs.js"
    page = traitlets.Dict().tag(sync=True)
    experiments = traitlets.List().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        first: dict[str, Any],
        experiments: list[str],
        note: str,
        answers: Mapping[str, Callable[[dict[str, Any]], Any]],
        followed: Mapping[str, Source],
    ) -> None:
        """`first`: what is asked for the first page; `answers`: what answers a question, by its kind.

        `followed`: the same for those that are answered again and again, among them `page`. All are called in threads,
        one at a time for each kind of `followed`, but `is_other` beside an answer, and one for all others.
        """
        page = plain(followed["page"].first(first))
        super().__init__(page=page, experiments=experiments, note=note)
        self._answers = answers
        self._followed = {kind: Followed(source, self.send, _when_free()) for kind, source in followed.items()}
        self._work: ThreadPoolExecutor | None = None
        self.on_msg(self._asked)
        self._followed["page"].expect(first, page)

    def close(self) -> None:
        """Take the widget away, and look at nothing any more."""
        for followed in self._followed.values():
            followed.end()
        super().close()

    def _asked(self, _widget: object, content: Any, _buffers: object) -> None:
        """Answer a question; one of a kind that is not known is of a newer page, and left alone."""
        if not isinstance(content, dict) or not isinstance(content.get("number"), int):
            return
        kind = str(content.get("kind"))
        if kind not in ("leave", *self._followed, *self._answers):
            return
        if self._work is None:
            self._work = ThreadPoolExecutor(1, thread_name_prefix="kfnb-list")
        self._work.submit(self._answer, kind, content)

    def _answer(self, kind: str, asked: dict[str, Any]) -> None:
        if kind == "leave":
            for followed in self._followed.values():
                followed.leave(asked["number"])
        elif kind in self._followed:
            self._followed[kind].ask(asked)
        else:
            self.send({"number": asked["number"], **answered(lambda: self._answers[kind](asked))})


def _when_free() -> Callable[[Callable[[], None]], object]:
    """Return what calls something when the kernel runs no cell; at once where there is no kernel."""
    try:
        return asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:
        return lambda work: work()
