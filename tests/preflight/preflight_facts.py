"""What a cluster says, and a step asks for: each test says what is different where it looks."""

from __future__ import annotations

from kfnb.runners.cluster_facts import Facts
from kfnb.spec import Cell, Settings, Task

EMPTY = Facts(
    version="v1.34.4",
    lacking=(),
    namespace=True,
    level="",
    there={},
    keys={},
    kueue=False,
    nodes=(),
    quotas=(),
    ranges=(),
    classes=(),
)
"""A cluster in whose namespace nothing is and all is allowed."""


def task(settings: Settings = Settings(), *tags: str, imports: tuple[str, ...] = ()) -> Task:  # noqa: B008
    """A step with a tagged second cell."""
    cells = (Cell(id="a", index=0, source="1", ordinal=1), Cell(id="b", index=1, source="2", ordinal=2, tags=tags))
    return Task(name="train", slug="train", cells=cells, settings=settings, imports=imports)
