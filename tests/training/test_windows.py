from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.errors import StreamerError
from streamer.training.windows import BLOCK, TrainingWindows, WindowReader, WindowWriter


def _windows(folder: Path, sizes: list[int], seed: int = 0) -> TrainingWindows:
    """Return windows whose every feature is their number, of one example for each size."""
    writer, n = WindowWriter(folder, (2, 3), 2), seed
    for example, size in enumerate(sizes):
        features = np.repeat(np.arange(n, n + size, dtype=np.float32), 6).reshape(size, 2, 3)
        writer.append(features, np.array([example, np.nan], np.float32), example)
        n += size
    return writer.finish()


def test_windows_come_back_as_written_and_stay_on_disk(tmp_path: Path) -> None:
    windows = _windows(tmp_path / "a", [2, 0, 3])
    assert isinstance(windows.features, np.memmap)
    assert windows.features[:, 0, 0].tolist() == [0, 1, 2, 3, 4]
    assert windows.examples.tolist() == [0, 0, 2, 2, 2]
    assert windows.targets[:, 0].tolist() == [0, 0, 2, 2, 2]
    assert np.isnan(windows.targets[:, 1]).all()


def test_one_window_may_come_without_an_axis_and_many_with_an_example_each(tmp_path: Path) -> None:
    writer = WindowWriter(tmp_path, (2, 3), 1)
    writer.append(np.ones((2, 3), np.float32), np.ones(1, np.float32), -1)
    writer.append(np.zeros((2, 2, 3), np.float16), np.zeros((2, 1), np.float32), np.array([4, 5], np.int32))
    windows = writer.finish()
    assert windows.examples.tolist() == [-1, 4, 5]
    assert windows.features.shape == (3, 2, 3)


def test_there_may_be_no_windows_at_all(tmp_path: Path) -> None:
    windows = WindowWriter(tmp_path, (2, 3), 2).finish()
    assert len(windows) == 0
    assert windows.features.shape == (0, 2, 3)
    assert list(windows.blocks()) == []


def test_blocks_hold_every_window_once(tmp_path: Path) -> None:
    windows = _windows(tmp_path, [BLOCK + 3])
    blocks = list(windows.blocks())
    assert [len(block) for block in blocks] == [BLOCK, 3]
    assert np.concatenate(blocks)[:, 0, 0].tolist() == list(range(BLOCK + 3))
    assert blocks[0].dtype == np.float32


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_a_reader_reads_all_parts_as_one(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], random: Random
) -> None:
    folder, starts = tmp_path_factory.mktemp("parts"), np.cumsum([0, *sizes])
    reader = WindowReader([_windows(folder / str(i), [n], int(starts[i])) for i, n in enumerate(sizes)])
    assert len(reader) == sum(sizes)
    rows = np.array(random.choices(range(len(reader)), k=7) if len(reader) else [], np.intp)
    assert reader.features(rows)[:, 0, 0].tolist() == rows.tolist()


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StreamerError, match="must be writable"):
        WindowWriter(tmp_path / "file", (2, 3), 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    (tmp_path / "features.f16").symlink_to("/dev/full")
    writer = WindowWriter(tmp_path, (64, 64), 1)
    many = np.zeros((100, 64, 64), np.float32)
    with pytest.raises(StreamerError, match="must have room for the training windows; No space left"):
        writer.append(many, np.zeros(1, np.float32), 0)
