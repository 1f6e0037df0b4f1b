"""Synthetic videos: signals, lights, movers, camera, and the windows sampled of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.training.motion import camera, lights, movers, sampling, scene, signals
from streamer.training.motion.sampling import LABELS, SETTINGS

TIMES = np.arange(128.0)


def _still(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(times.size), np.zeros(times.size)


@given(seed=st.integers(0, 10_000))
@settings(deadline=None, max_examples=60)
def test_capture_times_increase(seed: int) -> None:
    times = signals.capture_times(np.random.default_rng(seed))
    assert 32 <= times.size <= 128
    assert (np.diff(times) > 0).all()


@given(seed=st.integers(0, 10_000))
@settings(deadline=None, max_examples=60)
def test_rhythms_keep_their_limits_and_their_period(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cycles = signals.frequency(TIMES, rng)
    assert 2 / 128 <= cycles <= signals.HIGHEST
    angle = 2 * np.pi * np.arange(0, 200) / 50
    for form, low in ((signals.flash, 0.0), (signals.heart_beat, -1.0)):
        signal = form(angle, rng)
        assert low - 1e-9 <= signal.min() < signal.max() <= 1 + 1e-9
        np.testing.assert_allclose(signal[:150], signal[50:], atol=1e-9)
    assert np.abs(signals.swing(angle, rng)).max() == pytest.approx(1.0)


def test_aimless_movement_has_no_line() -> None:
    for seed in range(10):
        signal = signals.wander(TIMES, 0.01, np.random.default_rng(seed))
        assert signal.std() == pytest.approx(1.0, abs=1e-6)
        power = np.abs(np.fft.rfft(signal * np.hanning(128))) ** 2
        assert power[20:].max() < 0.01 * power[:6].max()


@pytest.mark.parametrize("label", LABELS)
def test_the_same_seed_gives_the_same_window(label: str) -> None:
    first, again = (sampling.make_window(label, 77) for _ in range(2))
    np.testing.assert_array_equal(first.rows, again.rows)
    assert first.rows.shape == (SETTINGS.n_cells, SETTINGS.row_width)
    assert np.isfinite(first.rows).all()
    assert first.truth[LABELS.index(label)] == 1.0
    assert first.truth.sum() in (1.0, 2.0)


@pytest.mark.parametrize("seed", range(6))
def test_a_light_shows_at_its_frequency_and_in_phase(seed: int) -> None:
    rng = np.random.default_rng(seed)
    video = scene.VideoScene(np.full((scene.HEIGHT, scene.WIDTH), 100, np.float32))
    rhythm = lights.add_flicker(video, TIMES, rng)
    assert rhythm.map is not None
    images = video.images(*_still(TIMES)).clip(0, 255).astype(np.uint8)
    spectrum = sampling.spectrum_of(images, TIMES)
    assert sampling.is_visible(spectrum, rhythm, 128.0)
    total = np.abs(spectrum.sum(axis=0))
    bins = [min(round(line * 128), 128 - round(line * 128)) - 1 for line in rhythm.lines]
    assert max(total[max(0, k - 1) : k + 2].max() for k in bins) > 0.3 * total.max()


def test_a_slight_swing_moves_opposite_edges_in_opposite_phase() -> None:
    signal = 0.2 * np.sin(2 * np.pi * 0.125 * TIMES)
    paint, cover = np.full((24, 24), 200, np.float32), np.ones((24, 24), np.float32)
    video = scene.VideoScene(np.full((scene.HEIGHT, scene.WIDTH), 60, np.float32))
    movers._add_small_movement(video, movers.sprite_at(paint, cover, (62.0, 36.0), 128), signal, 0.0)
    frames = video.images(*_still(TIMES))
    cells = frames.reshape(128, 18, 4, 32, 4).mean((2, 4)).reshape(128, 576)
    spectrum = np.fft.rfft(cells, axis=0)[16].reshape(18, 32)
    left, right = spectrum[9, :16].sum(), spectrum[9, 16:].sum()
    assert abs(left) > 10
    assert left / right == pytest.approx(-1.0, abs=0.1)


def test_noise_alone_hides_a_rhythm() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.05, (2, 576, 64))
    spectrum = (noise[0] + 1j * noise[1]).astype(np.complex64)
    everywhere = np.ones((scene.HEIGHT, scene.WIDTH), np.float32)
    assert not sampling.is_visible(spectrum, movers.Rhythm((0.1, 0.2), everywhere), 128.0)
    assert not sampling.is_visible(spectrum, None, 128.0)
    spectrum[40:60, 12] += 2.0  # 0.1 cycles per image
    assert sampling.is_visible(spectrum, movers.Rhythm((0.1, 0.2)), 128.0)
    assert not sampling.is_visible(spectrum, movers.Rhythm((0.3,)), 128.0)
    assert sampling.is_visible(spectrum, None, 128.0)


@pytest.mark.parametrize("seed", range(8))
def test_a_camera_keeps_the_image(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = scene.scenery(rng)
    recorded = camera.record(np.repeat(image[None], 40, axis=0), TIMES[:40], rng)
    assert recorded.dtype == np.uint8
    assert recorded.shape == (40, scene.HEIGHT, scene.WIDTH)
    assert np.corrcoef(recorded.mean(axis=0).ravel(), image.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("codec", [0, 1])
def test_a_codec_keeps_the_number_and_order_of_the_images(codec: int) -> None:
    class Choice(np.random.Generator):
        def integers(self, *_: object, **__: object) -> int:  # type: ignore[override]
            return codec

    images = np.repeat(np.arange(20, 200, 15, dtype=np.uint8), 72 * 128).reshape(-1, 72, 128)
    read = camera._through_codec(images, Choice(np.random.PCG64(0)))
    assert np.abs(read.mean((1, 2)) - images.mean((1, 2))).max() < 6
