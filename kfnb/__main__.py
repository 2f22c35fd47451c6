"""`python -m kfnb` is the command line."""

from __future__ import annotations

from kfnb.cli import main

if __name__ == "__main__":
    main()
