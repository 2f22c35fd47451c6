"""The kernel's end of the widget of a list of runs: its first page, and answers to what the page asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import traitlets

from kfnb.errors import KfnbError
from kfnb.widget import STATIC, plain
from kfnb.widget.displayed import Displayed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class RunsWidget(Displayed):
    """A list of runs. `page`: the first page of it, as the server has pages of runs; `experiments`: those that there
    are in it; `note`: what is to be said of it.

    A question is a message with its `number`, the `kind` of it and what it is about; its answer has the same number and
    a `value`, or else the `trouble` in words.
    """

    _esm: Any = STATIC / "runs.js"
    page = traitlets.Dict().tag(sync=True)
    experiments = traitlets.List().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        page: dict[str, Any],
        experiments: list[str],
        note: str,
        answers: Mapping[str, Callable[[dict[str, Any]], Any]],
    ) -> None:
        """`answers`: what answers a question, by its kind; called in a thread, one at a time."""
        super().__init__(page=plain(page), experiments=experiments, note=note)
        self._answers = answers
        self._work: ThreadPoolExecutor | None = None
        self.on_msg(self._asked)

    def _asked(self, _widget: object, content: Any, _buffers: object) -> None:
        """Answer a question; one of a kind that is not known is of a newer page, and left alone."""
        if not isinstance(content, dict) or content.get("kind") not in self._answers:
            return
        if self._work is None:
            self._work = ThreadPoolExecutor(1, thread_name_prefix="kfnb-list")
        self._work.submit(self._answer, content)

    def _answer(self, asked: dict[str, Any]) -> None:
        answer = {"number": asked.get("number")}
        try:
            self.send({**answer, "value": plain(self._answers[asked["kind"]](asked))})
        except KfnbError as error:
            self.send({**answer, "trouble": str(error)})
        except Exception as error:  # a page's question must not end up as a traceback in some cell
            self.send({**answer, "trouble": f"The kernel cannot answer this: {error!r}."})
