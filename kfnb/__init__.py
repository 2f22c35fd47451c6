"""kfnb turns a Jupyter notebook into a pipeline without taking it out of the notebook."""

from __future__ import annotations

__version__ = "0.1.0"
