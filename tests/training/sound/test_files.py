"""Sections of sound files, decoded once."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.training.sound import files
from streamer.training.sound.files import SectionCache, active_frames, loud_sections, n_sections, read_sound
from tests.support.sound_files import encoded

RATE = 16_000


def _tone(seconds: float, level: float = 0.5, rate: int = RATE) -> Float32:
    return (level * np.sin(2 * np.pi * 440.0 * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return two minutes of near-silence, with a tone from 61 to 62 s."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    samples = np.full(120 * RATE, 1e-4, np.float32)
    samples[61 * RATE : 62 * RATE] = _tone(1.0)
    soundfile.write(path, samples, RATE)
    return path


def test_active_frames_are_those_near_the_loudest() -> None:
    samples = np.concatenate([np.zeros(3200, np.float32), _tone(0.04), np.full(3200, 1e-4, np.float32)])
    assert active_frames(samples).tolist() == [3200, 3520]


def test_nothing_is_active_in_silence() -> None:
    assert active_frames(np.zeros(16_000, np.float32)).size == 0


@pytest.mark.parametrize(("rate", "n_channels"), [(16_000, 1), (44_100, 2), (8000, 1)])
def test_a_file_is_mixed_down_and_resampled(rate: int, n_channels: int, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.tile(_tone(1.0, 0.5, rate)[:, None], n_channels), rate, "FLOAT")
    samples = read_sound(tmp_path / "a.wav", RATE)
    assert abs(samples.size - RATE) <= 1
    assert np.abs(samples[500:-500] - _tone(1.0)[500 : samples.size - 500]).max() < 2e-3


def test_only_loud_sections_of_a_long_file_are_sampled(long_file: Path) -> None:
    assert n_sections(long_file) == 4
    assert loud_sections(long_file) == (2,)
    section = SectionCache(RATE).get(long_file, 2)
    assert section.samples.size == 30 * RATE
    assert section.active.min() == 1 * RATE
    assert section.active.max() < 2 * RATE


@pytest.mark.parametrize(("seconds", "n"), [(0.5, 1), (45, 1), (46, 2), (60, 2), (61, 3)])
def test_a_long_file_has_sections(seconds: float, n: int, tmp_path: Path) -> None:
    samples = np.zeros(int(seconds * 1000), np.float32)
    samples[-400:] = 0.5  # the only sound is at the end
    soundfile.write(tmp_path / "a.wav", samples, 1000)
    assert n_sections(tmp_path / "a.wav") == n
    assert loud_sections(tmp_path / "a.wav") == (n - 1,)
    assert SectionCache(1000).get(tmp_path / "a.wav", n - 1).active.size > 0


def test_a_section_holds_what_the_whole_file_holds_there(long_file: Path) -> None:
    whole = read_sound(long_file, RATE)
    assert np.array_equal(read_sound(long_file, RATE, 60.0, 5.0), whole[60 * RATE : 65 * RATE])
    assert np.array_equal(read_sound(long_file, RATE, 0.0, 5.0), whole[: 5 * RATE])


def test_the_cache_keeps_to_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CACHE_BYTES", 3 * 4 * RATE)
    reads: list[Path] = []

    def read(path: Path, *_: float) -> Float32:
        reads.append(path)
        return read_sound(path, RATE)

    monkeypatch.setattr(files, "read_sound", read)
    paths = [tmp_path / f"{i}.wav" for i in range(5)]
    for path in paths:
        soundfile.write(path, _tone(1.0), RATE)
    cache = SectionCache(RATE)
    for path in [*paths, *paths[2:], paths[0]]:
        assert cache.get(path).samples.size == RATE
    assert reads == [*paths, paths[0]]


def test_a_file_that_is_no_sound_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(UserError, match=r"a\.wav must be a sound file"):
        read_sound(tmp_path / "a.wav", RATE)


@pytest.mark.parametrize("kind", ["m4a", "two wavs joined", "floats of 16 bits"])
def test_the_middle_of_a_long_file_of_any_kind(kind: str, long_file: Path, tmp_path: Path) -> None:
    samples, _ = soundfile.read(long_file, dtype="float32", always_2d=True)
    path = tmp_path / ("memo.m4a" if kind == "m4a" else "x.wav")
    if kind == "m4a":
        encoded("aac", "mp4", RATE, "mono", sound=samples)(path)
    elif kind == "floats of 16 bits":
        soundfile.write(path, samples * np.float32(32_768), RATE, "FLOAT")
    else:
        for number, half in enumerate(np.split(samples, 2)):
            soundfile.write(tmp_path / f"{number}.wav", half, RATE)
        path.write_bytes((tmp_path / "0.wav").read_bytes() + (tmp_path / "1.wav").read_bytes())
    section = SectionCache(RATE).get(path, 2)
    assert loud_sections(path) == (2,)
    assert section.samples.size == 30 * RATE
    assert np.abs(section.samples).max() == pytest.approx(0.5, abs=0.05)
    assert section.active.min() == pytest.approx(1 * RATE, abs=0.05 * RATE)
    assert section.active.max() < 2.05 * RATE
