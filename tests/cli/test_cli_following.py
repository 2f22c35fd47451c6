"""Going on in a stored log where the text of a pod ended, and what is said below the live table."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kfnb.cli.following_pods import after_characters
from kfnb.cli.live import waiting_notes
from kfnb.orchestrator.events import RunStatus
from kfnb.runners.placed_text import count_characters
from kfnb.spec import PipelineSpec, RunEvent, Task

TEXTS = st.text(alphabet="ab\n", max_size=30)


@given(said=TEXTS, rest=TEXTS)
def test_what_is_left_begins_after_what_was_said(said: str, rest: str) -> None:
    """Line ends that a launcher put between are not counted: the rest is the same with and without them."""
    left = (said + rest)[after_characters(said + rest, count_characters(said)) :]
    assert rest.lstrip("\n") == left.lstrip("\n")


def test_tasks_that_wait_for_the_same_are_named_together() -> None:
    """A reason is said once, with the first names; what runs waits for nothing."""
    names = ("a", "b", "c", "d", "e")
    tasks = tuple(Task(name=name, slug=name, cells=()) for name in (*names, "runs"))
    status = RunStatus(PipelineSpec(name="p", notebook="p.ipynb", notebook_digest="", tasks=tasks))
    status.apply(RunEvent(kind="task-state", time=1.0, task=n, attempt=1, state="PENDING", why="no GPU") for n in names)
    status.apply([RunEvent(kind="task-state", time=1.0, task="runs", attempt=1, state="RUNNING", why="why not")])
    assert ["a, b, c and 2 more: no GPU"] == waiting_notes(status)
