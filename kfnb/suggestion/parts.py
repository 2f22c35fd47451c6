"""Cuts a notebook into parts, each to become a step: at headings, around long-running cells, by what cells are for.

`__init__.py` calls `cut`. Responsible for where parts begin and why. Not for their names (naming.py), nor for whether
the pipeline that they make compiles (fitting.py).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from kfnb.suggestion.headings import COMMENT_LEVEL, Heading, comment_heading, markdown_headings
from kfnb.suggestion.looks import Kind, Look  # noqa: TC001 - msgspec looks at the annotations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kfnb.notebook.cells import Notebook


_LONGEST = 6
"""Working cells that a part without a heading has at most."""


class Part(msgspec.Struct, kw_only=True):
    """Cells to become one step. `heading`: the one they stand under, None where no heading names them.

    `kind`: what the part is for. `place`: before, in or after the long-running cells of its section, or the whole of
    it. `own`: the person tagged it. `why` says in words why it is a part. `looks` are all its cells, also those that
    float into it.
    """

    looks: list[Look]
    heading: Heading | None = None
    kind: Kind = "prepare"
    place: str = "whole"
    own: bool = False
    why: str = ""

    @property
    def works(self) -> bool:
        """Whether some cell of it is more than setup and constants; without a heading, more than a look."""
        quiet = ("setup", "constants") if self.heading else ("setup", "constants", "look")
        return self.own or any(look.kind not in quiet and not look.floats for look in self.looks)


class _Section(msgspec.Struct):
    heading: Heading | None
    looks: list[Look]
    titled: bool = False  # it stands under the title of the whole notebook, which says nothing about it


def cut(notebook: Notebook, looks: Sequence[Look]) -> list[Part]:
    """Return the parts of the notebook in order; every look is in one of them."""
    parts: list[Part] = []
    for section in _sections(notebook, looks):
        parts += _parts(section)
    return _with_their_setup(parts)


# ------------------------------------------------------------------------------------------------------------- headings


def _sections(notebook: Notebook, looks: Sequence[Look]) -> list[_Section]:
    by_place = {look.cell.index: look for look in looks}
    path: list[Heading] = []
    sections = [_Section(None, [])]
    for cell in notebook.cells:
        look = by_place.get(cell.index)
        found: Iterable[Heading] = ()
        if cell.kind == "markdown":
            found = markdown_headings(cell.source, cell.index)
        elif look is not None and (comment := comment_heading(cell.source, cell.index)):
            found = (comment,)
        for heading in found:
            path = [above for above in path if above.level < heading.level]
            above = tuple(h.text for h in path)
            path.append(heading)
            sections.append(_Section(msgspec.structs.replace(heading, above=above), []))
        if look is not None:
            sections[-1].looks.append(look)
    _mark_title(sections)
    return [section for section in sections if section.looks]


def _mark_title(sections: list[_Section]) -> None:
    """The first heading names the whole notebook if no other has its level, and none stands above it."""
    headings = [section.heading for section in sections if section.heading]
    if not headings or headings[0].level == COMMENT_LEVEL:
        return
    alone = all(heading.level > headings[0].level for heading in headings[1:])
    if alone and not sections[0].looks and (headings[0].level == 1 or len(headings) > 2):
        next(section for section in sections if section.heading).titled = True


# ---------------------------------------------------------------------------------------------------- within a section


def _parts(section: _Section) -> Iterator[Part]:
    for own, stretch in _by_owner(section.looks):
        if own:
            yield Part(looks=stretch, heading=section.heading, own=True, why="tagged so")
        elif section.heading is None or section.titled:
            yield from _by_kind(stretch)
        else:
            yield from _around_slow(section.heading, stretch)


def _by_owner(looks: list[Look]) -> Iterator[tuple[bool, list[Look]]]:
    """Yield stretches that begin at each cell that the person gave to a step, and the one above them."""
    stretch: list[Look] = []
    own = False
    for look in looks:
        if look.named:
            if stretch:
                yield own, stretch
            stretch, own = [], True
        stretch.append(look)
    if stretch:
        yield own, stretch


def _around_slow(heading: Heading, looks: list[Look]) -> Iterator[Part]:
    """Yield the cells under a heading: the long-running ones apart from those before and after them, if there are."""
    why = f'heading "{heading.text}"'
    work = [place for place, look in enumerate(looks) if look.slow]
    if not work:
        yield Part(looks=looks, heading=heading, kind=_main_kind(looks), why=why)
        return
    first = work[0]
    before = looks[:first]
    start = first if any(_counts(look) for look in before) else 0
    if start:
        yield Part(
            looks=before, heading=heading, kind=_main_kind(before), place="before", why=f"{why}, its quick cells"
        )
    bounds = [start, *work[1:], len(looks)]
    for begin, end in pairwise(bounds):
        yield from _slow_and_rest(heading, looks[begin:end], why)


def _slow_and_rest(heading: Heading, looks: list[Look], why: str) -> Iterator[Part]:
    """Yield a long-running cell with what leads to it, and what follows it if that is more than a look."""
    at = next(place for place, look in enumerate(looks) if look.slow)
    rest = looks[at + 1 :]
    end = at + 1 if any(_counts(look) for look in rest) else len(looks)
    slow = looks[at].slow
    yield Part(
        looks=looks[:end], heading=heading, kind=looks[at].kind, place="slow", why=f"{why}; long-running: {slow}"
    )
    if end < len(looks):
        after = looks[end:]
        yield Part(
            looks=after, heading=heading, kind=_main_kind(after), place="after", why=f"{why}, after the long run"
        )


def _counts(look: Look) -> bool:
    """Return whether a cell is enough work to stand apart from a long-running one beside it."""
    return not look.floats and look.kind not in ("setup", "constants", "look")


def _main_kind(looks: Iterable[Look]) -> Kind:
    order: tuple[Kind, ...] = ("train", "run", "load", "evaluate", "save", "prepare", "look", "constants", "setup")
    kinds = {look.kind for look in looks}
    return next(kind for kind in order if kind in kinds)


_WHY: dict[Kind, str] = {
    "load": "cells that read data",
    "prepare": "cells that compute what is needed below",
    "evaluate": "cells that judge results",
    "save": "cells that write files",
    "look": "cells that show something",
    "constants": "constants",
    "setup": "setup",
}


def _by_kind(looks: list[Look]) -> Iterator[Part]:
    """Yield cells without a heading of their own, cut where what they are for changes and where what flows allows it.

    A cell that takes nothing from the cells right above begins a part, and long stretches are cut where least flows.
    """
    kinds: list[Kind] = []
    for look in looks:
        kinds.append(look.kind if _counts(look) else kinds[-1] if kinds else "look")
    first: Kind = next((kind for kind in kinds if kind != "look"), "look")  # what stands above the first work joins it
    kinds = [first if kind == "look" else kind for kind in kinds]
    worked = [at for at, look in enumerate(looks) if _counts(look)]
    begins = [at for above, at in pairwise(worked) if kinds[at] != kinds[above] or looks[at].slow or looks[above].slow]
    for begin, end in pairwise([0, *begins, len(looks)]):
        whole = looks[begin:end]
        for stretch, why in _by_flow(whole) if kinds[begin] in ("prepare", "evaluate") else [(whole, "")]:
            slow = next((look.slow for look in stretch if look.slow), None)
            reasons = [_WHY.get(kinds[begin], ""), why, f"long-running: {slow}" if slow else ""]
            yield Part(looks=stretch, kind=kinds[begin], why="; ".join(filter(None, reasons)))


def _by_flow(looks: list[Look]) -> Iterator[tuple[list[Look], str]]:
    """Yield stretches of cells of one kind: branches of what flows apart, none much longer than a person oversees."""
    begin, why = 0, ""
    worked: set[int] = set()
    for at, look in enumerate(looks):
        if _counts(look):
            if worked and not look.takes & worked:
                yield from _not_too_long(looks[begin:at], why)
                begin, worked, why = at, set(), "needs nothing of the cells right above"
            worked.add(look.place)
    yield from _not_too_long(looks[begin:], why)


def _not_too_long(looks: list[Look], why: str) -> Iterator[tuple[list[Look], str]]:
    worked = [at for at, look in enumerate(looks) if _counts(look)]
    if len(worked) <= _LONGEST:
        yield looks, why
        return
    at = min(worked[2:-1], key=lambda at: (_crossing(looks, at), abs(worked.index(at) - len(worked) // 2)))
    yield from _not_too_long(looks[:at], why)
    yield from _not_too_long(looks[at:], "cut where least flows")


def _crossing(looks: list[Look], at: int) -> int:
    """Return how many cells above the one at `at` have something that is taken from there on."""
    above = {look.place for look in looks[:at]}
    return len({place for look in looks[at:] for place in look.takes} & above)


# ----------------------------------------------------------------------------------------------------------- together


def _with_their_setup(parts: list[Part]) -> list[Part]:
    """Join parts of nothing but setup to the next part that does something, the last ones to the last.

    Their cells are to be tagged as setup, so that the step begins where its own heading stands. Literals above all
    steps are setup without a tag.
    """
    done: list[Part] = []
    waiting: list[Look] = []
    for part in parts:
        if part.works:
            floating = [_floating(look, leading=not done) for look in waiting]
            done.append(msgspec.structs.replace(part, looks=[*floating, *part.looks]))
            waiting = []
        else:
            waiting += part.looks
    if waiting and done:
        done[-1].looks += waiting
    elif waiting:
        done.append(Part(looks=waiting, kind=_main_kind(waiting), why=_WHY[_main_kind(waiting)]))
    return done


def _floating(look: Look, leading: bool) -> Look:
    if look.floats or (leading and look.kind == "setup"):
        return look
    return msgspec.structs.replace(look, setup="imports")
