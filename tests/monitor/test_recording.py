"""What a stream that is cut into examples tells of itself."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from streamer.config import ImageSettings
from streamer.messages import Chunk, Image, ImageFormat, RecordedTake, SoundFormat
from streamer.monitor.images import ImageTakesMonitor
from streamer.monitor.recording import SoundTakesMonitor, settings_at
from streamer.monitor.snapshot import ImageView, SoundView
from streamer.pipeline.images import ImagePipeline
from streamer.recording.images import PictureTakes
from streamer.recording.settings import Request, TakeSettings
from streamer.recording.sound import SoundTakes
from tests.support.fake_source import FakeSource


class Shelf:
    label = "dog"
    folder = Path("data/dog")
    n_before = 7
    n_lost = 2
    taken: tuple[RecordedTake, ...] = ()
    problem = "no space left"


def hear(sample_rate: int, length_s: float, draws: bool = True, lost: int = 0) -> tuple[SoundTakesMonitor, SoundTakes]:
    takes = SoundTakes("mic", TakeSettings(by="key"))
    monitor = SoundTakesMonitor(takes, FakeSource(), Shelf(), draws)  # type: ignore[arg-type]
    takes.begin(SoundFormat(sample_rate, 2, "fake"))
    takes.segmenter.requests.append(Request.TAKE)
    tone = 0.5 * np.sin(2 * np.pi * 0.1 * np.arange(round(length_s * sample_rate)))
    samples = np.stack([tone, tone], axis=1).astype(np.float32)
    n_chunk = round(0.05 * sample_rate)
    for start in range(0, samples.shape[0], n_chunk):
        is_late = start > 0
        chunk = Chunk(
            samples[start : start + n_chunk], start + lost * is_late, lost * (start == n_chunk), time.monotonic()
        )
        monitor.watch(chunk, takes.step(chunk), busy_s=0.001)
    return monitor, takes


@pytest.mark.parametrize("sample_rate", [1000, 8000, 16_000, 22_050, 44_100, 48_000, 96_000, 384_000])
def test_the_spectrogram_is_drawn_at_any_rate(sample_rate: int) -> None:
    shown = hear(sample_rate, 1.0)[0].snapshot().view
    assert isinstance(shown, SoundView)
    assert shown.spectrogram.shape[0] == pytest.approx(1.0 / shown.column_s, abs=2)
    assert np.isfinite(shown.spectrogram).all()
    assert shown.level.rms_dbfs == pytest.approx(-9.03, abs=0.1)
    loudest_hz = shown.mel_hz[shown.spectrogram[-1].argmax()]
    if sample_rate <= 48_000:
        assert loudest_hz == pytest.approx(0.1 * sample_rate, rel=0.15, abs=40)
    assert settings_at(sample_rate).fmax_hz <= sample_rate / 2


def test_takes_are_told() -> None:
    monitor, takes = hear(8000, 1.0)
    view = monitor.snapshot().takes
    assert view is not None
    assert (view.label, view.n_before, view.n_lost, view.problem, view.by) == ("dog", 7, 2, "no space left", "key")
    assert view.running_s == pytest.approx(0.95)
    assert view.level_db == pytest.approx(-9.03, abs=0.5)
    takes.segmenter.requests.append(Request.PAUSE)
    takes.end_events()
    view = monitor.snapshot().takes
    assert view is not None
    assert view.running_s is None
    assert view.is_paused


def test_losses_are_counted_and_nothing_is_drawn_for_nobody() -> None:
    monitor, _ = hear(8000, 1.0, draws=False, lost=80)
    shown = monitor.snapshot()
    assert (shown.health.lost_samples, shown.health.overflows, shown.health.detail) == (80, 3, "odd")
    assert isinstance(shown.view, SoundView)
    assert shown.view.spectrogram.shape[0] == 0


def test_a_scene_is_shown_while_pictures_are_taken() -> None:
    scene = ImagePipeline("camera", [], ImageSettings())
    takes = PictureTakes(scene, TakeSettings(by="time", longest_s=1.0))
    monitor = ImageTakesMonitor(scene, takes, FakeSource(), Shelf(), draws=True)  # type: ignore[arg-type]
    takes.begin(ImageFormat(64, 48, 30.0, "fake"))
    for k in range(10):
        image = Image(np.full((48, 64, 3), 10 * k, np.uint8), k, 0, k / 30, time.monotonic())
        monitor.watch(image, takes.step(image), 0.001)
    shown = monitor.snapshot()
    assert isinstance(shown.view, ImageView)
    assert shown.view.image_px == (64, 48)
    assert shown.labels == ()
    assert shown.takes is not None
    assert shown.takes.running_s == pytest.approx(0.3)
    assert shown.takes.level_db == pytest.approx(20 * np.log10(30 / 255), abs=0.1)
