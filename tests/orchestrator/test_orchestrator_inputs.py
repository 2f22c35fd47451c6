"""What a task is given, worked out from what the tasks above it gave."""

from __future__ import annotations

import pytest
from orchestrator_pipelines import gives, make_spec, takes

from kfnb.orchestrator.inputs import Lost, resolve_files, resolve_records, resolve_state, resolve_values
from kfnb.spec import (
    Artifact,
    Blob,
    Condition,
    ExecutorOutput,
    FileChange,
    PipelineSpec,
    StateInput,
    Task,
    ValueGroup,
)


def value(name: str, digest: str, *together: str) -> Artifact:
    """A value saved under `digest`, together with other names."""
    group = ValueGroup(names=(name, *together), pickle=Blob(digest=digest, size=1))
    return Artifact(name=name, group=group)


def gave(*artifacts: Artifact, **more: object) -> ExecutorOutput:
    """An output with values."""
    return ExecutorOutput(state="SUCCEEDED", artifacts={a.name: a for a in artifacts}, **more)  # type: ignore[arg-type]


def by_name(spec: PipelineSpec) -> dict[str, Task]:
    """Tasks by name."""
    return {task.name: task for task in spec.tasks}


def test_a_value_comes_from_its_producer() -> None:
    """Each name is taken from the task that the graph names, and one that was left unbound is not there."""
    tasks = by_name(make_spec({"a": [], "b": ["a"], "c": ["b"]}, c={"inputs": takes(x="a", y="b", z="b")}))
    outputs = {"a": gave(value("x", "1")), "b": gave(value("x", "2"), value("y", "3"), absent=("z",))}
    found = resolve_values(tasks["c"], tasks, outputs)
    assert {"x": "1", "y": "3"} == {n: a.group.pickle.digest for n, a in found.items() if a.group}


def test_a_skipped_step_left_names_as_they_were() -> None:
    """A name that a skipped step would have changed is taken from where that step would have taken it, over several."""
    spec = make_spec(
        {"a": [], "b": ["a"], "c": ["b"], "d": ["c"]},
        b={"inputs": takes(x="a"), "outputs": gives("x", "new")},
        c={"inputs": takes(x="b"), "outputs": gives("x")},
        d={"inputs": takes(x="c", new="b")},
    )
    tasks = by_name(spec)
    found = resolve_values(tasks["d"], tasks, {"a": gave(value("x", "1"))})
    assert ["x"] == list(found)


def test_names_that_were_saved_together_are_taken_together() -> None:
    """`model` comes from the group of the optimizer that works on it, if that step saved both as one."""
    spec = make_spec(
        {"build": [], "opt": ["build"], "train": ["opt"]},
        opt={"inputs": takes(model="build"), "outputs": gives("optimizer")},
        train={"inputs": takes(model="build", optimizer="opt")},
    )
    tasks = by_name(spec)
    group = ValueGroup(names=("model", "optimizer"), pickle=Blob(digest="both", size=1))
    both = gave(Artifact(name="model", group=group), Artifact(name="optimizer", group=group))
    found = resolve_values(tasks["train"], tasks, {"build": gave(value("model", "alone")), "opt": both})
    assert {group} == {artifact.group for artifact in found.values()}


def test_another_version_of_a_name_is_not_taken_for_the_one_wanted() -> None:
    """A group that holds an older `model` than the task takes is left alone."""
    spec = make_spec(
        {"build": [], "opt": ["build"], "again": ["opt"], "train": ["again"]},
        opt={"inputs": takes(model="build"), "outputs": gives("optimizer")},
        train={"inputs": takes(model="again", optimizer="opt")},
    )
    tasks = by_name(spec)
    group = ValueGroup(names=("model", "optimizer"), pickle=Blob(digest="both", size=1))
    both = gave(Artifact(name="model", group=group), Artifact(name="optimizer", group=group))
    outputs = {"build": gave(value("model", "1")), "opt": both, "again": gave(value("model", "2"))}
    found = resolve_values(tasks["train"], tasks, outputs)
    assert found["model"].group is not None
    assert "2" == found["model"].group.pickle.digest


def test_state_passes_through_steps_that_did_not_have_it() -> None:
    """State is taken from the nearest producer that had any: not from a skipped one, nor one without the library."""
    spec = make_spec(
        {"a": [], "b": ["a"], "c": ["b"], "d": ["c"]},
        b={"state_inputs": (StateInput(provider="random", producer="a"),), "state_outputs": ("random",)},
        c={"state_inputs": (StateInput(provider="random", producer="b"),), "state_outputs": ("random",)},
        d={"state_inputs": (StateInput(provider="random", producer="c"),)},
    )
    tasks = by_name(spec)
    state = Blob(digest="s", size=1)
    outputs = {"a": gave(state_out={"random": state}), "b": gave()}
    assert {"random": state} == resolve_state(tasks["d"], tasks, outputs)
    assert {} == resolve_state(tasks["d"], tasks, {"a": gave()})


def test_files_are_the_last_change_of_each_path_in_order() -> None:
    """What ancestors did to the folder, in notebook order; other tasks' files are not there."""
    tasks = by_name(make_spec({"a": [], "other": [], "b": ["a"], "c": ["b"]}))
    one, two, new = (FileChange(path=p, kind="file", blob=Blob(digest=d, size=1)) for p, d in ("x1", "x2", "y3"))
    gone = FileChange(path="y", kind="removed")
    outputs = {"a": gave(files=(one, new)), "other": gave(files=(one,)), "b": gave(files=(gone, two))}
    assert (gone, two) == resolve_files(tasks["c"], outputs)


def test_a_condition_sees_records_and_constants() -> None:
    """A scalar comes from the version that the step would see, a parameter from the run; what nobody made is lost."""
    condition = Condition(expression="x > n and y", names={"x": "b", "y": "b"}, constants={"m": 2}, parameters=("n",))
    spec = make_spec({"a": [], "b": ["a"], "c": ["b"]}, b={"inputs": takes(x="a")}, c={"condition": condition})
    tasks = by_name(spec)
    outputs = {"a": gave(), "b": gave(records={"x": 4})}
    assert {"n": 3, "m": 2, "x": 4} == resolve_records(tasks["c"], tasks, outputs, {"n": 3, "other": 0})
    with pytest.raises(Lost) as lost:
        resolve_records(tasks["c"], tasks, {"a": gave(records={"x": 1})}, {})
    assert ("y", "b") == lost.value.args
