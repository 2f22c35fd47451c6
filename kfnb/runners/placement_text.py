"""Affinities and pod patches as people write them, YAML or JSON ⇄ the objects in a notebook's metadata.

The server calls this for the fields of JupyterLab's panel, so that what cannot be is told before it is written.
"""

from __future__ import annotations

import json
from typing import Any, Literal

import yaml  # type: ignore[import-untyped]

from kfnb.errors import WrongCall
from kfnb.notebook.quantities import BadValue
from kfnb.profiles import Profile
from kfnb.profiles.checks import check_affinity
from kfnb.runners.manifest_text import as_yaml
from kfnb.runners.pod_manifest import pod_template
from kfnb.runners.pod_patch import BadPatch, patched
from kfnb.spec import Settings

Kind = Literal["affinity", "pod_patch"]

_NO_CLUSTER = Profile(name="any", namespace="any", root="s3://any", image="any")
"""A patch is tried on the plainest pod there is: that it fits a certain cluster is looked at before a run there."""


def read_placement(kind: Kind, text: str) -> dict[str, Any]:
    """Return the object that a text says, empty where it says nothing; WrongCall if it cannot be what `kind` says."""
    value = _parsed(text)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WrongCall("This must be an object: names, each with what it says, as in a pod's YAML.")
    try:
        checked: dict[str, Any] = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise WrongCall(f"This holds what JSON cannot say: {error}. Put it in quotes.") from None
    try:
        if kind == "affinity":
            check_affinity(checked)
        else:
            patched(pod_template(_NO_CLUSTER, Settings(), (), labels={}), checked)
    except (BadPatch, BadValue) as error:
        raise WrongCall(f"This cannot be: {error}.") from None
    return checked


def written_placement(value: dict[str, Any]) -> str:
    """Return an object as YAML, nothing where it is empty."""
    return as_yaml(value) if value else ""


def _parsed(text: str) -> Any:
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise WrongCall("Anchors and aliases of YAML are not taken: write it out.")  # a few could mean gigabytes
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise WrongCall(f"This is no YAML{where}: {error.problem}.") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise WrongCall(f"This is no YAML: {error}.") from None
