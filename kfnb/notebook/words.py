"""The table of the words that tags are made of; tags.py, comments.py and spelling.py look them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfnb.notebook import tag_values as values
from kfnb.notebook.quantities import BadValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.notebook.tag_values import Fields


def _step(value: str) -> Fields:
    return {"step": value} if value else {"continues": True}


def _after(value: str) -> Fields:
    return {"after": (value,)}


def _names(field: str) -> Callable[[str], Fields]:
    return lambda value: {field: values.names(value)}


VALUED: dict[str, Callable[[str], Fields]] = {
    "step": _step,
    "prev": _after,
    "after": _after,
    "limit": values.limit,
    "request": values.request,
    "gpu": values.gpu,
    "accelerator": values.accelerator,
    "image": values.image,
    "packages": values.packages,
    "node": values.node,
    "toleration": values.toleration,
    "label": values.label,
    "annotation": values.annotation,
    "queue": values.queue,
    "priority": values.priority,
    "secret": values.secret,
    "configmap": values.configmap,
    "env": values.env,
    "pvc": values.pvc,
    "shm": values.shm,
    "include": values.include,
    "cache": values.cache,
    "retry": values.retry,
    "timeout": values.timeout,
    "when": values.when,
    "foreach": values.foreach,
    "pipeline": values.pipeline,
    "uses": _names("uses"),
    "changes": _names("changes"),
    "keeps": _names("keeps"),
    "binds": _names("binds"),
}
"""Words that stand before a colon, and what reads the rest."""

FLAGS: dict[str, Fields] = {
    "imports": {"imports": True},
    "functions": {"functions": True},
    "parameters": {"parameters": True},
    "pipeline-parameters": {"parameters": True},
    "metrics": {"metrics": True},
    "pipeline-metrics": {"metrics": True},
    "skip": {"skip": True},
    "draws": {"draws": True},
    "on-exit": {"on_exit": True},
    "foreach": {"foreach": 0},
}
"""Words that stand alone."""

FORMS: dict[str, str] = {
    "step": "step:NAME",
    "prev": "prev:NAME",
    "after": "after:NAME",
    "limit": "limit:RESOURCE:QUANTITY",
    "request": "request:RESOURCE:QUANTITY",
    "gpu": "gpu:N",
    "accelerator": "accelerator:TYPE",
    "image": "image:REF",
    "packages": "packages:REQ",
    "node": "node:KEY=VALUE",
    "toleration": "toleration:KEY[=VALUE][:EFFECT]",
    "label": "label:KEY:VALUE",
    "annotation": "annotation:KEY:VALUE",
    "queue": "queue:NAME",
    "priority": "priority:CLASS",
    "secret": "secret:NAME:KEY:ENV` or `secret:NAME:/FOLDER",
    "configmap": "configmap:NAME:KEY:ENV` or `configmap:NAME:/FOLDER",
    "env": "env:KEY=VALUE",
    "pvc": "pvc:NAME:PATH[:ro]",
    "shm": "shm:SIZE",
    "include": "include:GLOB",
    "cache": "cache:off",
    "retry": "retry:N[:BACKOFF]",
    "timeout": "timeout:2h",
    "when": "when:EXPR",
    "foreach": "foreach:N",
    "pipeline": "pipeline:FILE.ipynb",
    "uses": "uses:NAME",
    "changes": "changes:NAME",
    "keeps": "keeps:NAME",
    "binds": "binds:NAME",
}
"""The form of each tag with a value, for messages."""


def parse(text: str) -> tuple[str, Fields | None]:
    """Return a tag's word and what it sets, None where the word is not ours; BadValue if the value is wrong."""
    word, colon, value = (piece.strip() for piece in text.partition(":"))
    if not colon:
        return word, FLAGS.get(word)
    if word in VALUED:
        if not value and word not in ("step", "foreach"):
            raise BadValue("there is no value after the colon")
        return word, VALUED[word](value)
    if word in FLAGS:
        raise BadValue(f"`{word}` takes no value", instead=word)
    return word, None


def readable(text: str) -> str | None:
    """Return `text` if it is a tag of ours that can be read, else None."""
    try:
        return text if parse(text)[1] is not None else None
    except BadValue:
        return None
