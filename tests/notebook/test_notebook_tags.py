"""Every tag of the table: what it sets, what is wrong with it, and what was probably meant."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfnb.errors import Diagnostic
from kfnb.notebook.cells import NotebookCell
from kfnb.notebook.quantities import BadValue, amount, seconds
from kfnb.notebook.tags import CellTags, read_tags
from kfnb.notebook.words import FLAGS, FORMS, VALUED, readable
from kfnb.spec import Settings


def tags_of(*tags: str, source: str = "x = 1", kind: Any = "code") -> CellTags:
    """What a cell with these tags says."""
    return read_tags(NotebookCell(id="c", index=0, kind=kind, source=source, tags=tags))


def set_by(tags: CellTags) -> dict[str, Any]:
    """All that is not as in a cell without tags, the settings among the rest."""
    own = {
        field: getattr(tags, field)
        for field in CellTags.__struct_fields__
        if field not in ("tags", "settings", "diagnostics") and getattr(tags, field) != getattr(CellTags(), field)
    }
    defaults = Settings()
    return own | {
        field: value
        for field, value in msgspec.structs.asdict(tags.settings).items()
        if value != getattr(defaults, field)
    }


READABLE: list[tuple[str, dict[str, Any]]] = [
    ("step:train", {"step": "train"}),
    ("step: Train the model ", {"step": "Train the model"}),
    ("step:a:b", {"step": "a:b"}),
    ("step:", {"continues": True}),
    ("imports", {"imports": True}),
    ("functions", {"functions": True}),
    ("parameters", {"parameters": True}),
    ("pipeline-parameters", {"parameters": True}),
    ("metrics", {"metrics": True}),
    ("pipeline-metrics", {"metrics": True}),
    ("skip", {"skip": True}),
    (" skip ", {"skip": True}),
    ("prev:load", {"after": ("load",)}),
    ("after:load", {"after": ("load",)}),
    ("limit:cpu:500m", {"limits": {"cpu": "500m"}}),
    ("limit:memory:4Gi", {"limits": {"memory": "4Gi"}}),
    ("limit:nvidia.com/gpu:1", {"limits": {"nvidia.com/gpu": "1"}}),
    ("limit:nvidia.com/mig-1g.5gb:1", {"limits": {"nvidia.com/mig-1g.5gb": "1"}}),
    ("limit:google.com/tpu:4", {"limits": {"google.com/tpu": "4"}}),
    ("limit:hugepages-2Mi:4Mi", {"limits": {"hugepages-2Mi": "4Mi"}}),
    ("request:ephemeral-storage:1.5e3", {"requests": {"ephemeral-storage": "1.5e3"}}),
    ("request:cpu:.5", {"requests": {"cpu": ".5"}}),
    ("gpu:2", {"limits": {"nvidia.com/gpu": "2"}}),
    ("accelerator:nvidia-a100", {"accelerator": "nvidia-a100"}),
    ("image:python", {"image": "python"}),
    ("image:registry.example.com:5000/team/ml:1.2-gpu", {"image": "registry.example.com:5000/team/ml:1.2-gpu"}),
    ("image:ghcr.io/a/b@sha256:" + "0f" * 32, {"image": "ghcr.io/a/b@sha256:" + "0f" * 32}),
    ("packages:pandas", {"packages": ("pandas",)}),
    ("packages:pandas>=2,<3", {"packages": ("pandas>=2,<3",)}),
    ("packages:pandas>=2, <3, torch[opt,cuda]==2.4", {"packages": ("pandas>=2, <3", "torch[opt,cuda]==2.4")}),
    ("packages:kit @ git+https://x.org/kit.git@v1", {"packages": ("kit @ git+https://x.org/kit.git@v1",)}),
    ("packages:tomli; python_version < '3.11'", {"packages": ("tomli; python_version < '3.11'",)}),
    ("node:disk=ssd", {"node_selector": {"disk": "ssd"}}),
    ("node:example.com/pool=gpu-1", {"node_selector": {"example.com/pool": "gpu-1"}}),
    ("toleration:gpu", {"tolerations": ({"key": "gpu", "operator": "Exists"},)}),
    ("toleration:gpu=a100", {"tolerations": ({"key": "gpu", "operator": "Equal", "value": "a100"},)}),
    (
        "toleration:x.io/gpu:NoSchedule",
        {"tolerations": ({"key": "x.io/gpu", "operator": "Exists", "effect": "NoSchedule"},)},
    ),
    (
        "toleration:gpu=a:NoExecute",
        {"tolerations": ({"key": "gpu", "operator": "Equal", "value": "a", "effect": "NoExecute"},)},
    ),
    ("label:team:vision", {"labels": {"team": "vision"}}),
    ("label:a.b/c:", {"labels": {"a.b/c": ""}}),
    ("annotation:a.b/url:https://x.org:80/", {"annotations": {"a.b/url": "https://x.org:80/"}}),
    ("queue:team-a", {"queue": "team-a"}),
    ("priority:high", {"priority": "high"}),
    ("secret:s3:key.id:AWS_KEY", {"secrets": (("s3", "key.id", "AWS_KEY"),)}),
    ("configmap:cfg:url:URL", {"config_maps": (("cfg", "url", "URL"),)}),
    ("secret:tls:/etc/tls", {"secret_files": (("tls", "/etc/tls"),)}),
    ("configmap:cfg:/etc/cfg", {"config_map_files": (("cfg", "/etc/cfg"),)}),
    ("env:MODE=a=b:c", {"env": {"MODE": "a=b:c"}}),
    ("env:EMPTY=", {"env": {"EMPTY": ""}}),
    ("pvc:data:/mnt/data", {"volumes": (("data", "/mnt/data", False),)}),
    ("pvc:data:/mnt/data:ro", {"volumes": (("data", "/mnt/data", True),)}),
    ("shm:8Gi", {"shared_memory": "8Gi"}),
    ("include:data/*.csv", {"includes": ("data/*.csv",)}),
    ("cache:off", {"cache": "off"}),
    ("cache:on", {"cache": "on"}),
    ("cache:30d", {"cache": "30d"}),
    ("retry:3", {"retries": 3}),
    ("retry:3:1m30s", {"retries": 3, "retry_backoff": 90.0}),
    ("timeout:2h", {"timeout": 7200.0}),
    ("timeout:1d12h", {"timeout": 129600.0}),
    ("when:accuracy > 0.9 and mode in ('a', 'b')", {"when": "accuracy > 0.9 and mode in ('a', 'b')"}),
    ("when:d['a:b'] == 1", {"when": "d['a:b'] == 1"}),
    ("foreach", {"foreach": 0}),
    ("foreach:8", {"foreach": 8}),
    ("on-exit", {"on_exit": True}),
    ("pipeline:other/nb.ipynb", {"pipeline": "other/nb.ipynb"}),
    ("uses:a", {"uses": ("a",)}),
    ("uses:a,b", {"uses": ("a", "b")}),
    ("changes:df", {"changes": ("df",)}),
    ("keeps:df", {"keeps": ("df",)}),
    ("binds:x, y", {"binds": ("x", "y")}),
    ("draws", {"draws": True}),
]


@pytest.mark.parametrize(("tag", "fields"), READABLE, ids=[tag for tag, _ in READABLE])
def test_a_tag_sets_what_the_table_says(tag: str, fields: dict[str, Any]) -> None:
    """Each form of each tag sets its fields and nothing else."""
    read = tags_of(tag)
    assert ((), fields) == (read.diagnostics, set_by(read))


def test_every_word_of_the_table_is_tested_and_has_a_form() -> None:
    """No word is in the table without a readable example here and a form for messages."""
    tested = {tag.strip().partition(":")[0] for tag, _ in READABLE}
    assert VALUED.keys() | FLAGS.keys() == tested
    assert VALUED.keys() == FORMS.keys()


def test_tags_of_a_cell_add_up() -> None:
    """Several tags of one cell are joined: maps united, lists in order without repeats."""
    read = tags_of("step:a", "limit:cpu:1", "gpu:1", "prev:x", "after:y", "prev:x", "uses:a", "uses:b,a")
    assert {
        "step": "a",
        "limits": {"cpu": "1", "nvidia.com/gpu": "1"},
        "after": ("x", "y"),
        "uses": ("a", "b"),
    } == set_by(read)


UNREADABLE: list[tuple[str, str | None]] = [
    ("limit:cpu", None),
    ("limit:cpu:", None),
    ("limit:memory:4GB", "limit:memory:4G"),
    ("limit:memory:512mb", "limit:memory:512M"),
    ("limit:memory:16 gib", "limit:memory:16Gi"),
    ("limit:memory:64K", "limit:memory:64k"),
    ("limit:memory:-1", None),
    ("limit:memory:٤", None),
    ("limit:memroy:4Gi", "limit:memory:4Gi"),
    ("limit:gpu:1", "gpu:1"),
    ("limit:nvidia.com/gpu:0.5", None),
    ("request:CPU:1", "request:cpu:1"),
    ("gpu:", None),
    ("gpu:0", None),
    ("gpu:one", None),
    ("gpu:mig-1g.5gb", "limit:nvidia.com/mig-1g.5gb:1"),
    ("accelerator:a b", None),
    ("image:Team/ML:V1", "image:team/ml:V1"),
    ("image:a b", None),
    ("image:a:b:c", None),
    ("packages:", None),
    ("packages:pandas==", None),
    ("packages:a b", None),
    ("node:disk", None),
    ("node:disk:ssd", "node:disk=ssd"),
    ("node:-x=1", None),
    ("toleration:gpu:noschedule", "toleration:gpu:NoSchedule"),
    ("toleration:gpu:Never", None),
    ("label:team", None),
    ("label:team:a b", None),
    ("annotation:a b:c", None),
    ("queue:Team_A", "queue:team-a"),
    ("priority:!", None),
    ("secret:s3:key", None),
    ("secret:S3:key:ENV", "secret:s3:key:ENV"),
    ("secret:s3:key:1ENV", None),
    ("secret:TLS:/etc/tls", "secret:tls:/etc/tls"),
    ("secret:s3:a b:ENV", None),
    ("configmap:cfg", None),
    ("env:MODE", None),
    ("env:A B=1", None),
    ("pvc:data", None),
    ("pvc:data:mnt", "pvc:data:/mnt:rw"),
    ("pvc:data:/mnt:readonly", "pvc:data:/mnt:ro"),
    ("pvc:data:/mnt:x", None),
    ("pvc:Data:/mnt:ro", "pvc:data:/mnt:ro"),
    ("shm:big", None),
    ("shm:8GB", "shm:8G"),
    ("include:", None),
    ("cache:", None),
    ("cache:disabled", "cache:off"),
    ("cache:enabled", "cache:on"),
    ("cache:Off", "cache:off"),
    ("cache:30", "cache:30s"),
    ("cache:30 days", "cache:30d"),
    ("retry:", None),
    ("retry:0", None),
    ("retry:-1", None),
    ("retry:2:30", "retry:2:30s"),
    ("timeout:30", "timeout:30s"),
    ("timeout:2hours", "timeout:2h"),
    ("timeout:12h1d", None),
    ("timeout:0s", None),
    ("timeout:" + "9" * 400 + "w", None),
    ("when:", None),
    ("when:a = 1", "when:a == 1"),
    ("when:if a", None),
    ("when:a\0", None),
    ("when:" + "(" * 5000, None),
    ("foreach:0", None),
    ("foreach:x", None),
    ("pipeline:other.py", None),
    ("uses:", None),
    ("uses:a.b", None),
    ("uses:a,,b", None),
    ("keeps:class", None),
    ("prev:", None),
    ("skip:today", "skip"),
    ("metrics:auc", "metrics"),
    ("draws:2", "draws"),
    ("on-exit:", "on-exit"),
]


@pytest.mark.parametrize(("tag", "better"), UNREADABLE, ids=[tag[:40].replace("\0", "0") for tag, _ in UNREADABLE])
def test_a_value_that_cannot_be_read_is_an_error_with_the_nearest_spelling(tag: str, better: str | None) -> None:
    """A word of ours with a value that does not parse is an error; what was meant is offered as a fix."""
    read = tags_of(tag)
    [found] = read.diagnostics
    assert ("KF110", "error", "c", {}) == (found.code, found.severity, found.cell, set_by(read))
    assert found.fix is not None
    assert (((better,), (tag,)) if better else ((), ())) == (found.fix.add_tags, found.fix.remove_tags)
    assert better is None or readable(better) == better


NEAR: list[tuple[str, str]] = [
    ("steps:train", "step:train"),
    ("Step:train", "step:train"),
    ("STEP:train", "step:train"),
    ("setp:train", "step:train"),
    ("stp:train", "step:train"),
    ("limits:cpu:2", "limit:cpu:2"),
    ("Limits:cpu:two", "limit:cpu:two"),
    ("requests:cpu:2", "request:cpu:2"),
    ("package:pandas", "packages:pandas"),
    ("gpus:1", "gpu:1"),
    ("GPU:1", "gpu:1"),
    ("cpu:2", "limit:cpu:2"),
    ("memory:4Gi", "limit:memory:4Gi"),
    ("tolerations:gpu", "toleration:gpu"),
    ("timout:2h", "timeout:2h"),
    ("imgae:python:3.11", "image:python:3.11"),
    ("config-map:a:b:C", "configmap:a:b:C"),
    ("change:df", "changes:df"),
    ("Skip", "skip"),
    ("import", "imports"),
    ("Functions", "functions"),
    ("parameter", "parameters"),
    ("paramters", "parameters"),
    ("pipeline_parameters", "pipeline-parameters"),
    ("on_exit", "on-exit"),
    ("for-each", "foreach"),
    ("gpu", "gpu:N"),
    ("step", "step:NAME"),
]


@pytest.mark.parametrize(("tag", "better"), NEAR)
def test_a_near_miss_is_a_warning_with_the_tag_that_was_meant(tag: str, better: str) -> None:
    """A tag that only looks like one of ours sets nothing and is warned about."""
    read = tags_of(tag)
    [found] = read.diagnostics
    assert ("KF111", "warning", {}) == (found.code, found.severity, set_by(read))
    assert found.fix is not None
    assert f"Write `{better}`." == found.fix.text
    assert found.fix.add_tags == ((better,) if readable(better) else ())


@pytest.mark.parametrize(
    "tag",
    [
        *("", "hide-input", "remove-cell", "raises-exception", "thebe-init", "full-width", "exercise", "export"),
        *(
            "todo",
            "note:x",
            "code:x",
            "mode:fast",
            "test:unit",
            "topic: limits",
            "stage:raw",
            "image",
            "label",
            "cache",
        ),
        *("env", "figure", "solution", "injected-parameters", "a:b", "2024", "ünïcode", "block:train", "name:me", ":"),
    ],
)
def test_other_tags_are_the_users_own(tag: str) -> None:
    """Tags of other tools and of the user mean nothing and are not remarked upon."""
    read = tags_of(tag)
    assert ((), {}) == (read.diagnostics, set_by(read))


def test_a_cell_for_two_steps_is_an_error() -> None:
    """Two names of steps at one cell contradict each other; `step:` alone beside a name does not."""
    read = tags_of("step:a", "step:b")
    assert ["KF116"] == [found.code for found in read.diagnostics]
    assert "a" == read.step
    assert () == tags_of("step:a", "step:").diagnostics


def test_text_cells_have_tags_but_no_comments() -> None:
    """A heading of a markdown cell is never a tag comment."""
    assert {} == set_by(tags_of(source="# step: train, gpu: 1", kind="markdown"))


@pytest.mark.parametrize(
    ("quantity", "number"),
    [("500m", "0.5"), ("1Ki", "1024"), ("2", "2"), ("1.5e3", "1500"), ("3u", "0.000003"), ("1E", "1e18")],
)
def test_quantities_have_kubernetes_amounts(quantity: str, number: str) -> None:
    """Suffixes are powers of ten or of 1024, as in Kubernetes."""
    assert amount(number) == amount(quantity)


@pytest.mark.parametrize(
    ("text", "length"),
    [("30s", 30.0), ("90m", 5400.0), ("1.5h", 5400.0), ("1w2d3h4m5s", 788645.0), ("1d12h", 129600.0)],
)
def test_durations_are_seconds(text: str, length: float) -> None:
    """Units may be joined, the largest first."""
    assert length == seconds(text)


_word = st.sampled_from([*VALUED, *FLAGS, "Step", "limits", "gpu "])
_value = st.text(max_size=12) | st.text("0123456789.:=/@,[]()<>-_ abAKMGimdhs'\"", max_size=20)
_tag = st.builds(lambda word, colon, value: word + colon + value, _word, st.sampled_from([":", "", "::"]), _value)


@settings(max_examples=1500, deadline=None)
@given(tags=st.lists(_tag | st.text(max_size=20), max_size=4), source=st.builds("# {}".format, _tag) | st.text())
def test_no_tag_or_comment_breaks_the_parser(tags: list[str], source: str) -> None:
    """Whatever is written, it is read, reported, or the user's own; and every fix that is offered can be read."""
    read = tags_of(*tags, source=source)
    for found in read.diagnostics:
        assert isinstance(found, Diagnostic)
        assert found.fix is not None
        assert all(readable(tag) for tag in found.fix.add_tags)


_name = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
_identifier = st.from_regex(r"x[a-z0-9_]{0,10}", fullmatch=True)
_text = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,20}[A-Za-z0-9])?", fullmatch=True)
_count = st.integers(1, 10**8)
_built = st.one_of(
    st.tuples(_name).map(lambda p: (f"step:{p[0]}", {"step": p[0]})),
    st.tuples(_count).map(lambda p: (f"gpu:{p[0]}", {"limits": {"nvidia.com/gpu": str(p[0])}})),
    st.tuples(_name, _text, _count).map(
        lambda p: (f"limit:{p[0]}.io/{p[1]}:{p[2]}", {"limits": {f"{p[0]}.io/{p[1]}": str(p[2])}})
    ),
    st.tuples(_text, _text).map(lambda p: (f"label:{p[0]}:{p[1]}", {"labels": {p[0]: p[1]}})),
    st.tuples(_text, _text).map(lambda p: (f"node:{p[0]}={p[1]}", {"node_selector": {p[0]: p[1]}})),
    st.tuples(_name, _text, _identifier).map(lambda p: (f"secret:{':'.join(p)}", {"secrets": (p,)})),
    st.tuples(_name, _name).map(lambda p: (f"pvc:{p[0]}:/{p[1]}:ro", {"volumes": ((p[0], f"/{p[1]}", True),)})),
    st.tuples(_identifier, _text).map(lambda p: (f"env:{p[0]}={p[1]}", {"env": {p[0]: p[1]}})),
    st.tuples(_count, _count).map(lambda p: (f"retry:{p[0]}:{p[1]}m", {"retries": p[0], "retry_backoff": p[1] * 60.0})),
    st.tuples(_count).map(lambda p: (f"timeout:{p[0]}h", {"timeout": p[0] * 3600.0})),
    st.lists(_identifier, min_size=1, unique=True).map(lambda p: (f"uses:{','.join(p)}", {"uses": tuple(p)})),
    st.tuples(_name, _name, _text).map(
        lambda p: (f"image:{p[0]}:5000/{p[1]}:{p[2]}", {"image": f"{p[0]}:5000/{p[1]}:{p[2]}"})
    ),
)


@settings(max_examples=500, deadline=None)
@given(built=_built)
def test_a_tag_built_from_parts_gives_the_parts_back(built: tuple[str, dict[str, Any]]) -> None:
    """Writing parts as a tag and reading it is the identity."""
    tag, fields = built
    read = tags_of(tag)
    assert ((), fields) == (read.diagnostics, set_by(read))


def test_bad_values_name_what_is_wrong() -> None:
    """A parser's error says which part is wrong, in words."""
    with pytest.raises(BadValue, match="`2 hrs` is not a duration"):
        seconds("2 hrs")
