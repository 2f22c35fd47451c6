"""What the tables say of calls that draw random numbers, tried on the libraries themselves."""

from __future__ import annotations

import inspect
import pickle
import random
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from dataflow_libraries import OTHER_VERSIONS, arguments_for, find
from sklearn.datasets import make_classification
from threadpoolctl import threadpool_limits

from kfnb.dataflow.tables import random as draws

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries', not ours

matplotlib.use("agg")


def states() -> dict[str, str]:
    """The global state of each provider that is here."""
    return {"random": str(random.getstate()), "numpy.random": pickle.dumps(np.random.get_state()).hex()}


def drawn_by(call: Any) -> set[str]:
    """Providers that a call advances."""
    before = states()
    call()
    after = states()
    return {provider for provider in before if before[provider] != after[provider]}


@pytest.mark.parametrize("module", ["random", "numpy.random"])
def test_module_functions_draw_from_their_provider(module: str) -> None:
    """Every drawer of `random` and `numpy.random` advances that state and no other."""
    names = [name for name in draws.DRAWERS if name.rpartition(".")[0] == module]
    for name in sorted(set(names) - OTHER_VERSIONS):
        drawn: set[str] = set()
        for arguments in arguments_for(name):
            try:
                drawn |= drawn_by(lambda a=arguments, n=name: find(n)(*a))
            except (TypeError, ValueError, IndexError):
                continue
        assert {module} == drawn, name


@pytest.mark.parametrize("name", ["random.seed", "numpy.random.seed"])
def test_seeders_set_their_provider(name: str) -> None:
    """Seeding sets the state of the provider in the table."""
    find(name)(12345)
    before = states()
    find(name)(1)
    assert {draws.SEEDERS[name]} == {p for p, s in states().items() if s != before[p]}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sklearn.model_selection.train_test_split", (list(range(9)),)),
        ("sklearn.utils.shuffle", (list(range(9)),)),
        ("sklearn.utils.resample", (list(range(9)),)),
        ("sklearn.datasets.make_classification", ()),
        ("sklearn.datasets.make_blobs", ()),
        ("sklearn.datasets.make_moons", ()),
        ("scipy.stats.bootstrap", ((np.arange(9.0),), np.mean)),
        ("scipy.sparse.random", (9, 9)),
        ("scipy.optimize.differential_evolution", (lambda v: float((v**2).sum()), [(-1, 1)])),
        ("scipy.cluster.vq.kmeans2", (np.arange(20.0).reshape(10, 2), 2)),
    ],
)
def test_functions_draw_unless_they_are_given_a_seed(name: str, arguments: tuple[Any, ...]) -> None:
    """Left alone they draw from the provider; with one of the parameters given they do not."""
    provider, parameters = draws.DRAWERS_UNLESS[name]
    assert {provider} == drawn_by(lambda: find(name)(*arguments))
    seeded = 0
    for parameter in parameters:
        if parameter in inspect.signature(find(name)).parameters:
            seeded += 1
            assert set() == drawn_by(lambda p=parameter: find(name)(*arguments, **{p: 0}))
    assert seeded


def test_estimators_that_draw_are_in_the_table() -> None:
    """Fitting every estimator of scikit-learn as it comes: who draws is known to draw."""
    from sklearn.utils import all_estimators

    X, y = make_classification(36, 6, random_state=0)
    always = set(draws.UNSEEDED_ESTIMATORS) - set(draws.UNSEEDED_ONLY_WITH)
    names = {name.rpartition(".")[2] for name in always}
    sometimes = {name.rpartition(".")[2] for name in draws.UNSEEDED_ONLY_WITH}
    for name, kind in all_estimators():
        try:
            model = kind()
            with threadpool_limits(1):
                drawn = drawn_by(lambda m=model: m.fit(abs(X), y))
        except Exception:
            continue
        if drawn and "random_state" in inspect.signature(kind).parameters:
            assert name in names, name
        if name in sometimes:
            assert set() == drawn, name


@pytest.mark.parametrize(
    ("name", "settings", "draws_then"),
    [
        ("sklearn.linear_model.LogisticRegression", {"solver": "liblinear"}, True),
        ("sklearn.linear_model.LogisticRegression", {"solver": "newton-cg"}, False),
        ("sklearn.linear_model.Ridge", {"solver": "sag"}, True),
        ("sklearn.linear_model.Ridge", {"solver": "svd"}, False),
        ("sklearn.model_selection.KFold", {"shuffle": True}, True),
        ("sklearn.model_selection.KFold", {"shuffle": False}, False),
        ("sklearn.model_selection.StratifiedKFold", {"shuffle": True}, True),
        ("sklearn.model_selection.ShuffleSplit", {}, True),
    ],
)
def test_some_draw_only_with_certain_settings(name: str, settings: dict[str, Any], draws_then: bool) -> None:
    """The table of settings says when an estimator or splitter draws."""
    X, y = make_classification(40, 4, random_state=0)
    thing = find(name)(**settings)
    drawn = drawn_by(lambda: thing.fit(X, y) if hasattr(thing, "fit") else list(thing.split(X, y)))
    said = name not in draws.UNSEEDED_ONLY_WITH or any(
        value not in draws.UNSEEDED_ONLY_WITH[name].get(key, (value,)) for key, value in settings.items()
    )
    assert draws_then == bool(drawn) == said


@pytest.mark.parametrize(
    "name",
    sorted(
        {"barplot", "boxplot", "violinplot", "stripplot", "swarmplot", "pointplot", "catplot", "lineplot", "regplot"}
        | {"scatterplot", "histplot", "kdeplot", "relplot", "displot", "lmplot", "jointplot", "boxenplot"}
    ),
)
def test_seaborn_draws_where_the_table_says(name: str) -> None:
    """Jitter comes from NumPy's global state, confidence intervals do not."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    data = pd.DataFrame({"x": [0.0, 1.0, 2.0] * 4, "y": np.arange(12.0)})
    drawn = drawn_by(lambda: getattr(sns, name)(data=data, x="x", y="y"))
    plt.close("all")
    assert (f"seaborn.{name}" in draws.DRAWERS) == bool(drawn)


@pytest.mark.parametrize("make", ["DataFrame", "Series"])
def test_sampling_a_frame_draws(make: str) -> None:
    """`sample` draws from NumPy's global state unless it is given one."""
    (provider, _), (parameter,) = draws.DRAWING_METHODS["sample"]
    value = getattr(pd, make)({"a": range(9)} if make == "DataFrame" else range(9))
    assert {provider} == drawn_by(lambda: value.sample(3))
    assert set() == drawn_by(lambda: value.sample(3, **{parameter: 0}))
