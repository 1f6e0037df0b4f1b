"""Wav files: exact, readable while they grow, and beyond 4 GiB."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.arrays import Float32
from streamer.sinks.wave_file import WaveFile


def noise(n_samples: int, n_channels: int) -> Float32:
    return np.random.default_rng(0).standard_normal((n_samples, n_channels)).astype(np.float32)


@pytest.mark.parametrize("n_channels", [1, 2, 5])
def test_samples_read_back_bit_by_bit_with_silence_between(tmp_path: Path, n_channels: int) -> None:
    samples = noise(700, n_channels)
    samples[300:400] = 0
    file = WaveFile(tmp_path / "a.wav", 44_100, n_channels)
    file.write(samples[:300])
    file.write_silence(100)
    file.write(samples[400:])
    file.close()
    read, sample_rate = soundfile.read(tmp_path / "a.wav", dtype="float32", always_2d=True)
    assert (sample_rate, soundfile.info(tmp_path / "a.wav").format) == (44_100, "WAV")
    assert read.tobytes() == samples.tobytes()
    assert (tmp_path / "a.wav").stat().st_size == file.n_bytes


def test_its_header_is_at_most_a_second_old(tmp_path: Path) -> None:
    file = WaveFile(tmp_path / "a.wav", 1000, 1)
    for _ in range(25):
        file.write(noise(100, 1))
        assert file.n_samples - soundfile.info(tmp_path / "a.wav").frames < 1000
    file.close()


def test_beyond_4_gib_it_is_an_rf64_file_with_all_its_samples(tmp_path: Path) -> None:
    n_silent = 1 << 30  # samples of 4 bytes; a hole, which takes no space
    samples = noise(1000, 1)
    file = WaveFile(tmp_path / "a.wav", 48_000, 1)
    file.write(samples)
    try:
        file.write_silence(n_silent)
    except OSError:
        pytest.skip("the file system keeps no holes, and has no room")
    file.write(samples)
    file.close()
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.format, info.frames) == ("RF64", n_silent + 2000)
    last, _ = soundfile.read(tmp_path / "a.wav", start=n_silent + 1000, dtype="float32", always_2d=True)
    assert last.tobytes() == samples.tobytes()


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("mine")
    with pytest.raises(FileExistsError):
        WaveFile(tmp_path / "a.wav", 8000, 1)
    assert (tmp_path / "a.wav").read_text() == "mine"
