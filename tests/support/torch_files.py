"""Write files of weights as PyTorch wrote them before version 1.6, without PyTorch."""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from streamer.study.torch_file import MAGIC


class _Storage:
    """Storage of the values of a tensor: its key and number of values."""

    def __init__(self, key: str, n: int) -> None:
        self.key, self.n = key, n


class PickledCall:
    """Object that is pickled as a call of a function, which need not exist here."""

    def __init__(self, function: type, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return self.function, self.arguments


def named_class(module: str, name: str) -> type:
    """Return a class that is pickled by this name."""
    return type(name, (), {"__module__": module})


FLOATS = named_class("torch", "FloatStorage")


class _Pickler(pickle._Pickler):  # the one in Python, which need not look names up
    def persistent_id(self, value: Any) -> Any:
        return ("storage", FLOATS, value.key, "cpu", value.n, None) if isinstance(value, _Storage) else None

    def save_global(self, obj: Any, name: str | None = None) -> None:
        write: Any = self.write  # type: ignore[attr-defined]
        write(pickle.GLOBAL + f"{obj.__module__}\n{obj.__name__}\n".encode())
        self.memoize(obj)  # type: ignore[attr-defined]


def pickled_tensor(key: str, size: tuple[int, ...], stride: tuple[int, ...], n: int) -> PickledCall:
    """Return an object that is pickled as PyTorch pickles a tensor."""
    return PickledCall(named_class("torch._utils", "_rebuild_tensor_v2"), _Storage(key, n), 0, size, stride, False, {})


def write_torch_file(path: Path, arrays: dict[str, np.ndarray], *, n_missing: int = 0, named: Any = None) -> Path:
    with path.open("wb") as file:
        for value in (MAGIC, 1001, {"little_endian": True}):
            pickle.dump(value, file, 2)
        tensors = OrderedDict(
            (name, pickled_tensor(str(i), a.shape, tuple(s // 4 for s in a.strides), a.size))
            for i, (name, a) in enumerate(arrays.items())
        )
        _Pickler(file, 2).dump(named or tensors)
        pickle.dump([str(i) for i in range(len(arrays))], file, 2)
        values = b"".join(struct.pack("<q", a.size) + a.tobytes() for a in arrays.values())
        file.write(values[: len(values) - n_missing])
    return path
