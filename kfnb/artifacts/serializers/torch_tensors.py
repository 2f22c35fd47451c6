"""Torch tensors: the memory of a storage is kept once, out of band, and tensors that share one still do.

A storage on a GPU is saved from the host and goes back to its device. Everything else about a tensor (gradients, hooks,
quantisation) is left to Torch's own way of pickling, which wraps the storage once for each tensor; what is shared is
what lies in the wrappings, the same object for all of them from Torch 2.1 on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from kfnb.errors import NoDevice


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
    if device.type == "meta" or value.nbytes() == 0:
        return NotImplemented
    # The array keeps the storage alive and points at its memory; the array's own reducer keeps it out of band.
    flat = torch.empty(0, dtype=torch.uint8).set_(value.cpu())
    return (storage, (np.asarray(flat),)) if device.type == "cpu" else (storage_on, (str(device), np.asarray(flat)))


def _reduce_typed(_pickler: Any, value: Any) -> Any:
    """Torch's own way saves the bytes with every wrapping, so that tensors would no longer share them."""
    if type(value) is not torch.storage.TypedStorage:
        return NotImplemented
    return typed, (value._untyped_storage, value.dtype)


REDUCERS: dict[type, Any] = {torch.UntypedStorage: _reduce, torch.storage.TypedStorage: _reduce_typed}
