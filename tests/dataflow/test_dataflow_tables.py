"""What the tables say of libraries, tried on the libraries themselves."""

from __future__ import annotations

import ast
import builtins
import collections
import importlib
import importlib.util
import inspect
import io
import itertools
import pathlib
import pickle
import random
import subprocess
import sys
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from kfnb.dataflow.tables import changers, copies, files, iterators, lookers, setters, shell, signatures, types
from kfnb.dataflow.tables import random as draws

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import generate_tables  # the script stands beside this file

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries', not ours

matplotlib.use("agg")

OTHER_VERSIONS = frozenset(
    """
    itertools.batched IPython.display.set_matplotlib_formats IPython.display.set_matplotlib_close
    numpy.set_string_function os.startfile pandas.read_gbq random.binomialvariate telnetlib.
    """.split()
)
"""Names of the tables that other versions or systems have."""

DOTTED = {
    f"{module.__name__.rpartition('.')[2]}.{name}": table
    for module, names in {
        changers: ["ARGUMENT_CHANGERS"],
        lookers: ["LOOKER_CALLS"],
        copies: ["COPYING_CALLS"],
        setters: ["SETTER_CALLS", "SETTER_RECEIVERS", "NO_EFFECT_CALLS", "OUTSIDE_CALLS", "OUTSIDE_READS"],
        draws: (
            "SEEDERS SEEDS_ALL DRAWERS DRAWERS_UNLESS UNSEEDED_ESTIMATORS GENERATOR_MAKERS DRAWS_LATER DRAWS_LATER_WITH"
        ).split(),
        files: ["PATH_READERS", "PATH_WRITERS", "MODE_CALLS"],
        iterators: ["ITERATOR_MAKERS", "CONSUMERS"],
        types: ["IMMUTABLE_CONSTRUCTORS", "RESULT_KINDS"],
    }.items()
    for name in names
    for table in [getattr(module, name)]
}


def find(dotted: str) -> Any:
    """The object of that dotted name; LookupError if there is none, None if its library is not installed."""
    parts = dotted.split(".")
    if hasattr(builtins, parts[0]):
        found: Any = builtins
    elif len(parts) == 1 and parts[0] == "display":  # IPython's
        return dotted
    elif importlib.util.find_spec(parts[0]) is None:
        return None
    else:
        cut = len(parts)
        while True:
            try:
                found = importlib.import_module(".".join(parts[:cut]))
                break
            except ImportError:
                cut -= 1
        parts = parts[cut:]
    for part in parts:
        if not hasattr(found, part):
            raise LookupError(dotted)
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("table", DOTTED)
def test_every_dotted_name_exists(table: str) -> None:
    """No entry names something that its library, where installed, does not have."""
    importlib.import_module("sklearn.experimental.enable_iterative_imputer")
    importlib.import_module("sklearn.experimental.enable_halving_search_cv")
    missing = []
    for name in sorted(set(DOTTED[table]) - OTHER_VERSIONS):
        try:
            find(name)
        except LookupError:
            missing.append(name)
    assert [] == missing


@pytest.mark.parametrize(
    "prefix",
    sorted(
        {*lookers.LOOKER_PREFIXES, *copies.COPYING_PREFIXES, *copies.IMMUTABLE_RESULT_PREFIXES}
        | set(setters.NO_EFFECT_PREFIXES)
    ),
)
def test_every_prefix_begins_names_that_exist(prefix: str) -> None:
    """A prefix of an installed library has something under it."""
    module, _, start = prefix.rpartition(".")
    found = find(module) if module else None
    assert found is None or any(name.startswith(start) for name in dir(found))


# ------------------------------------------------------------------------------------------------------ generated


def test_the_generated_tables_cover_the_installed_libraries() -> None:
    """`signatures.py` holds all that the script finds now; run tests/dataflow/generate_tables.py if it does not."""
    for name, table in generate_tables.tables().items():
        shipped = getattr(signatures, name)
        assert set() == set(table) - set(shipped), name
        if isinstance(table, dict):
            assert table == {key: shipped[key] for key in table}, name


def test_every_pandas_reader_and_writer_is_known() -> None:
    """Each `read_*` of pandas and each `to_*` that takes a path is in a table."""
    readers = {f"pandas.{name}" for name in dir(pd) if name.startswith("read_")} - {"pandas.read_clipboard"}
    assert set() == readers - set(files.PATH_READERS) - setters.OUTSIDE_READS
    takes_path = {"path", "path_or_buf", "path_or_buffer", "excel_writer", "buf", "fname"}
    writers = {
        name
        for name in dir(pd.DataFrame)
        if name.startswith("to_")
        and next(iter(list(inspect.signature(getattr(pd.DataFrame, name)).parameters)[1:]), "") in takes_path
    }
    assert set() == writers - set(files.PATH_WRITER_METHODS)


def test_every_method_of_a_path_is_known_or_only_computes() -> None:
    """Each method of `pathlib.Path` that touches the disk is in a table."""
    computing = set(dir(pathlib.PurePath)) | {"cwd", "home", "expanduser", "absolute", "owner", "group", "open"}
    asking = {name for name in dir(pathlib.Path) if name.startswith("is_")} | {"readlink"}
    known = set(files.PATH_READER_METHODS) | set(files.PATH_WRITER_METHODS)
    touching = {name for name in dir(pathlib.Path) if not name.startswith("_")} - computing - asking
    assert {"lchmod", "link_to"} >= touching - known


@pytest.mark.parametrize("table", ["PATH_READERS", "PATH_WRITERS"])
def test_the_argument_said_to_be_a_path_is_there(table: str) -> None:
    """Places of paths exist, and their names are known as keywords."""
    for name, places in getattr(files, table).items():
        found = find(name)
        for place in (places,) if isinstance(places, int) else places:
            try:
                parameters = list(inspect.signature(found).parameters.values()) if found is not None else []
            except (ValueError, TypeError):
                continue
            if parameters and not any(p.kind is p.VAR_POSITIONAL for p in parameters):
                assert place < len(parameters), name
                assert parameters[place].name in files.PATH_KEYWORDS, (name, parameters[place].name)


# -------------------------------------------------------------------------------------------------------- changers


class Numbers:
    """A picklable object with state."""

    def __init__(self) -> None:
        self.value = 1


def frame() -> pd.DataFrame:
    """A small frame of numbers and text."""
    return pd.DataFrame({"k": [3.0, 1.0, 2.0], "b": ["x", "y", "x"], "c": [1, 2, 3]})


CHANGES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "append": ([1], (2,)),
    "extend": ([1], ([2],)),
    "insert": ([1], (0, 2)),
    "remove": ([1], (1,)),
    "pop": ([1], ()),
    "clear": ([1], ()),
    "sort": ([2, 1], ()),
    "reverse": ([2, 1], ()),
    "add": ({1}, (2,)),
    "discard": ({1}, (1,)),
    "update": ({1: 2}, ({3: 4},)),
    "setdefault": ({}, (1, 2)),
    "popitem": ({1: 2}, ()),
    "difference_update": ({1}, ({1},)),
    "intersection_update": ({1}, ({2},)),
    "symmetric_difference_update": ({1}, ({2},)),
    "appendleft": (collections.deque([1]), (2,)),
    "extendleft": (collections.deque([1]), ([2],)),
    "popleft": (collections.deque([1]), ()),
    "rotate": (collections.deque([1, 2]), (1,)),
    "move_to_end": (collections.OrderedDict(a=1, b=2), ("a",)),
    "__setitem__": ([1], (0, 2)),
    "__delitem__": ([1], (0,)),
    "__setattr__": (Numbers(), ("value", 2)),
    "__delattr__": (Numbers(), ("value",)),
    "__iadd__": ([1], ([2],)),
    "__ior__": ({1}, ({2},)),
    "__iand__": ({1}, ({2},)),
    "__isub__": ({1}, ({1},)),
    "__ixor__": ({1}, ({1},)),
    "__imul__": ([1], (2,)),
    "__next__": (iter([1, 2]), ()),
    "read": (io.StringIO("ab"), (1,)),
    "readline": (io.StringIO("a\nb"), ()),
    "readlines": (io.StringIO("a\nb"), ()),
    "write": (io.StringIO(), ("a",)),
    "writelines": (io.StringIO(), (["a"],)),
    "seek": (io.StringIO("ab"), (1,)),
    "truncate": (io.StringIO("ab"), (1,)),
    "read1": (io.BytesIO(b"ab"), (1,)),
    "readinto": (io.BytesIO(b"ab"), (bytearray(1),)),
    "fit": (LinearRegression(), ([[1], [2]], [1, 2])),
    "fit_transform": (StandardScaler(), ([[1], [2]],)),
    "partial_fit": (StandardScaler(), ([[1], [2]],)),
    "set_params": (LinearRegression(), ()),
    "fill": (np.zeros(3), (1,)),
    "put": (np.zeros(3), ([0], [1])),
    "seed": (random.Random(0), (1,)),
    "setstate": (random.Random(0), (random.Random(1).getstate(),)),
    "set_state": (np.random.RandomState(0), (np.random.RandomState(1).get_state(),)),
    "spawn": (np.random.default_rng(0), (1,)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changer_changes_its_receiver(name: str) -> None:
    """The receiver's pickle differs after the call."""
    receiver, arguments = CHANGES[name]
    assert name in changers.CHANGER_METHODS
    before = pickle.dumps(receiver)
    keywords = {"fit_intercept": False} if name == "set_params" else {}
    getattr(receiver, name)(*arguments, **keywords)
    assert before != pickle.dumps(receiver)


def figure_with_axes() -> tuple[Any, Any]:
    """A figure and its axes."""
    from matplotlib.figure import Figure

    drawn = Figure()
    return drawn, drawn.subplots()


@pytest.mark.parametrize(
    "call",
    [
        "ax.text(0, 0, 'a')",
        "ax.annotate('a', (0, 0))",
        "ax.legend()",
        "ax.set_title('a')",
        "ax.axhline(1)",
        "ax.fill_between([1], [1])",
        "ax.imshow([[1]])",
        "ax.errorbar([1], [1])",
        "ax.twinx()",
        "figure.add_subplot(2, 1, 2)",
        "figure.suptitle('a')",
        "figure.add_axes((0, 0, 1, 1))",
        "figure.set_size_inches(1, 1)",
        "ax.grid(True)",
        "ax.tick_params(labelsize=3)",
        "ax.set(xlabel='a')",
        "ax.step([1], [1])",
        "ax.invert_yaxis()",
    ],
)
def test_drawing_changes_figures(call: str) -> None:
    """A method that draws or sets something is a change of figure or axes."""
    figure, ax = figure_with_axes()
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Attribute)
    assert node.func.attr in changers.CHANGER_METHODS
    before = pickle.dumps(figure)
    eval(call, {"ax": ax, "figure": figure})
    assert before != pickle.dumps(figure)


def arguments_for(name: str) -> list[tuple[Any, ...]]:
    """A few argument lists to try on a method of unknown signature."""
    return [
        (), (3,), ([1, 2, 3],), (2, 3), (1, 1, 1), (3, 2, 2), ([0.5, 0.5],), (3, [0.5, 0.5]), ([1, 2, 3], 2),
        ([16, 8, 4], 6), ([1.0], [[1.0]]), (1, 2, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "names", "state"),
    [
        (lambda: np.random.default_rng(0), signatures.NUMPY_RANDOM_METHODS, lambda g: str(g.bit_generator.state)),
        (lambda: np.random.RandomState(0), signatures.NUMPY_RANDOM_METHODS, lambda g: str(g.get_state())),
        (lambda: random.Random(0), signatures.PYTHON_RANDOM_METHODS, lambda g: str(g.getstate())),
    ],
    ids=["Generator", "RandomState", "Random"],
)
def test_methods_of_generators_advance_them(make: Any, names: frozenset[str], state: Any) -> None:
    """Every method in the table that the generator has changes its state."""
    for name in sorted(names):
        if not hasattr(make(), name):
            continue
        assert name in changers.GENERATOR_METHODS
        advanced = False
        for arguments in arguments_for(name):
            generator = make()
            before = state(generator)
            try:
                getattr(generator, name)(*arguments)
            except (TypeError, ValueError, IndexError, AttributeError, NotImplementedError):
                continue
            advanced = advanced or state(generator) != before
        assert advanced, name


def test_the_generators_have_no_other_methods_that_advance_them() -> None:
    """What is not in the table leaves the generator as it was."""
    makers: list[Any] = [lambda: np.random.default_rng(0), lambda: np.random.RandomState(0), lambda: random.Random(0)]
    for make in makers:
        for name in dir(make()):
            if name.startswith("_") or name in changers.GENERATOR_METHODS | changers.CHANGER_METHODS:
                continue
            generator = make()
            before = pickle.dumps(generator)
            if callable(getattr(generator, name)):
                getattr(generator, name)()
            assert before == pickle.dumps(generator), name


def test_ambiguous_names_are_all_that_other_common_types_share_with_generators() -> None:
    """A method of a generator that frames, arrays, text or containers have too is marked as ambiguous."""
    common = (pd.DataFrame, pd.Series, pd.Index, np.ndarray, str, list, dict, set, pathlib.Path, collections.Counter)
    shared = {name for name in changers.GENERATOR_METHODS if any(hasattr(kind, name) for kind in common)}
    assert changers.AMBIGUOUS_GENERATOR_METHODS == shared


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "setattr": (Numbers(), "value", 3),
    "delattr": (Numbers(), "value"),
    "next": (iter([1, 2]),),
    "random.shuffle": (list(range(50)),),
    "heapq.heappush": ([1], 2),
    "heapq.heappop": ([1],),
    "heapq.heapify": ([3, 2, 1],),
    "heapq.heapreplace": ([1, 2], 3),
    "heapq.heappushpop": ([1, 2], 3),
    "bisect.insort": ([1], 2),
    "bisect.insort_left": ([1], 2),
    "bisect.insort_right": ([1], 2),
    "operator.setitem": ([1], 0, 2),
    "operator.delitem": ([1], 0),
    "operator.iadd": ([1], [2]),
    "operator.iconcat": ([1], [2]),
    "operator.imul": ([1], 2),
    "operator.iand": ({1}, {2}),
    "operator.ior": ({1}, {2}),
    "operator.isub": ({1}, {1}),
    "operator.ixor": ({1}, {1}),
    "list.append": ([1], 1),
    "dict.update": ({}, {1: 2}),
    "set.add": (set(), 1),
    "object.__setattr__": (Numbers(), "value", 2),
    "numpy.random.shuffle": (np.arange(50),),
    "numpy.put": (np.zeros(3), [0], [1]),
    "numpy.put_along_axis": (np.zeros(3), np.array([0]), 1, 0),
    "numpy.copyto": (np.zeros(3), np.ones(3)),
    "numpy.place": (np.zeros(3), [True, False, False], [1]),
    "numpy.putmask": (np.zeros(3), [True, False, False], [1]),
    "numpy.fill_diagonal": (np.zeros((2, 2)), 1),
    "numpy.add.at": (np.zeros(3), [0], 1),
    "numpy.maximum.at": (np.zeros(3), [0], 1),
    "json.dump": ([1], io.StringIO()),
    "json.load": (io.StringIO("[1]"),),
    "pickle.dump": ([1], io.BytesIO()),
    "pickle.load": (io.BytesIO(pickle.dumps(1)),),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_call_changes_the_arguments_it_is_said_to_change(name: str) -> None:
    """The arguments at the places in the table differ afterwards, the others do not."""
    arguments = ARGUMENTS[name]
    before = [pickle.dumps(argument) for argument in arguments]
    find(name)(*arguments)
    changed = tuple(place for place, argument in enumerate(arguments) if pickle.dumps(argument) != before[place])
    assert changers.ARGUMENT_CHANGERS[name] == changed


# --------------------------------------------------------------------------------------------------------- lookers


def fitted(model: Any) -> Any:
    """A fitted model."""
    X, y = make_classification(40, 4, random_state=0)
    return model.fit(X, y)


RECEIVERS: dict[str, Any] = {
    "frame": frame,
    "series": lambda: frame()["k"],
    "text series": lambda: frame()["b"],
    "array": lambda: np.arange(6.0).reshape(2, 3),
    "text": lambda: "a b,c",
    "list": lambda: [[1], [2]],
    "dict": lambda: {"k": [1]},
    "set": lambda: {1, 2},
    "counter": lambda: collections.Counter("aab"),
    "path": lambda: pathlib.Path("nothing-of-that-name"),
    "regression": lambda: fitted(LogisticRegression()),
    "scaler": lambda: fitted(StandardScaler()),
    "index": lambda: pd.Index([3, 1]),
}

CLOSERS = {"to_string"}
"""Given a number, these take it for an open file, write to it and close it: standard output, say."""


def copies_of(kind: str) -> Any:
    """A function that makes a receiver anew, fast."""
    pickled = pickle.dumps(RECEIVERS[kind]())
    return lambda: pickle.loads(pickled)


def tried(receiver: Any) -> list[tuple[Any, ...]]:
    """Argument lists to try."""
    X = np.arange(24.0).reshape(6, 4)
    return [(), (1,), ("k",), (["k"],), (X,), (X, np.zeros(len(X), int)), (len,), (receiver,), (0, 1), ({"k": "b"},)]


@pytest.mark.parametrize("kind", RECEIVERS)
def test_a_looker_leaves_its_receiver_as_it_was(
    kind: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever arguments a looking method accepts, its receiver is the same afterwards."""
    monkeypatch.chdir(tmp_path)
    make = copies_of(kind)
    for name in sorted((lookers.LOOKER_METHODS | lookers.AMBIGUOUS_LOOKERS) - CLOSERS):
        if not hasattr(make(), name) or not callable(getattr(make(), name)):
            continue
        for number in range(len(tried(make()))):
            receiver = make()
            before = pickle.dumps(receiver)
            try:
                getattr(receiver, name)(*tried(receiver)[number])
            except Exception:
                continue
            assert before == pickle.dumps(receiver), (name, number)


def test_no_method_both_looks_and_changes() -> None:
    """No name is in both tables."""
    assert set() == (lookers.LOOKER_METHODS | lookers.AMBIGUOUS_LOOKERS) & (
        changers.CHANGER_METHODS - {"legend", "grid", "text"}
    )


# ---------------------------------------------------------------------------------------------------------- copies


def mutable_parts(value: Any) -> dict[int, Any]:
    """Every mutable object that a value reaches, by id; arrays by their memory."""
    found: dict[int, Any] = {}
    waiting = [value]
    while waiting:
        thing = waiting.pop()
        if id(thing) in found or isinstance(thing, (type, str, bytes, int, float, complex, type(None), np.dtype)):
            continue
        if callable(thing) and not hasattr(thing, "fit"):
            continue
        if isinstance(thing, np.ndarray):
            found[id(thing)] = thing
            if thing.dtype == object:
                waiting += list(thing.flat)
        elif isinstance(thing, (pd.DataFrame, pd.Series)):
            waiting += (
                [np.asarray(column) for _, column in thing.items()]
                if isinstance(thing, pd.DataFrame)
                else [thing.to_numpy()]
            )
        elif isinstance(thing, dict):
            found[id(thing)] = thing
            waiting += [*thing.keys(), *thing.values()]
        elif isinstance(thing, (list, set)):
            found[id(thing)] = thing
            waiting += list(thing)
        elif isinstance(thing, (tuple, frozenset)):
            waiting += list(thing)
        elif hasattr(thing, "__dict__") and not inspect.ismodule(thing):
            found[id(thing)] = thing
            waiting += list(vars(thing).values())
    return found


def share(left: Any, right: Any) -> bool:
    """Do two values reach a common mutable object?"""
    ones, others = mutable_parts(left), mutable_parts(right)
    if set(ones) & set(others):
        return True
    arrays = [a for a in ones.values() if isinstance(a, np.ndarray) and a.size]
    return any(np.shares_memory(a, b) for a in arrays for b in others.values() if isinstance(b, np.ndarray) and b.size)


@pytest.mark.parametrize(
    "kind", [kind for kind in RECEIVERS if kind not in ("frame", "series", "text series", "index")]
)
def test_the_result_of_a_copying_method_shares_nothing(
    kind: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mutable object is reached from both the receiver and the result."""
    monkeypatch.chdir(tmp_path)
    make = copies_of(kind)
    shallow = copies.SHALLOW_COPYING_METHODS if kind in ("list", "dict", "set") else frozenset()
    for name in sorted(copies.COPYING_METHODS - shallow - CLOSERS):
        if not hasattr(make(), name) or not callable(getattr(make(), name)) or (kind == "list" and name == "count"):
            continue
        for number in range(len(tried(make()))):
            receiver = make()
            try:
                result = getattr(receiver, name)(*tried(receiver)[number])
            except Exception:
                continue
            assert not share(receiver, result), (name, number)


@pytest.mark.parametrize("kind", ["frame", "series", "text series"])
def test_results_of_pandas_methods_do_not_alias_under_copy_on_write(
    kind: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of the result does not show in the receiver."""
    monkeypatch.chdir(tmp_path)
    make = copies_of(kind)
    for name in sorted((copies.PANDAS_COPYING_METHODS | copies.COPYING_METHODS) - CLOSERS):
        if not hasattr(make(), name):
            continue
        for number in range(len(tried(make()))):
            receiver = make()
            before = pickle.dumps(receiver)
            try:
                result = getattr(receiver, name)(*tried(receiver)[number])
            except Exception:
                continue
            if isinstance(result, (pd.DataFrame, pd.Series)) and len(result):
                try:
                    result.iloc[:] = (
                        result.iloc[0] if isinstance(result, pd.Series) else result.iloc[[0] * len(result)].to_numpy()
                    )
                except (ValueError, TypeError):
                    continue
            assert before == pickle.dumps(receiver), (name, number)


def call_arguments() -> list[tuple[Any, ...]]:
    """Argument lists for dotted calls: arrays, frames, lists, text."""
    a = np.arange(1.0, 7.0).reshape(2, 3)
    v = np.array([3.0, 1.0, 2.0])
    y = np.array([0, 1, 1, 0, 1])
    nested = [[1, 2], [3, 4]]
    return [
        (a,), (v,), (v, v), (a, a.T), ([v, v],), (v > 1, v, v), (v, 1), (v, 1, 2), (y, y), (y, y / 2), (frame(),),
        ([frame(), frame()],), (frame(), frame()), (frame()["k"],), (nested,), ("12",), (3,), (4, 4), ("{}",),
        (a[:2, :2],), (v, [0]), (v, 0, 1), (frame(), ["b"]),
        (LogisticRegression(), *make_classification(40, 4, random_state=0)), (frame()["b"], frame()["c"]), (2.5, 1),
    ]  # fmt: skip


def test_the_result_of_a_copying_call_shares_nothing() -> None:
    """No mutable object is reached from both the arguments and the result; at least 200 calls could be tried."""
    silent = {"copy.deepcopy", "print", "input", "callable", "type", "inspect.signature", "pandas.json_normalize"}
    # A number given for a path is a file descriptor: reading from the test runner's own ones waits for ever.
    readers = (
        "sklearn.datasets.",
        "pandas.read_",
        "numpy.load",
        "numpy.genfromtxt",
        "json.load",
        "pickle.load",
        "joblib.",
    )
    silent |= {"numpy.clip", "numpy.diff"}  # told to do nothing they give back what they were given
    worked = set()
    for name, function in ALL_CALLS.items():
        if name in silent or name.startswith((*readers, "sklearn.model_selection.", "sklearn.insp")):
            continue
        for arguments in call_arguments():
            if isinstance(function, np.ufunc) and len(arguments) != function.nin:
                continue  # a further argument is where the result goes
            if name.startswith("sklearn.utils.") and isinstance(arguments[0], list):
                continue  # another order of the same elements
            try:
                result = function(*arguments)
            except Exception:
                continue
            worked.add(name)
            results = result if isinstance(result, list) else [result]
            if any(isinstance(r, (pd.DataFrame, pd.Series)) for r in results):
                continue  # pandas shares memory until one of the two is written to
            assert not share(arguments, result), (name, arguments)
    assert len(worked) >= 200


def all_calls() -> dict[str, Any]:
    """Every copying call that can be found."""
    found = {}
    for name in copies.COPYING_CALLS - OTHER_VERSIONS:
        try:
            thing = find(name)
        except LookupError:
            continue
        if thing is not None:
            found[name] = thing
    return found


ALL_CALLS = all_calls()


# ---------------------------------------------------------------------------------------------------------- random


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


# --------------------------------------------------------------------------------------------------------- setters


def test_functions_of_pyplot_that_set_something_are_setters() -> None:
    """Every function of pyplot that, called alone, leaves other rcParams is in the table, and no other is."""
    import matplotlib.pyplot as plt

    skipped = {"show", "ginput", "waitforbuttonpress", "pause", "switch_backend", "xkcd", "rc_context", "subplot_tool"}
    setting = set()
    for name, function in vars(plt).items():
        if name.startswith("_") or not inspect.isfunction(function) or name in skipped:
            continue
        with matplotlib.rc_context():
            before = dict(matplotlib.rcParams)
            try:
                function()
            except Exception:
                continue
            if before != dict(matplotlib.rcParams):
                setting.add(f"matplotlib.pyplot.{name}")
        plt.close("all")
    plt.ioff()
    assert set() == setting - set(setters.SETTER_CALLS) - {"matplotlib.pyplot.rcdefaults"}


@pytest.mark.parametrize("name", ["set_theme", "set_style", "set_context", "set_palette", "set", "set_color_codes"])
def test_seaborn_sets_matplotlib(name: str) -> None:
    """Seaborn's setters configure matplotlib, so that is when they are replayed."""
    assert "matplotlib" == setters.SETTER_CALLS[f"seaborn.{name}"]


def test_a_setter_is_no_call_without_effect() -> None:
    """No setter, seeder or outside call is named as one without effect."""
    lasting = set(setters.SETTER_CALLS) | set(draws.SEEDERS) | setters.OUTSIDE_CALLS
    assert set() == lasting & setters.NO_EFFECT_CALLS


# ------------------------------------------------------------------------------------------------ iterators, types


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("iter", ([1, 2],)),
        ("map", (str, [1, 2])),
        ("filter", (None, [1, 2])),
        ("zip", ([1, 2], [3, 4])),
        ("enumerate", ([1, 2],)),
        ("reversed", ([1, 2],)),
        ("csv.reader", (["a,b"],)),
        ("itertools.chain", ([1], [2])),
        ("itertools.islice", ([1, 2], 2)),
        ("itertools.count", ()),
        ("re.finditer", ("a", "aa")),
        ("heapq.merge", ([1], [2])),
        ("tqdm.tqdm", ([1],)),
    ],
)
def test_an_iterator_can_be_gone_over_once(name: str, arguments: tuple[Any, ...]) -> None:
    """Going on where one left off, not from the start."""
    assert name in iterators.ITERATOR_MAKERS
    made = find(name)(*arguments)
    assert iter(made) is iter(made) or name == "tqdm.tqdm"


def test_every_class_of_itertools_is_known() -> None:
    """Each of them makes an iterator."""
    makers = {f"itertools.{name}" for name in dir(itertools) if not name.startswith("_")}
    assert set() == makers - iterators.ITERATOR_MAKERS


def test_what_immutable_constructors_give_cannot_change() -> None:
    """Their results are hashable, and copying them deeply gives the same."""
    import copy

    samples: dict[str, tuple[Any, ...]] = {
        "datetime.datetime": (2020, 1, 1),
        "datetime.date": (2020, 1, 1),
        "datetime.datetime.strptime": ("2020", "%Y"),
        "fractions.Fraction": (1, 2),
        "zoneinfo.ZoneInfo": ("UTC",),
        "uuid.UUID": ("12345678123456781234567812345678",),
        "re.compile": ("a",),
        "pandas.Timestamp": ("2020-01-01",),
        "pandas.Timedelta": ("1D",),
        "pandas.Period": ("2020",),
        "pandas.Interval": (0, 1),
        "numpy.dtype": ("float64",),
        "ipaddress.ip_address": ("127.0.0.1",),
        "isinstance": (1, int),
        "issubclass": (int, int),
        "hasattr": (1, "a"),
    }
    for name in sorted(types.IMMUTABLE_CONSTRUCTORS - {"input"}):
        function = find(name)
        if function is None:
            continue
        for arguments in (
            [samples[name]] if name in samples else [(), (1,), ("1",), ([1],), ("a",), (b"a",), ("2020-01-01",)]
        ):
            try:
                value = function(*arguments)
            except (TypeError, ValueError, OverflowError, ArithmeticError):
                continue
            hash(value)
            assert value is copy.deepcopy(value) or value == copy.deepcopy(value), name


def test_the_tables_load_fast_and_alone() -> None:
    """Reading the tables imports no library that they speak of."""
    program = (
        "import sys\n"
        "from kfnb.dataflow.tables import changers, copies, files, iterators, lookers, magics, random, setters\n"
        "from kfnb.dataflow.tables import shell, types\n"
        "print(sorted({'numpy', 'pandas', 'sklearn', 'matplotlib', 'IPython'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "[]\n" == done.stdout


def test_shell_commands_stand_in_one_table() -> None:
    """No command is of two kinds."""
    tables = [
        shell.HARMLESS_COMMANDS, shell.TESTING_COMMANDS, shell.READING_COMMANDS, shell.LISTING_COMMANDS,
        shell.WRITING_COMMANDS,
        shell.PACKING_COMMANDS, shell.COPYING_COMMANDS, shell.DOWNLOADING_COMMANDS,
    ]  # fmt: skip
    names = [name for table in tables for name in table]
    assert len(set(names)) == len(names)
