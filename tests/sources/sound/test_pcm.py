"""Raw PCM from a pipe: exact in every format, complete with a slow reader, and quick to stop."""

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from streamer.config import SourceSettings
from streamer.errors import UserError
from streamer.sources.sound.pcm import PcmSource, decode_pcm
from tests.support.source_thread import SoundSourceThread

# Bytes of full scale, zero and their neighbours in each format, and the samples that they mean.
EXACT = {
    "u8": (bytes([0, 1, 127, 128, 129, 255]), [-1, -127 / 128, -1 / 128, 0, 1 / 128, 127 / 128]),
    "s16le": (bytes.fromhex("0080 ffff 0000 0100 ff7f"), [-1, -(2**-15), 0, 2**-15, 1 - 2**-15]),
    "s24le": (bytes.fromhex("000080 ffffff 000000 010000 ffff7f"), [-1, -(2**-23), 0, 2**-23, 1 - 2**-23]),
    "s32le": (bytes.fromhex("00000080 00000000 00010000 00000040"), [-1, 0, 2**-23, 0.5]),
    "f32le": (np.array([-1, 0.1, np.nan, np.inf, 3], "<f4").tobytes(), [-1, np.float32(0.1), 0, 0, 3]),
}


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read_fd, write_fd = os.pipe()
    yield read_fd, write_fd
    for fd in (read_fd, write_fd):
        try:
            os.close(fd)
        except OSError:
            continue  # closed by a test that ends the stream


@pytest.mark.parametrize("pcm_format", EXACT)
def test_every_format_is_exact(pcm_format: str) -> None:
    data, expected = EXACT[pcm_format]
    decoded = decode_pcm(data, pcm_format, 1)
    assert decoded.dtype == np.float32
    np.testing.assert_array_equal(decoded[:, 0], np.array(expected, np.float32))


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1))
def test_32_bits_are_rounded_to_the_nearest_float(values: list[int]) -> None:
    decoded = decode_pcm(np.array(values, "<i4").tobytes(), "s32le", 1)[:, 0]
    np.testing.assert_array_equal(decoded, (np.array(values, np.float64) / 2**31).astype(np.float32))


@given(st.binary(max_size=600), st.sampled_from(sorted(EXACT)), st.integers(1, 3))
def test_any_bytes_decode_to_finite_samples(data: bytes, pcm_format: str, n_channels: int) -> None:
    width = {"u8": 1, "s16le": 2, "s24le": 3}.get(pcm_format, 4) * n_channels
    decoded = decode_pcm(data[: len(data) // width * width], pcm_format, n_channels)
    assert decoded.shape == (len(data) // width, n_channels)
    assert np.isfinite(decoded).all()


def test_a_long_stream_in_uneven_pieces_arrives_complete(pipe: tuple[int, int]) -> None:
    read_fd, write_fd = pipe
    values = np.random.default_rng(1).integers(-(2**15), 2**15, (20_000, 2)).astype("<i2")
    data = values.tobytes() + b"\x01\x02\x03"  # and an incomplete sample

    def feed() -> None:
        rng = np.random.default_rng(2)
        place = 0
        while place < len(data):
            place += os.write(write_fd, data[place : place + int(rng.integers(1, 9000))])
        os.close(write_fd)

    threading.Thread(target=feed, daemon=True).start()
    source = PcmSource(SourceSettings(pcm_rate=16_000, pcm_channels=2), read_fd)
    with SoundSourceThread(source, ring_s=0.1) as thread:  # far less than the stream, so that its writer must wait
        time.sleep(0.3)  # a late reader
        thread.wait_for(lambda: bool(thread.sessions) and len(thread.sessions[0].samples) == 20_000)
        thread.wait_end()
    (session,) = thread.sessions
    np.testing.assert_array_equal(session.samples, values.astype(np.float32) / 2**15)
    assert (session.lost, thread.error) == (0, None)
    assert (session.sound_format.sample_rate, session.sound_format.n_channels) == (16_000, 2)
    assert "3 bytes" in source.note


def test_one_channel_can_be_chosen(pipe: tuple[int, int]) -> None:
    read_fd, write_fd = pipe
    os.write(write_fd, bytes([128, 0, 128, 255]))
    os.close(write_fd)
    with SoundSourceThread(PcmSource(SourceSettings(pcm_channels=2, pcm_format="u8", channel=1), read_fd)) as thread:
        thread.wait_end()
    np.testing.assert_array_equal(thread.sessions[0].samples, np.array([[-1], [127 / 128]], np.float32))
    with pytest.raises(UserError, match="channel=2 must be 0 or 1, a channel of standard input"):
        PcmSource(SourceSettings(pcm_channels=2, channel=2), read_fd)


def test_stopping_while_nothing_comes(pipe: tuple[int, int]) -> None:
    with SoundSourceThread(PcmSource(SourceSettings(), pipe[0])) as thread:
        time.sleep(0.3)
        assert thread.leave() < 1.0
    assert thread.sessions == []  # no session without data
    assert thread.error is None


def test_stopping_while_the_ring_is_full(pipe: tuple[int, int]) -> None:
    read_fd, write_fd = pipe
    os.write(write_fd, b"\0" * 32_000)
    with SoundSourceThread(PcmSource(SourceSettings(), read_fd), ring_s=0.1) as thread:
        while not thread.sessions:
            time.sleep(0.01)
        time.sleep(0.2)
        assert thread.leave() < 1.0
    assert thread.sessions[0].ring.unread <= thread.sessions[0].ring.capacity


@pytest.mark.parametrize("data", [b"", b"\x01"])
def test_an_empty_pipe_is_refused_with_an_example(pipe: tuple[int, int], data: bytes) -> None:
    read_fd, write_fd = pipe
    os.write(write_fd, data)
    os.close(write_fd)
    with SoundSourceThread(PcmSource(SourceSettings(), read_fd)) as thread:
        thread.wait_end()
    assert isinstance(thread.error, UserError)
    assert "arecord" in str(thread.error)


def test_a_terminal_and_a_closed_descriptor_are_refused() -> None:
    leader_fd, terminal_fd = os.openpty()
    try:
        with pytest.raises(UserError, match="must be fed by a pipe; for example: arecord"):
            PcmSource(SourceSettings(), terminal_fd)
    finally:
        os.close(leader_fd)
        os.close(terminal_fd)
    with pytest.raises(UserError, match="must have an open standard input"):
        PcmSource(SourceSettings(), terminal_fd)


def test_standard_input_of_a_real_process(tmp_path: Path) -> None:
    code = (
        "import threading, numpy as np\n"
        "from streamer.rings import SampleRing\n"
        "from streamer.sources import open_source\n"
        "rings = []\n"
        "def begin(f):\n"
        "    rings.append(SampleRing(1000, f.n_channels, f.sample_rate)); return rings[0]\n"
        "open_source('-').capture(begin, threading.Event())\n"
        "print(rings[0].read(1000).samples[:, 0].tolist())\n"
    )
    path = tmp_path / "x.raw"
    path.write_bytes(np.array([1, -2, 3], "<i2").tobytes())
    with path.open("rb") as file:
        done = subprocess.run([sys.executable, "-c", code], stdin=file, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str([1 / 2**15, -2 / 2**15, 3 / 2**15]), done.stderr


def delivered(pipe: tuple[int, int], data: bytes, settings: SourceSettings) -> SoundSourceThread:
    """Return the thread that has read all of a pipe."""
    read_fd, write_fd = pipe
    with SoundSourceThread(PcmSource(settings, read_fd)) as thread:
        for at in range(0, len(data), 1000):
            os.write(write_fd, data[at : at + 1000])
        os.close(write_fd)
        thread.wait_end()
    return thread


@pytest.mark.parametrize(
    ("subtype", "change"), [("PCM_16", None), ("PCM_24", None), ("FLOAT", None), ("PCM_U8", None), ("PCM_16", "pipe")]
)
def test_a_wav_in_the_pipe_is_read_as_the_wav_that_it_is(
    pipe: tuple[int, int], subtype: str, change: str | None
) -> None:
    samples = np.random.default_rng(0).uniform(-0.9, 0.9, (9000, 2)).astype(np.float32)
    file = io.BytesIO()
    soundfile.write(file, samples, 22_050, subtype, format="WAV")
    data = bytearray(file.getvalue())
    if change:  # a recorder that writes to a pipe cannot know the length
        data[4:8] = data[40:44] = b"\xff" * 4
    thread = delivered(pipe, bytes(data), SourceSettings(pcm_rate=8000))
    (session,) = thread.sessions
    assert (session.sound_format.sample_rate, session.sound_format.n_channels) == (22_050, 2)
    expected, _ = soundfile.read(io.BytesIO(file.getvalue()), dtype="float32")
    np.testing.assert_array_equal(session.samples, expected)
    assert (thread.error, thread.source.note, session.lost) == (None, "", 0)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"fLaC\0\0\0\x22", "this is FLAC"),
        (b"OggS\0\2", "this is Ogg"),
        (b"ID3\x04\0", "this is mp3"),
        (b"\0\0\0\x20ftypM4A ", "this is mp4"),
        (b"\x1aE\xdf\xa3", "this is Matroska"),
        (
            b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x55\0\1\0\x40\x1f" + bytes(10) + b"data\0\0\0\0",
            "the format 85 of 0 bits",
        ),
    ],
)
def test_other_files_in_the_pipe_are_refused_with_the_remedy(pipe: tuple[int, int], head: bytes, kind: str) -> None:
    thread = delivered(pipe, head + bytes(200), SourceSettings())
    assert thread.sessions == []
    assert isinstance(thread.error, UserError)
    assert kind in str(thread.error)
    assert "| streamer run -s -" in str(thread.error)


def test_the_channel_of_a_wav_in_the_pipe_must_exist(pipe: tuple[int, int]) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros((100, 2), np.float32), 22_050, format="WAV")
    thread = delivered(pipe, file.getvalue(), SourceSettings(pcm_channels=4, channel=2))
    assert "channel=2 must be below 2, the channels of the wav" in str(thread.error)
