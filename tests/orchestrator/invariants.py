"""What must hold for a run's state machine between any two events, whatever happens."""

from __future__ import annotations

from collections import Counter

from kfnb.orchestrator.phases import ACTIVE, TERMINAL
from kfnb.orchestrator.state import RunState


def validate(state: RunState) -> None:
    """Check what must hold between any two events."""
    active = Counter(state._owner.get(number, number) for number, p in enumerate(state._phase) if p in ACTIVE)
    assert state._ready.running == sum(min(count, state._most(number) or count) for number, count in active.items())
    assert state._ready.running <= state._max_parallel
    assert state._left == sum(phase not in TERMINAL for phase in state._phase)
    assert {state._list[n].name for n, p in enumerate(state._phase) if p == "SUCCEEDED"} == set(state.outputs)
    for number, phase in enumerate(state._phase):
        if state._list[number].settings.on_exit:
            assert phase in ("WAITING", *TERMINAL) or state._left == state._exits_left
            continue
        above = [state._phase[state._number[name]] for name in set(state._list[number].after)]
        if phase == "WAITING":
            passed = sum(state._has_passed(state._number[name]) for name in set(state._list[number].after))
            assert state._waits_for[number] == len(above) - passed
            assert state._waits_for[number] or state.state == "PENDING"
        if phase in ("DECIDING", "LOOKING", "READY", "AWAITING", "STARTING", "RUNNING"):
            assert all(p in ("SUCCEEDED", "SKIPPED") for p in above), (state._list[number].name, above)
    if state._left and not state._cancel_requested:
        to_be_told = {"DECIDING", "LOOKING", "AWAITING", "DELAYED"} & set(state._phase)
        assert active or state._ready or to_be_told or state.state == "PENDING"
