"""NumPy arrays with their exact memory layout, and views that stay views.

A large array's memory is kept out of band and mapped when loaded: nothing is copied. Its layout comes back exactly,
strides included, since sums and products over another layout round differently. Arrays that overlap others of their
pickle (the pickler's `layout`) are saved as views of one piece of memory.
"""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from kfnb.artifacts.serializers.registry import OUT_OF_BAND, Place
from kfnb.errors import NotSaveable

if TYPE_CHECKING:
    from kfnb.artifacts.pickler import ValuePickler

Array = Any


# ---------------------------------------------------------------------------------------------- called when loading


def array(
    data: Any,
    dtype: Array,
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    flips: tuple[int, ...],
    writable: bool,
    owns: bool,
) -> Array:
    """The array whose elements `data` holds densely, axes in the order `axes`, those in `flips` backwards."""
    dense = np.ndarray(tuple(shape[axis] for axis in axes), dtype, data)
    small = dense.nbytes < OUT_OF_BAND
    result = dense.copy() if small and not owns else dense
    result = result.transpose(np.argsort(axes))[_flip(flips, dense.ndim)] if dense.ndim else result[...]
    if small and owns:
        result = result.copy(order="K")  # owns its memory, as it did; large ones stay mapped
    if result.flags.writeable != writable:
        result.flags.writeable = writable
    return result


def spread(values: Array, strides: tuple[int, ...], writable: bool) -> Array:
    """A copy of `values` with these strides, gaps between the elements included."""
    lowest = sum(stride * (n - 1) for stride, n in zip(strides, values.shape, strict=True) if stride < 0)
    highest = sum(stride * (n - 1) for stride, n in zip(strides, values.shape, strict=True) if stride > 0)
    memory = np.zeros(highest - lowest + values.itemsize, np.uint8)
    result = np.ndarray(values.shape, values.dtype, memory, -lowest, strides)
    result[...] = values
    result.flags.writeable = writable
    return result


def view(
    owner: Array, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], dtype: Array, writable: bool
) -> Array:
    """A view of `owner`'s memory, `offset` bytes into it."""
    whole = owner if owner.flags.c_contiguous else owner.T
    result = np.ndarray(shape, dtype, whole, offset, strides)
    if result.flags.writeable != writable:
        result.flags.writeable = writable
    return result


def object_view(owner: Array, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], writable: bool) -> Array:
    """A view of an array of objects, `offset` bytes into its memory."""
    flat = owner.reshape(-1, order="C" if owner.flags.c_contiguous else "F")
    return np.lib.stride_tricks.as_strided(flat[offset // owner.itemsize :], shape, strides, writeable=writable)


def set_attributes(value: Array, state: dict[str, Any]) -> None:
    """Give an instance of a subclass its attributes."""
    value.__dict__.update(state)


def masked(data: Array, kind: type, state: dict[str, Any]) -> Array:
    """The masked array over `data`."""
    result = data.view(kind)
    result.__dict__.update(state)
    return result


def subclassed(data: Array, kind: type) -> Array:
    """The view of `data` as a subclass of ndarray."""
    return data.view(kind)


class ArchiveContent(io.BytesIO):
    """An archive of arrays (`numpy.load("x.npz")`) as it was when saved; `name` is that of its file."""

    name: str


def archive(content: Array | None, name: str | None, options: dict[str, Any]) -> Any:
    """The archive with this content, opened; closed if there is no content."""
    if content is None:
        closed = np.lib.npyio.NpzFile.__new__(np.lib.npyio.NpzFile)
        closed.__dict__.update(options)
        return closed
    file = ArchiveContent(content.tobytes())
    if name is not None:
        file.name = name
    return np.lib.npyio.NpzFile(file, own_fid=True, **options)


def shared_state() -> Any:
    """The source behind `np.random.rand()` and its like."""
    return np.random.mtrand._rand


def shared_bits() -> Any:
    """The bit generator of that source."""
    return np.random.mtrand._rand._bit_generator


# ----------------------------------------------------------------------------------------------- called when saving


def key(value: Array) -> tuple[Any, ...]:
    """What makes two arrays views of the same elements."""
    return (value.__array_interface__["data"][0], value.shape, value.strides, value.dtype.str)


def plain(value: Array) -> bool:
    """Whether an array's memory is all there is to it (no pointers to objects), and there is some."""
    return value.size > 0 and not value.dtype.hasobject and value.dtype.kind != "T"


def bounds(value: Array) -> tuple[int, int]:
    """The first byte of an array's memory and the one after its last."""
    low, high = byte_bounds(value)
    return int(low), int(high)


def _reduce_array(pickler: ValuePickler, value: Array) -> Any:
    if type(value) is not np.ndarray:
        return _reduce_subclass(value)
    pickler.arrays.append(value)
    place = pickler.layout.get(key(value)) or _whole_base(pickler, value)
    if place is not None and place.owner is not value:
        where = (place.owner, place.offset, value.shape, value.strides)
        if value.dtype.hasobject:
            return object_view, (*where, value.flags.writeable)
        return view, (*where, value.dtype, value.flags.writeable)
    if not plain(value):
        return NotImplemented
    axes = tuple(sorted(range(value.ndim), key=lambda axis: -abs(value.strides[axis])))
    flips = tuple(axis for axis in range(value.ndim) if value.strides[axis] < 0 and value.shape[axis] > 1)
    dense = value[_flip(flips, value.ndim)].transpose(axes)
    writable, owns = value.flags.writeable, value.flags.owndata and value.nbytes < OUT_OF_BAND
    if not dense.flags.c_contiguous:
        strides = tuple(s if n > 1 else 0 for s, n in zip(value.strides, value.shape, strict=True))
        return spread, (value.copy(), strides, writable)
    if dense.nbytes < OUT_OF_BAND:
        return array, (dense.tobytes(), value.dtype, value.shape, axes, flips, writable, owns)
    return array, (_memory(value, dense), value.dtype, value.shape, axes, flips, writable, owns)


def _whole_base(pickler: ValuePickler, value: Array) -> Place | None:
    """The array that owns the memory of `value`, if `value` is all of it (a reshaped or transposed array)."""
    base = value.base
    if value.nbytes >= OUT_OF_BAND or not value.flags.writeable:
        return None  # a mapped array owns no memory; a read-only view is often a look into a frame
    if type(base) is not np.ndarray or not plain(value) or not plain(base) or not base.flags.owndata:
        return None
    if (
        base.nbytes != value.nbytes
        or not base.flags.forc
        or id(value) in pickler.managed
        or id(value) in pickler.indexed
    ):
        return None
    if bounds(base) != bounds(value) or not base.flags.writeable:
        return None
    return Place(base, value.__array_interface__["data"][0] - base.__array_interface__["data"][0])


def _flip(axes: tuple[int, ...], ndim: int) -> tuple[slice, ...]:
    return tuple(slice(None, None, -1) if axis in axes else slice(None) for axis in range(ndim))


def _memory(value: Array, dense: Array) -> pickle.PickleBuffer:
    """The memory of `dense` as a buffer; writable where the owner may make it so, so that the loaded one may too."""
    flat = np.ndarray((dense.nbytes,), np.uint8, dense)
    if not value.flags.writeable and value.flags.owndata:
        value.flags.writeable = True
        try:
            flat = np.ndarray((dense.nbytes,), np.uint8, value if value.flags.c_contiguous else value.T)
        finally:
            value.flags.writeable = False
    return pickle.PickleBuffer(flat.data)


def _reduce_subclass(value: Array) -> Any:
    kind = type(value)
    if isinstance(value, np.memmap):
        if value.mode not in ("r", "c", None):
            raise NotSaveable(
                f"a numpy.memmap that writes to a file ({value.filename}) cannot be saved; map it where it is used"
            )
        return NotImplemented
    if not plain(value) or any(_own(kind, name) for name in ("__reduce__", "__reduce_ex__", "__setstate__")):
        return NotImplemented
    return subclassed, (value.view(np.ndarray), kind), getattr(value, "__dict__", {}), None, None, set_attributes


def _own(kind: type, name: str) -> bool:
    return getattr(kind, name) not in (getattr(np.ndarray, name), getattr(np.recarray, name))


def _reduce_masked(_pickler: ValuePickler, value: Array) -> Any:
    if type(value) is not np.ma.MaskedArray or value.baseclass is not np.ndarray:
        return NotImplemented
    return masked, (value._data, type(value), dict(value.__dict__))


def _reduce_state(_pickler: ValuePickler, value: Any) -> Any:
    return (shared_state, ()) if value is shared_state() else NotImplemented


def _reduce_bits(_pickler: ValuePickler, value: Any) -> Any:
    return (shared_bits, ()) if value is shared_bits() else NotImplemented


def _reduce_archive(_pickler: ValuePickler, value: Any) -> Any:
    """Take the whole file: by hand, too, a file that is replaced or removed does not change what is open."""
    if value.zip is None:
        return archive, (None, None, {k: v for k, v in vars(value).items() if k != "f"})
    file = value.zip.fp
    place = file.tell()
    file.seek(0)
    content = np.frombuffer(file.read(), np.uint8)
    file.seek(place)
    options = {k: getattr(value, k) for k in ("allow_pickle", "pickle_kwargs", "max_header_size")}
    return archive, (content, getattr(value.fid, "name", None), options)


REDUCERS: dict[type, Any] = {
    np.lib.npyio.NpzFile: _reduce_archive,
    np.ndarray: _reduce_array,
    np.ma.MaskedArray: _reduce_masked,
    np.random.RandomState: _reduce_state,
    np.random.MT19937: _reduce_bits,
}
