"""What somebody may not do in a cluster, and what of a run that stops: the run itself, or something later. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfnb.errors import Diagnostic, Fix
from kfnb.runners import rights
from kfnb.runners.orchestrator_job import SERVICE_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kfnb.profiles import Profile
    from kfnb.runners.cluster_facts import Facts
    from kfnb.runners.rights import Right


def asked_for(*, local: bool) -> tuple[Right, ...]:
    """Return the rights that make a difference to a run; `local`: this machine is to drive it."""
    some = {*rights.LOOKS, *(rights.drives() if local else rights.STARTS | rights.ENDS)}
    return tuple(right for right in rights.needed("user") if right in some)


def findings(lacking: Iterable[Right], profile: Profile, *, local: bool) -> Iterator[Diagnostic]:
    """Yield an error for the rights without which there is no run, a warning for those that are missed later."""
    needed = rights.drives() if local else rights.STARTS
    lacks = [*lacking]
    fix = Fix(
        f"Have an administrator of the cluster run `kfnb cluster init {profile.name} --user YOU`; "
        f"`kfnb cluster check {profile.name}` says who you are there."
    )
    where = f"in namespace `{profile.namespace}` of cluster `{profile.name}`"
    if without := [right for right in lacks if right in needed]:
        message = f"You lack rights that a run needs {where}: {rights.in_words(without)}."
        yield Diagnostic("KF920", "error", message, fix=fix)
    later = [right for right in lacks if right not in needed]
    if unseen := [right for right in later if right in rights.LOOKS]:
        message = f"You lack rights {where}, so logs and reasons will not be seen while tasks run: "
        yield Diagnostic("KF920", "warning", f"{message}{rights.in_words(unseen)}.", fix=fix)
    if left := [right for right in later if right not in rights.LOOKS]:
        message = f"You lack rights {where}, so you can neither delete a run there nor end one that nothing drives: "
        yield Diagnostic("KF920", "warning", f"{message}{rights.in_words(left)}.", fix=fix)


def of_orchestrator(facts: Facts, profile: Profile) -> Iterator[Diagnostic]:
    """Yield an error for what the account that drives the run may not do, where that could be asked."""
    account = profile.orchestrator_service_account or SERVICE_ACCOUNT
    if facts.driver_lacks and facts.there.get(f"ServiceAccount {account}") is not False:  # else that is said
        message = (
            f"The account `{account}`, which drives runs in namespace `{profile.namespace}` of cluster "
            f"`{profile.name}`, lacks rights: {rights.in_words(facts.driver_lacks)}."
        )
        fix = Fix(f"Have an administrator of the cluster run `kfnb cluster init {profile.name}`.")
        yield Diagnostic("KF920", "error", message, fix=fix)
