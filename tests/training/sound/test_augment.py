"""Waveform augmentation and synthetic sounds."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import Float32, Rng
from streamer.training.sound import augment, synthesis

Synthesis = Callable[[int, int, Rng], Float32]


def _tone(n_samples: int, hz: float = 440.0, level: float = 0.5) -> Float32:
    return (level * np.sin(2 * np.pi * hz * np.arange(n_samples) / 16000)).astype(np.float32)


@given(st.integers(10, 60_000), st.integers(0, 1000))
@settings(deadline=None, max_examples=40)
def test_a_cut_holds_the_active_place_and_fills_with_silence(n_samples: int, seed: int) -> None:
    samples = np.zeros(n_samples, np.float32)
    place = (n_samples - 1) // 2
    samples[place] = 1.0
    cut = augment.cut(samples, np.array([place]), 20_720, np.random.default_rng(seed))
    assert cut.shape == (20_720,)
    assert cut.sum() == 1.0


@pytest.mark.parametrize("ratio_db", [-6.0, 0.0, 20.0])
def test_a_mixture_has_the_asked_ratio(ratio_db: float) -> None:
    first, second = _tone(16_000, 440.0, 0.3), _tone(16_000, 3000.0, 0.01)
    added = augment.mix(first, second, ratio_db) - first
    measured_db = 20 * np.log10(augment.loudness(first) / augment.loudness(added))
    assert measured_db == pytest.approx(ratio_db, abs=0.05)


@pytest.mark.parametrize("slope_db", [0.0, 3.0, 6.0])
def test_coloured_noise_falls_by_its_slope(slope_db: float) -> None:
    noise = augment.coloured_noise(1 << 17, slope_db, np.random.default_rng(1))
    power = np.abs(np.fft.rfft(noise)) ** 2
    octaves = [10 * np.log10(np.mean(power[n : 2 * n])) for n in (1024, 2048, 4096, 8192, 16384)]
    assert np.diff(octaves).mean() == pytest.approx(-slope_db, abs=0.3)
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(1.0, abs=1e-3)


def test_a_band_limit_keeps_what_is_below_and_removes_what_is_above() -> None:
    low, high = _tone(16_000, 1000.0), _tone(16_000, 6000.0)
    limited = augment.band_limit(low + high, 16_000, 4000.0)
    assert np.abs(limited - low).max() < 1e-4


def test_speed_moves_the_pitch() -> None:
    faster = augment.change_speed(_tone(40_000, 400.0), 1.25, 16_000)
    assert np.argmax(np.abs(np.fft.rfft(faster))) == 500


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=20)
def test_transmission_keeps_the_length_and_stays_finite(seed: int) -> None:
    sound = augment.transmit(_tone(20_720), 16_000, np.random.default_rng(seed))
    assert sound.shape == (20_720,)
    assert sound.dtype == np.float32
    assert np.all(np.isfinite(sound))
    assert np.abs(sound).max() > 1e-4


@pytest.mark.parametrize(
    "synthesise", [synthesis.hum, synthesis.hiss, synthesis.knocks, synthesis.chirps, synthesis.tones]
)
def test_synthetic_sounds_are_audible_and_finite(synthesise: Synthesis) -> None:
    for seed in range(5):
        sound = synthesise(20_720, 16_000, np.random.default_rng(seed))
        assert sound.shape == (20_720,)
        assert np.all(np.isfinite(sound))
        assert np.abs(sound).max() > 0.0


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=40)
def test_a_recorded_sound_is_as_loud_as_a_device_makes_it(seed: int) -> None:
    sound = augment.record(_tone(25_040, level=1e-4), 16_000, np.random.default_rng(seed))
    level_db = 20 * np.log10(augment.loudness(sound))
    assert -90.0 <= level_db <= -5.0  # an overload takes up to 20 dB away
    assert np.abs(sound).max() <= 1.0


def test_an_overload_cuts_the_peaks_off() -> None:
    sound = augment.overload(_tone(16_000, level=0.5), 12.0)
    assert np.abs(sound).max() == pytest.approx(0.5 * 10 ** (-12 / 20), rel=1e-3)
    assert np.mean(np.abs(sound) >= 0.999 * np.abs(sound).max()) > 0.5


def test_a_telephone_keeps_speech_and_loses_what_is_higher() -> None:
    low, high = (augment.telephone(_tone(16_000, hz), 16_000) for hz in (1000.0, 5000.0))
    error = low - _tone(16_000, 1000.0)
    assert 20 * np.log10(np.std(_tone(16_000, 1000.0)) / np.std(error)) > 30.0  # 8 bits by µ-law: 38 dB
    assert np.std(high) < 1e-3
