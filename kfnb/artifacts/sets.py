"""Sets come back in the order they had: which sets would not, and how to build them so that they do.

The order in which a set gives its elements depends on the size of its hash table and on the order of insertion, which
a pickle does not keep. `wrong_order` tries each set that a pickle met; for those that would come back otherwise it
looks for a recipe, and `OrderedPickler` writes the recipe. Elements hashed by their address have no order that by
hand would stay the same from one run to the next; they count as they are.
"""

from __future__ import annotations

import graphlib
import itertools
import pickle
import sys
from typing import TYPE_CHECKING, Any

from kfnb.artifacts.pickler import ValuePickler

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

AnySet = set[Any] | frozenset[Any]
Recipe = tuple[int, int, "list[Any] | None", list[int]]
"""How many elements are put in at once (which sizes the table for them), how often, the order of insertion, and numbers
that are put in before all others and taken out at last: they hold slots where removed elements were."""

_PLAIN: Recipe = (0, 0, None, [])
_ENTRY = 16  # bytes of an entry of a table, of which the smallest has 8
_SOLVE_UP_TO = 5000
_TRIED = 20_000
"""How many elements are laid into tables, in one way after the other, before a set is given up."""


def rebuild(first: int, times: int, items: list[Any], fillers: list[int], frozen: bool) -> AnySet:
    """Build a set by a recipe."""
    items = [*fillers, *items]
    at_once = dict.fromkeys(items[:first])
    if frozen and not fillers:
        return _rebuild_frozen(times, at_once, items[first:])
    made: set[Any] = set()
    for _ in range(times):
        made.update(at_once)
    made.update(items[first:])
    for filler in fillers:
        made.discard(filler)
    return frozenset(made) if frozen else made


def _rebuild_frozen(times: int, at_once: dict[Any, Any], rest: list[Any]) -> frozenset[Any]:
    """The same for a frozenset, which cannot be filled: a copy of a set would get a table of another size."""
    made: frozenset[Any] = frozenset(at_once if times else rest)
    for _ in range(times - 1):
        made = made.union(at_once)
    return made.union(rest) if times and rest else made


def wrong_order(memo: Iterable[tuple[int, Any]]) -> dict[int, Recipe | None]:
    """The sets among a pickle's objects that would come back in another order, by id, with a recipe for each.

    None stands where no recipe was found that keeps the order.
    """
    found: dict[int, Recipe | None] = {}
    for _, value in memo:
        if type(value) in (set, frozenset) and len(value) > 1:
            recipe = _recipe(value)
            if recipe != _PLAIN:
                found[id(value)] = recipe
    return found


def _recipe(value: AnySet) -> Recipe | None:
    items, frozen, size = list(value), isinstance(value, frozenset), sys.getsizeof(value)
    plain = frozenset(items) if frozen else set(items)
    almost = _PLAIN if _same(plain, items) else None
    if almost is not None and sys.getsizeof(plain) == size:
        return _PLAIN
    slots = _slots(value)
    for order, fillers in _orders(items, slots):
        for first, times in _fillings(len(order) + len(fillers), slots):
            made = rebuild(first, times, order, fillers, frozen)
            if _same(made, items):
                if sys.getsizeof(made) == size:
                    return first, times, order, fillers
                almost = almost or (first, times, order, fillers)
    return almost


def _same(made: AnySet, items: list[Any]) -> bool:
    return all(a is b for a, b in zip(made, items, strict=True))


def _slots(value: AnySet) -> int:
    """The size of a set's table."""
    more = sys.getsizeof(value) - sys.getsizeof(type(value)())
    return max(8, more // _ENTRY)


def _fillings(count: int, slots: int) -> Iterable[tuple[int, int]]:
    """Ways to put `count` elements into a table of `slots`: (how many at once, how often); the likeliest first."""
    yield 0, 0
    yield count, 1
    if max(5, slots // 4) <= count:
        yield max(5, slots // 4), 1
    yield count, 2


def _orders(items: list[Any], slots: int) -> Iterable[tuple[list[Any], list[int]]]:
    """Orders of insertion worth trying: as they come, backwards, and the one that puts each element where it lies."""
    yield items, []
    yield items[::-1], []
    if len(items) > _SOLVE_UP_TO:
        return
    hashes = [hash(item) for item in items]
    tries = max(1, _TRIED // len(items))
    for removed in (False, True):
        for size in dict.fromkeys((slots, *(8 << n for n in range(20) if len(items) < 8 << n < 16 * len(items)))):
            for order, empty, free in itertools.islice(_solutions(hashes, size, removed=removed), tries):
                more = free[: max(0, max(5, size // 4) - len(items) - len(empty))]  # so that the table gets its size
                yield [items[i] for i in order], [slot + size * (1 << 20) for slot in empty]
                yield [items[i] for i in order], [slot + size * (1 << 20) for slot in (*empty, *more)]


# --------------------------------------------------------------------------------- where elements lie in their table


def _probes(number: int, slots: int) -> Iterable[int]:
    """The slots where CPython looks for room for an element with this hash (Objects/setobject.c)."""
    mask, perturb = slots - 1, number & (1 << 64) - 1
    at = perturb & mask
    for _ in range(6 if slots > 64 else 20):
        yield from range(at, at + 10) if at + 9 <= mask else (at,)
        perturb >>= 5
        at = (at * 5 + 1 + perturb) & mask


def _solutions(hashes: list[int], slots: int, *, removed: bool) -> Iterable[tuple[list[int], list[int], list[int]]]:
    """Orders of insertion after which the elements lie in the given order in a table of `slots`, the likeliest first.

    Elements take rising slots, each on its own probe sequence, whose earlier slots are all taken, or were by an element
    that has been removed since (if `removed` allows that: the second answer are those slots). The search goes from slot
    to slot; then whoever lies in an earlier slot of a sequence has to come first.
    """
    paths = [list(dict.fromkeys(_probes(number, slots))) for number in hashes]
    taken: dict[int, int] = {}
    chosen: list[int] = []
    pending: list[list[int]] = []
    for _ in range(20 * len(paths) + _TRIED):
        if len(chosen) == len(paths):
            found = _first_to_last(paths, chosen, taken, slots)
            if found is not None:
                yield found
            del taken[chosen.pop()]
        if len(pending) == len(chosen):
            pending.append(_open_slots(paths, chosen, taken, removed=removed))
        if pending[-1]:
            slot = pending[-1].pop()
            taken[slot] = len(chosen)
            chosen.append(slot)
        elif len(pending) == 1:
            return
        else:
            pending.pop()
            del taken[chosen.pop()]


def _open_slots(paths: list[list[int]], chosen: list[int], taken: dict[int, int], *, removed: bool) -> list[int]:
    """Slots where the next element may lie, the likeliest last: above the one before, and no slot before it empty."""
    last, path = chosen[-1] if chosen else -1, paths[len(chosen)]
    if removed:
        return [slot for slot in path if slot > last][::-1]
    recent = range(max(0, len(chosen) - 20), len(chosen))
    needed = (s for k in recent for s in paths[k][: paths[k].index(chosen[k])] if s > last)
    limit = min(needed, default=1 << 62)
    found = []
    for place, slot in enumerate(path):
        if last < slot <= limit and all(s > slot or s in taken for s in path[:place]):
            found.append(slot)
    return found[::-1]


def _first_to_last(
    paths: list[list[int]], chosen: list[int], taken: dict[int, int], slots: int
) -> tuple[list[int], list[int], list[int]] | None:
    """The elements, each after those in its earlier slots; which of those slots nobody has; and all other slots."""
    before: dict[int, list[int]] = {}
    empty: set[int] = set()
    for i, (path, slot) in enumerate(zip(paths, chosen, strict=True)):
        earlier = path[: path.index(slot)]
        before[i] = [taken[s] for s in earlier if s in taken]
        empty.update(s for s in earlier if s not in taken)
    try:
        order = list(graphlib.TopologicalSorter(before).static_order())
    except graphlib.CycleError:
        return None
    return order, sorted(empty), [s for s in range(min(slots, 1 << 16)) if s not in taken and s not in empty]


class OrderedPickler(ValuePickler):
    """A pickler that writes recipes for the sets in `ordered`. It is asked about every object: used only then."""

    ordered: Mapping[int, Any]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._written: dict[int, int] = {}

    def persistent_id(self, obj: Any) -> Any:
        """A recipe where `obj` is a set with one, the first time; then a mark for the same set."""
        recipe = self.ordered.get(id(obj)) if type(obj) in (set, frozenset) else None
        if recipe is None:
            return None
        if id(obj) in self._written:
            return (self._written[id(obj)],)
        number = self._written[id(obj)] = len(self._written)
        first, times, items, fillers = recipe
        return (number, first, times, list(obj) if items is None else items, fillers, type(obj) is frozenset)


class OrderedUnpickler(pickle.Unpickler):
    """Reads what either pickler wrote."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._made: dict[int, AnySet] = {}

    def persistent_load(self, pid: Any) -> Any:
        """The set that a recipe makes, or that it made before."""
        if len(pid) > 1:
            self._made[pid[0]] = rebuild(*pid[1:])
        return self._made[pid[0]]
