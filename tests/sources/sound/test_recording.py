"""A recording is read, and played, without the silence that stands for what was lost."""

import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.config import SourceSettings
from streamer.errors import UserError
from streamer.messages import Chunk, SoundFormat
from streamer.rings import SampleRing
from streamer.sources.sound.file_source import SoundFileSource
from streamer.sources.sound.recording import SoundRecording
from streamer.sources.times_file import BeginLine, GapLine, TimesFile, utc


def write(path: Path, gaps: list[tuple[int, int]], n_samples: int = 3000, channels: int = 1, **begin: object) -> Path:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (n_samples, channels)).astype(np.float32)
    soundfile.write(path, samples, 8000, subtype="FLOAT")
    values = {"stream": "mic", "device": "x", "sample_rate": 8000, "channels": channels, "start_s": 0.0, **begin}
    times = TimesFile(path, BeginLine(time=utc(0.0), **values))  # type: ignore[arg-type]
    for at, n_lost in gaps:
        times.add(GapLine(at=at, samples=n_lost, time=utc(0.0), why="lost"))
    times.close()
    return path


def pieces(chunks: list[Chunk]) -> list[tuple[int, int, int]]:
    """Return start, length and loss of the chunks, those without a loss joined to the one before."""
    joined: list[list[int]] = []
    for chunk in chunks:
        n_samples = chunk.samples.shape[0]
        assert n_samples
        if joined and not chunk.lost_before:
            joined[-1][1] += n_samples
        else:
            joined.append([chunk.start, n_samples, chunk.lost_before])
    return [(start, n_samples, lost) for start, n_samples, lost in joined]


@pytest.mark.parametrize("block_s", [0.01, 0.1, 1.0])
def test_gaps_are_left_out_whatever_the_blocks(tmp_path: Path, block_s: float) -> None:
    path = write(tmp_path / "a.wav", [(100, 60), (800, 800), (1700, 1), (2900, 500)])
    assert pieces(list(SoundRecording([path]).chunks(block_s))) == [
        (0, 100, 0),
        (160, 640, 60),
        (1600, 100, 800),
        (1701, 1199, 1),
    ]


def test_files_that_continue_each_other_are_counted_on(tmp_path: Path) -> None:
    a = write(tmp_path / "a.wav", [(100, 60)])
    b = write(tmp_path / "b.wav", [(10, 5)], lost_before=40)
    c = write(tmp_path / "c.wav", [])
    recording = SoundRecording([a, b, c])
    assert pieces(list(recording.chunks(1.0))) == [(0, 100, 0), (160, 2840, 60), (3040, 10, 40), (3055, 2985 + 3000, 5)]
    assert len(recording.times) == 3


def test_a_recording_that_is_played_loses_again_what_was_lost(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", [(1000, 400)])
    rings: list[SampleRing] = []

    def begin(sound_format: SoundFormat) -> SampleRing:
        rings.append(SampleRing(8000, sound_format.n_channels, sound_format.sample_rate))
        return rings[0]

    SoundFileSource(str(path), SourceSettings(realtime=False)).capture(begin, threading.Event())
    chunks = []
    while (chunk := rings[0].read(320)) is not None:
        chunks.append(chunk)
    assert pieces(chunks) == [(0, 1000, 0), (1400, 1600, 400)]


def test_a_times_file_of_another_recording_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", [], sample_rate=16_000)
    with pytest.raises(UserError, match=r"times.jsonl must belong to a.wav: it states 1 channels at 16000 Hz"):
        SoundRecording([path])
