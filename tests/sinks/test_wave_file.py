"""Wav files: exact, readable while they grow, and beyond 4 GiB."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.arrays import Float32
from streamer.sinks import wave_file
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


def chunks(path: Path) -> dict[str, tuple[int, int]]:
    """Return begin and size of each chunk of a RIFF file, walking from size to size as readers do."""
    found, n_file = {}, path.stat().st_size
    with path.open("rb") as file:
        at = 12
        while at < n_file:
            file.seek(at)
            name, size = struct.unpack("<4sI", file.read(8))
            found[name.decode()] = at + 8, size
            at += 8 + size
    return found


def test_every_size_in_the_header_is_right(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    file = WaveFile(path, 44_100, 2)
    file.write(noise(1001, 2))
    file.close()
    head, found = path.read_bytes(), chunks(path)
    assert (head[:4], head[8:12]) == (b"RIFF", b"WAVE")
    assert struct.unpack("<I", head[4:8]) == (path.stat().st_size - 8,)
    assert list(found) == ["JUNK", "fmt ", "fact", "data"]  # JUNK keeps the place of the 64-bit sizes
    assert found["data"] == (path.stat().st_size - 1001 * 8, 1001 * 8)
    begin, size = found["fmt "]
    assert struct.unpack("<HHIIHHH", head[begin : begin + size]) == (3, 2, 44_100, 44_100 * 8, 8, 32, 0)
    begin, size = found["fact"]
    assert struct.unpack("<I", head[begin : begin + size]) == (1001,)


def test_every_64_bit_size_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wave_file, "_MAX_UINT32", 2000)  # as if that were the most that 32 bits hold
    path = tmp_path / "a.wav"
    file = WaveFile(path, 8000, 1)
    file.write(noise(1000, 1))
    file.close()
    head = path.read_bytes()
    assert (head[:4], head[4:8], head[8:16]) == (b"RF64", struct.pack("<I", 2000), b"WAVEds64")
    assert struct.unpack("<IQQQI", head[16:48]) == (28, path.stat().st_size - 8, 4000, 1000, 0)
