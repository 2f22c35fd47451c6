"""What kfnb says of attempts that wait or have failed: from objects that a real cluster gave, recorded once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kfnb.runners import pod_state
from kfnb.runners.diagnose import Around, why_evicted, why_pod_is_refused, why_pod_waits
from kfnb.runners.pod_logs import without_events
from kfnb.runners.unpulled import why_not_pulled
from kfnb.runners.unscheduled import queued, tasks_ahead
from tests.runners.situation_words import ENDED, WAITING

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("recorded_situations.json").read_text("utf-8"))
IMAGE = "kfnb.test/kfnb-base:dev"


def seen(name: str, *, nodes: bool = True) -> pod_state.Seen | None:
    """What is made of a recorded situation; with or without the right to read nodes."""
    there = RECORDED["situations"][name]
    if "pod" not in there:
        return pod_state.of_job(there["job"], Around(there["job_events"]))
    around = Around(there["pod_events"], RECORDED["nodes"] if nodes else None)
    return pod_state.of_pod(there["pod"], around, without_events(there["log"]))


def words(text: str) -> str:
    """What is expected, on the cluster that was recorded."""
    return text.replace("IMAGE", IMAGE).replace("CPU", "2").replace("MEMORY", "23Gi")


@pytest.mark.parametrize("name", [name for name in WAITING if name in RECORDED["situations"]])
def test_what_waits_is_said_with_what_to_do(name: str) -> None:
    """Of each pod or Job that waits, its status, its events and the nodes give one sentence."""
    assert pod_state.Seen("waits", words(WAITING[name])) == seen(name)


@pytest.mark.parametrize("name", [name for name in ENDED if name in RECORDED["situations"]])
def test_what_has_ended_is_said_with_what_to_do(name: str) -> None:
    """Of each pod that has ended without its launcher saying why, status and last words give one sentence."""
    found = seen(name)
    assert found is not None
    assert words(ENDED[name]) == found.why


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "more-devices",
            "it asks for 16 nvidia.com/gpu, more than any node that it may run on has. "
            "Ask for less with the tag `gpu:`, or add a larger node",
        ),
        (
            "devices-in-use",
            "it asks for 1 nvidia.com/mig-1g.5gb, and all of it is in use. It starts when something else has ended",
        ),
        (
            "no-such-node",
            "no node takes it: there is 1 without the labels that it asks for (disk=ssd) and 1 with a taint that it "
            "does not bear. Check the tags `node:` and `toleration:`, and the affinity",
        ),
    ],
)
def test_without_the_right_to_read_nodes_the_scheduler_is_believed(name: str, expected: str) -> None:
    """Where nodes may not be read, the scheduler's own message gives the sentence."""
    assert pod_state.Seen("waits", expected) == seen(name, nodes=False)


def test_tasks_ahead_are_those_that_wait_longer_for_the_same() -> None:
    """Of two pods that lack the same device, one is ahead of the other; one that lacks something else is not."""
    first = RECORDED["situations"]["devices-in-use"]["pod"]
    later = {**first, "metadata": {"name": "later", "creationTimestamp": "2099-01-01T00:00:00Z"}}
    other = RECORDED["situations"]["too-much-cpu"]["pod"]
    waiting = [queued(each) for each in (first, later, other)]
    assert [0, 1, 0] == [tasks_ahead(each, waiting) for each in waiting]
    around = Around(nodes=RECORDED["nodes"], ahead=1)
    expected = "1 node has nvidia.com/mig-1g.5gb, all in use; 1 task ahead. It starts when something else has ended"
    assert expected == why_pod_waits(later, around)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "pull access denied, repository does not exist or may require authorization",
            "registry docker.io does not hand out image team/image:1 without credentials. Make a pull secret, name it "
            "in the profile's image_pull_secrets, and run again",
        ),
        (
            "no match for platform in manifest: not found",
            "image team/image:1 is not made for the node's processors. Build it for them too, or place the step "
            "elsewhere (tag `node:kubernetes.io/arch=…`)",
        ),
        (
            "failed to copy: 429 Too Many Requests - toomanyrequests: You have reached your pull rate limit",
            "registry docker.io has been asked for too many images. It is tried again; with a pull secret "
            "(image_pull_secrets) it allows more",
        ),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "the node does not trust registry docker.io, to pull image team/image:1: x509: certificate signed by "
            "unknown authority. The cluster's administrator can add its certificate",
        ),
        ("", "image team/image:1 cannot be pulled. It is tried again"),
    ],
)
def test_other_answers_of_registries_are_told_apart(said: str, expected: str) -> None:
    """What registries elsewhere say to a pull is one of a few causes."""
    assert expected == why_not_pulled("team/image:1", said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            'pods "a" is forbidden: exceeded quota: q, requested: requests.nvidia.com/gpu=1, used: '
            "requests.nvidia.com/gpu=4, limited: requests.nvidia.com/gpu=4",
            "quota q of its namespace has no room: 4 of 4 nvidia.com/gpu are taken, and it asks for 1. It starts "
            "when other pods have ended, or the quota is raised",
        ),
        (
            'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: main',
            "quota q demands that it says limits.cpu for: main. Set that with tags, or in the profile",
        ),
        (
            'admission webhook "rules.example.com" denied the request: no team label',
            "a rule of the cluster (rules.example.com) refuses its pod: no team label",
        ),
        ("something else", "the cluster refuses its pod: something else"),
    ],
)
def test_other_refusals_of_pods_are_told_apart(said: str, expected: str) -> None:
    """Whatever refuses a Job's pod is named."""
    assert expected == why_pod_is_refused(f"Error creating: {said}")


def test_an_eviction_for_the_nodes_sake_is_not_the_steps_doing() -> None:
    """Only a pod that went over a limit of its own is told so; one whose node was short of something starts again."""
    assert None is why_evicted("The node was low on resource: memory. Threshold quantity: 100Mi, available: 4Mi.")
    expected = (
        "The step wrote more than its limit of 1Gi of disk (tag `limit:ephemeral-storage:`), and was ended. "
        "Write less, or raise the limit."
    )
    assert expected == why_evicted("Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ")


def test_a_pod_whose_node_ran_short_by_its_doing_is_told_so() -> None:
    """Kubelet's message says what the container used; without that, or where none was asked for, the node is it."""
    low = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 41264Ki. "
    over = f"{low}Container main was using 1782580Ki, request is 256Mi, has larger consumption of memory. "
    expected = (
        "its node was short of memory and ended its pod, which used 1,741 MiB of it and had asked for 256Mi. Ask for "
        "what the step needs (tag `request:memory:` or `limit:memory:`) and run again, or have it use less"
    )
    assert pod_state.Seen("moved", expected, own=True) == evicted(over)
    node = f"its node was short of something and ended its pod ({low.strip().rstrip('.')})"
    assert pod_state.Seen("moved", node) == evicted(low)
    beside = f"{low}Container proxy was using 512Mi, request is 64Mi, has larger consumption of memory. "
    assert not evicted(beside).own
    for short in ("memory", "ephemeral-storage"):
        without = f"The node was low on resource: {short}. Container main was using 40Ki, request is 0, has larger"
        assert not evicted(f"{without} consumption of {short}. ").own


def evicted(said: str) -> pod_state.Seen:
    """What is made of a pod that its kubelet ended with these words, as it sets its status then."""
    target = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet", "message": said}
    ended = {"name": "main", "state": {"terminated": {"exitCode": 137, "reason": "Error"}}}
    status = {"phase": "Failed", "reason": "Evicted", "message": said}
    return pod_state.of_pod(
        {"metadata": {"name": "p"}, "status": {**status, "conditions": [target], "containerStatuses": [ended]}}
    )


def test_only_the_launchers_own_lines_leave_a_log() -> None:
    """A line of the task's own stays, also where it is JSON with an event in it."""
    own = '{"event":"started","by":"me"}\n{"event":"progress"}\n{"event":"other","data":1}\ntext\n{"event":"'
    launcher = '{"event":"started"}\n{"event":"progress","data":{"a":1}}\n{"event":"exited","code":0}\n'
    assert own == without_events(launcher + own)


def test_of_what_was_killed_for_its_memory_the_most_that_was_seen_is_said() -> None:
    """The launcher, which is killed with the step, had said so on its way; the last word counts."""
    pod = RECORDED["situations"]["out-of-memory"]["pod"]
    lines = (
        '{"event":"progress","data":{"memory":10485760}}',
        '{"event":"progress","data":{"memory":47185920}}',
        "text",
    )
    found = pod_state.of_pod(pod, last_words="\n".join((*lines, '{"event":"progress","data":{"cell":"a"}}')))
    assert (
        words(ENDED["out-of-memory"]).replace("was killed.", "was killed (at most 45 MiB, when it was last looked at).")
        == found.why
    )


UNFIT = {"no-command", "no-kfnb", "bad-input"}


@pytest.mark.parametrize("name", [name for name in ENDED if name in RECORDED["situations"]])
def test_an_image_or_a_store_of_no_use_is_told_from_an_end_that_another_attempt_may_not_have(name: str) -> None:
    """What cannot begin with this image, access to the store or kfnb is unfit; what ended otherwise is not."""
    found = seen(name)
    assert found is not None
    assert (name in UNFIT) == found.unfit


@pytest.mark.parametrize(("code", "expected"), [(5, True), (3, True), (4, False), (137, False)])
def test_a_launcher_says_by_its_exit_code_that_it_is_of_no_use_here(code: int, expected: bool) -> None:
    """Its own codes for that count where it says why, whatever a killed one has printed."""
    pod = json.loads(json.dumps(RECORDED["situations"]["exit-code"]["pod"]))
    pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] = code
    words = "exec format error" if code == 137 else "There is no bucket."
    assert expected == pod_state.of_pod(pod, last_words=words).unfit


@pytest.mark.parametrize(
    ("reason", "status", "gone"),
    [
        ("DeletionByTaintManager", "True", True),
        ("DeletionByPodGC", "True", True),
        ("EvictionByEvictionAPI", "True", False),
        (None, None, False),
    ],
)
def test_the_log_of_a_pod_is_not_asked_for_where_its_node_is_gone(
    reason: str | None, status: str | None, gone: bool
) -> None:
    """The one that was drained still has it; nobody waits for one that cannot answer."""
    conditions = [{"type": "Ready", "status": "False", "reason": "DeletionByPodGC"}]
    conditions += [{"type": "DisruptionTarget", "status": str(status), "reason": reason}] if reason else []
    assert gone is pod_state.has_lost_its_node({"metadata": {"name": "p"}, "status": {"conditions": conditions}})


NODE_AWAY = ({"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"})
"""How a pod stands that ran on a node of which nothing is heard."""


@pytest.mark.parametrize(
    ("reason", "others", "kind"),
    [
        ("DeletionByTaintManager", NODE_AWAY, "moved"),
        ("DeletionByTaintManager", (), "runs"),
        ("DeletionByPodGC", (), "moved"),
        ("EvictionByEvictionAPI", (), "runs"),
    ],
)
def test_a_pod_that_is_taken_away_runs_until_it_has_ended(
    reason: str, others: tuple[dict[str, str], ...], kind: str
) -> None:
    """The next attempt must not begin beside it, also where a taint drives it off a living node.

    One whose node is gone is not waited for.
    """
    condition = {"type": "DisruptionTarget", "status": "True", "reason": reason}
    main = {"name": "main", "state": {"running": {}}}
    pod = {
        "metadata": {"name": "p", "deletionTimestamp": "2026-01-01T00:00:00Z"},
        "status": {"phase": "Running", "conditions": [condition, *others], "containerStatuses": [main]},
    }
    assert kind == pod_state.of_pod(pod).kind
    main["state"] = {"terminated": {"exitCode": 130}}
    assert "moved" == pod_state.of_pod(pod).kind


@pytest.mark.parametrize("reason", ["ContainerStatusUnknown", "Unknown"])
def test_an_end_that_the_node_does_not_know_of_is_not_the_steps(reason: str) -> None:
    """A node that starts anew says 255 of what ran on it, which is no exit code of the step's."""
    ended = {"name": "main", "state": {"terminated": {"exitCode": 255, "reason": reason}}}
    pod = {"metadata": {"name": "p"}, "status": {"phase": "Failed", "containerStatuses": [ended]}}
    assert "broken" == pod_state.of_pod(pod).kind


def test_a_job_whose_pod_was_taken_away_unseen_is_no_fault() -> None:
    """The Job says by its reason that it was, where the pod is gone."""
    failed = {"type": "Failed", "status": "True", "reason": "PodFailurePolicy", "message": "Pod n/p has condition"}
    job = {"metadata": {"name": "j"}, "spec": {}, "status": {"conditions": [failed]}}
    assert pod_state.Seen("moved", "its pod was taken away") == pod_state.of_job(job)
