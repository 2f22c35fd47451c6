"""Names saved and loaded: what the launcher calls after and before a step's body.

`save_values` pickles each name, joins those that share mutable objects into groups, so that identity survives, and
stores pickles and buffers. `load_values` loads each group once; large buffers are mapped copy-on-write.
`LoadedValues.changed` is the guard of a step that should only read: it says which loaded values were changed in
place.
"""

from __future__ import annotations

import contextlib
import io
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kfnb.artifacts import changes, deep, functions, sets, sharing, unsaveable
from kfnb.artifacts.pickler import SIMPLE, Context, Draft, draft
from kfnb.artifacts.preview import preview
from kfnb.errors import CorruptArtifact, KfnbError, NoDevice, NotSaveable, StoreError
from kfnb.spec import Artifact, ValueGroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kfnb.artifacts.store import Store


@dataclass(frozen=True)
class SavedValues:
    """The artifacts by name, and why each of the other names could not be saved."""

    artifacts: dict[str, Artifact]
    unsaved: dict[str, str] = field(default_factory=dict)


def save_values(
    store: Store,
    namespace: Mapping[str, Any],
    names: Iterable[str],
    *,
    by_reference: frozenset[str] = frozenset(),
    alone: frozenset[str] = frozenset(),
    beside: frozenset[str] = frozenset(),
) -> SavedValues:
    """Save what `names` are bound to in `namespace` (names that are not bound are ignored).

    Names that reach common mutable objects share one ValueGroup. `by_reference`: names of functions and classes that
    every consumer will have in its own `__main__`. `alone`: names of which every consumer takes one, and of the others
    only those that are `beside` it: what they share with each other does not join them. StoreError if the store cannot
    take the bytes; a value that cannot be pickled is reported in `unsaved`, with the way to what is at fault.
    """
    context = Context(namespace, by_reference)
    saved = SavedValues({}, {})
    drafts = {}
    for name in dict.fromkeys(names):
        if name in namespace:
            with _reported(saved, (name,), context):
                drafts[name] = draft(context, (name,))
    for group in _groups(drafts, context, alone, beside):
        with _reported(saved, group.names, context):
            saved.artifacts.update(_save(store, context, group, drafts))
    order = [name for name in drafts if name in saved.artifacts]
    return SavedValues({name: saved.artifacts[name] for name in order}, saved.unsaved)


def _groups(
    drafts: Mapping[str, Draft], context: Context, alone: frozenset[str], beside: frozenset[str]
) -> Iterator[sharing.Group]:
    for group in sharing.groups(drafts, context):
        names = frozenset(group.names)
        if len(names) == 1 or not names & alone or names & beside:
            yield group
            continue
        others = [name for name in group.names if name not in alone]
        for part in [[name] for name in group.names if name in alone] + [others]:
            yield from sharing.groups({name: drafts[name] for name in part}, context)


@contextlib.contextmanager
def _reported(saved: SavedValues, names: Iterable[str], context: Context) -> Iterator[None]:
    """Turn what pickling raises, which may be anything, into the reason why `names` are not saved."""
    try:
        yield
    except (StoreError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        for name in names:
            saved.unsaved[name] = unsaveable.explain(name, context, error)


def _save(store: Store, context: Context, group: sharing.Group, drafts: Mapping[str, Draft]) -> dict[str, Artifact]:
    names = group.names
    made = drafts[names[0]] if len(names) == 1 and not group.layout else draft(context, names, group.layout)
    wrong = sets.wrong_order(made.memo.values())
    if wrong:
        if None in wrong.values():
            raise NotSaveable("a set in it would come back in another order; use a sorted list or a dict instead")
        made = draft(context, names, group.layout, wrong)
    pickle, *buffers = store.put_all([made.data.getbuffer(), *made.raw()])
    values = ValueGroup(
        names=tuple(names),
        pickle=pickle,
        buffers=tuple(buffers),
    )
    artifacts = {}
    for name in names:
        kind, seen = preview(context.namespace[name])
        artifacts[name] = Artifact(name=name, type=kind, group=values, preview=seen)
    return artifacts


# ---------------------------------------------------------------------------------------------------------- loading


def load_values(store: Store, artifacts: Mapping[str, Artifact], namespace: dict[str, Any]) -> LoadedValues:
    """Bind each name of `artifacts` in `namespace` to its value. Functions are bound to `namespace` as their globals.

    Every group is loaded once, so names of one group share what they shared. StoreError or CorruptArtifact if the bytes
    are gone or damaged; large mapped buffers are checked in the background (`Store.verify_pending`).
    """
    loaded = LoadedValues(store)
    taken: dict[ValueGroup, list[tuple[str, Artifact]]] = {}
    for name, artifact in artifacts.items():
        if artifact.group is not None:
            taken.setdefault(artifact.group, []).append((name, artifact))
    for (group, wanted), read in zip(taken.items(), store.at_once(loaded.read, list(taken)), strict=True):
        values = loaded.load(group, namespace, read=read)
        mates = {name: value for name, value in values.items() if name not in artifacts}
        if mates:  # what was asked for is the caller's alone: a name that is deleted frees its memory
            loaded.groups[group] = mates
        for name, artifact in wanted:
            namespace[name] = values[artifact.name]
            loaded.sources[name] = artifact
    return loaded


@dataclass
class LoadedValues:
    """What `load_values` loaded: which artifact each name came from, and where its buffers are mapped."""

    store: Store
    sources: dict[str, Artifact] = field(default_factory=dict)
    groups: dict[ValueGroup, dict[str, Any]] = field(default_factory=dict)
    _maps: dict[str, list[weakref.ref[Any]]] = field(default_factory=dict)

    def read(self, group: ValueGroup) -> tuple[bytes, list[memoryview]]:
        """Return the bytes of a group: its pickle and its buffers."""
        return self.store.get(group.pickle), self.store.at_once(self.store.map, group.buffers)

    def load(
        self,
        group: ValueGroup,
        namespace: dict[str, Any],
        *,
        remember: bool = True,
        read: tuple[bytes, list[memoryview]] | None = None,
    ) -> dict[str, Any]:
        """Load one group and return its values by name; `namespace` gives functions their globals.

        `read`: its bytes, if they were read already.
        """
        data, buffers = read if read is not None else self.read(group)
        for blob, memory in zip(group.buffers, buffers, strict=True):
            if remember and type(memory.obj).__name__ == "mmap":
                self._maps.setdefault(blob.digest, []).append(weakref.ref(memory.obj))
        with functions.loading_into(namespace), contextlib.nullcontext() if remember else functions.apart():
            try:
                values: dict[str, Any] = sets.OrderedUnpickler(io.BytesIO(data), buffers=buffers).load()
            except NoDevice as error:
                raise NoDevice(f"The value of {', '.join(group.names)} {error}.") from None
            except (KfnbError, MemoryError, KeyboardInterrupt):
                raise
            except Exception as error:
                self.store.verify_pending()  # damaged buffers say so themselves
                what = ", ".join(group.names)
                raise CorruptArtifact(
                    f"The saved value of {what} cannot be loaded: {type(error).__name__}: {error}. "
                    "If a library or module it needs has changed, run again the step that made it."
                ) from error
        return values

    def changed(
        self, namespace: Mapping[str, Any], names: Iterable[str], *, by_reference: frozenset[str] = frozenset()
    ) -> tuple[str, ...]:
        """Return those of `names` whose value was changed in place since loading, by typed equality.

        Only what they are bound to now is looked at; a name that is no longer bound counts as unchanged.
        """
        context = Context(namespace, by_reference)
        return tuple(n for n in names if n in namespace and n in self.sources and self._changed(context, n))

    def changed_mates(
        self,
        namespace: Mapping[str, Any],
        group: ValueGroup,
        names: Iterable[str],
        *,
        by_reference: frozenset[str] = frozenset(),
    ) -> tuple[str, ...]:
        """Return those of the other names of a loaded group whose values were changed in place since loading."""
        values = self.groups.get(group, {})
        context = Context({**namespace, **values}, by_reference)
        return tuple(n for n in names if n in values and self._differs(context, n, group, n))

    def _changed(self, context: Context, name: str) -> bool:
        artifact = self.sources[name]
        assert artifact.group is not None
        return self._differs(context, name, artifact.group, artifact.name)

    def _differs(self, context: Context, name: str, group: ValueGroup, stored_as: str) -> bool:
        if type(context.namespace[name]) in SIMPLE:
            return False
        try:
            now = draft(context, (name,))
        except Exception:
            now = None  # it can no longer be saved: something was put into it
        alone = stored_as == name and group.names == (name,)
        if now is not None and alone and changes.same_as_stored(self.store, group, now, self._maps):
            return False
        before = self.load(group, dict(context.namespace), remember=False)[stored_as]
        if now is not None:
            fresh = draft(Context({**context.namespace, name: before}, context.by_reference), (name,))
            if changes.same_drafts(fresh, now):
                return False
        from kfnb.artifacts.equality import equal  # needed only where bytes differ

        return not deep.if_needed(equal, before, context.namespace[name])
