"""The monitors of sound and images while takes are recorded."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from streamer.config import ImageSettings
from streamer.messages import Chunk, Image, ImageFormat, LostTake, SoundFormat
from streamer.monitor.images import ImageMonitor
from streamer.monitor.recording import takes_view
from streamer.monitor.snapshot import ImageView, SoundView
from streamer.monitor.sound import SoundMonitor
from streamer.pipeline.images import ImagePipeline
from streamer.recording.folder import TakeFolder
from streamer.recording.images import PictureTakeRecorder
from streamer.recording.settings import Request, TakeSettings
from streamer.recording.sound import SoundTakeRecorder, log_mel_at
from tests.support.fake_source import FakeImageSource, FakeSoundSource


@pytest.fixture
def folder(tmp_path: Path) -> TakeFolder:
    """A folder of 7 examples, with 2 takes lost in this run."""
    (tmp_path / "dog").mkdir()
    for k in range(7):
        (tmp_path / "dog" / f"{k}.flac").touch()
    folder = TakeFolder(tmp_path, "dog", 0.0)
    for _ in range(2):
        folder.write(LostTake("mic", 0.0, 1.0, "no space left"))
    folder.problem = "no space left"
    return folder


def recorded(
    folder: TakeFolder, sample_rate: int, length_s: float, draws: bool = True, lost: int = 0
) -> tuple[SoundMonitor, SoundTakeRecorder]:
    recorder = SoundTakeRecorder("mic", TakeSettings(by="key"))
    monitor = SoundMonitor(
        recorder, FakeSoundSource(), draws=draws, takes=partial(takes_view, recorder.segmenter, folder)
    )
    opened = SoundFormat(sample_rate, 2, "fake")
    recorder.begin(opened)
    monitor.begin(opened)
    recorder.segmenter.requests.append(Request.TAKE)
    tone = 0.5 * np.sin(2 * np.pi * 0.1 * np.arange(round(length_s * sample_rate)))
    samples = np.stack([tone, tone], axis=1).astype(np.float32)
    n_chunk = round(0.05 * sample_rate)
    for start in range(0, samples.shape[0], n_chunk):
        is_late = start > 0
        chunk = Chunk(
            samples[start : start + n_chunk], start + lost * is_late, lost * (start == n_chunk), time.monotonic()
        )
        monitor.update(chunk, recorder.step(chunk), busy_s=0.001)
    return monitor, recorder


@pytest.mark.parametrize("sample_rate", [1000, 8000, 16_000, 22_050, 44_100, 48_000, 96_000, 384_000])
def test_the_spectrogram_is_drawn_at_any_rate(folder: TakeFolder, sample_rate: int) -> None:
    shown = recorded(folder, sample_rate, 1.0)[0].snapshot().view
    assert isinstance(shown, SoundView)
    assert shown.spectrogram.shape[0] == pytest.approx(1.0 / shown.column_s, abs=2)
    assert np.isfinite(shown.spectrogram).all()
    assert shown.level.rms_dbfs == pytest.approx(-9.03, abs=0.1)
    loudest_hz = shown.mel_hz[shown.spectrogram[-1].argmax()]
    if sample_rate <= 48_000:
        assert loudest_hz == pytest.approx(0.1 * sample_rate, rel=0.15, abs=40)
    assert log_mel_at(sample_rate).fmax_hz <= sample_rate / 2


def test_a_snapshot_has_the_takes(folder: TakeFolder) -> None:
    monitor, recorder = recorded(folder, 8000, 1.0)
    view = monitor.snapshot().takes
    assert view is not None
    assert (view.label, view.n_before, view.n_lost, view.problem, view.by) == ("dog", 7, 2, "no space left", "key")
    assert view.running_s == pytest.approx(0.95)
    assert view.level_db == pytest.approx(-9.03, abs=0.5)
    recorder.segmenter.requests.append(Request.PAUSE)
    recorder.end_events()
    view = monitor.snapshot().takes
    assert view is not None
    assert view.running_s is None
    assert view.is_paused


def test_losses_are_counted_and_nothing_is_drawn_without_a_dashboard(folder: TakeFolder) -> None:
    monitor, _ = recorded(folder, 8000, 1.0, draws=False, lost=80)
    shown = monitor.snapshot()
    assert (shown.health.lost_samples, shown.health.overflows, shown.health.detail) == (80, 3, "odd")
    assert shown.view is None


def test_images_are_shown_while_pictures_are_taken(folder: TakeFolder) -> None:
    pipeline = ImagePipeline("camera", [], ImageSettings())
    recorder = PictureTakeRecorder(pipeline, TakeSettings(by="time", longest_s=1.0))
    takes = partial(takes_view, recorder.segmenter, folder)
    monitor = ImageMonitor(pipeline, FakeImageSource(), draws=True, takes=takes)
    recorder.begin(ImageFormat(64, 48, 30.0, "fake"))
    monitor.begin(ImageFormat(64, 48, 30.0, "fake"))
    for k in range(10):
        image = Image(np.full((48, 64, 3), 10 * k, np.uint8), k, 0, k / 30, time.monotonic())
        monitor.update(image, recorder.step(image), 0.001)
    shown = monitor.snapshot()
    assert shown.device == "fake 64×48"
    assert isinstance(shown.view, ImageView)
    assert shown.view.image_px == (64, 48)
    assert shown.labels == ()
    assert shown.takes is not None
    assert shown.takes.running_s == pytest.approx(0.3)
    assert shown.takes.level_db == pytest.approx(20 * np.log10(30 / 255), abs=0.1)
