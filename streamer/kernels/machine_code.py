"""Machine code of compiled kernels: written to a file, mapped from it, and called with arrays; without numba and LLVM.

A file is a line with the digest of the rest, a line of JSON with what `streamer.kernels.link` found and the kernel's
arguments, and the code.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import mmap
import platform
import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from streamer.kernels.link import MachineCode

# Elsewhere pages that were written must not be executed, or functions are called otherwise.
IS_POSSIBLE = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
READ_EXECUTE = 1 | 4  # PROT_READ | PROT_EXEC
_in_memory, _address_of = ctypes.c_char.from_buffer, ctypes.addressof
_MAPPED: list[Any] = []  # for as long as the process, as kernels may


class Argument(NamedTuple):
    """An argument of a kernel: an integer, without dimensions, or an array."""

    dtype: str
    n_dims: int
    is_contiguous: bool
    is_written: bool  # or may be


def code_path(directory: Path, module: str, name: str) -> Path:
    """Return where the machine code of a kernel is kept."""
    return directory / f"{module.rpartition('.')[2]}.{name}.code"


def write_code(path: Path, linked: MachineCode, arguments: tuple[Argument, ...]) -> None:
    """Write machine code whole or not at all."""
    head = json.dumps([linked.entry, linked.addresses, linked.functions, arguments]).encode()
    body = head + b"\n" + bytes(linked.code)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    Path(file.name).replace(path)


def mapped(path: Path) -> Kernel:
    """Return the kernel of a file.

    Raises
    ------
    OSError
        There is none, or the system allows no new code.
    ValueError
        It is damaged.
    """
    digest, _, body = path.read_bytes().partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise ValueError(f"{path} must end as it was written")
    head, _, code = body.partition(b"\n")
    entry, addresses, functions, arguments = json.loads(head)
    memory = mmap.mmap(-1, len(code))
    memory[:] = code
    first = ctypes.c_char.from_buffer(memory)
    _MAPPED.append(first)
    address = ctypes.addressof(first)
    library = ctypes.CDLL(None, use_errno=True)
    for place in addresses:
        (offset,) = struct.unpack_from("<q", memory, place)
        struct.pack_into("<q", memory, place, offset + address)
    for name, place in functions.items():
        at = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
        struct.pack_into("<Q", memory, place, at)
    if library.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(len(code)), READ_EXECUTE):
        raise OSError(ctypes.get_errno(), "no new code may be executed")
    run = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(address + entry)
    return Kernel(path.stem, run, tuple(Argument(*each) for each in arguments))


class Kernel:
    """A kernel that was mapped; called with the arrays and integers that its signature names.

    Parameters
    ----------
    name : str
        In messages.
    run : callable
        The entry of the code, which gets the address of the packed arguments; see `streamer.kernels.compile`.
    arguments : tuple of Argument
    """

    def __init__(self, name: str, run: Callable[[Any], int], arguments: tuple[Argument, ...]) -> None:
        self._name, self._run = name, run
        self._arguments = [(np.dtype(each.dtype), *each[1:]) for each in arguments]
        self._n_packed = sum(1 + each.n_dims * (1 if each.is_contiguous else 2) for each in arguments)

    def __call__(self, *given: Any) -> int:
        """Run the kernel.

        Raises
        ------
        TypeError
            An array is of another type, number of dimensions or layout.
        ValueError
            The shapes of the arrays do not belong together.
        """
        return self.bound()(*given)

    def bound(self, *first: Any) -> Callable[..., int]:
        """Return the kernel with its first arguments fixed, for one thread, which makes calls faster."""
        packed = (ctypes.c_int64 * self._n_packed)()
        n_fixed = self._pack(packed, 0, first, self._arguments[: len(first)])
        others, run, pack = self._arguments[len(first) :], self._run, self._pack

        def kernel(*given: Any) -> int:
            pack(packed, n_fixed, given, others)
            result = run(packed)
            if result < 0:
                raise ValueError(f"{self._name} must get arrays of shapes that belong together")
            return result

        if [each[1:] for each in others] == [(1, True, True)]:
            kernel = self._of_vector(packed, n_fixed, kernel)
        kernel.first = first  # type: ignore[attr-defined]  # their addresses are packed
        return kernel

    def _of_vector(self, packed: Any, place: int, otherwise: Callable[..., int]) -> Callable[..., int]:
        """Return a kernel that lacks nothing but a vector; to check any call takes as long as a hop of sound."""
        (dtype, *_), run = self._arguments[-1], self._run

        def kernel(value: Any) -> int:
            if value.dtype is not dtype or value.ndim != 1 or not value.size:
                return otherwise(value)
            packed[place] = _address_of(_in_memory(value))
            packed[place + 1] = value.size
            result = run(packed)
            if result < 0:
                raise ValueError(f"{self._name} must get arrays of shapes that belong together")
            return result

        return kernel

    def _pack(self, packed: Any, place: int, given: tuple[Any, ...], arguments: list[Any]) -> int:
        for value, (dtype, n_dims, is_contiguous, is_written) in zip(given, arguments, strict=True):
            if not n_dims:
                packed[place] = value
                place += 1
                continue
            shape = value.shape
            if len(shape) != n_dims or (value.dtype is not dtype and value.dtype != dtype):
                raise TypeError(f"{self._name} must get an array of {dtype} with {n_dims} dimensions")
            if is_written and value.size:
                # takes a sixth of the time of ctypes.data, and raises TypeError unless contiguous and writable
                packed[place] = _address_of(_in_memory(value))
            elif not is_contiguous or value.flags.c_contiguous:
                packed[place] = value.ctypes.data
            else:
                raise TypeError(f"{self._name} must get contiguous arrays")
            for n in shape if is_contiguous else shape + value.strides:
                place += 1
                packed[place] = n
            place += 1
        return place
