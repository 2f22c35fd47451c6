"""`make bench` calls this: `python -m tests.benchmarks [NAME …] [--rounds N]` runs benchmarks and prints their rows."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.stopwatch import Place
from tests.benchmarks.works import WORKS


def main() -> None:
    """Run the named works, all where none is named, and print each row as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("works", nargs="*", choices=[[], *WORKS], metavar="NAME", help=f"of {', '.join(WORKS)}")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side runs; medians are printed")
    chosen = parser.parse_args()
    print("| work | figure | mark | |\n| --- | --- | --- | --- |", flush=True)
    for name in chosen.works or WORKS:
        with tempfile.TemporaryDirectory(prefix="kfnb-bench-") as folder:
            for row in WORKS[name](Place(Path(folder), chosen.rounds)):
                print(f"| {name}: {row.what} | {row.figure} | {row.mark} | {row.verdict} |", flush=True)


if __name__ == "__main__":
    main()
