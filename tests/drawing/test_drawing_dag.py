"""The DAG as SVG and as text: deterministic, escaped, complete."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from kfnb.drawing.dag_svg import dag_svg
from kfnb.drawing.dag_text import dag_text
from kfnb.drawing.layout import lay_out
from kfnb.drawing.states import LOOKS
from kfnb.spec import Edge, PipelineSpec, Task

SVG = "{http://www.w3.org/2000/svg}"


def pipeline(names: list[str], edges: list[tuple[str, str, str]]) -> PipelineSpec:
    return PipelineSpec(
        name="churn",
        notebook="churn.ipynb",
        notebook_digest="",
        tasks=tuple(Task(name=name, slug=name, cells=()) for name in names),
        edges=tuple(Edge(source=s, target=t, names=tuple(n.split())) for s, t, n in edges),
    )


DIAMOND = pipeline(
    ["prepare", "left", "right", "join"],
    [("prepare", "left", "df"), ("prepare", "right", "df n"), ("left", "join", "a"), ("right", "join", "b")],
)


def test_every_step_and_edge_is_in_the_svg_with_its_names() -> None:
    """The SVG holds one group a step and one path an edge, whose tooltip says which names flow."""
    root = ET.fromstring(dag_svg(DIAMOND))
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert [t for t in titles if t in ("prepare", "left", "right", "join")] == ["prepare", "left", "right", "join"]
    assert {"prepare → left: df", "prepare → right: df, n", "left → join: a", "right → join: b"} <= set(titles)


def test_the_svg_is_the_same_every_time() -> None:
    """One pipeline gives one picture."""
    assert dag_svg(DIAMOND) == dag_svg(DIAMOND)


def test_states_are_told_by_word_and_icon_not_by_colour_alone() -> None:
    """Each state's word and icon stand in the box."""
    for state, look in LOOKS.items():
        svg = dag_svg(DIAMOND, {"prepare": {"state": state, "cached": False, "why": None}})
        assert f">{look.icon} {look.word}<" in svg


def test_a_cached_task_says_so() -> None:
    """A task that came from the cache is succeeded and named cached."""
    svg = dag_svg(DIAMOND, {"prepare": {"state": "SUCCEEDED", "cached": True, "why": None}})
    assert "cached" in svg


def test_names_are_escaped() -> None:
    """A step called like markup stays text, in the picture and in the attributes."""
    evil = 'a"><script>alert(1)</script>'
    svg = dag_svg(pipeline([evil, "b"], [(evil, "b", "<x>")]))
    assert "<script" not in svg
    assert "&lt;script" in svg
    ET.fromstring(svg)


def test_an_empty_pipeline_is_drawn() -> None:
    """No steps is a picture that says so."""
    assert "no steps" in dag_svg(pipeline([], []))
    assert dag_text(pipeline([], [])) == "(no steps)"


def test_boxes_of_one_row_do_not_overlap() -> None:
    """Eight parallel steps stand side by side with room between them."""
    names = ["start", *(f"fold{i}" for i in range(8)), "end"]
    edges = [("start", f"fold{i}", "x") for i in range(8)] + [(f"fold{i}", "end", "y") for i in range(8)]
    root = ET.fromstring(dag_svg(pipeline(names, edges)))
    boxes = sorted(
        (float(r.get("y", 0)), float(r.get("x", 0)), float(r.get("width", 0))) for r in root.iter(f"{SVG}rect")
    )
    for (y, x, width), (next_y, next_x, _) in itertools.pairwise(boxes):
        assert y != next_y or x + width < next_x


def test_a_thousand_steps_are_drawn() -> None:
    """A wide and deep pipeline of a thousand steps, with an edge from each to the last, is laid out in bounded work."""
    names = [f"s{i}" for i in range(1000)]
    edges = [(f"s{i}", f"s{i + 1}", "x") for i in range(999)] + [(f"s{i}", "s999", "y") for i in range(998)]
    assert dag_svg(pipeline(names, edges)).count("<rect") == 1000


def test_the_text_drawing_of_a_diamond() -> None:
    """Boxes in rows, a line with an arrow for each edge, and the names below."""
    expected = """\
    ┌─────────┐
    │ prepare │
    └────┬────┘
    ╭────┴─────╮
    ▼          ▼
┌──────┐   ┌───────┐
│ left │   │ right │
└───┬──┘   └───┬───┘
    ╰────╮ ╭───╯
         ▼ ▼
      ┌──────┐
      │ join │
      └──────┘

prepare → left   df
prepare → right  df, n
left → join      a
right → join     b"""
    assert expected.splitlines() == dag_text(DIAMOND).splitlines()


def test_a_drawing_too_wide_for_the_terminal_becomes_a_list() -> None:
    """Where the boxes do not fit, each step is a line, with what flows into it below."""
    text = dag_text(DIAMOND, columns=12)
    assert text.splitlines()[-3:] == ["4  join", "     ← left: a", "     ← right: b"]


@st.composite
def pipelines(draw: st.DrawFn) -> PipelineSpec:
    count = draw(st.integers(1, 9))
    names = [f"s{i}" for i in range(count)]
    pairs = [(s, t) for i, s in enumerate(names) for t in names[i + 1 :]]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    flows = draw(st.sampled_from(["x", "a long name of what flows there"]))
    return pipeline(names, [(s, t, flows) for s, t in chosen])


@settings(max_examples=150, deadline=None)
@given(pipelines())
def test_every_edge_arrives_by_an_arrow_of_its_own(spec: PipelineSpec) -> None:
    """However the pipeline looks, the drawing has as many arrow heads as edges and names each step once."""
    drawing = dag_text(spec, columns=10_000).split("\n\n")[0]
    assert len(spec.edges) == drawing.count("▼")
    assert sorted(task.name for task in spec.tasks) == sorted(re.findall(r"s\d", drawing))


@settings(max_examples=150, deadline=None)
@given(pipelines())
def test_nothing_is_drawn_beside_the_picture(spec: PipelineSpec) -> None:
    """Edges that go round a box stay within it, and so does what is written beside them."""
    drawn = ET.fromstring(dag_svg(spec))
    width = float(drawn.attrib["width"])
    xs = [
        float(x)
        for path in drawn.iter(f"{SVG}path")
        for x in re.findall(r"(?:[MC ])([-\d.]+) [-\d.]+", path.get("d", ""))
    ]
    for text in drawn.iter(f"{SVG}text"):
        half = len("".join(text.itertext())) * 3
        xs += [float(text.attrib["x"]) - half, float(text.attrib["x"]) + half]
    assert [] == [x for x in xs if not 0 <= x <= width]


@settings(max_examples=100, deadline=None)
@given(pipelines())
def test_every_edge_goes_down(spec: PipelineSpec) -> None:
    """A step stands in a row below every step that it needs."""
    layout = lay_out([t.name for t in spec.tasks], [(e.source, e.target) for e in spec.edges], width=lambda _: 5, gap=1)
    assert all(layout.row_of[e.source] < layout.row_of[e.target] for e in spec.edges)
