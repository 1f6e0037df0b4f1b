"""Spectra of series, their noise, and the threshold of significant lines."""

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.periodicity.lines import find_lines, threshold


def test_power_is_the_square_of_the_amplitude_in_the_bin_of_the_frequency() -> None:
    times_s = np.arange(300) / 30
    series = np.stack([3 * np.sin(2 * np.pi * 4.0 * times_s), 0.5 * np.cos(2 * np.pi * 9.05 * times_s)], 1) + 80
    lines = find_lines(series.astype(np.float32), 30.0)
    assert np.argmax(lines.power, axis=1) * lines.bin_hz == pytest.approx([4.0, 9.05], abs=lines.bin_hz / 2)
    assert lines.power.max(axis=1) == pytest.approx([9, 0.25], rel=0.1)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_noise_exceeds_the_threshold_at_the_stated_rate(exponent: float) -> None:
    rng = default_rng(1)
    hz = np.fft.rfftfreq(2000)
    hz[0] = hz[1]
    spectrum = (rng.standard_normal((1001, 400)) + 1j * rng.standard_normal((1001, 400))) * hz[:, None] ** -exponent
    noise = np.fft.irfft(spectrum, axis=0)[:500].astype(np.float32)
    lines = find_lines(noise / noise.std(), 30.0)
    excess = lines.excess[:, 8 * lines.first // 2 : lines.last]
    assert excess.mean() < 1.3
    assert excess.max() < threshold(excess.size)


@pytest.mark.parametrize("hz", [0.9, 5.0, 13.0])
def test_a_line_in_red_noise_has_the_right_excess(hz: float) -> None:
    rng = default_rng(2)
    times_s = np.arange(240) / 30
    series = 0.1 * rng.standard_normal((240, 50)).cumsum(axis=0) + rng.standard_normal((240, 50))
    series += 2 * np.sin(2 * np.pi * hz * times_s)[:, None]
    lines = find_lines(series.astype(np.float32), 30.0)
    peak = lines.excess[:, round(hz / lines.bin_hz)]
    assert np.median(peak) > threshold(240)
    assert np.median(np.argmax(lines.excess[:, lines.first : lines.last], axis=1)) + lines.first == round(
        hz / lines.bin_hz
    )


def test_a_broad_maximum_is_no_line() -> None:
    rng = default_rng(3)
    hz = np.fft.rfftfreq(1200, 1 / 30)
    spectrum = rng.standard_normal((601, 200)) + 1j * rng.standard_normal((601, 200))
    spectrum *= (0.1 + np.exp(-0.5 * ((hz - 8) / 2.0) ** 2))[:, None]
    lines = find_lines(np.fft.irfft(spectrum, axis=0)[:240].astype(np.float32), 30.0)
    assert lines.excess[:, lines.first : lines.last].max() < threshold(200 * 240)


def test_series_that_never_change_have_no_lines() -> None:
    lines = find_lines(np.full((100, 3), 200, np.float32), 25.0)
    assert np.isfinite(lines.excess).all()
    assert lines.excess.max() < 1
