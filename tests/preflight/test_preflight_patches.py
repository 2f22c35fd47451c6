"""For which patches it is remembered that the API server took them: for those that it judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfnb.errors import ClusterError
from kfnb.preflight.there import findings_there
from kfnb.profiles import Profile
from kfnb.spec import PipelineSpec, Settings
from tests.preflight.preflight_facts import task
from tests.runners.nowhere import served
from tests.runners.scripted_api import Answer, ScriptedApi, refused

PATCHED = Settings(pod_patches=({"spec": {"dnsPolicy": "Default"}},))
SPEC = PipelineSpec(name="n", notebook="n.ipynb", notebook_digest="0", tasks=(task(PATCHED),))
NO_RIGHT = 'jobs.batch is forbidden: User "u" cannot create resource "jobs" in API group "batch" in the namespace "n"'
FULL = 'jobs.batch "j" is forbidden: exceeded quota: q, requested: count/jobs.batch=1, used: count/jobs.batch=1'
TAKEN = Answer(201, ({},), {})


@pytest.mark.parametrize(
    ("first", "tried"),
    [
        (TAKEN, 1),
        (refused(403, NO_RIGHT), 2),
        (refused(403, FULL), 2),
        (refused(404, 'namespaces "n" not found'), 2),
    ],
    ids=["taken", "without a right", "over quota", "without a namespace"],
)
def test_what_nobody_judged_is_tried_again(tmp_path: Path, first: Answer, tried: int) -> None:
    """At the next look: right, room or namespace may be there by then, and the patch no better.

    Here each look ends after it, as the cluster says nothing else.
    """
    api = ScriptedApi(first, refused(403), *([TAKEN] if tried > 1 else []), refused(403))
    served(tmp_path, api.address)
    root = str(tmp_path / "store")
    profile = Profile(
        name="test", kubeconfig=str(tmp_path / "config"), namespace="n", root=root, image="127.0.0.1:9/base:1"
    )
    try:
        for _ in range(2):
            with pytest.raises(ClusterError):
                findings_there(SPEC, profile, tmp_path / "home", tmp_path, local=True)
    finally:
        api.close()
    assert tried == len(api.sent)
