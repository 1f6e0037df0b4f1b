"""Sound files are read complete and unchanged; files that cannot be read are refused with a reason."""

import os
import re
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from streamer.arrays import Float32
from streamer.config import SourceSettings
from streamer.errors import UserError
from streamer.messages import SoundFormat
from streamer.safe_text import safe
from streamer.sources.sound.file import MAX_BLOCK_VALUES, SoundFile, read_blocks, read_header
from streamer.sources.sound.file_source import SoundFileSource
from tests.support import bombs, sound_files
from tests.support.source_thread import SoundSourceThread
from tests.support.sources import sound_source

AT_ONCE = SourceSettings(realtime=False)


def noise(n_samples: int, n_channels: int = 1, seed: int = 0) -> Float32:
    """Samples that 16 bits hold exactly."""
    rng = np.random.default_rng(seed)
    return (rng.integers(-(2**15), 2**15, (n_samples, n_channels)) / 2**15).astype(np.float32)


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff"])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_lossless_files_arrive_bit_for_bit(tmp_path: Path, suffix: str, n_channels: int) -> None:
    path = tmp_path / f"x.{suffix}"
    samples = noise(30_001, n_channels)
    soundfile.write(path, samples, 22_050, subtype="PCM_16")
    source = sound_source(str(path), AT_ONCE)
    with SoundSourceThread(source, ring_s=0.5) as thread:  # much less than the file, but nothing is overwritten
        thread.wait_for(lambda: bool(thread.sessions) and len(thread.sessions[0].samples) == 30_001)
        thread.wait_end()
    session = thread.sessions[0]
    assert session.sound_format == SoundFormat(22_050, n_channels, f"x.{suffix}")
    np.testing.assert_array_equal(session.samples, samples)
    assert (session.lost, thread.error, len(thread.sessions)) == (0, None, 1)


@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_lossy_files_arrive_as_libsndfile_decodes_them(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000).astype(np.float32)
    soundfile.write(path, tone, 16_000)
    sound_format, blocks = read_blocks(path, block_s=0.1)
    decoded = np.concatenate(list(blocks))
    assert sound_format.sample_rate == 16_000
    np.testing.assert_allclose(decoded[:, 0], soundfile.read(path, dtype="float32")[0], atol=1e-6)
    np.testing.assert_allclose(decoded[2000:30_000, 0], tone[2000:30_000], atol=0.02)
    for block_s in (0.01, 0.037, 1.0):
        np.testing.assert_array_equal(np.concatenate(list(read_blocks(path, block_s)[1])), decoded)


def test_the_decoder_of_a_damaged_mp3_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.mp3"
    soundfile.write(path, noise(64_000) / 4, 16_000)
    data = bytearray(path.read_bytes())
    for place in range(2000, len(data) - 500, 400):
        data[place : place + 100] = b"\0" * 100
    path.write_bytes(data)
    file = SoundFile(path)
    assert sum(chunk.samples.shape[0] for chunk in file.chunks(0.1)) > 30_000
    assert len(file.damages) > 3
    assert "more places" in file.damage
    assert capfd.readouterr().err == ""


@given(block_s=st.floats(1e-4, 2.0), n_samples=st.integers(1, 3000))
def test_any_block_length_gives_the_same_samples(
    tmp_path_factory: pytest.TempPathFactory, block_s: float, n_samples: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "blocks.wav"
    samples = noise(n_samples, 2, seed=n_samples)
    soundfile.write(path, samples, 8000, subtype="PCM_16")
    blocks = list(read_blocks(path, block_s)[1])
    np.testing.assert_array_equal(np.concatenate(blocks), samples)
    assert {block.shape[0] for block in blocks[:-1]} <= {max(1, round(block_s * 8000))}


def test_one_channel_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    samples = noise(1000, 2)
    soundfile.write(path, samples, 8000, subtype="PCM_16")
    sound_format, blocks = read_blocks(path, channel=1)
    assert sound_format.n_channels == 1
    np.testing.assert_array_equal(np.concatenate(list(blocks)), samples[:, 1:])
    with pytest.raises(UserError, match="channel=2 must be 0 or 1, a channel of"):
        sound_source(str(path), SourceSettings(channel=2))


def test_in_real_time_a_slow_reader_loses_samples_and_they_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "second.wav"
    samples = noise(8000)
    soundfile.write(path, samples, 8000, subtype="PCM_16")
    started_s = time.monotonic()
    with SoundSourceThread(sound_source(str(path)), ring_s=0.25) as thread:
        thread.wait_end()  # without reading
        took_s = time.monotonic() - started_s
    session = thread.sessions[0]
    np.testing.assert_array_equal(session.samples, samples[-2000:])
    assert session.lost == 6000
    assert took_s >= 1.0  # never early; how late depends on the machine
    assert abs(session.chunks[-1].time_s - (session.begun_s + 1.0)) < 0.5


@pytest.mark.parametrize("realtime", [True, False])
def test_stopping_takes_less_than_a_second(tmp_path: Path, realtime: bool) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(80_000, np.float32), 8000)
    with SoundSourceThread(sound_source(str(path), SourceSettings(realtime=realtime)), ring_s=1.0) as thread:
        while not thread.sessions:
            time.sleep(0.01)
        assert thread.leave() < 1.0  # of ten seconds
    assert thread.error is None


def test_nan_and_infinity_become_zero(tmp_path: Path) -> None:
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.array([0.5, np.nan, np.inf, -np.inf, 2.0], np.float32), 8000, subtype="FLOAT")
    np.testing.assert_array_equal(next(read_blocks(path)[1])[:, 0], np.array([0.5, 0, 0, 0, 2.0], np.float32))


def test_a_streamed_wav_with_a_wrong_length_is_read_to_its_end(tmp_path: Path) -> None:
    """Recorders that write to a pipe cannot fill in the length at the end."""
    path = tmp_path / "streamed.wav"
    samples = noise(1000)
    soundfile.write(path, samples, 8000, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = (0xFFFFFFFF).to_bytes(4, "little")
    path.write_bytes(data)
    np.testing.assert_array_equal(np.concatenate(list(read_blocks(path)[1])), samples)


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    """Return for each case a file and what its error must say."""
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("this is no sound")
    soundfile.write(folder / "no_samples.wav", np.zeros(0, np.float32), 8000)
    (folder / "header.wav").write_bytes((folder / "no_samples.wav").read_bytes()[:20])
    soundfile.write(folder / "slow.wav", np.zeros(10, np.float32), 10)
    (folder / "headerless.raw").write_bytes(b"\0" * 100)
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    return {
        "missing": (folder / "missing.wav", "must exist"),
        "empty": (folder / "empty.wav", "it is empty"),
        "text": (folder / "text.wav", "must be a sound file"),
        "no samples": (folder / "no_samples.wav", "at least one sample"),
        "cut in the header": (folder / "header.wav", "must be a sound file"),
        "impossible rate": (folder / "slow.wav", "samples per second"),
        "headerless": (folder / "headerless.raw", "must be a sound file"),
        "folder": (folder / "folder", "streamer classify takes folders"),
        "pipe": (folder / "pipe", "standard input"),
        "null byte": (Path("a\0b"), "must be readable"),
    }


@pytest.mark.parametrize(
    "case",
    ["missing", "empty", "text", "no samples", "cut in the header", "impossible rate", "headerless", "folder", "pipe",
     "null byte"],
)  # fmt: skip
def test_bad_files_are_refused_with_a_reason(tmp_path: Path, case: str) -> None:
    path, reason = bad_files(tmp_path)[case]
    with pytest.raises(UserError) as caught:
        SoundFileSource(str(path), SourceSettings())
    assert str(caught.value).startswith(f"file={safe(str(path))} must ")
    assert reason in str(caught.value)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "secret.wav"
    soundfile.write(path, np.zeros(10, np.float32), 8000)
    path.chmod(0)
    with pytest.raises(UserError, match="Permission denied"):
        sound_source(str(path))


def test_a_truncated_flac_is_read_up_to_the_damage(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.flac", tmp_path / "cut.flac"
    samples = noise(80_000)
    soundfile.write(whole, samples, 8000)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    received: list[Float32] = []
    with pytest.raises(UserError, match=r"file=.*cut.flac must be readable to its end; damaged after \d"):
        received.extend(read_blocks(cut, 0.1)[1])
    read = np.concatenate(received)
    assert 20_000 < read.shape[0] < 60_000
    np.testing.assert_array_equal(read, samples[: read.shape[0]])


def test_the_header_has_format_and_duration(tmp_path: Path) -> None:
    path = tmp_path / "x.flac"
    soundfile.write(path, np.zeros((12_345, 2), np.float32), 44_100)
    sound_format, duration_s = read_header(path)
    assert sound_format == SoundFormat(44_100, 2, "x.flac")
    assert duration_s == pytest.approx(12_345 / 44_100)


def test_blocks_hold_a_bounded_number_of_values_whatever_the_header_says(tmp_path: Path) -> None:
    path = bombs.wav(tmp_path / "x.wav", 768_000, 64, 64 * 1_000_000)  # 128 MB of silence
    sound_format, blocks = read_blocks(path, 10.0)
    assert (sound_format.sample_rate, sound_format.n_channels) == (768_000, 64)
    sizes = [block.size for block in blocks]
    assert sum(sizes) == 64 * 1_000_000
    assert max(sizes) <= MAX_BLOCK_VALUES < 768_000 * 64 * 10


@pytest.mark.parametrize(("container", "name"), [("mp4", "x.mp4"), ("matroska", "x.mkv"), ("mov", "x.mov")])
def test_sound_that_begins_after_the_images_of_a_video_has_the_times_of_the_video(
    tmp_path: Path, container: str, name: str
) -> None:
    sound_files.encoded("aac", container, images=True)(tmp_path / f"at_once_{name}")
    sound_files.encoded("aac", container, images=True, late_s=1.5)(tmp_path / name)
    at_once, late = SoundFile(tmp_path / f"at_once_{name}"), SoundFile(tmp_path / name)
    begins, late_begins = (next(iter(file.chunks())).start / 44_100 for file in (at_once, late))
    assert begins == pytest.approx(0.0, abs=0.03)
    assert late_begins == pytest.approx(1.5, abs=0.05)
    *_, last = late.chunks()
    assert (last.start + last.samples.shape[0]) / 44_100 == pytest.approx(4.5, abs=0.06)
    assert late.note.startswith("its sound begins at 1.")
    assert late.damage == ""
    assert at_once.note == ""


def test_sound_tracks_that_are_not_read_are_told(tmp_path: Path) -> None:
    sound_files.encoded("aac", "matroska", n_tracks=3)(tmp_path / "x.mka")
    file = SoundFile(tmp_path / "x.mka")
    list(file.chunks())
    assert file.note == "it has 2 other sound tracks, not read"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html><html><body>404", "it is a web page or XML, as of a download that failed"),
        (b"\n <html>", "it is a web page or XML, as of a download that failed"),
        (b"PK\3\4" + bytes(100), "it is a zip archive: unpack it"),
        (b"\0\5\x16\7\0\2\0\0Mac OS X", "without its content: copy the file itself"),
        (b"version https://git-lfs.github.com/spec/v1\n", "run git lfs pull"),
        (b"no sound", "no decoder knows it"),
    ],
)
def test_what_is_mistaken_for_a_sound_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "memo.mp3"
    path.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(what)):
        SoundFile(path)
