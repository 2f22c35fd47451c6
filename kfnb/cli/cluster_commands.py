"""Commands about the clusters that notebooks can run on: cluster add, list, show, remove, default; and the others."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kfnb.cli import cluster_check_command, cluster_setup_command
from kfnb.cli.options import ClusterArgument, JsonOption  # noqa: TC001 - typer looks at the annotations
from kfnb.cli.output import columns, emit, say, show

app = typer.Typer(
    name="cluster",
    help="The clusters that notebooks can run on, by name: `kfnb run NOTEBOOK --on NAME`.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any other setting: grace_seconds=60, env.HF_HOME=/tmp/hf, …"),
]


@app.command("add", short_help="Add a cluster.")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call the cluster.")],
    context: Annotated[str, typer.Option("--context", help="The context of the kubeconfig.")],
    namespace: Annotated[str, typer.Option("--namespace", help="The namespace in which runs live.")],
    root: Annotated[
        str,
        typer.Option("--root", metavar="URI", help="Where runs and artifacts lie: s3://BUCKET/PREFIX, gs://… or /…"),
    ],
    image: Annotated[str, typer.Option("--image", help="The image of steps that name none; kfnb is in it.")],
    endpoint_url: Annotated[
        str | None,
        typer.Option("--endpoint-url", metavar="URL", help="The store's address, if it is not Amazon's or Google's."),
    ] = None,
    store_secret: Annotated[
        str | None,
        typer.Option("--store-secret", metavar="SECRET", help="A Secret whose keys every pod has as variables."),
    ] = None,
    root_claim: Annotated[
        str | None,
        typer.Option(
            "--root-claim", metavar="CLAIM:/PATH", help="The volume claim that holds a root that is a folder."
        ),
    ] = None,
    service_account: Annotated[
        str | None, typer.Option("--service-account", metavar="NAME", help="The service account of steps' pods.")
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Make it the one that `--on kubernetes` means.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="In the place of a cluster of this name.")] = False,
    settings: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Add a cluster to the file of clusters. Nothing is asked of the cluster itself.

    What a setting means, and which there are: the guide page on clusters. No credential belongs here: put it into a
    Secret of the namespace, and name that.

    \b
    Examples:
      kfnb cluster add test --context kind-kind --namespace ml --root s3://ml-runs/kfnb --image registry/kfnb-base:1
      kfnb cluster add test ... --endpoint-url https://minio:9000 --store-secret kfnb-store
      kfnb cluster add test ... --set queue=gpus --set 'node_selector={"disk"="ssd"}'
    """
    from kfnb.cli.cluster_settings import with_settings
    from kfnb.profiles.editing import add_profile
    from kfnb.profiles.reading import profiles_file

    given = {
        "context": context,
        "namespace": namespace,
        "root": root,
        "image": image,
        "endpoint_url": endpoint_url,
        "store_secret": store_secret,
        "root_claim": root_claim,
        "service_account": service_account,
    }
    table = with_settings({key: value for key, value in given.items() if value is not None}, settings or [])
    is_default = add_profile(name, table, replace=replace, default=default)
    if json:
        emit({"cluster": name, "default": is_default, "file": str(profiles_file())})
    say(f"Cluster `{name}` is in {profiles_file()}" + (", and is the default one." if is_default else "."))
    return 0


@app.command("list", short_help="List the clusters.")
def list_(json: JsonOption = False) -> int:
    """List the clusters; the default one has a star. Ends with 2 if something is wrong with one of them.

    \b
    Examples:
      kfnb cluster list
      kfnb cluster list --json | jq -r '.clusters[].name'
    """
    from kfnb.cli import diagnostics
    from kfnb.profiles import read_profiles
    from kfnb.profiles.reading import ADD, profiles_file

    profiles, found = read_profiles()
    if json:
        clusters = [_document(profile, profiles.default) for profile in profiles.by_name.values()]
        emit({"clusters": clusters, "file": str(profiles_file()), "diagnostics": diagnostics.as_json(found)})
    elif profiles.by_name:
        head = ("", "name", "context", "namespace", "root", "image")
        rows = [
            ("*" if p.name == profiles.default else "", p.name, p.context or "", p.namespace, p.root, p.image)
            for p in profiles.by_name.values()
        ]
        show(columns([head, *rows]))
    if not profiles.by_name and not found:
        say(f"No cluster is known yet. Add one: {ADD}")
    diagnostics.print_diagnostics(found, None)
    return 2 if found else 0


@app.command("show", short_help="Show the settings of a cluster.")
def show_cluster(name: ClusterArgument, json: JsonOption = False) -> int:
    """Show all settings of a cluster, those that are not in the file too, as they would stand there.

    \b
    Examples:
      kfnb cluster show test
      kfnb cluster show kubernetes --json
    """
    from kfnb.profiles import find_profile, read_profiles
    from kfnb.profiles.reading import profiles_file

    profile = find_profile(name)
    default = read_profiles()[0].default
    if json:
        emit({**_document(profile, default), "file": str(profiles_file())})
        return 0
    from kfnb.profiles.editing import as_text

    show(as_text(profile))
    say(f"From {profiles_file()}." + (" It is the default one." if profile.name == default else ""))
    return 0


@app.command("remove", short_help="Forget a cluster.")
def remove(name: ClusterArgument, json: JsonOption = False) -> int:
    """Take a cluster out of the file of clusters. Its runs, and everything in the cluster itself, stay.

    \b
    Examples:
      kfnb cluster remove test
    """
    from kfnb.profiles.editing import remove_profile

    remove_profile(name)
    if json:
        emit({"cluster": name})
    say(f"Cluster `{name}` is forgotten.")
    return 0


@app.command("default", short_help="Choose the default cluster.")
def default(name: ClusterArgument, json: JsonOption = False) -> int:
    """Make a cluster the one that `--on kubernetes` means.

    \b
    Examples:
      kfnb cluster default test
    """
    from kfnb.profiles.editing import set_default

    set_default(name)
    if json:
        emit({"cluster": name})
    say(f"Cluster `{name}` is the default one.")
    return 0


app.command("check", short_help="Say what works of a cluster.")(cluster_check_command.check)
app.command("init", short_help="Put into a cluster what runs there need.")(cluster_setup_command.init)


def _document(profile: Any, default: str | None) -> dict[str, Any]:
    """Return a profile as JSON documents have it, every setting with its value."""
    from kfnb.profiles.editing import as_table

    return {"name": profile.name, "default": profile.name == default, **as_table(profile)}
