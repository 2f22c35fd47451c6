"""Whether memory is still what was stored, without reading more than what may have changed.

`values.LoadedValues.changed` asks here before it compares values, `store.Store.put` before it writes. A buffer mapped
copy-on-write differs from its file at most in the pages that this process wrote to, which the kernel knows (Linux:
/proc/self/pagemap); elsewhere, and where it does not say, memory is compared with the file.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from kfnb.artifacts.pickler import Draft
    from kfnb.artifacts.store import Store
    from kfnb.spec import Blob, ValueGroup

_PRESENT, _SWAPPED, _OF_FILE = 1 << 63, 1 << 62, 1 << 61
_WHOLE = 4096
"""Runs of changed pages from which comparing the whole buffer is cheaper."""


def same_as_stored(store: Store, group: ValueGroup, now: Draft, maps: Mapping[str, Any]) -> bool:
    """Whether the draft of a group's values equals what is stored, byte for byte."""
    buffers = now.raw()
    if len(buffers) != len(group.buffers) or now.data.getbuffer().nbytes != group.pickle.size:
        return False
    if now.data.getbuffer() != store.get(group.pickle):
        return False
    return all(_same_buffer(store, blob, buffer, maps) for blob, buffer in zip(group.buffers, buffers, strict=True))


def is_untouched(memory: memoryview, mapping: memoryview) -> bool:
    """Whether `memory` is all of `mapping` (private, of a file), and the kernel says that no page of it was written to.

    False where the kernel does not tell.
    """
    if "numpy" not in sys.modules:
        return False
    address = _address(memory)
    return address == _address(mapping) and next(_written(address, mapping.nbytes), None) is None


def same_drafts(one: Draft, two: Draft) -> bool:
    """Whether two drafts are the same bytes."""
    if one.data.getbuffer() != two.data.getbuffer() or len(one.buffers) != len(two.buffers):
        return False
    return all(_same_memory(a, b) for a, b in zip(one.raw(), two.raw(), strict=True))


def _same_memory(one: memoryview, two: memoryview) -> bool:
    if one.nbytes != two.nbytes:
        return False
    return _compare(_address(one), _address(two), one.nbytes)


def _same_buffer(store: Store, blob: Blob, memory: memoryview, maps: Mapping[str, Any]) -> bool:
    if memory.nbytes != blob.size:
        return False
    path = store.blob_path(blob)
    if path is None:
        return _same_memory(memory, memoryview(bytearray(store.get(blob))))
    address = _address(memory)
    mapped = any(
        (found := ref()) is not None and _address(memoryview(found)) == address for ref in maps.get(blob.digest, ())
    )
    runs = list(_written(address, blob.size)) if mapped else [(0, blob.size)]
    return not runs or _same_as_file(path, address, runs, blob.size)


def _same_as_file(path: Path, address: int, runs: list[tuple[int, int]], size: int) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY) as stored:
        start = _address(memoryview(stored))
        return all(_compare(address + low, start + low, high - low) for low, high in runs)


def _written(address: int, size: int) -> Iterator[tuple[int, int]]:
    """Runs of bytes (from, to) of a private mapping that this process may have written to."""
    pages = -(-size // mmap.PAGESIZE)
    numpy = sys.modules.get("numpy")
    entries = _page_entries(address, pages) if numpy is not None and _kernel_tells() else b""
    if numpy is None or len(entries) != pages * 8 or address % mmap.PAGESIZE:
        yield 0, size
        return
    flags = numpy.frombuffer(entries, numpy.uint64)
    own = ((flags & numpy.uint64(_PRESENT | _SWAPPED)) != 0) & ((flags & numpy.uint64(_OF_FILE)) == 0)
    edges = numpy.flatnonzero(numpy.diff(numpy.concatenate(([False], own, [False])).astype(numpy.int8)))
    if len(edges) > 2 * _WHOLE:
        yield 0, size
        return
    for low, high in edges.reshape(-1, 2).tolist():
        yield low * mmap.PAGESIZE, min(high * mmap.PAGESIZE, size)


def _page_entries(address: int, pages: int) -> bytes:
    try:
        with open("/proc/self/pagemap", "rb", buffering=0) as file:
            file.seek(address // mmap.PAGESIZE * 8)
            return file.read(pages * 8)
    except OSError:
        return b""


@functools.cache
def _kernel_tells() -> bool:
    """Whether a page that was surely written to shows as such: some sandboxes give zeros for everything."""
    page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    page[0] = 1
    entry = int.from_bytes(_page_entries(_address(memoryview(page)), 1), sys.byteorder)
    return bool(entry & _PRESENT) and not entry & _OF_FILE


def _address(memory: memoryview) -> int:
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        return int(numpy.frombuffer(memory, numpy.uint8).__array_interface__["data"][0])
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


_memcmp = ctypes.CDLL(None).memcmp
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_memcmp.restype = ctypes.c_int


def _compare(one: int, two: int, size: int) -> bool:
    return one == two or _memcmp(one, two, size) == 0
