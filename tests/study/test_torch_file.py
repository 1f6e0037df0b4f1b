"""Weights are read from a PyTorch file without running anything in it."""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from streamer.errors import UserError
from streamer.study.torch_file import read_torch_file
from tests.support.torch_files import PickledCall, named_class, pickled_tensor, write_torch_file


def test_arrays_are_read_as_written(tmp_path: Path) -> None:
    arrays: dict[str, np.ndarray] = {
        "a.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        "a.bias": np.array([1, 2], np.float32),
        "turned": np.arange(6, dtype=np.float32).reshape(2, 3),
    }
    read = read_torch_file(write_torch_file(tmp_path / "w.pth", arrays))
    assert list(read) == list(arrays)
    for name, array in arrays.items():
        assert np.array_equal(read[name], array)


@pytest.mark.parametrize("n_missing", [1, 20, 90])
def test_a_truncated_file_is_refused(tmp_path: Path, n_missing: int) -> None:
    path = write_torch_file(tmp_path / "w.pth", {"a": np.zeros(30, np.float32)}, n_missing=n_missing)
    with pytest.raises(UserError, match="install its package again"):
        read_torch_file(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02K\x01.", b"hello there"])
def test_a_file_of_another_format_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(content)
    with pytest.raises(UserError, match="must be a PyTorch state_dict"):
        read_torch_file(path)


def test_no_code_that_a_file_names_is_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"os\.system"):
        read_torch_file(
            write_torch_file(tmp_path / "w.pth", {}, named=PickledCall(named_class("os", "system"), "true"))
        )


def test_a_tensor_beyond_its_storage_is_refused(tmp_path: Path) -> None:
    far = OrderedDict(a=pickled_tensor("0", (4, 4), (4, 1), 15))
    with pytest.raises(UserError, match="beyond its storage"):
        read_torch_file(write_torch_file(tmp_path / "w.pth", {"a": np.zeros(15, np.float32)}, named=far))
