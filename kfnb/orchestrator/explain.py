"""Says in words why a task ran or was taken from the cache: which part of its identity differs from an earlier run.

Called by the client. It compares what lies beside the documents of attempts (see `cache.Account`), so the store is all
it needs. The earlier run is the nearest one of the same notebook that has something to say about the step.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from kfnb.errors import StoreError, WrongCall
from kfnb.orchestrator import places
from kfnb.orchestrator.cache import Account, read_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.orchestrator.cache_key import Part
    from kfnb.orchestrator.events import RunStatus, TaskStatus
    from kfnb.spec import FileRead, RunInfo


class Documents(Protocol):
    """What is needed of a store."""

    def read(self, key: str) -> bytes:
        """Return a document."""

    def write(self, key: str, data: bytes) -> None:
        """Write a document."""

    def find(self, key: str) -> bytes | None:
        """Return a document; None if there is none."""

    def renew(self, digest: str) -> bool:
        """Say whether there is a blob; it then counts as put now."""

    def children(self, prefix: str) -> list[str]:
        """Return the names right below a prefix."""


class Change(NamedTuple):
    """One thing that differs from the earlier run. `before`, `after`: where they are short enough to be shown."""

    kind: str
    name: str
    words: str
    before: str | None = None
    after: str | None = None


class Explanation(NamedTuple):
    """Why one step ran or did not. `compared_with`: the earlier run; `why`: in words, all of it."""

    step: str
    state: str
    cached: bool
    why: str
    changes: tuple[Change, ...] = ()
    compared_with: str | None = None
    kept: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as `kfnb explain --json` prints it."""
        return {**self._asdict(), "changes": [change._asdict() for change in self.changes]}


class _Earlier(msgspec.Struct):
    """What is needed of the run.json of other runs."""

    run_id: str
    created: float = 0.0
    notebook_path: str = ""


_read_earlier = msgspec.json.Decoder(_Earlier).decode


def explain_run(store: Documents, info: RunInfo, status: RunStatus, step: str | None = None) -> list[Explanation]:
    """Explain every step of a run, or the one given; WrongCall if there is none of this name."""
    if step is not None and step not in status.tasks:
        raise WrongCall(f"Run {info.run_id} has no step {step}. Its steps are {', '.join(status.tasks)}.")
    return [_explain(store, info, status, name) for name in ([step] if step is not None else status.tasks)]


def _explain(store: Documents, info: RunInfo, status: RunStatus, step: str) -> Explanation:
    """Explain one step of a run."""
    task, slug = status.tasks[step], info.spec.task(step).slug
    account = _account(store, info.run_id, slug, task.attempt or None)
    if account is None or task.state == "SKIPPED":
        return Explanation(step, task.state, cached=False, why=_not_run(task))
    if account.outcome == "hit":
        made = f" (there it is step {account.source[1]!r})" if account.source and account.source[1] != step else ""
        source = account.source[0] if account.source else "?"
        why = f"taken from the cache: run {source} made it{made}, and nothing that it depends on has changed"
        return Explanation(step, task.state, cached=True, why=why, compared_with=source, kept=True)
    found = next(_earlier_accounts(store, info, slug), None)
    changes = tuple(_changes(found[1], account)) if found is not None else ()
    return Explanation(
        step=step,
        state=task.state,
        cached=False,
        why=_why(account, found, changes),
        changes=changes,
        compared_with=found[0] if found is not None else None,
        kept=account.outcome == "kept",
    )


def _not_run(task: TaskStatus) -> str:
    if task.state in ("PENDING", "RUNNING"):
        return "it has not ended yet"
    return f"it did not run: {task.why}" if task.why else "nothing is known: a kfnb without a cache ran it"


def _why(account: Account, found: tuple[str, Account] | None, changes: tuple[Change, ...]) -> str:
    not_kept = f"; not kept for later: {account.not_kept}" if account.not_kept else ""
    differs = "; ".join(change.words for change in changes)
    if account.why and not changes:
        return f"it ran: {account.why}{not_kept}"
    if found is None:
        return f"it ran: no earlier run of this notebook has this step{not_kept}"
    run, earlier = found
    if changes:
        asked = f"{account.why}; and " if account.why and account.why not in differs else ""
        return f"it ran: {asked}compared with run {run}: {differs}{not_kept}"
    if earlier.not_kept:
        return f"it ran: run {run} did not keep its result: {earlier.not_kept}{not_kept}"
    return f"it ran: nothing has changed since run {run}, but its result is no longer in the cache{not_kept}"


# ----------------------------------------------------------------------------------------------------- earlier runs


def _account(store: Documents, run_id: str, slug: str, attempt: int | None = None) -> Account | None:
    """Return the account of an attempt, by default that of the last one that has any."""
    numbers = [attempt] if attempt is not None else _attempts(store, run_id, slug)
    found = (read_account(store, places.attempt_key(run_id, slug, number)) for number in numbers)
    return next((account for account in found if account is not None), None)


def _attempts(store: Documents, run_id: str, slug: str) -> list[int]:
    names = store.children(places.run_key(run_id, "tasks", slug))
    return sorted((int(name) for name in names if name.isdigit()), reverse=True)


def _earlier_accounts(store: Documents, info: RunInfo, slug: str) -> Iterator[tuple[str, Account]]:
    """Yield earlier runs of the same notebook with their account of the step, the nearest first."""
    second = info.run_id[:15]
    names = [name for name in store.children("runs") if name[:15] <= second and name != info.run_id]
    same_second: list[_Earlier] = []
    for name in sorted(names, reverse=True):
        with contextlib.suppress(StoreError, msgspec.MsgspecError):
            earlier = _read_earlier(store.read(places.run_key(name, "run.json")))
            if earlier.notebook_path == info.notebook_path and earlier.created < info.created:
                if same_second and same_second[0].run_id[:15] != name[:15]:
                    yield from _those_with_account(store, same_second, slug)
                    same_second = []
                same_second.append(earlier)  # ids tell runs of one second apart, but not their order
    yield from _those_with_account(store, same_second, slug)


def _those_with_account(store: Documents, runs: list[_Earlier], slug: str) -> Iterator[tuple[str, Account]]:
    for run in sorted(runs, key=lambda run: run.created, reverse=True):
        account = _account(store, run.run_id, slug)
        if account is not None:
            yield run.run_id, account


# ------------------------------------------------------------------------------------------------------ what differs


def _changes(before: Account, after: Account) -> Iterator[Change]:
    old = {(part.kind, part.name): part for part in before.parts}
    new = {(part.kind, part.name): part for part in after.parts}
    for place in dict.fromkeys((*new, *old)):
        earlier, now = old.get(place), new.get(place)
        if earlier is None or now is None or earlier.value != now.value:
            yield _part_change(earlier, now)
    files = {read.path: read for read in before.made_of}
    for read in after.made_of:
        earlier_read = files.get(read.path)
        if earlier_read is not None and _content(earlier_read) != _content(read):
            yield _file_change(earlier_read, read)
    if list(old) != list(new) and set(old) == set(new):
        yield Change("setup", "order", "the order of imports, definitions and settings")


def _part_change(before: Part | None, after: Part | None) -> Change:
    part = after or before
    assert part is not None
    shown = part.shown and (before is None or before.shown)
    old = before.value if before is not None and shown else None
    new = after.value if after is not None and shown else None
    if before is None:
        words = f"{part.label} is new" + (f" ({new})" if new is not None else "")
    elif after is None:
        words = f"{part.label} is gone" + (f" (it was {old})" if old is not None else "")
    elif shown:
        words = f"{part.label}{'' if part.kind == 'version' else ':'} {old} → {new}"
    else:
        words = f"{part.label} changed"
    return Change(part.kind, part.name, words, old, new)


def _content(read: FileRead) -> tuple[Any, ...]:
    return (read.kind, read.size, read.digest, 0 if read.digest else read.modified)


def _file_change(before: FileRead, after: FileRead) -> Change:
    what = "the names in the folder" if after.kind == "directory" == before.kind else "the file"
    end = "is gone" if after.kind == "absent" else "is new" if before.kind == "absent" else "changed"
    return Change("file", after.path, f"{what} {after.path} {end}")
