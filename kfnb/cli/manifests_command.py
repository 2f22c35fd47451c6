"""`kfnb manifests`: what a run would be in a cluster, printed and not sent."""

from __future__ import annotations

from kfnb.cli.options import JsonOption, NotebookArgument, OnOption, client
from kfnb.cli.output import emit, show
from kfnb.errors import Refused
from kfnb.runners.manifest_text import as_yaml


def manifests(notebook: NotebookArgument, on: OnOption = "kubernetes", json: JsonOption = False) -> int:
    """Print the Kubernetes objects that a run of a notebook would have in a cluster. Nothing is sent there.

    The run's id and where its documents lie are placeholders; everything else is as it would be.

    \b
    Examples:
      kfnb manifests churn.ipynb
      kfnb manifests churn.ipynb --on test | kubectl apply --dry-run=server -f -
    """
    from kfnb.orchestrator.places import attempt_key, together_key
    from kfnb.profiles import find_profile
    from kfnb.runners import pipeline_manifests
    from kfnb.runners.pod_findings import findings

    profile = find_profile(on or "kubernetes")
    spec = client().compile(notebook)
    if wrong := findings(profile, spec):
        raise Refused(wrong)

    def input_uri(run_id: str, slug: str) -> str:
        return f"{profile.root.rstrip('/')}/{attempt_key(run_id, slug, 1)}/input.json"

    def elements_uri(run_id: str, first: str) -> str:
        return f"{profile.root.rstrip('/')}/{together_key(run_id, f'{first}-1')}"

    shown = [*pipeline_manifests.manifests(profile, spec, input_uri, elements_uri)]
    if json:
        emit({"cluster": profile.name, "manifests": [each.manifest for each in shown]})
    else:
        show("\n---\n".join(f"# {each.why}\n{as_yaml(each.manifest)}" for each in shown))
    return 0
