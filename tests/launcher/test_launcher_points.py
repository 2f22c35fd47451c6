"""How metrics went: the points that a task logs, of a long series every nth."""

from __future__ import annotations

import msgspec
import pytest
from launcher_place import Place

from kfnb.launcher.points import MOST_NAMES, MOST_POINTS, Points, Series


def saved(place: Place, key: str) -> dict[str, Series]:
    """Read the series that a task left."""
    return msgspec.json.decode(place.store.read(key), type=dict[str, Series])


def test_every_point_of_a_task_is_kept(place: Place) -> None:
    """Steps are counted where none is given; what JSON lacks is a word; the metric is its last value."""
    ran = place.run(
        "import kfnb\nfor value in (3, 2, float('nan')):\n    kfnb.log_metric('loss', value)",
        "for epoch in (10, 20):\n    kfnb.log_metric('auc', epoch / 100, step=epoch)\nkfnb.log_metric('auc', 0.5)",
    )
    assert {"loss": "NaN", "auc": 0.5} == ran.output.metrics
    assert ran.output.series is not None
    assert {
        "loss": Series(steps=(0, 1, 2), values=(3, 2, "NaN"), logged=3),
        "auc": Series(steps=(10, 20, 21), values=(0.1, 0.2, 0.5), logged=3),
    } == saved(place, ran.output.series)
    assert [6] == [told["points"] for told in ran.told if "points" in told][-1:]


def test_a_body_that_dies_leaves_its_points(place: Place) -> None:
    """What was logged before it died is kept, with the step that failed."""
    ran = place.run("import os, kfnb\nfor n in range(3):\n    kfnb.log_metric('loss', n)\nos._exit(3)")
    assert "FAILED" == ran.output.state
    assert ran.output.series is not None
    assert (0, 1, 2) == saved(place, ran.output.series)["loss"].values


def test_a_metric_that_is_logged_once_is_no_series(place: Place) -> None:
    """Nothing more than the metric itself is kept of it."""
    ran = place.run("import kfnb\nkfnb.log_metric('auc', 0.5)")
    assert ({"auc": 0.5}, None) == (ran.output.metrics, ran.output.series)


def test_a_step_that_is_no_number_is_refused(place: Place) -> None:
    """By the type of error that a wrong value has, and nothing is logged."""
    ran = place.run("import kfnb\nkfnb.log_metric('auc', 0.5, step=float('inf'))")
    assert ran.output.error is not None
    assert ("TypeError", {}) == (ran.output.error.ename, ran.output.metrics)


@pytest.mark.parametrize("logged", [2, MOST_POINTS, MOST_POINTS + 1, 10 * MOST_POINTS + 7])
def test_a_long_series_is_thinned_evenly(logged: int) -> None:
    """Its points stay few and at even distances, the first and the last among them."""
    points = Points()
    for number in range(logged):
        points.add("loss", None, number)
    found = points.series()["loss"]
    assert found.steps == found.values
    assert (logged, 0, logged - 1) == (found.logged, found.values[0], found.values[-1])
    assert min(logged, MOST_POINTS // 2) <= len(found.values) <= MOST_POINTS + 1
    assert len({after - before for before, after in zip(found.steps[:-2], found.steps[1:-1], strict=True)}) <= 1


def test_there_is_an_end_to_names() -> None:
    """Of more metrics than any page shows there is the last value alone."""
    points = Points()
    for number in range(MOST_NAMES + 5):
        points.add(f"m{number}", None, 1)
    assert MOST_NAMES == len(points.series())
