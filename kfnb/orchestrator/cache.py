"""Results of earlier runs, used again: looked up under a task's key before anything is started, kept when it is done.

Asked by the loop. Everything is in the store, so runs of several processes share it: `cache/ab/KEY.json` holds the
latest results under one key, each with what it was made of, and beside the documents of an attempt lies `cache.json`,
from which `explain` says later why a task ran or did not.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import msgspec

from kfnb.artifacts.folder import RealFolder, listing_digest
from kfnb.artifacts.shipped import ShippedFolder, read_index
from kfnb.errors import StoreError
from kfnb.notebook.quantities import seconds
from kfnb.orchestrator.cache_key import Part, imports_of, key_of, parts_of, twins_above
from kfnb.spec import ExecutorInput, ExecutorOutput, FileRead, Task, owner_of, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kfnb.orchestrator.events import Findable

RECORDS = "cache"
"""The folder of the store that holds the records of the cache."""

_KEPT = 5
"""Results under one key: the same task over other states of the files that it reads."""
_WARNINGS_OF_MORE = frozenset({"KF612", "KF613", "KF614"})
"""A thread or process went on beyond the body: what it did is not in the result."""

Outcome = Literal["hit", "kept", "not-kept"]


class Documents(Protocol):
    """What the cache needs of a store."""

    def write(self, key: str, data: bytes) -> None:
        """Write a document, replacing one that is there."""

    def read(self, key: str) -> bytes:
        """Return a document."""

    def find(self, key: str) -> bytes | None:
        """Return a document; None if there is none."""

    def exists(self, key: str) -> bool:
        """Say whether there is a document."""

    def renew(self, digest: str) -> bool:
        """Say whether there is a blob; it then counts as put now."""


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What later steps asked of a task when its result was made: what was saved, recorded and checked."""

    save: str = "final"
    records: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """A result under a key: what it gave, which run and task made it, and when (seconds since the epoch).

    `cells`: id and execution count of the cells at that time.
    """

    output: ExecutorOutput
    run_id: str
    task: str
    made: float
    cells: tuple[tuple[str, int], ...] = ()
    asked: Asked = Asked()


class _Results(msgspec.Struct, frozen=True):
    results: tuple[Result, ...] = ()


class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the cache had to do with one attempt; `cache.json` beside its documents.

    `why`: why there was no hit though the key was known, or why the result was not kept. `source`: run and task of
    a hit's result. `made_of`: the files that the result was made of.
    """

    outcome: Outcome
    key: str
    parts: tuple[Part, ...] = ()
    why: str = ""
    not_kept: str = ""
    source: tuple[str, str] | None = None
    made_of: tuple[FileRead, ...] = ()


class Identity(NamedTuple):
    """The key of a task, and its parts."""

    key: str
    parts: tuple[Part, ...]


_read_results = msgspec.json.Decoder(_Results).decode
_read_account = msgspec.json.Decoder(Account).decode


class Cache:
    """The cache as one run of `tasks` sees it. `versions`: asks for those of Python and of packages.

    `own`: folders of kfnb's, which tasks do not see in the notebook's folder.
    """

    def __init__(
        self,
        store: Documents,
        tasks: Mapping[str, Task],
        versions: Callable[[frozenset[str]], Mapping[str, str]],
        own: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._tasks = tasks
        self._versions = versions
        self._own = {Path(folder) for folder in own}
        self._twins = twins_above(tasks.values())
        self._identities: dict[str, Identity] = {}
        self._missed: dict[str, str] = {}
        self._shipped: dict[str, ShippedFolder] = {}

    def identity(self, given: ExecutorInput) -> Identity:
        """Return the key of the task that `given` describes, with its parts."""
        name = given.task.name
        if name not in self._identities:
            versions = self._versions(imports_of(given.task, self._tasks))
            parts = parts_of(given, versions, self._twins.get(name, self._twins.get(owner_of(name), 0)))
            self._identities[name] = Identity(key_of(parts), parts)
        return self._identities[name]

    def look_up(self, given: ExecutorInput, now: float) -> ExecutorOutput | None:
        """Return an earlier result of the task that `given` describes, as if this attempt had made it; None if none.

        The attempt then has all the documents of one that ran.
        """
        identity = self.identity(given)
        why = ""
        for result in self._results(identity.key):
            flaw = self._flaw(result, given, now)
            if flaw is None:
                return self._take(result, given, identity)
            why = why or flaw
        self._missed[given.task.name] = why
        return None

    def keep(self, given: ExecutorInput, output: ExecutorOutput, now: float, *, anew: str = "") -> bool:
        """Keep what an attempt gave, if it may be used again; say whether it is. `anew`: why it was not looked up."""
        identity = self.identity(given)
        why = why_not_kept(given.task, output)
        if why is None:
            cells = tuple((cell.id, cell.ordinal) for cell in given.task.cells)
            result = Result(output, given.run_id, given.task.name, now, cells, _asked(given))
            others = [r for r in self._results(identity.key) if r.output.files_read != output.files_read]
            kept = _Results((result, *others)[:_KEPT])
            self._store.write(_place(identity.key), to_json(kept))
        account = Account(
            outcome="kept" if why is None else "not-kept",
            key=identity.key,
            parts=identity.parts,
            why=anew or self._missed.get(given.task.name, ""),
            not_kept=why or "",
            made_of=output.files_read,
        )
        self._store.write(account_key(given.prefix), to_json(account))
        return why is None

    def _results(self, key: str) -> tuple[Result, ...]:
        place = _place(key)
        try:
            found = self._store.find(place)
            return () if found is None else _read_results(found).results
        except (StoreError, msgspec.MsgspecError):
            return ()  # written by another version of kfnb, or torn by a power cut

    # ------------------------------------------------------------------------------------------ whether it still holds

    def _flaw(self, result: Result, given: ExecutorInput, now: float) -> str | None:
        """Say why an earlier result cannot be used, or None if it can."""
        expiry = given.task.settings.cache
        if expiry not in (None, "on", "off") and now - result.made > seconds(expiry):
            return f"the result of run {result.run_id} is older than {expiry}"
        lacking = _lacking(result, given)
        if lacking is not None:
            return lacking
        changed = next((read for read in result.output.files_read if not self._holds(read, given)), None)
        if changed is not None:
            return _words(changed)
        if not all(map(self._store.renew, _digests(result.output))):
            return f"some of what run {result.run_id} made is no longer in the store"
        kept = (result.output.notebook, result.output.log, result.output.series)
        if any(key is not None and not self._store.exists(key) for key in kept):
            return f"run {result.run_id}, which made the result, was removed"
        return None

    def _holds(self, read: FileRead, given: ExecutorInput) -> bool:
        """Say whether a path is what it was; one in the folder as the task would see it now."""
        folder, path = self._folder(given), "" if read.path == "." else read.path
        if path.startswith("/"):
            return folder.is_as_it_was(path, read)
        changes = {change.path: change for change in given.files}
        if read.kind == "directory":
            return self._listing(folder, path, given) == read.digest
        change = changes.get(path)
        if change is not None and change.kind == "file" and change.blob is not None:
            return read.kind == "file" and (change.blob.digest, change.blob.size) == (read.digest, read.size)
        if change is not None:
            return change.kind == "removed" if read.kind == "absent" else change.target == read.digest
        above = (changes.get(str(parent)) for parent in PurePosixPath(path).parents)
        if any(c is not None and c.kind == "removed" for c in above) or folder.is_hidden(path):
            return read.kind == "absent"
        return folder.is_as_it_was(path, read)

    def _folder(self, given: ExecutorInput) -> RealFolder | ShippedFolder:
        """Return the notebook's folder: as it is here, or as it was shipped where it is not at hand."""
        if given.shipped is None:
            return RealFolder(Path(given.folder), self._own)
        if given.shipped not in self._shipped:
            self._shipped[given.shipped] = ShippedFolder(read_index(self._store, given.shipped))
        return self._shipped[given.shipped]

    def _listing(self, folder: RealFolder | ShippedFolder, path: str, given: ExecutorInput) -> str | None:
        found = folder.names(path)
        there, names = found is not None, found or set()
        for change in given.files:
            top, _, name = change.path.rpartition("/")
            if change.path == path:
                there = change.kind == "directory"
            elif top == path:
                there = True
                (names.discard if change.kind == "removed" else names.add)(name)
        return listing_digest(names) if there else None

    # ------------------------------------------------------------------------------------------------ taking it over

    def _take(self, result: Result, given: ExecutorInput, identity: Identity) -> ExecutorOutput:
        output, cells = result.output, given.task.cells
        renamed = {old: new.id for (old, _), new in zip(result.cells, cells, strict=False)}
        counts = {new.id: (old, new.ordinal) for (_, old), new in zip(result.cells, cells, strict=False)}
        if output.notebook is not None:
            data = self._store.read(output.notebook)
            if result.cells != tuple((cell.id, cell.ordinal) for cell in cells):
                data = _renumbered(data, renamed, counts)
            self._store.write(f"{given.prefix}/notebook.ipynb", data)
        if output.log is not None:
            self._store.write(f"{given.prefix}/log.txt", self._store.read(output.log))
        if output.series is not None:
            self._store.write(f"{given.prefix}/series.json", self._store.read(output.series))
        taken = msgspec.structs.replace(
            output,
            series=f"{given.prefix}/series.json" if output.series is not None else None,
            notebook=f"{given.prefix}/notebook.ipynb" if output.notebook is not None else None,
            log=f"{given.prefix}/log.txt" if output.log is not None else None,
            cells=tuple(msgspec.structs.replace(c, id=renamed.get(c.id, c.id)) for c in output.cells),
            warnings=tuple(
                msgspec.structs.replace(w, cell=renamed.get(w.cell or "", w.cell), notebook=given.notebook_name)
                for w in output.warnings
            ),
        )
        account = Account("hit", identity.key, identity.parts, source=(result.run_id, result.task))
        account = msgspec.structs.replace(account, made_of=output.files_read)
        self._store.write(account_key(given.prefix), to_json(account))
        self._store.write(f"{given.prefix}/input.json", to_json(given))
        self._store.write(f"{given.prefix}/output.json", to_json(taken))
        return taken


def account_key(prefix: str) -> str:
    """Return the key of the account of an attempt, whose documents lie under `prefix`."""
    return f"{prefix}/cache.json"


def runs_behind(store: Documents, key: str) -> frozenset[str]:
    """Return the runs whose results lie in one record of the cache; none if nothing in it can be used."""
    try:
        return frozenset(result.run_id for result in _read_results(store.read(key)).results)
    except (StoreError, msgspec.MsgspecError):
        return frozenset()


def read_account(store: Findable, prefix: str) -> Account | None:
    """Return what the cache had to do with an attempt; None if nothing, or another version of kfnb wrote it."""
    with contextlib.suppress(StoreError, msgspec.MsgspecError):
        found = store.find(account_key(prefix))
        return None if found is None else _read_account(found)
    return None


def why_never_kept(task: Task) -> str | None:
    """Say why results of a task are never used again, as far as its code and tags show; None if they are."""
    if task.settings.on_exit:
        return "it is an exit handler"
    if task.settings.cache == "off":
        return "it is tagged cache:off"
    if task.settings.cache == "on":
        return None
    if task.effects.outside:
        return "it acts on something outside the notebook, which a second run does again (cache:on to use it again)"
    if task.effects.reads_outside:
        return "it reads a URL or a database, which may give something else next time (cache:on to use it again)"
    away = next((path for path in task.effects.writes if path.startswith(("/", "../", "~"))), None)
    return f"it writes {away}, outside the notebook's folder (cache:on to use it again)" if away is not None else None


def why_not_kept(task: Task, output: ExecutorOutput) -> str | None:
    """Say why a result cannot be used again, or None if it can."""
    if output.state != "SUCCEEDED":
        return "it did not succeed"
    why = why_never_kept(task)
    if why is not None or task.settings.cache == "on":
        return why
    if output.beyond:
        return f"{output.beyond[0]} (cache:on to use it again)"
    if any(warning.code in _WARNINGS_OF_MORE for warning in output.warnings):
        return "something that it started went on after its end"
    return None


# ------------------------------------------------------------------------------------------------------ what is asked


def _asked(given: ExecutorInput) -> Asked:
    task = given.task
    return Asked(given.save, task.records, task.metrics, task.state_outputs, tuple(_checks(task)))


def _checks(task: Task) -> Iterator[str]:
    """Yield what the launcher makes sure of for the sake of later tasks."""
    for taken in task.inputs:
        if taken.guard:
            yield f"guard {taken.name}"
        yield from (f"mate {taken.name} {mate}" for mate in taken.mates)
    yield from (f"state {provider}" for provider in task.state_watch)
    yield from (f"clash {source} {output}" for source, output in task.clashes)


def _lacking(result: Result, given: ExecutorInput) -> str | None:
    """Say what an earlier result lacks of what is asked of it now, or None."""
    task, output, asked = given.task, result.output, result.asked
    there = {*output.artifacts, *output.absent}
    lost = next((o.name for o in task.outputs if o.needed and o.name not in there), None)
    there |= output.unsaved.keys()
    if lost is None and given.save != "needed":
        lost = next((o.name for o in task.outputs if o.name not in there), None)
    if lost is None and (task.hot or task.clashes):
        lost = next((name for name in given.inputs if name not in there), None)
    if lost is not None:
        return f"its value `{lost}` is needed now, which run {result.run_id} did not keep"
    if given.save == "all" and asked.save != "all":
        return f"all its values are to be kept now, which run {result.run_id} did not do"
    if task.metrics != asked.metrics:
        return "other metrics are asked of it"
    if not {*task.records} <= {*asked.records} or not {*task.state_outputs} <= {*asked.states}:
        return f"a later step needs something of it now that run {result.run_id} did not keep"
    if not {*_checks(task)} <= {*asked.checks}:
        return f"a later step relies on something now that run {result.run_id} did not check"
    return None


def _digests(output: ExecutorOutput) -> Iterator[str]:
    for artifact in (*output.artifacts.values(), *output.logged):
        if artifact.group is not None:
            yield from artifact.group.digests
        if artifact.blob is not None:
            yield artifact.blob.digest
    yield from (blob.digest for blob in output.state_out.values())
    yield from (change.blob.digest for change in output.files if change.blob is not None)


def _words(read: FileRead) -> str:
    what = "the names in the folder" if read.kind == "directory" else "the file"
    return f"{what} {read.path} {'is there now' if read.kind == 'absent' else 'changed'}"


def _renumbered(data: bytes, renamed: Mapping[str, str], counts: Mapping[str, tuple[int, int]]) -> bytes:
    """Return an executed notebook with the cells' ids and execution counts as they are now."""
    notebook: dict[str, Any] = json.loads(data)
    for cell in notebook.get("cells", ()):
        cell["id"] = renamed.get(cell.get("id"), cell.get("id"))
        before, now = counts.get(cell["id"], (None, None))
        for holder in (cell, *cell.get("outputs", ())):
            if before is not None and holder.get("execution_count") == before:
                holder["execution_count"] = now
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode()


def _place(key: str) -> str:
    return f"{RECORDS}/{key[:2]}/{key}.json"
