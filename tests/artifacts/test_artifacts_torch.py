"""Tensors handed to the next step, where Torch is installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kfnb.artifacts.store import Store
from kfnb.artifacts.values import load_values, save_values
from kfnb.errors import GraphLeft
from tests.torch_where_installed import needs_torch, torch

pytestmark = needs_torch


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


def test_an_optimizer_steps_by_gradients_of_an_earlier_step(tmp_path: Path) -> None:
    """A parameter's gradient comes with it, the same object wherever it is named."""
    model = torch.nn.Linear(2, 1)
    model(torch.ones(1, 2)).sum().backward()
    found = handed_on(
        tmp_path, model=model, optimizer=torch.optim.SGD(model.parameters(), lr=1.0), grad=model.bias.grad
    )
    assert found["grad"] is found["model"].bias.grad
    before = found["model"].weight.detach().clone()
    found["optimizer"].step()
    assert [[-1, -1]] == (found["model"].weight - before).round().tolist()


def test_a_computed_tensor_still_looks_computed(tmp_path: Path) -> None:
    """Its value can be used in whatever way; where its graph is needed, what to do is said."""
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    kept = weight * 3
    kept.retain_grad()
    kept.sum().backward()
    found = handed_on(tmp_path, loss=(weight * 2).mean(), view=weight.exp().reshape(2, 1), kept=kept)
    loss, view = found["loss"], found["view"]
    assert "tensor(3., grad_fn=<MeanBackward0>)" == str(loss)
    assert (3.0, False, True) == (loss.item(), loss.is_leaf, loss.requires_grad)
    assert ("ViewBackward0", "MeanBackward0") == (view.grad_fn.name(), loss.grad_fn.name())
    assert [1.0, 1.0] == found["kept"].grad.tolist()
    view += 1
    assert [[1.0, 1.0]] == torch.autograd.grad(view.sum(), view)[0].T.tolist()
    with pytest.raises(GraphLeft, match=r"Compute it and call backward\(\) in one step"):
        (loss * 2).backward()


def test_a_scheduler_still_counts_the_steps_of_its_optimizer(tmp_path: Path) -> None:
    """It warns of none that it missed, and of one that is left out."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    found = handed_on(tmp_path, optimizer=optimizer, scheduler=scheduler)
    found["optimizer"].step()
    found["scheduler"].step()  # warnings are errors here
    assert [0.1] == found["scheduler"].get_last_lr()
    left_out = handed_on(tmp_path / "second", optimizer=optimizer, scheduler=scheduler)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        left_out["scheduler"].step()


def test_hooks_of_an_optimizer_come_with_it(tmp_path: Path) -> None:
    """What is to be called at each step still is."""
    seen: list[int] = []
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    optimizer.register_step_post_hook(lambda *_: seen.append(1))
    found = handed_on(tmp_path, optimizer=optimizer, seen=seen)
    found["optimizer"].step()
    assert [1] == found["seen"]


def test_a_tensor_with_hooks_is_refused(tmp_path: Path) -> None:
    """Torch would save it without them, which nobody would see."""
    tensor = torch.zeros(1, requires_grad=True)
    tensor.register_hook(lambda grad: grad * 2)
    saved = save_values(Store(str(tmp_path)), {"tensor": tensor}, ["tensor"])
    assert "it has hooks (register_hook), which Torch does not save. Ways out: make it in" in saved.unsaved["tensor"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.empty(0, 3),
        lambda: torch.tensor([1.5]).to(torch.float8_e4m3fn),
        lambda: torch.tensor([3], dtype=torch.uint16),
        lambda: torch.tensor([1 + 2j]).conj(),
        lambda: torch.eye(2).to_sparse(),
        lambda: torch.zeros(2, 3).t(),
        lambda: torch.tensor(True),
        lambda: torch.tensor([1.5], dtype=torch.bfloat16),
        lambda: torch.nn.Parameter(torch.zeros(2), requires_grad=False),
        lambda: torch.empty(2, device="meta"),
    ],
    ids=("empty", "float8", "uint16", "conjugate", "sparse", "transposed", "scalar", "bfloat16", "parameter", "meta"),
)
def test_tensors_of_all_kinds_are_kept(tmp_path: Path, make: Callable[[], Any]) -> None:
    """Shape, type, layout and what it shows are the same afterwards."""
    tensor = make()
    found = handed_on(tmp_path, tensor=tensor)["tensor"]
    assert (type(tensor), tensor.dtype, tensor.layout, str(tensor)) == (
        type(found),
        found.dtype,
        found.layout,
        str(found),
    )
    if tensor.layout is torch.strided:
        assert (tensor.stride(), tensor.is_conj()) == (found.stride(), found.is_conj())
