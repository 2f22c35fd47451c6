"""The notebooks that benchmarks run, made from a list of cells so that their size is a number."""

from __future__ import annotations

import json
from pathlib import Path


def write(path: Path, steps: dict[str, str]) -> str:
    """Write a notebook of one cell a step, and return its name."""
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "execution_count": None,
            "metadata": {"tags": [f"step:{name}"]},
            "outputs": [],
            "source": source,
        }
        for index, (name, source) in enumerate(steps.items())
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(document), "utf-8")
    return path.name


def chain(length: int) -> dict[str, str]:
    """Steps that each take one number from the step above."""
    return {f"s{i}": f"x{i} = x{i - 1} + 1" if i else "x0 = int('0')" for i in range(length)}


def fan(width: int, body: str = "") -> dict[str, str]:
    """One step, `width` steps that take its number, and one that takes all of theirs."""
    middle = {f"m{i}": f"{body}\ny{i} = x + {i}".lstrip() for i in range(width)}
    total = " + ".join(f"y{i}" for i in range(width))
    return {"first": "x = int('1')", **middle, "last": f"print({total})"}


def handover(times: Path) -> dict[str, str]:
    """A 1 GB array and a 174 MB frame go to the next step; both write down when they have them."""
    make = f"""\
import time
import numpy as np
import pandas as pd
array = np.random.default_rng(1).random(125_000_000)
frame = pd.DataFrame(np.random.default_rng(2).random((2_175_000, 10)))
open({str(times / "made")!r}, "w").write(str(time.time()))"""
    take = f"""\
import time
open({str(times / "taken")!r}, "w").write(str(time.time()))
print(array[-1], frame.iloc[-1, -1])"""
    return {"make": make, "take": take}


def thousand_steps() -> dict[str, str]:
    """A thousand steps of a few plain lines, each on results of a few above."""
    body = """\
import math
def scale{i}(value, by={i}):
    return [part * by for part in value]
rows{i} = [math.sqrt(n + {i}) for n in range(10)]
table{i} = {{"rows": scale{i}(rows{i}), "before": {before}}}
if table{i}["rows"]:
    table{i}["rows"].append(len(rows{i}))"""
    return {
        f"s{i}": body.format(i=i, before=" + ".join(f"len(rows{j})" for j in range(max(0, i - 3), i)) or "0")
        for i in range(1000)
    }
