"""What a wheel of kfnb is made of."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("is_linked", [False, True])
def test_the_file_that_names_the_package_is_in_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_linked: bool
) -> None:
    """Also where an environment shows the build by a link, and so an install has written that file into it."""
    monkeypatch.syspath_prepend(ROOT)
    monkeypatch.delitem(sys.modules, "hatch_build", raising=False)
    from hatch_build import EXTENSION, SHARED, FrontEnd

    built = tmp_path / EXTENSION
    built.mkdir(parents=True)
    (built / "package.json").write_text("{}")
    if is_linked:
        (built / "install.json").write_text("{}")
    data: dict[str, Any] = {"artifacts": [], "shared_data": {}}
    none: Any = None
    FrontEnd(str(tmp_path), {}, none, none, str(tmp_path), "wheel").initialize("standard", data)
    places = [SHARED, f"{SHARED}/install.json"]
    assert places[: 1 if is_linked else 2] == list(data["shared_data"].values())
