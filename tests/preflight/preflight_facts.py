"""What a cluster says, for tests of what is concluded from that: each says what is different where it looks."""

from __future__ import annotations

from kfnb.runners.cluster_facts import Facts

EMPTY = Facts(
    version="v1.34.4",
    lacking=(),
    namespace=True,
    level="",
    there={},
    keys={},
    kueue=False,
    nodes=(),
    quotas=(),
    ranges=(),
    classes=(),
)
"""A cluster in whose namespace nothing is and all is allowed."""
