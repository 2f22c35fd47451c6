"""Pages of runs in every order: none is told twice or left out, whatever comes in between."""

from __future__ import annotations

from typing import Any

import pytest
from metadata_runs import finished, known

from kfnb.artifacts.store import Store
from kfnb.errors import WrongCall
from kfnb.metadata import projection
from kfnb.metadata.database import Database
from kfnb.metadata.filtering import Condition, RunFilter
from kfnb.metadata.paging import Order, cursor, page_after

RUNS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a": ({"auc": 0.5}, {"depth": 3}),
    "b": ({"auc": "NaN"}, {"depth": "deep"}),
    "c": ({"auc": 0.9, "loss": 1}, {"depth": 3}),
    "d": ({}, {}),
    "e": ({"auc": "Infinity"}, {"depth": 2.5}),
    "f": ({"auc": 0.5, "loss": 2}, {"depth": "broad"}),
}
"""Metrics and parameters of runs, the oldest first."""

ALL = RunFilter()


@pytest.fixture
def filled(database: Database, store: Store) -> Database:
    """A database of those runs."""
    for created, (run, (metrics, parameters)) in enumerate(RUNS.items()):
        _add(database, store, run, float(created), metrics, parameters)
    return database


def _add(
    database: Database, store: Store, run: str, created: float, metrics: dict[str, Any], parameters: dict[str, Any]
) -> None:
    finished(
        store,
        run,
        metrics,
        created=created,
        parameters=parameters,
        experiment="EF"[run > "c"],
        started_by="zoe" if run < "d" else "ada",
    )
    projection.write(database, known(store, run))


def _pages(database: Database, order: Order, wanted: RunFilter = ALL, limit: int = 2) -> str:
    """Read all pages, giving the cursor away as text as the server does, and return the ids of the runs."""
    found, text = "", None
    while True:
        with database.reading() as connection:
            after = cursor(text, order) if text is not None else None
            rows, end = page_after(connection, wanted, order, limit, after)
        found += "".join(row.columns["id"] for row in rows)
        if end is None:
            return found
        assert limit == len(rows)
        text = end.to_text()


@pytest.mark.parametrize(
    ("key", "up", "down"),
    [
        ("created", "abcdef", "fedcba"),
        ("name", "abcdef", "fedcba"),
        ("experiment", "abcdef", "fedcba"),
        ("duration", "abcdef", "fedcba"),
        ("commit", "abcdef", "fedcba"),
        ("started_by", "defabc", "cbafed"),
        ("metric.train.auc", "afcebd", "ecfabd"),
        ("metric.train.loss", "cfedba", "fcedba"),
        ("metric.load.auc", "fedcba", "fedcba"),
        ("param.depth", "eacfbd", "caebfd"),
        ("param.train.lr", "abcdef", "fedcba"),
    ],
)
def test_runs_are_told_in_an_order_page_by_page(filled: Database, key: str, up: str, down: str) -> None:
    """Numbers, then other values, either way round; runs without a value at the end, the newest first."""
    assert (up, down) == (_pages(filled, Order(key, down=False)), _pages(filled, Order(key)))
    assert down == _pages(filled, Order(key), limit=1)


def test_what_has_not_ended_stands_behind_what_took_a_time(database: Database, store: Store) -> None:
    """By duration a run without an end is the last, either way round."""
    for run, created in (("a", 1.0), ("b", 2.0)):
        _add(database, store, run, created, {}, {})
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET duration = NULL WHERE id = 'b'")
    assert ("ab", "ab") == (_pages(database, Order("duration", down=False)), _pages(database, Order("duration")))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (RunFilter(metrics=(Condition("auc", ">", 0.4),)), "ecfa"),
        (RunFilter(metrics=(Condition("loss", ">", 1),), experiments=("F",)), "f"),
        (RunFilter(search="e", experiments=("E",)), "cab"),
        (RunFilter(parameters=(Condition("depth", "=", 3),), metrics=(Condition("auc", "<", 0.8),)), "a"),
        (RunFilter(people=("zoe",)), "cab"),
        (RunFilter(archived="only"), ""),
    ],
)
def test_an_order_is_kept_among_the_runs_that_pass(filled: Database, wanted: RunFilter, found: str) -> None:
    """A filter leaves runs out and changes nothing else, in the order of a metric as in that of time."""
    assert found == _pages(filled, Order("metric.train.auc"), wanted)
    assert "".join(sorted(found, reverse=True)) == _pages(filled, Order(), wanted)


@pytest.mark.parametrize("key", ["name", "param.depth"])
def test_of_equal_runs_the_newest_is_told_first(database: Database, store: Store, key: str) -> None:
    """It is the time that counts, not when a run came into the database."""
    for run, created in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        finished(store, run, {}, created=created, parameters={"depth": 1})
        projection.write(database, known(store, run))
    assert ("cba", "abc") == (_pages(database, Order(key)), _pages(database, Order(key, down=False)))


@pytest.mark.parametrize("key", ["created", "name", "metric.train.auc"])
def test_runs_that_come_meanwhile_shift_no_page(filled: Database, store: Store, key: str) -> None:
    """The page behind a run begins with the one behind it, though others stand before it by now."""
    order = Order(key)
    with filled.reading() as connection:
        whole, _ = page_after(connection, ALL, order, 6)
        _, end = page_after(connection, ALL, order, 3)
    _add(filled, store, "g", 100.0, {"auc": "Infinity"}, {})
    with filled.reading() as connection:
        rest, _ = page_after(connection, ALL, order, 3, end)
    assert [row.columns["id"] for row in whole[3:]] == [row.columns["id"] for row in rest]


@pytest.mark.parametrize("key", ["", "nope", "param.", "metric.auc", "archived", "created.x"])
def test_what_runs_cannot_be_sorted_by_is_named(key: str) -> None:
    """A key that there is not is refused with those that there are."""
    with pytest.raises(WrongCall, match=r"Runs cannot be sorted by .*, only by created, name, state"):
        Order(key)


def test_a_cursor_is_of_one_order(filled: Database) -> None:
    """One of another order, or none at all, is refused in words."""
    with filled.reading() as connection:
        _, end = page_after(connection, ALL, Order("name"), 1)
    assert end is not None
    assert end == cursor(end.to_text(), Order("name"))
    for text in (end.to_text(), "2", "", "ä", "\x00", end.to_text()[:-3]):
        with pytest.raises(WrongCall, match="is no cursor of this list"):
            cursor(text, Order("created"))
