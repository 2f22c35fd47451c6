"""Writes the corpus as .ipynb files, each in a folder of its own: `python -m tests.equivalence OUTDIR [--split HOW]`.

Run by a person before the checks from outside, which take .ipynb files.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from .corpus import corpus, split


def main() -> None:
    """Write every example (or those of `--kind`) and print the notebooks' paths, one a line."""
    parser = argparse.ArgumentParser(prog="python -m tests.equivalence", description=__doc__)
    parser.add_argument("outdir", type=Path)
    parser.add_argument("--split", default="tagged", help="tagged, every or random:SEED")
    parser.add_argument("--kind", help="only this kind")
    options = parser.parse_args()
    for example in corpus(options.kind):
        print(split(example, options.split).write(options.outdir / example.kind / example.name))


if __name__ == "__main__":
    main()
