"""What the image of a notebook is made of, worked out from its code and its kernel; nothing is built here."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from client_notebooks import write_notebook

from kfnb import images
from kfnb.client import Client
from kfnb.errors import OutsideError, WrongCall

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


def recipe_of(client: Client, path: Path, **more: str) -> images.Recipe:
    """The recipe of a notebook's image."""
    return images.recipe(client.compile(path), path.parent, client.home / "interpreters", **more)


def test_what_is_imported_has_the_kernels_versions(client: Client, tmp_path: Path) -> None:
    """Packages of the notebook, of the modules beside it, and of tags; not Python's own, not the user's, not kfnb."""
    (tmp_path / "mine.py").write_text("import os, deeper\nfrom yaml import safe_load\n")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "__init__.py").write_text("import joblib\nfrom . import other\n")
    path = write_notebook(
        tmp_path / "My notebook.ipynb",
        "import json, kfnb, mine\nimport numpy as np\nx = np.ones(3)\nkfnb.log_metric('a', 1)\nmine, json",
        "import not_there_at_all as n\nprint(x, n)",
        tags={0: ("step:a", "packages:pandas>=2"), 1: ("step:b",)},
    )
    made = recipe_of(client, path)
    expected = ("pandas>=2", *(f"{name}=={version(name)}" for name in ("PyYAML", "joblib", "numpy")))
    assert (expected, ("not_there_at_all",)) == (made.requirements, made.unknown)
    assert (PYTHON, f"docker.io/library/python:{PYTHON}-slim") == (made.python, made.base)
    assert f"pandas=={version('pandas')}" in made.constraints
    assert not [line for line in made.constraints if line.startswith(("kfnb==", "pip=="))]


def test_a_tag_says_what_is_in_the_image(client: Client, tmp_path: Path) -> None:
    """The same packages on the same base have the same name; a given one is taken as it is."""
    path = write_notebook(tmp_path / "My notebook.ipynb", "import numpy as np\nprint(np)")
    made = recipe_of(client, path, base="base:1")
    assert ("kfnb-my-notebook", 12) == (made.tag.partition(":")[0], len(made.tag.partition(":")[2]))
    assert made.tag == recipe_of(client, path, base="base:1").tag != recipe_of(client, path, base="base:2").tag
    assert "own:1" == recipe_of(client, path, tag="own:1").tag


@pytest.mark.parametrize("tag", [None, "churn", "churn:1", "team/churn:1"])
def test_a_push_needs_a_registry(tag: str | None) -> None:
    """A name without one would go to a registry that nobody named."""
    with pytest.raises(WrongCall, match="--tag with a registry in it"):
        images.check_registry(tag)


@pytest.mark.parametrize("tag", ["registry.example/churn:1", "localhost/churn", "host:5000/churn"])
def test_a_registry_is_seen(tag: str) -> None:
    """A host has a dot, a port, or is localhost."""
    images.check_registry(tag)


def engine(folder: Path, name: str, does: str = "exit 0") -> None:
    """An engine that is there, as far as it is asked whether it works."""
    (folder / name).write_text(f"#!/bin/sh\n{does}\n")
    (folder / name).chmod(0o755)


def test_an_engine_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first that is there is taken; without any, what to install is said."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutsideError, match="none of buildah, podman and docker is installed here"):
        images.find_engine()
    for name in ("docker", "podman"):
        engine(tmp_path, name)
    assert "podman" == images.find_engine()
    with pytest.raises(OutsideError, match="buildah is not installed here"):
        images.find_engine("buildah")


def test_an_engine_whose_daemon_is_away_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another is, if there is one; else, or for one asked for by name, what is away is said, where, and what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    engine(
        tmp_path, "docker", "echo Cannot connect to the Docker daemon at unix:///nowhere. Is it running? >&2; exit 1"
    )
    away = "docker is installed here, but its daemon does not answer (Cannot connect to the Docker daemon at "
    away = f"No image can be made: {away}unix:///nowhere. Is it running?). Start it, "
    with pytest.raises(OutsideError) as refused:
        images.find_engine()
    assert f"{away}install buildah, which needs none, or see what it would be by --dry-run." == str(refused.value)
    engine(tmp_path, "podman", "exit 125")
    with pytest.raises(OutsideError, match=r"\(podman info: exit code 125\); docker is installed here, but"):
        images.find_engine()
    engine(tmp_path, "buildah", "exit 1")
    assert "buildah" == images.find_engine()
    with pytest.raises(OutsideError) as refused:
        images.find_engine("docker")
    assert f"{away}take --engine buildah, or see what it would be by --dry-run." == str(refused.value)
    engine(tmp_path, "podman")
    (tmp_path / "buildah").unlink()
    assert "podman" == images.find_engine()
