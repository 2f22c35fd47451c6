"""Pictures of pipelines and runs as SVG, text and HTML: pure functions from data, for the shell and the client."""

from __future__ import annotations
