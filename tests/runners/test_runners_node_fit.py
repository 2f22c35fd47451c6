"""What a pod's affinity requires of a node, and whether the node has it."""

from __future__ import annotations

from typing import Any

import pytest

from kfnb.profiles import Accelerator, Profile
from kfnb.runners.node_fit import REQUIRED, meets
from kfnb.runners.pod_placement import affinity
from kfnb.spec import Settings

NODE = {"metadata": {"name": "n", "labels": {"zone": "a", "disks": "4"}}}


WITHOUT = {"key": "zone", "operator": "In"}


def one(operator: str, key: str = "zone", *values: str) -> dict[str, Any]:
    """A node affinity that requires one thing."""
    expression = {"key": key, "operator": operator, "values": [*values]}
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}}


@pytest.mark.parametrize(
    ("affinity", "expected"),
    [
        ({}, True),
        (one("In", "zone", "a", "b"), True),
        (one("In", "zone", "b"), False),
        (one("NotIn", "zone", "a"), False),
        (one("Exists"), True),
        (one("Exists", "rack"), False),
        (one("DoesNotExist", "rack"), True),
        (one("Gt", "disks", "3"), True),
        (one("Gt", "disks", "4"), False),
        (one("Lt", "disks", "5"), True),
        (one("Lt", "zone", "5"), False),
    ],
)
def test_a_node_has_what_is_required_or_has_it_not(affinity: dict[str, Any], expected: bool) -> None:
    """All operators of the API."""
    assert expected is meets(NODE, affinity)


@pytest.mark.parametrize(
    "affinity",
    [
        {"nodeAffinity": [{"weight": 1}]},
        {"nodeAffinity": {REQUIRED: [{"matchExpressions": []}]}},
        {"nodeAffinity": {REQUIRED: {}}},
        {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": ["zone"]}]}}},
        one("in", "zone", "b"),
        one("Gt", "disks"),
        one("Gt", "disks", "many"),
        *(
            {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [{**WITHOUT, "values": values}]}]}}}
            for values in (8, "b", {"b": 1})
        ),
    ],
)
def test_what_is_not_written_as_the_api_has_it_requires_nothing(affinity: dict[str, Any]) -> None:
    """The API server refuses it, and says why: no node is said not to fit, and nothing breaks."""
    assert meets(NODE, affinity)


@pytest.mark.parametrize(
    "of_node",
    [
        "gpu",
        {REQUIRED: [{"matchExpressions": []}]},
        {REQUIRED: {"nodeSelectorTerms": ["zone"]}},
        {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": "zone"}]}},
    ],
)
def test_what_an_accelerator_needs_is_joined_to_nothing_that_is_not_written_so(of_node: Any) -> None:
    """It is left as it is: the API server refuses it."""
    table = {"t": Accelerator(any_label={"a": ("x",)})}
    profile = Profile(name="test", namespace="n", root="s3://x", image="i", accelerators=table)
    wanted = {"nodeAffinity": of_node}
    assert wanted == affinity(profile, Settings(accelerator="t", affinity=wanted))
