"""Tensors handed to the next step, where Torch is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kfnb.artifacts.store import Store
from kfnb.artifacts.values import load_values, save_values

torch: Any = pytest.importorskip("torch")


def handed_on(folder: Path, **values: Any) -> dict[str, Any]:
    """The values as a later step has them."""
    store, loaded = Store(str(folder)), dict[str, Any]()
    load_values(store, save_values(store, values, list(values)).artifacts, loaded)
    return loaded


def test_tensors_over_one_storage_still_share_it(tmp_path: Path) -> None:
    """A change through a view shows in the tensor that it looks into."""
    whole = torch.arange(6.0).reshape(2, 3)
    found = handed_on(tmp_path, whole=whole, part=whole[1])
    found["part"][0] = 9
    assert [[0, 1, 2], [9, 4, 5]] == found["whole"].tolist()


def test_an_optimizer_still_steps_its_model(tmp_path: Path) -> None:
    """Parameters are the same objects in the model and in its optimizer, and want gradients as before."""
    model = torch.nn.Linear(2, 1)
    found = handed_on(tmp_path, model=model, optimizer=torch.optim.SGD(model.parameters(), lr=1.0))
    before = found["model"].weight.detach().clone()
    found["model"](torch.ones(1, 2)).sum().backward()
    found["optimizer"].step()
    assert [[-1, -1]] == (found["model"].weight - before).round().tolist()
