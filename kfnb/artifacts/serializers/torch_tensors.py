"""Torch tensors on the CPU: the memory of a storage is kept out of band, once, and tensors that share one still do.

Everything else about a tensor (gradients, hooks, devices, quantisation) is left to Torch's own way of pickling.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


def storage(data: Any) -> Any:
    """The storage over these bytes."""
    return torch.from_numpy(data).untyped_storage()


def _reduce(_pickler: Any, value: Any) -> Any:
    if value.device.type != "cpu" or value.nbytes() == 0:
        return NotImplemented
    # The array keeps the storage alive and points at its memory; the array's own reducer keeps it out of band.
    flat = torch.empty(0, dtype=torch.uint8).set_(value)
    return storage, (np.asarray(flat),)


REDUCERS: dict[type, Any] = {torch.UntypedStorage: _reduce}
