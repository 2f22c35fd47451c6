"""What the tables say of libraries, tried on the libraries themselves."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import itertools
import pathlib
import subprocess
import sys
from typing import Any

import matplotlib
import pandas as pd
import pytest
from dataflow_libraries import OTHER_VERSIONS, find

from kfnb.dataflow.tables import changers, copies, files, iterators, lookers, setters, shell, signatures, types
from kfnb.dataflow.tables import random as draws

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import generate_tables  # the script stands beside this file

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries', not ours

matplotlib.use("agg")

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
