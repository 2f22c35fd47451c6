"""A watch of a real API server that it loses sight of: whose versions are forgotten, and who says nothing any more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from line_between import LineBetween

from kfnb.runners import watch
from kfnb.runners.api_server import ApiServer, Object
from kfnb.runners.watch import Watch
from tests.cluster import control_plane
from tests.cluster.certificates import CONTEXT, KUBECONFIG
from tests.cluster.fixtures import Cluster
from tests.cluster.places import API
from tests.cluster.shell import wait_until


def test_what_a_watch_did_not_see_is_told(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was made and deleted meanwhile, when the API server remembers it, and when it answers with 410."""
    del cluster
    admin = ApiServer(CONTEXT, str(KUBECONFIG), namespace)
    place = admin.place("events")  # the API server keeps no versions of these itself: what etcd forgets is forgotten
    told: list[str] = []

    def make(name: str) -> None:
        about = {"kind": "Pod", "name": "none", "namespace": namespace}
        admin.create(place, {"metadata": {"name": name, "labels": {"watched": "yes"}}, "involvedObject": about})

    def tell(sign: str, found: Object) -> None:
        told.append(sign + found["metadata"]["name"])

    def hear(*words: str) -> None:
        wait_until(lambda: len(told) >= len(words), f"What is told: {words}")
        assert sorted(words) == sorted(told)
        told.clear()

    make("a")
    with LineBetween(API.removeprefix("https://")) as line:
        config = json.loads(KUBECONFIG.read_text("utf-8"))
        config["clusters"][0]["cluster"]["server"] = f"https://{line.address}"
        (tmp_path / "config").write_text(json.dumps(config), "utf-8")
        through = ApiServer(CONTEXT, str(tmp_path / "config"), namespace)
        follows = Watch(through, place, "watched=yes", lambda found: tell("+", found), lambda found: tell("-", found))
        follows.start()
        make("b")
        hear("+a", "+b")
        monkeypatch.setattr(watch, "SILENCE", 2.0)
        line.cut()
        admin.delete(f"{place}/a")
        make("c")
        line.mend()
        hear("-a", "+c")
        line.silence()
        admin.delete(f"{place}/b")
        make("d")
        hear("-b", "+d")
        line.cut()
        admin.delete(f"{place}/c")
        make("e")
        control_plane.forget_history()
        line.mend()
        hear("-c", "+e")
        follows.stop()
