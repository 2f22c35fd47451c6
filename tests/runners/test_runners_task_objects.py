"""A task's pod as it is shown to people."""

from __future__ import annotations

from kfnb.runners.task_objects import HIDDEN, shown


def test_what_looks_like_a_credential_is_not_shown() -> None:
    """A variable whose value is a credential, by its name or its form, is hidden; names of secrets are not."""
    by_reference = {"secretKeyRef": {"name": "database", "key": "password"}}
    variables = [
        {"name": "DB_PASSWORD", "value": "hunter2"},
        {"name": "URL", "value": "postgresql://ada:hunter2@db/runs"},
        {"name": "TOKEN", "valueFrom": by_reference},
        {"name": "OMP_NUM_THREADS", "value": "4"},
    ]
    pod = {
        "metadata": {"name": "p", "managedFields": [{"manager": "kubelet"}]},
        "spec": {"containers": [{"name": "step", "env": variables}], "initContainers": [{"env": variables[:1]}]},
    }
    seen = shown(pod)
    assert {"name": "p"} == seen["metadata"]
    assert [HIDDEN, HIDDEN, by_reference, "4"] == [
        each.get("value", each.get("valueFrom")) for each in seen["spec"]["containers"][0]["env"]
    ]
    assert HIDDEN == seen["spec"]["initContainers"][0]["env"][0]["value"]
    assert "hunter2" == pod["spec"]["containers"][0]["env"][0]["value"]  # type: ignore[index]
