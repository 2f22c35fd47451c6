"""Puts the cells of a notebook together into steps; the compiler calls this once a notebook.

Responsible for: which cell belongs to which step, in which role; the order of steps; names and their slugs; what the
tags of a step say together. Not for: what flows between steps, nor whether a scattered step may be moved (compiler).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import msgspec

from kfnb.notebook import findings
from kfnb.notebook.placement import placed
from kfnb.notebook.reader import free_name
from kfnb.notebook.settings import step_settings
from kfnb.notebook.tags import CellTags, read_tags
from kfnb.spec import Cell, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.errors import Diagnostic
    from kfnb.notebook.cells import Notebook, NotebookCell, Tag

Role = Literal["body", "setup", "parameters"]

ONLY_STEP = "notebook"
"""Name of the one step of a notebook that has no step tag."""

FIRST_STEP = "start"
"""Name of the step that the code above the first tagged step makes."""


class StepCell(msgspec.Struct, frozen=True, kw_only=True):
    """A code cell as part of a step. `tags` are those of its metadata; the flags hold for tags and comments alike."""

    id: str
    index: int
    ordinal: int
    source: str
    tags: tuple[str, ...] = ()
    role: Role = "body"
    uses: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    draws: bool = False
    metrics: bool = False
    foreach: bool = False
    on_exit: bool = False
    when: str | None = None

    def to_cell(self) -> Cell:
        """Return the cell as a task carries it."""
        return Cell(
            id=self.id, index=self.index, source=self.source, ordinal=self.ordinal, role=self.role, tags=self.tags
        )


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Cells that run as one task, in notebook order.

    `explicit`: named by a tag, not by kfnb. `early`: those of its cells that stand above a cell of another step which
    itself stands above this step's last cell; they would run later than in the notebook.
    """

    name: str
    slug: str
    cells: tuple[StepCell, ...]
    after: tuple[str, ...] = ()
    settings: Settings = Settings()
    when: str | None = None
    explicit: bool = True
    early: tuple[StepCell, ...] = ()

    @property
    def scattered(self) -> bool:
        """Whether the step stands in several places, so that its earlier cells have to be moved down."""
        return bool(self.early)


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of a notebook in the order of their last cells. `skipped`: its code cells tagged skip.

    `comments`: what the comment of a cell says that counts, as tags, by the cell's id.
    """

    steps: tuple[Step, ...] = ()
    parameters_cell: NotebookCell | None = None
    skipped: tuple[NotebookCell, ...] = ()
    comments: dict[str, tuple[str, ...]] = {}
    diagnostics: tuple[Diagnostic, ...] = ()


class _Place(msgspec.Struct):
    """A code cell on its way into a step. `step` None: above every step, or floating to the step that follows."""

    cell: NotebookCell
    tags: CellTags
    role: Role = "body"
    step: str | None = None
    floating: bool = False


def read_steps(notebook: Notebook, is_setup: Callable[[str], bool]) -> Steps:
    """Return the steps of `notebook` and what is wrong with its tags; never raises for a mistake in them.

    `is_setup` says of an untagged cell's source whether it is pure setup (imports, definitions, literals).
    """
    diagnostics: list[Diagnostic] = []
    comments: dict[str, tuple[str, ...]] = {}
    places, skipped = _places(notebook, diagnostics, comments)
    explicit = {place.tags.step: place.cell for place in places if place.tags.step}
    _place_above(places, explicit, is_setup)
    _settle(places)
    running = [place for place in places if not place.cell.empty]
    if not running:
        diagnostics.append(findings.nothing_runs())
    elif not explicit:
        diagnostics.append(findings.no_step_tags(running[0].cell))
    steps, found = placed(_steps(places, running, explicit, diagnostics), notebook.metadata)
    diagnostics += found
    parameters = [place.cell for place in running if place.tags.parameters]
    diagnostics += [findings.second_parameters(parameters[0], cell) for cell in parameters[1:]]
    return Steps(
        steps=steps,
        parameters_cell=parameters[0] if parameters else None,
        skipped=skipped,
        comments=comments,
        diagnostics=tuple(msgspec.structs.replace(found, notebook=notebook.path.name) for found in diagnostics),
    )


@lru_cache(maxsize=4096)
def slug(name: str) -> str:
    """Return `name` as a Kubernetes label value: at most 63 of a-z, 0-9 and `-`, a letter or digit at both ends.

    Accents are dropped. Where letters of other scripts would be lost, or the end cut off, a short digest of the name is
    added, so that different names stay different.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).lower()
    short = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    lost = any(c.isalnum() and not c.isascii() for c in plain)
    if short and not lost and len(short) <= 63:
        return short
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{short[:54].rstrip('-') or 'step'}-{digest}"


# ------------------------------------------------------------------------------------------- where each cell belongs


def _places(
    notebook: Notebook, diagnostics: list[Diagnostic], comments: dict[str, tuple[str, ...]]
) -> tuple[list[_Place], tuple[NotebookCell, ...]]:
    """Return the cells that can be in a step, and those that are skipped; what else is found is added to the others."""
    places: list[_Place] = []
    skipped = []
    current: str | None = None
    for cell in notebook.cells:
        tags = read_tags(cell)
        if cell.kind != "code":
            diagnostics += findings.tags_without_code(cell, tags)
            continue
        diagnostics += tags.diagnostics
        if said := tuple(tag.text for tag in tags.tags if tag.line is not None):
            comments[cell.id] = said
        if tags.skip:
            skipped.append(cell)
            diagnostics += findings.skipped_with_tags(cell, tags)
            continue
        if tags.continues and not tags.step and current is None:
            diagnostics.append(findings.nothing_to_continue(cell, tags))
        current = tags.step or current
        if "injected-parameters" in cell.tags:
            diagnostics.append(findings.injected(cell))
        places.append(_place(cell, tags, current))
    return places, tuple(skipped)


def _place(cell: NotebookCell, tags: CellTags, current: str | None) -> _Place:
    named = bool(tags.step) or tags.continues
    role: Role = "parameters" if tags.parameters else "setup" if tags.setup and not named else "body"
    floating = role != "body" and not named
    return _Place(cell, tags, role, None if floating else current, floating)


def _place_above(places: list[_Place], explicit: dict[str, NotebookCell], is_setup: Callable[[str], bool]) -> None:
    """Give the cells above the first tagged step to `start`, unless all of them are setup; then they float down."""
    if not explicit:
        for place in places:
            place.step, place.floating = ONLY_STEP, False
        return
    first = next(index for index, place in enumerate(places) if place.tags.step)
    above = places[:first]
    loose = [place for place in above if not place.floating and not place.cell.empty]
    pure = all(not _needs_step(place.tags) and is_setup(place.cell.source) for place in loose)
    for place in above:
        if pure:
            place.floating = True
            place.role = "setup" if place.role == "body" else place.role
        else:
            place.step, place.floating = free_name(FIRST_STEP, {slug(name) for name in explicit}), False


def _needs_step(tags: CellTags) -> bool:
    """Return whether the tags say something that setup cannot be: it has metrics, control flow, or unseen effects."""
    flow = tags.settings.foreach is not None or tags.settings.on_exit or tags.settings.pipeline
    return bool(tags.metrics or tags.when or flow or tags.uses or tags.changes or tags.binds or tags.draws)


def _settle(places: list[_Place]) -> None:
    """Give each floating cell to the step of the next cell that belongs to one, else of the last one above."""
    following: str | None = None
    for place in reversed(places):
        if place.floating:
            place.step = following
        elif not place.cell.empty:
            following = place.step
    last: str | None = None
    for place in places:
        if not place.floating and not place.cell.empty:
            last = place.step
        elif place.step is None:
            place.step = last
    if last is None:  # nothing but setup: it runs as the step that has been named, if any
        only = next((place.step for place in places if place.step), ONLY_STEP)
        for place in places:
            place.step = only


# ------------------------------------------------------------------------------------------------ the steps themselves


def _steps(
    places: list[_Place], running: list[_Place], explicit: dict[str, NotebookCell], diagnostics: list[Diagnostic]
) -> tuple[Step, ...]:
    tags: dict[str, list[Tag]] = {}
    for place in places:
        tags.setdefault(place.step or "", []).extend(place.tags.tags)
    stretches: dict[str, list[list[_Place]]] = {}
    for name, stretch in groupby(running, key=lambda place: place.step or ""):
        stretches.setdefault(name, []).append(list(stretch))
    left_out = [name for name in explicit if name not in stretches]
    diagnostics += [findings.without_code(name, explicit[name]) for name in left_out]
    names = {slug(name): name for name in reversed(stretches)}
    above: dict[str, str] = {}  # slug → name
    steps = []
    for name in sorted(stretches, key=lambda name: stretches[name][-1][-1].cell.index):
        step = _step(name, stretches[name], tags[name], diagnostics)
        after = _after(name, tags[name], above, names, diagnostics)
        step = msgspec.structs.replace(step, explicit=name in explicit, after=after)
        if step.slug in above:
            diagnostics.append(findings.same_slug(above[step.slug], name, step.slug, step.cells[0].id))
        above.setdefault(step.slug, name)
        steps.append(step)
    return tuple(steps)


def _step(name: str, stretches: list[list[_Place]], tags: list[Tag], diagnostics: list[Diagnostic]) -> Step:
    """`stretches` are the step's cells, those that stand together in one list."""
    settings, when, found = step_settings(tags)
    diagnostics += found
    cells = [_step_cell(place) for stretch in stretches for place in stretch]
    return Step(
        name=name,
        slug=slug(name),
        cells=tuple(cells),
        settings=settings,
        when=when,
        early=tuple(cells[: len(cells) - len(stretches[-1])]),
    )


def _step_cell(place: _Place) -> StepCell:
    cell, tags = place.cell, place.tags
    return StepCell(
        id=cell.id,
        index=cell.index,
        ordinal=cell.ordinal or 0,
        source=cell.source,
        tags=cell.tags,
        role=place.role,
        uses=tags.uses,
        changes=tags.changes,
        keeps=tags.keeps,
        binds=tags.binds,
        draws=tags.draws,
        metrics=tags.metrics,
        foreach=tags.settings.foreach is not None,
        on_exit=tags.settings.on_exit,
        when=tags.when,
    )


def _after(
    step: str, tags: list[Tag], above: dict[str, str], names: dict[str, str], diagnostics: list[Diagnostic]
) -> tuple[str, ...]:
    """Return what `prev:` means: steps above, by their name or its slug. `above` and `names` are names by slug."""
    targets: dict[str, None] = {}
    for tag in tags:
        for name in tag.fields.get("after", ()):
            target = names.get(slug(name))
            if target is None:
                diagnostics.append(findings.no_such_step(tag, name, above))
            elif above.get(slug(name)) == target:
                targets[target] = None
            else:
                diagnostics.append(findings.bad_order(tag, step, target))
    return tuple(targets)
