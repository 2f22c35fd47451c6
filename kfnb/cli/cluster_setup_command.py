"""`kfnb cluster init`: the service account and the roles that runs in a cluster need, applied or printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kfnb.cli.options import ClusterArgument, JsonOption  # noqa: TC001 - typer looks at the annotations
from kfnb.cli.output import columns, emit, say, show
from kfnb.runners.manifest_text import as_yaml

if TYPE_CHECKING:
    from kfnb.profiles import Profile
    from kfnb.runners.api_server import ApiServer
    from kfnb.runners.cluster_setup import Applied


def init(
    name: ClusterArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the objects; nothing is sent.")] = False,
    user: Annotated[
        list[str] | None, typer.Option("--user", metavar="USER", help="Let this user of the cluster start runs.")
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option("--group", metavar="GROUP", help="Let everybody of this group start runs.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Put into a cluster's namespace what runs there need: the service account that drives them, and roles.

    Needs the rights of an administrator of the namespace. Roles about the whole cluster (to look at nodes and priority
    classes) are left out where they may not be made. Doing it again changes nothing. Ends with 4 if something else is
    refused.

    \b
    Examples:
      kfnb cluster init test
      kfnb cluster init test --user ada@example.com --group data-science
      kfnb cluster init test --dry-run | kubectl apply -f -
    """
    from kfnb.profiles import find_profile
    from kfnb.runners.api_server import ApiServer
    from kfnb.runners.cluster_setup import apply, setup_objects

    profile = find_profile(name)
    objects = setup_objects(profile, user or (), group or ())
    if dry_run:
        if json:
            emit({"cluster": profile.name, "manifests": objects})
        else:
            show("\n---\n".join(map(as_yaml, objects)))
        return 0
    api = ApiServer(profile.context, profile.kubeconfig, profile.namespace)
    done = list(apply(api, objects))
    code = _say_what_is_refused(api, profile, done)
    if json:
        emit({"cluster": profile.name, "objects": [{**one._asdict(), "optional": one.is_optional} for one in done]})
    else:
        show(columns([(one.kind, one.name, one.outcome) for one in done]))
    return code


def _say_what_is_refused(api: ApiServer, profile: Profile, done: list[Applied]) -> int:
    """Say first what to do about what was refused, then why it was; return the exit code."""
    from kfnb.runners.rights import who_am_i

    refused = [one for one in done if one.outcome == "refused" and not one.is_optional]
    left_out = [one for one in done if one.outcome == "refused" and one.is_optional]
    if refused:
        user = who_am_i(api)
        say(
            f"You are `{user}`, who may not do this in namespace {profile.namespace}. Ask an administrator of the "
            f"cluster to run `kfnb cluster init {profile.name} --user {user}`, or to apply what the same command "
            "prints with --dry-run."
        )
        _say_why(refused)
        return 4
    if left_out:
        say("Nodes and priority classes will not be checked before runs; all else works.")
        _say_why(left_out)
    return 0


def _say_why(refused: list[Applied]) -> None:
    """Say which rights are missing, in one line, and what else was said against an object."""
    from kfnb.runners.refusals import right_in

    rights = {one: right_in(one.why) for one in refused}
    if named := list(dict.fromkeys(right for right in rights.values() if right is not None)):
        say(f"Missing: {'; '.join(named)}.")
    for one, right in rights.items():
        if right is None:
            say(one.why)
