from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.arrays import Float32
from streamer.sources.sound.file import SoundFile
from streamer.sources.sound.scale import integer_bits

NOISE = np.random.default_rng(0).standard_normal((4000, 1)).astype(np.float32)
UNIT = NOISE / np.abs(NOISE).max()


@pytest.mark.parametrize(
    ("samples", "bits"),
    [
        (UNIT, 0),
        (1.9 * UNIT, 0),  # a decoder that overshoots
        (20.0 * UNIT, 0),  # pascals of something very loud
        (np.sign(UNIT), 0),
        (np.round(32767 * UNIT), 16),
        (32767 * UNIT, 16),  # resampled after they were read as integers
        (np.round(300 * UNIT), 16),
        (np.round(12 * UNIT), 16),
        (np.round(8_000_000 * UNIT), 24),
        (2.1e9 * UNIT, 32),
        (1e20 * UNIT, 0),
        (0 * UNIT, 0),
        (np.where(UNIT > 0.9, np.nan, np.round(32767 * UNIT)), 16),
    ],
)
def test_integers_are_told_from_other_numbers(samples: Float32, bits: int) -> None:
    blocks = np.array_split(samples.astype(np.float32), 5)
    assert integer_bits(blocks, 1e6) == bits


@pytest.mark.parametrize("suffix", ["wav", "caf", "w64", "au"])
def test_integers_in_a_file_of_floating_point_numbers_are_scaled(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    quiet_first = np.concatenate([np.round(5 * UNIT), np.round(32767 * UNIT)])
    soundfile.write(path, quiet_first, 16_000, subtype="FLOAT")
    file = SoundFile(path)
    samples = np.concatenate([chunk.samples for chunk in file.chunks(0.1)])
    assert np.array_equal(samples, (quiet_first / 32768).astype(np.float32))
    assert file.note == "its numbers are integers of 16 bits: divided by 32768"
    assert np.abs(np.concatenate([chunk.samples for chunk in file.chunks(1.0)])).max() <= 1.0  # again the same


def test_other_files_are_left_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, 20 * UNIT, 16_000, subtype="FLOAT")
    file = SoundFile(path)
    assert np.array_equal(np.concatenate([chunk.samples for chunk in file.chunks(0.1)]), 20 * UNIT)
    assert file.note == ""
