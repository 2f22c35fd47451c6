"""`kfnb run --sweep`: one run for each combination of parameter values, one after the other, and a table of all.

Called by `run` only. What is the same in two combinations comes from the cache in the second.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from kfnb.cli.output import columns, say, show
from kfnb.cli.parameters import parse_value, read_mapping
from kfnb.drawing.run_html import show_number
from kfnb.errors import WrongCall
from kfnb.notebook.comments import at_commas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from kfnb.client import Run

Combination = dict[str, Any]


def combinations(given: Sequence[str], file: Path | None, types: Mapping[str, str]) -> list[Combination]:
    """Return every combination of the values of `--sweep name=a,b` and of the file. `types`: of the parameters.

    A file holds a list of combinations, or names with lists of values, all of which are then combined.
    """
    found = _from_file(file) if file is not None else [{}]
    names: dict[str, list[Any]] = {}
    for text in given:
        name, equals, values = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier() or not values.strip():
            raise WrongCall(f"`--sweep {text}` is not name=value,value. Write it like `--sweep lr=0.1,0.01`.")
        if name in names:
            raise WrongCall(f"`--sweep {name}=…` is given twice. Write all values in one: `--sweep {name}=a,b,c`.")
        names[name] = [parse_value(value.strip(), types.get(name)) for value in at_commas(values) if value.strip()]
    return [{**one, **other} for one in found for other in _product(names)]


def _product(names: Mapping[str, Iterable[Any]]) -> list[Combination]:
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*names.values())]


def _from_file(file: Path) -> list[Combination]:
    content = read_mapping(file)
    if isinstance(content, list) and content and all(isinstance(one, dict) for one in content):
        return [{str(name): value for name, value in one.items()} for one in content]
    if isinstance(content, dict) and content and all(isinstance(values, list) for values in content.values()):
        return _product({str(name): values for name, values in content.items()})
    raise WrongCall(
        f'The sweep file {file} must hold a list of combinations ([{{"lr": 0.1}}, {{"lr": 0.01}}]) or names with '
        'lists of values ({"lr": [0.1, 0.01]}).'
    )


def sweep(found: Sequence[Combination], run: Callable[[Combination, str], Run], *, stop_at_failure: bool) -> list[Run]:
    """Do one run for each combination by calling `run` with it and its words; stop early where that is wanted."""
    done: list[Run] = []
    for number, one in enumerate(found, 1):
        words = in_words(one)
        say(f"[{number}/{len(found)}] {words}")
        done.append(run(one, words))
        state = done[-1].state
        if state == "CANCELED" or (stop_at_failure and state == "FAILED"):
            say(f"The sweep ends here; {len(found) - number} of {len(found)} combinations were not run.")
            break
    return done


def in_words(one: Combination) -> str:
    """Return a combination as people write it: `lr=0.1 depth=3`."""
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in one.items()}
    return " ".join(f"{name}={value}" for name, value in values.items())


def print_table(done: Sequence[Run], found: Sequence[Combination]) -> None:
    """Print the runs of a sweep with their parameters and metrics."""
    metrics = [{f"{t}.{n}": v for t, values in run.metrics.items() for n, v in values.items()} for run in done]
    heads = list(dict.fromkeys(name for one in metrics for name in one))
    swept = list(dict.fromkeys(name for one in found for name in one))
    rows = [["RUN", "STATE", *swept, *heads]]
    for run, one, measured in zip(done, found, metrics, strict=False):
        values = [in_words({name: one[name]}).partition("=")[2] if name in one else "" for name in swept]
        rows.append([run.id, run.state, *values, *(show_number(measured[h]) if h in measured else "" for h in heads)])
    show(columns(rows))
