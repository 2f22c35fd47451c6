"""Writes kfnb/dataflow/tables/signatures.py from the signatures of the installed libraries; run by hand after an
upgrade.

    python tests/dataflow/generate_tables.py

Entries of other versions that are in the table already stay: the table holds every name of every version it has seen.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
import textwrap
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

TARGET = Path(__file__).parents[2] / "kfnb" / "dataflow" / "tables" / "signatures.py"

RANDOM_PARAMETERS = ("random_state", "rng", "seed")

NO_DRAW = frozenset(
    {
        "get_state",
        "getstate",
        "set_state",
        "setstate",
        "seed",
        "bit_generator",
        "set_bit_generator",
        "get_bit_generator",
        "spawn",
        "VERSION",
        "gauss_next",
    }
)

NEVER_GLOBAL = frozenset({"sparse.linalg", "sparse.linalg.eigen", "spatial.distance"})
"""SciPy modules whose functions make a generator of their own where none is given."""

OTHER_VERSIONS = {
    "NUMPY_RANDOM_FUNCTIONS": {"sample", "ranf"},  # plain functions around the global generator
    "PYTHON_RANDOM_FUNCTIONS": {"binomialvariate"},  # Python 3.12
    "PYTHON_RANDOM_METHODS": {"binomialvariate"},
}

NOT_FRESH = frozenset(
    """
    make_scorer get_scorer check_scoring pairwise_distances_chunked ecdf make_distribution truncate fit abs exp log
    order_statistic quantile_test diagonal matrix_transpose clear_data_home dump_svmlight_file get_data_home fetch_file
    """.split()
)
"""Functions of the modules in `fresh_functions` that keep or view what they are given, or have effects."""

LOOKING_PREFIXES = (
    "get_",
    "is",
    "has_",
    "can_",
    "_",
    "contains",
    "format_",
    "start_pan",
    "drag_pan",
    "end_pan",
    "in_axes",
)


def public_modules(root: str) -> list[ModuleType]:
    """Import every public module of the package `root` that can be imported."""
    package = importlib.import_module(root)
    modules = [package]
    for info in pkgutil.walk_packages(package.__path__, root + "."):
        parts = info.name.split(".")
        if any(
            part.startswith("_") or part in ("tests", "externals", "conftest", "estimator_checks") for part in parts
        ):
            continue
        try:
            modules.append(importlib.import_module(info.name))
        except ImportError:
            continue
    return modules


def public_objects(root: str) -> dict[str, Any]:
    """Every public callable of `root` by each of its public import paths, apart from what a module only imports for
    itself."""
    found: dict[str, Any] = {}
    for module in public_modules(root):
        listed = getattr(module, "__all__", None)
        for name in listed or [name for name in dir(module) if not name.startswith("_")]:
            thing = getattr(module, name, None)
            home = getattr(thing, "__module__", None) or ""
            if callable(thing) and home.startswith(root) and (listed or home.startswith(module.__name__)):
                found[f"{module.__name__}.{name}"] = thing
    return found


def parameters(thing: Any) -> dict[str, Any]:
    """Parameter name → default of a callable; empty where there is no signature."""
    try:
        return {name: p.default for name, p in inspect.signature(thing).parameters.items()}
    except (ValueError, TypeError):
        return {}


def scikit_learn() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """(functions, classes) of scikit-learn that draw where `random_state` is left out."""
    functions, classes = {}, {}
    importlib.import_module("sklearn.experimental.enable_halving_search_cv")
    importlib.import_module("sklearn.experimental.enable_iterative_imputer")
    for path, thing in public_objects("sklearn").items():
        default = parameters(thing).get("random_state", inspect.Parameter.empty)
        if default is not None and default != "deprecated":
            continue
        name = path.rpartition(".")[2]
        if inspect.isclass(thing) and not name.startswith("Base") and not name.endswith("Display"):
            classes[path] = ("random_state",)
        elif inspect.isfunction(thing) and name != "check_cv":
            functions[path] = ("random_state",)
    return functions, classes


def scipy_functions() -> dict[str, tuple[str, ...]]:
    """Functions of SciPy that draw from NumPy's global state where no generator is given: those with a legacy
    parameter."""
    found = {}
    for path, thing in public_objects("scipy").items():
        names = tuple(name for name in RANDOM_PARAMETERS if name in parameters(thing))
        module = path.rpartition(".")[0].removeprefix("scipy.")
        if inspect.isfunction(thing) and set(names) & {"random_state", "seed"} and module not in NEVER_GLOBAL:
            found[path] = names
    return found


def fresh_functions() -> set[str]:
    """Functions of modules whose functions compute something new from what they are given."""
    modules = ("sklearn.metrics", "sklearn.datasets", "scipy.stats", "numpy.linalg")
    found = set()
    for name in modules:
        module = importlib.import_module(name)
        for function in set(module.__all__) - NOT_FRESH:
            thing = getattr(module, function)
            if inspect.isfunction(thing) or type(thing).__name__ == "_ArrayFunctionDispatcher":
                found.add(f"{name}.{function}")
    return found


def axes_changers() -> set[str]:
    """Methods of matplotlib's figures, axes and artists that draw or set something, apart from names that pandas has
    too."""
    import pandas as pd
    from matplotlib import artist, axes, axis, figure, gridspec, legend, lines, patches

    pandas_names = set(dir(pd.DataFrame)) | set(dir(pd.Series)) | {"line", "area", "kde", "density", "box"}
    kinds = (
        axes.Axes,
        figure.Figure,
        axis.XAxis,
        artist.Artist,
        legend.Legend,
        lines.Line2D,
        patches.Patch,
        gridspec.GridSpec,
    )
    names = {name for kind in kinds for name, member in inspect.getmembers(kind) if inspect.isroutine(member)}
    plotted = set(dir(pd.DataFrame.plot))
    looking = {
        "draw",
        "draw_artist",
        "draw_without_rendering",
        "findobj",
        "mouseover",
        "pick",
        "pickable",
        "savefig",
        "show",
        "text_style",
        "waitforbuttonpress",
        "ginput",
        "stale_callback",
        "properties",
        "new_locator",
        "tight_layout_",
    }
    return {n for n in names if not n.startswith(LOOKING_PREFIXES)} - pandas_names - plotted - looking


def methods(*kinds: type) -> set[str]:
    """Public methods of classes of generators that advance them."""
    return {n for kind in kinds for n in dir(kind) if not n.startswith("_") and n not in NO_DRAW}


def module_functions(module: ModuleType) -> set[str]:
    """Functions of a module that are methods of the global generator it hides."""
    return {
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and name not in NO_DRAW and getattr(thing, "__self__", None) is not None
    }


def tables() -> dict[str, Any]:
    """Every table by name, as the installed libraries say."""
    warnings.simplefilter("ignore")
    functions, classes = scikit_learn()
    return {
        "AXES_CHANGERS": axes_changers(),
        "DRAWING_ESTIMATORS": classes,
        "DRAWING_FUNCTIONS": functions | scipy_functions(),
        "FRESH_FUNCTIONS": fresh_functions(),
        "NUMPY_RANDOM_FUNCTIONS": module_functions(np.random),
        "NUMPY_RANDOM_METHODS": methods(np.random.Generator, np.random.RandomState),
        "PYTHON_RANDOM_FUNCTIONS": module_functions(random),
        "PYTHON_RANDOM_METHODS": methods(random.Random),
    }


DOCS = {
    "AXES_CHANGERS": "Methods of matplotlib's figures, axes and artists that change them; not those pandas has too.",
    "DRAWING_ESTIMATORS": "Class → parameters that give it a generator of its own.",
    "DRAWING_FUNCTIONS": "Function → parameters that give it a generator of its own.",
    "FRESH_FUNCTIONS": "Functions whose result shares nothing with their arguments.",
    "NUMPY_RANDOM_FUNCTIONS": "Functions of `numpy.random` that draw from its global state.",
    "NUMPY_RANDOM_METHODS": "Methods of `numpy.random.Generator` and `RandomState` that advance them.",
    "PYTHON_RANDOM_FUNCTIONS": "Functions of `random` that draw from its global state.",
    "PYTHON_RANDOM_METHODS": "Methods of `random.Random` that advance it.",
}


def block(words: list[str], indent: int) -> str:
    """Words as a wrapped block of text within triple quotes."""
    margin = " " * indent
    return textwrap.fill(" ".join(words), 118, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False)


def render(data: dict[str, Any]) -> str:
    """The module's text."""
    out = [
        '"""What follows from the libraries\' signatures; written by tests/dataflow/generate_tables.py."""\n',
        "from __future__ import annotations\n",
    ]
    for name, table in data.items():
        if isinstance(table, dict):
            out.append(f"{name}: dict[str, tuple[str, ...]] = {{")
            for value in sorted(set(table.values())):
                words = sorted(key for key, given in table.items() if given == value)
                out.append(f'    **dict.fromkeys(\n        """\n{block(words, 8)}\n        """.split(),')
                out.append(
                    "        (" + ", ".join(f'"{v}"' for v in value) + ("," if len(value) == 1 else "") + "),\n    ),"
                )
            out.append("}")
        else:
            out.append(f'{name}: frozenset[str] = frozenset(\n    """\n{block(sorted(table), 4)}\n    """.split()\n)')
        out.append(f'"""{DOCS[name]}"""\n')
    return "\n".join(out)


def merged() -> dict[str, Any]:
    """The installed libraries' tables with what the shipped ones hold already and what other versions have."""
    shipped = importlib.import_module("kfnb.dataflow.tables.signatures")
    return {
        name: getattr(shipped, name, type(table)()) | table | OTHER_VERSIONS.get(name, type(table)())
        for name, table in tables().items()
    }


if __name__ == "__main__":
    TARGET.write_text(render(merged()))
