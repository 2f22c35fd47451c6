"""Torch tensors and optimizers, with what Torch's own way of pickling loses of them.

The memory of a storage is kept once, out of band, and tensors that share one still do; one on a GPU is saved from the
host and goes back to its device. The rest of a tensor (shape, strides, quantisation) is left to Torch's own way, which
wraps the storage once for each tensor; what is shared is what lies in the wrappings, the same object for all of them
from Torch 2.1 on. Beyond it, a tensor keeps its gradient; one that was computed looks computed still, and says what to
do when its graph, which no step can hand on, is asked for gradients.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import torch

from kfnb.errors import GraphLeft, NoDevice, NotSaveable


def storage(data: Any) -> Any:
    """The storage over these bytes."""
    return torch.from_numpy(data).untyped_storage()


def storage_on(device: str, data: Any) -> Any:
    """A storage with these bytes on a device; NoDevice where this process sees no such one."""
    held = storage(data)
    try:
        return torch.UntypedStorage(held.nbytes(), device=torch.device(device)).copy_(held)
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # what it is depends on how Torch was built
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise NoDevice(f"lies on the device {device!r}, which this step does not see ({reason})") from None


def typed(untyped: Any, dtype: Any) -> Any:
    """What tensors' own pickling wraps a storage in."""
    return torch.storage.TypedStorage(wrap_storage=untyped, dtype=dtype, _internal=True)


def _reduce(_pickler: Any, value: Any) -> Any:
    device = value.device
    if device.type == "meta":
        return NotImplemented
    # The array keeps the storage alive and points at its memory; the array's own reducer keeps it out of band.
    flat = torch.empty(0, dtype=torch.uint8).set_(value.cpu())
    return (storage, (np.asarray(flat),)) if device.type == "cpu" else (storage_on, (str(device), np.asarray(flat)))


def _reduce_typed(_pickler: Any, value: Any) -> Any:
    """Torch's own way saves the bytes with every wrapping, so that tensors would no longer share them."""
    if type(value) is not torch.storage.TypedStorage:
        return NotImplemented
    return typed, (value._untyped_storage, value.dtype)


def _reduce_tensor(_pickler: Any, value: Any) -> Any:
    """Torch's own way, and what it leaves out: the gradient, and that (and by what) a tensor was computed."""
    if value._backward_hooks:
        raise NotSaveable("it has hooks (register_hook), which Torch does not save")
    if not value.is_leaf:
        grad = value.grad if value.retains_grad else None
        return computed, (value.detach(), value.grad_fn.name(), value.retains_grad), grad, None, None, set_grad
    make, given = value.__reduce_ex__(2)
    if given and isinstance(given[0], torch.UntypedStorage):  # of newer dtypes; what loads it asks for a wrapping
        given = (typed(given[0], torch.uint8), *given[1:])
    return (make, given) if value.grad is None else (make, given, value.grad, None, None, set_grad)


def set_grad(tensor: Any, grad: Any) -> None:
    """Give a tensor that was just made its gradient."""
    if grad is not None:
        tensor.grad = grad


def computed(data: Any, by: str, retains_grad: bool) -> Any:
    """A tensor over the memory of `data` that looks computed `by` an operation, such as `MeanBackward0`."""
    with torch.enable_grad():
        tensor = _left(by).apply(data.requires_grad_())
    if retains_grad:
        tensor.retain_grad()
    return tensor


@functools.cache
def _left(by: str) -> Any:
    """Return what stands for the graph of tensors that `by` computed, in a step that has them and not the graph."""

    class Left(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(_context: Any, data: Any) -> Any:
            return data.detach()  # the same memory

        @staticmethod
        def backward(_context: Any, *_: Any) -> Any:
            raise GraphLeft(
                "Gradients cannot be followed back into an earlier step: a tensor that comes from there has its value "
                "here, and not the graph that it was computed by. Compute it and call backward() in one step; or hand "
                "on tensor.detach() where no gradients are wanted."
            )

    Left._backward_cls.__name__ = by
    return Left


def _reduce_optimizer(_pickler: Any, value: Any) -> Any:
    """All attributes: Torch's own way drops hooks, and that a scheduler counts the steps."""
    if type(value).__getstate__ is not torch.optim.Optimizer.__getstate__:
        return NotImplemented
    attributes = dict(value.__dict__)
    counted = hasattr(attributes.get("step"), "_wrapped_by_lr_sched")
    if counted:
        del attributes["step"]
    return object.__new__, (type(value),), (attributes, counted), None, None, fill_optimizer


def fill_optimizer(optimizer: Any, state: tuple[dict[str, Any], bool]) -> None:
    """Fill an optimizer that was just made; `counted`: tell its scheduler of each step, as LRScheduler's start does."""
    attributes, counted = state
    optimizer.__setstate__(attributes)
    if not counted:
        return
    step = type(optimizer).step

    @functools.wraps(step)
    def counting(*args: Any, **options: Any) -> Any:
        optimizer._opt_called = True
        return step(optimizer, *args, **options)

    counting._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = counting


REDUCERS: dict[type, Any] = {
    torch.UntypedStorage: _reduce,
    torch.storage.TypedStorage: _reduce_typed,
    torch.Tensor: _reduce_tensor,
    torch.optim.Optimizer: _reduce_optimizer,
}
