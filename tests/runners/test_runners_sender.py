"""What is asked of a cluster is sent in turn, again where it was refused; who is silent for too long is found."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from kfnb.runners import sender
from kfnb.runners.lost_nodes import SILENCE, Silences, is_out_of_sight
from kfnb.runners.sender import Sender


def test_what_is_refused_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that is refused is done later, after what was asked meanwhile."""
    monkeypatch.setattr(sender, "_AGAIN", 0.05)
    monkeypatch.setattr(sender, "_TICK", 0.01)
    done: list[str] = []
    over, room = threading.Event(), threading.Event()

    def refused_at_first() -> bool:
        if room.is_set():
            done.append("refused at first")
            over.set()
        return room.is_set()

    def other() -> bool:
        done.append("other")
        room.set()
        return True

    sends = Sender("test")
    sends.put(refused_at_first)
    sends.put(other)
    sends.start()
    assert over.wait(30)
    sends.close()
    assert ["other", "refused at first"] == done


def test_a_closed_sender_sends_nothing_more() -> None:
    """What was asked for and not sent is dropped."""
    done: list[int] = []
    sends = Sender("test")
    sends.start()
    sends.close()
    sends.put(lambda: done.append(1) is None)
    assert [] == done


def pod(ready: str, containers: str, **spec: Any) -> dict[str, Any]:
    """A pod with these conditions."""
    conditions = [{"type": "Ready", "status": ready}, {"type": "ContainersReady", "status": containers}]
    return {"spec": spec, "status": {"conditions": conditions}}


def test_silence_of_kubelet_and_launcher_loses_an_attempt() -> None:
    """A word of the launcher, or a pod that is seen again, starts the count anew."""
    now = 0.0
    silences = Silences(lambda: now)
    gone = pod("False", "True")
    for name in ("a", "b", "c", "d"):
        silences.seen(name, gone)
    now = SILENCE - 1
    silences.heard("b")
    silences.seen("c", pod("True", "True"))
    silences.seen("c", gone)
    silences.forget("d")
    silences.seen("a", gone)
    now = SILENCE
    assert ["a"] == silences.lost()
    now = 3 * SILENCE
    assert ["a", "b", "c"] == silences.lost()


def test_only_an_unseen_node_counts_as_silence() -> None:
    """Not a container that says itself that it is not ready, nor a gate that somebody else opens."""
    gates = [{"conditionType": "someone.else/says"}]
    cases = [
        pod("False", "True"),
        pod("True", "True"),
        pod("False", "False"),
        pod("False", "True", readinessGates=gates),
    ]
    assert [True, False, False, False] == [is_out_of_sight(each) for each in [*cases]]
    assert not is_out_of_sight({})
