"""Objects of a cluster as text that people read; the command line prints it and the server shows it."""

from __future__ import annotations


def as_yaml(document: object) -> str:
    """Return plain data as YAML for people: keys in their order, lines unbroken."""
    import json

    import yaml  # type: ignore[import-untyped]

    separate = json.loads(json.dumps(document))  # no parts in common, for which YAML would write anchors
    text: str = yaml.safe_dump(separate, sort_keys=False, allow_unicode=True, width=1000)
    return text.rstrip()
