"""The ImageNet backbone: its weight file is read without running anything of it."""

import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamer.errors import UserError
from streamer.study import backbone
from streamer.study.torch_file import MAGIC, read_torch_file
from tests.support.paths import SHARED


class _Storage:
    """Where a tensor's values lie: of so many numbers, filled later."""

    def __init__(self, key: str, n: int) -> None:
        self.key, self.n = key, n


class _Call:
    """Pickled as a call of a function that need not exist here."""

    def __init__(self, function: type, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return self.function, self.arguments


def _named(module: str, name: str) -> type:
    """Return a class that is pickled by this name."""
    return type(name, (), {"__module__": module})


FLOATS = _named("torch", "FloatStorage")


class _Pickler(pickle._Pickler):  # the one in Python: it can be told not to look names up
    def persistent_id(self, value: Any) -> Any:
        return ("storage", FLOATS, value.key, "cpu", value.n, None) if isinstance(value, _Storage) else None

    def save_global(self, obj: Any, name: str | None = None) -> None:
        write: Any = self.write  # type: ignore[attr-defined]
        write(pickle.GLOBAL + f"{obj.__module__}\n{obj.__name__}\n".encode())
        self.memoize(obj)  # type: ignore[attr-defined]


def _tensor(key: str, size: tuple[int, ...], stride: tuple[int, ...], n: int) -> _Call:
    """Return what is pickled as PyTorch pickles a tensor."""
    return _Call(_named("torch._utils", "_rebuild_tensor_v2"), _Storage(key, n), 0, size, stride, False, {})


def _write(path: Path, arrays: dict[str, np.ndarray], *, n_missing: int = 0, named: Any = None) -> Path:
    with path.open("wb") as file:
        for value in (MAGIC, 1001, {"little_endian": True}):
            pickle.dump(value, file, 2)
        tensors = OrderedDict(
            (name, _tensor(str(i), a.shape, tuple(s // 4 for s in a.strides), a.size))
            for i, (name, a) in enumerate(arrays.items())
        )
        _Pickler(file, 2).dump(named or tensors)
        pickle.dump([str(i) for i in range(len(arrays))], file, 2)
        values = b"".join(struct.pack("<q", a.size) + a.tobytes() for a in arrays.values())
        file.write(values[: len(values) - n_missing])
    return path


def test_arrays_are_read_as_they_were(tmp_path: Path) -> None:
    arrays: dict[str, np.ndarray] = {
        "a.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        "a.bias": np.array([1, 2], np.float32),
        "turned": np.arange(6, dtype=np.float32).reshape(2, 3),
    }
    read = read_torch_file(_write(tmp_path / "w.pth", arrays))
    assert list(read) == list(arrays)
    for name, array in arrays.items():
        assert np.array_equal(read[name], array)


@pytest.mark.parametrize("n_missing", [1, 20, 90])
def test_a_file_cut_short_is_a_mistake(tmp_path: Path, n_missing: int) -> None:
    path = _write(tmp_path / "w.pth", {"a": np.zeros(30, np.float32)}, n_missing=n_missing)
    with pytest.raises(UserError, match="install its package again"):
        read_torch_file(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02K\x01.", b"hello there"])
def test_another_file_is_a_mistake(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(content)
    with pytest.raises(UserError, match="must be a PyTorch state_dict"):
        read_torch_file(path)


def test_nothing_that_a_file_names_is_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"os\.system"):
        read_torch_file(_write(tmp_path / "w.pth", {}, named=_Call(_named("os", "system"), "true")))


def test_a_tensor_may_not_reach_beyond_its_storage(tmp_path: Path) -> None:
    far = OrderedDict(a=_tensor("0", (4, 4), (4, 1), 15))
    with pytest.raises(UserError, match="beyond its storage"):
        read_torch_file(_write(tmp_path / "w.pth", {"a": np.zeros(15, np.float32)}, named=far))


def _arrays() -> dict[str, np.ndarray]:
    """Random weights for all stages."""
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}

    def add(conv: str, bn: str, *shape: int) -> None:
        arrays[f"{conv}.weight"] = rng.normal(0, np.prod(shape[1:]) ** -0.5, shape).astype(np.float32)
        for name, low in (("weight", 0.8), ("bias", -0.1), ("running_mean", -0.1), ("running_var", 0.8)):
            arrays[f"{bn}.{name}"] = rng.uniform(low, low + 0.4, shape[0]).astype(np.float32)

    add("_conv_stem", "_bn0", 32, 3, 3, 3)
    n_in, block = 32, 0
    for channels, n_blocks, kernel, _, expansion in backbone.STAGES:
        for _ in range(n_blocks):
            name, wide = f"_blocks.{block}.", n_in * expansion
            if expansion > 1:
                add(f"{name}_expand_conv", f"{name}_bn0", wide, n_in, 1, 1)
            add(f"{name}_depthwise_conv", f"{name}_bn1", wide, 1, kernel, kernel)
            add(f"{name}_project_conv", f"{name}_bn2", channels, wide, 1, 1)
            n_in, block = channels, block + 1
    add("_conv_head", "_bn1", 1280, 320, 1, 1)
    return arrays


def test_the_network_takes_its_weights_and_sees_the_middle_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.setattr(backbone, "STAGES", ((16, 1, 3, 1, 1), (24, 2, 5, 2, 6), (320, 1, 3, 1, 6)))
    path = _write(tmp_path / "w.pth", _arrays())
    see = backbone.backbone(path)
    clip = np.random.default_rng(1).integers(0, 255, (3, 40, 40), np.uint8)
    seen = see(clip)
    assert seen.shape == (1280,)
    assert seen.std() > 0
    assert np.array_equal(seen, see(clip[1:2]))
    assert not np.allclose(seen, see(clip[:1]))


def test_where_the_package_is_missing_there_are_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbone, "PACKAGE", "no-such-package-of-weights")
    assert backbone.find_weights() is None


def test_real_weights_know_a_cup_of_coffee() -> None:
    pytest.importorskip("tensorflow")
    weights = backbone.find_weights()
    if weights is None:
        pytest.skip(f"needs the package {backbone.PACKAGE}")
    coffee = _photograph(SHARED / "data/images/coffee.png")
    arrays = read_torch_file(weights)
    features = np.asarray(backbone.build(arrays, 224)(backbone.prepared(coffee, 224)))[0]
    logits = arrays["_fc.weight"] @ features + arrays["_fc.bias"]
    assert logits.argmax() in (967, 968)  # espresso, cup


def _photograph(path: Path) -> np.ndarray:
    import cv2

    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        pytest.skip(f"needs {path.name} in the folder STREAMER_SHARED")
    left = (grey.shape[1] - grey.shape[0]) // 2
    return np.asarray(grey[:, left : left + grey.shape[0]])
