"""The cell series of a video, augmented as another recording of the same scene."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.features.motion import LEAST_IMAGES, MotionSpectrum
from streamer.features.motion_rows import motion_rows
from streamer.features.settings import MotionSettings
from streamer.training.motion.augment import another_recording, mirrored
from streamer.training.motion.sampling import SETTINGS


@given(n=st.integers(LEAST_IMAGES, 400), seed=st.integers(0, 10_000))
@settings(deadline=None, max_examples=60)
def test_another_recording_can_be_transformed_whatever_the_length(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    series, times_s = rng.uniform(0, 255, (n, SETTINGS.n_cells)).astype(np.float32), np.arange(n) / 30
    values, times = another_recording(series, times_s, SETTINGS, rng)
    assert values.shape == (len(times), SETTINGS.n_cells)
    assert LEAST_IMAGES // 2 <= len(times) <= n
    assert (np.diff(times) > 0).all()
    assert times[0] >= times_s[0] - 0.03
    assert np.isfinite(values).all()


def test_another_recording_keeps_frequency_place_and_direction() -> None:
    settings = MotionSettings(n_rows=6, n_columns=8, n_images=128)
    t, column = np.arange(300), np.arange(8)
    wave = 20 * np.sin(2 * np.pi * (0.1 * t[:, None] - column / 5))  # to the right, five cells long
    series = np.full((300, 6, 8), 100.0, np.float32)
    series[:, 3:] += wave[:, None].astype(np.float32)
    spectrum = MotionSpectrum(settings)
    for seed in range(20):
        stretch = another_recording(series.reshape(300, -1), t / 30, settings, np.random.default_rng(seed))
        found = spectrum.transform(*stretch).reshape(6, 8, -1)
        power = np.square(np.abs(found)).sum((0, 1))
        assert abs(int(power.argmax()) + 1 - 12.8) <= 2.5  # the pace changes by some per cent
        assert np.square(np.abs(found[4:])).sum() > 10 * np.square(np.abs(found[:2])).sum()
        advance = np.angle((found[4:, 1:] * found[4:, :-1].conj())[..., int(power.argmax())].sum())
        assert advance == pytest.approx(-2 * np.pi / 5, abs=0.4)


def test_mirrored_windows_are_those_of_mirrored_scenes() -> None:
    rng = np.random.default_rng(1)
    shape = SETTINGS.n_rows, SETTINGS.n_columns, SETTINGS.n_bins
    spectrum = np.exp(rng.normal(0, 2, shape)) * np.exp(2j * np.pi * rng.random(shape))
    spectrum += np.abs(spectrum).max()  # so that the sign of the reference is decided

    def rows(values: np.ndarray) -> np.ndarray:
        return motion_rows(values.reshape(SETTINGS.n_cells, -1).astype(np.complex64), SETTINGS)

    possible = [
        rows((turned.conj() if backwards else turned)[:: 1 - 2 * down, :: 1 - 2 * side])
        for turned in (spectrum,)
        for backwards in (0, 1)
        for down in (0, 1)
        for side in (0, 1)
    ]
    found = set()
    for seed in range(60):
        window = mirrored(rows(spectrum)[None].astype(np.float16), SETTINGS, np.random.default_rng(seed))[0]
        errors = [float(np.abs(window - candidate).max()) for candidate in possible]
        assert min(errors) < 0.05
        found.add(int(np.argmin(errors)))
    assert len(found) == 8
