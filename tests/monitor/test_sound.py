import time

import numpy as np
import pytest

from streamer.arrays import Float32
from streamer.messages import Chunk, Scores, SoundFormat, State
from streamer.monitor.snapshot import Snapshot, SoundView
from streamer.monitor.sound import N_BLOCKS, N_COLUMNS, RollingSpectrogram, SoundMonitor
from streamer.pipeline.sound import SoundPipeline
from tests.support.fake_source import FakeSoundSource
from tests.support.loudness import Loudness, sound_pipeline

RATE = 8000


def monitored(
    samples: Float32, sizes: int = 400, n_channels: int = 1, lost: int = 0
) -> tuple[SoundMonitor, SoundPipeline]:
    pipeline = sound_pipeline()
    monitor = SoundMonitor(pipeline, FakeSoundSource(), draws=True)
    pipeline.begin(SoundFormat(RATE, n_channels, "fake"))
    samples = samples.reshape(-1, n_channels)
    for start in range(0, samples.shape[0], sizes):
        chunk = Chunk(samples[start : start + sizes], start, lost if start == 0 else 0, time.monotonic())
        monitor.update(chunk, pipeline.step(chunk), busy_s=0.001)
    return monitor, pipeline


def view_of(snapshot: Snapshot) -> SoundView:
    assert isinstance(snapshot.view, SoundView)
    return snapshot.view


def sine(amplitude: float, n_samples: int = RATE, hz: float = 1000.0) -> Float32:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(n_samples) / RATE + 0.3)).astype(np.float32)


def test_level_of_a_sine_is_three_decibels_below_its_peak() -> None:
    level = view_of(monitored(sine(0.5, hz=997.0))[0].snapshot()).level
    assert level.rms_dbfs == pytest.approx(20 * np.log10(0.5) - 3.01, abs=0.02)
    assert level.peak_dbfs == pytest.approx(20 * np.log10(0.5), abs=0.1)
    assert not level.is_clipped


def test_silence_is_minus_infinity_and_before_any_sound_too() -> None:
    assert view_of(monitored(np.zeros(RATE, np.float32))[0].snapshot()).level.rms_dbfs == -np.inf
    assert view_of(monitored(np.zeros(0, np.float32))[0].snapshot()).level.peak_dbfs == -np.inf


def test_clipping_of_one_channel_is_seen_although_the_mix_is_quiet() -> None:
    click = np.zeros_like(sine(1.0))
    click[-RATE // 10 :][:2] = 1.0
    stereo = np.stack([click, 1e-4 * sine(1.0)], axis=1)
    level = view_of(monitored(stereo, n_channels=2)[0].snapshot()).level
    assert level.is_clipped
    assert level.rms_dbfs < -30


def test_the_level_is_that_of_the_newest_sound() -> None:
    level = view_of(monitored(np.concatenate([sine(0.9), sine(0.009)]))[0].snapshot()).level
    assert level.rms_dbfs == pytest.approx(20 * np.log10(0.009) - 3.01, abs=0.1)


@pytest.mark.parametrize("sizes", [37, 400, 8000])
def test_columns_are_the_maxima_of_frames_in_decibels_for_any_chunking(sizes: int) -> None:
    samples = np.random.default_rng(0).standard_normal(3 * RATE).astype(np.float32) * 0.1
    monitor, pipeline = monitored(samples, sizes)
    view = view_of(monitor.snapshot())
    from streamer.features.logmel import log_mel

    frames = log_mel(samples, pipeline.display) * 10 / np.log(10)
    n_columns = frames.shape[0] // 5
    expected = frames[: 5 * n_columns].reshape(n_columns, 5, -1).max(axis=1)
    np.testing.assert_allclose(view.spectrogram, expected, rtol=1e-6)
    assert view.column_s == pytest.approx(0.05)
    assert view.mel_hz.shape == (16,)


def test_the_oldest_columns_go() -> None:
    seconds = 25
    samples = np.concatenate([sine(0.5, RATE // 20 * (i % 7 + 1)) for i in range(seconds * 5)])[: seconds * RATE]
    view = view_of(monitored(samples)[0].snapshot())
    assert view.spectrogram.shape[0] == N_COLUMNS
    newest = view_of(monitored(samples[-10 * RATE :])[0].snapshot()).spectrogram
    np.testing.assert_allclose(view.spectrogram[-150:], newest[-150:], atol=12)  # other frames, same sound


def test_figures() -> None:
    monitor, pipeline = monitored(sine(0.5, 2 * RATE), lost=800)
    monitor.set_state(State.RUNNING)
    health = monitor.health()
    assert health.windows == pipeline.n_windows == 18
    assert health.lost_samples == 800
    assert health.lost_fraction == pytest.approx(800 / (16_000 + 800))
    assert health.real_time_factor == pytest.approx(0.001 / 0.05, rel=1e-6)
    assert 0.0 <= health.latency_p50_s <= health.latency_p99_s < 0.2
    assert (health.overflows, health.drift_ppm, health.backlog_s, health.detail) == (3, 12.0, 0.25, "odd")
    monitor.problems.begin("clips", "disk full", n_unwritten=2)
    monitor.set_state(State.RUNNING, "gone")
    health = monitor.health()
    assert (health.detail, [problem.text for problem in health.problems], health.unwritten) == (
        "gone",
        ["disk full"],
        2,
    )
    monitor.problems.end("clips")
    health = monitor.health()
    assert (health.problems, health.unwritten) == ((), 2)


def test_latency_is_from_the_capture_of_a_windows_last_sample_to_its_scores() -> None:
    pipeline = sound_pipeline()
    monitor = SoundMonitor(pipeline, FakeSoundSource(), draws=True)
    pipeline.begin(SoundFormat(RATE, 1, "fake"))
    samples = sine(0.5, 1720 + 400)[:, None]  # one window and 50 ms more
    chunk = Chunk(samples, 0, 0, time.monotonic() - 5.0)  # captured five seconds ago
    step = pipeline.step(chunk)
    assert sum(isinstance(message, Scores) for message in step.messages) == 1
    monitor.update(chunk, step, 0.0)
    assert monitor.health().latency_p50_s == pytest.approx(5.05, abs=0.2)


def test_a_model_that_takes_the_waveform_is_shown_as_a_spectrogram_too() -> None:
    from streamer.model.spec import ModelSpec

    values = {
        "format": 1,
        "name": "wave",
        "task": "sound",
        "front_end": {"kind": "waveform", "sample_rate": RATE},
        "window": {"n_frames": 4000, "stride": 2000},
    }
    model = Loudness(ModelSpec.model_validate(values))
    pipeline = sound_pipeline(model)
    monitor = SoundMonitor(pipeline, FakeSoundSource(), draws=True)
    pipeline.begin(SoundFormat(RATE, 1, "fake"))
    chunk = Chunk(sine(0.5)[:, None], 0, 0, time.monotonic())
    monitor.update(chunk, pipeline.step(chunk), 0.0)
    assert view_of(monitor.snapshot()).spectrogram.shape[1] == 64
    assert view_of(monitor.snapshot()).spectrogram.shape[0] > 10


def test_columns_have_their_times_in_the_stream_also_behind_a_gap() -> None:
    pipeline = sound_pipeline()
    monitor = SoundMonitor(pipeline, FakeSoundSource(), draws=True)
    pipeline.begin(SoundFormat(RATE, 1, "fake"), start_s=5.0, epoch_s=1e9)
    for lost, start in ((0, 0), (0, RATE), (3 * RATE, 5 * RATE)):
        chunk = Chunk(sine(0.5)[:, None], start, lost, time.monotonic())
        monitor.update(chunk, pipeline.step(chunk), busy_s=0.001)
    view = view_of(monitor.snapshot())
    steps = np.diff(view.times_s)
    (gap,) = np.flatnonzero(steps > 0.06)
    assert view.times_s[gap] == pytest.approx(7.0, abs=0.06)
    assert steps[gap] == pytest.approx(3.05, abs=0.06)
    assert np.delete(steps, gap) == pytest.approx(0.05, abs=1e-6)
    assert view.times_s[-1] == pytest.approx(11.0, abs=0.06)
    assert view.times_s.shape == view.spectrogram.shape[:1]
    assert view.epoch_s == 1e9


def test_older_columns_are_kept_in_blocks_that_snapshots_share_and_are_bounded() -> None:
    spectrogram = RollingSpectrogram(sound_pipeline().display)
    frames = np.repeat(np.arange(1000, dtype=np.float32), 5)[:, None] * np.ones(16, np.float32)  # 5 frames a column
    for k in range(10):
        spectrogram.add(frames[500 * k : 500 * (k + 1)], 5.0 * (k + 1))
    blocks = spectrogram.earlier
    assert [(each.first, len(each.columns)) for each in blocks] == [(200 * k, 200) for k in range(5)]
    assert blocks[0] is spectrogram.earlier[0]
    np.testing.assert_allclose(
        np.concatenate([each.columns for each in blocks])[:, 0], np.arange(1000) * 10 / np.log(10), rtol=1e-3
    )
    np.testing.assert_allclose(np.concatenate([each.times_s for each in blocks]), 0.05 * np.arange(1, 1001), atol=1e-9)
    for k in range(130):
        spectrogram.add(frames[:1000], 50.0 + 10.0 * (k + 1))
    assert len(spectrogram.earlier) == N_BLOCKS


def test_what_is_muted_is_listed_while_somebody_looks() -> None:
    for draws in (True, False):
        pipeline = sound_pipeline()
        monitor = SoundMonitor(pipeline, FakeSoundSource(), draws=draws)
        pipeline.begin(SoundFormat(RATE, 1, "fake"), epoch_s=1e9)
        pipeline.stages[0].detector.mute("loud", True)
        loud = np.random.default_rng(0).standard_normal((2 * RATE, 1)).astype(np.float32)
        for start in range(0, 2 * RATE, 400):
            chunk = Chunk(loud[start : start + 400], start, 0, time.monotonic())
            monitor.update(chunk, pipeline.step(chunk), busy_s=0.001)
        found = monitor.snapshot().suppressed_past
        assert [(each.label, each.reason) for each in found] == ([("loud", "muted")] if draws else [])
        assert all(1e9 < each.time < 1e9 + 1.0 for each in found)
