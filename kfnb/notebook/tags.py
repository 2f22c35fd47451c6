"""Reads what the tags of a cell mean, and the comment that says the same; steps.py calls this for every cell.

Responsible for one cell's tags, and for saying what is wrong with them. Not for: the words (words.py), their values
(tag_values.py), what the tags of a whole step make together (settings.py, steps.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfnb.errors import Diagnostic, Fix
from kfnb.notebook.cells import Tag
from kfnb.notebook.comments import comment_items
from kfnb.notebook.quantities import BadValue
from kfnb.notebook.settings import merge, settings_from
from kfnb.notebook.spelling import meant
from kfnb.notebook.words import FORMS, parse, readable
from kfnb.spec import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kfnb.notebook.cells import NotebookCell


class CellTags(msgspec.Struct, frozen=True, kw_only=True):
    """What the tags of one cell say. `step`: the step it begins or continues by name; `continues`: `step:` alone.

    `tags` are the parsed tags one by one, so that whoever joins cells can say which tag of which cell is meant.
    """

    tags: tuple[Tag, ...] = ()
    step: str | None = None
    continues: bool = False
    imports: bool = False
    functions: bool = False
    parameters: bool = False
    metrics: bool = False
    skip: bool = False
    after: tuple[str, ...] = ()
    when: str | None = None
    uses: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    draws: bool = False
    settings: Settings = Settings()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def setup(self) -> bool:
        """Whether the cell is tagged as setup."""
        return self.imports or self.functions


def read_tags(cell: NotebookCell) -> CellTags:
    """Return what the tags of `cell` say; what is wrong with them is in `diagnostics`."""
    diagnostics: list[Diagnostic] = []
    tags: list[Tag] = []
    for text in dict.fromkeys(text.strip() for text in cell.tags):
        tag = _read_tag(text, cell.id, None, diagnostics)
        if tag:
            tags.append(tag)
    if cell.kind == "code":
        tags += _comment_tags(cell, tags, diagnostics)
    fields, conflicts = merge(tags)
    diagnostics += [_two_steps(first, second) for first, second in conflicts if second.word == "step"]
    own = {field: value for field, value in fields.items() if field in CellTags.__struct_fields__}
    return CellTags(tags=tuple(tags), settings=settings_from(fields), diagnostics=tuple(diagnostics), **own)


def is_skipped(source: str, tags: Sequence[str]) -> bool:
    """Return whether a code cell is not part of the pipeline, by tag or by comment."""
    if any(text.strip() == "skip" for text in tags):
        return True
    _, items = comment_items(source)
    return "skip" in items


def _read_tag(text: str, cell: str, line: int | None, diagnostics: list[Diagnostic]) -> Tag | None:
    """Return the tag, or None if it is the user's own or wrong; what is wrong is added to `diagnostics`."""
    try:
        word, fields = parse(text)
    except BadValue as error:
        diagnostics.append(_unreadable(text, error, cell, line))
        return None
    if fields is not None:
        return Tag(text=text, word=word, fields=fields, cell=cell, line=line)
    better = meant(text)
    if better:
        machine = readable(better) is not None and line is None
        fix = Fix(f"Write `{better}`.", add_tags=(better,) * machine, remove_tags=(text,) * machine)
        message = f"The tag `{text}` means nothing to kfnb; it looks like `{better}`."
        diagnostics.append(Diagnostic("KF111", "warning", message, cell=cell, line=line, fix=fix))
    return None


def _unreadable(text: str, error: BadValue, cell: str, line: int | None) -> Diagnostic:
    word = text.partition(":")[0].strip()
    better = error.instead or (f"{word}:{error.better}" if error.better else None)
    better = readable(better) if better else None
    fix = Fix(f"Its form is `{FORMS.get(word, word)}`.")
    if better and line is None:
        fix = Fix(f"Write `{better}`.", add_tags=(better,), remove_tags=(text,))
    elif better:
        fix = Fix(f"Write `{better}`.")
    return Diagnostic("KF110", "error", f"The tag `{text}` cannot be read: {error}.", cell=cell, line=line, fix=fix)


def _two_steps(first: Tag, second: Tag) -> Diagnostic:
    message = f"This cell is tagged for two steps, `{first.text}` and `{second.text}`; a cell belongs to one."
    return Diagnostic("KF116", "error", message, cell=second.cell, fix=Fix("Keep one, or split the cell in two."))


def _comment_tags(cell: NotebookCell, tags: list[Tag], diagnostics: list[Diagnostic]) -> list[Tag]:
    found: list[Tag] = []
    line, items = comment_items(cell.source)
    named = next((tag for tag in tags if tag.word == "step"), None)
    for text in items:
        tag = _read_tag(text, cell.id, line, diagnostics)
        if tag is None:
            continue
        if tag.word == "step" and named is not None:
            if tag.fields != named.fields:
                message = f"The comment says `{text}`, the cell's tag says `{named.text}`; the tag counts."
                fix = Fix("Make the comment say the same, or remove one of them.")
                diagnostics.append(Diagnostic("KF122", "warning", message, cell=cell.id, line=line, fix=fix))
            continue
        found.append(tag)
    return found
