"""Peaks of a spectrum: none are fitted where none of them leads."""

import numpy as np
import pytest

from streamer.arrays import Float32
from streamer.periodicity.peaks import find_peaks
from streamer.periodicity.tiles import Spectra


def spectrum(wave_levels: float) -> Float32:
    y, x = np.mgrid[:256, :256]
    noise = np.random.default_rng(3).normal(0.0, 8.0, (256, 256))
    levels = 128 + noise + wave_levels * np.cos(2 * np.pi * (x / 11.3 + y / 17.0))
    return Spectra().log_magnitude(np.clip(np.rint(levels), 0, 255).astype(np.uint8))


def test_noise_has_peaks_and_none_that_leads() -> None:
    noise = spectrum(0.0)
    assert find_peaks(noise, 256, 0.9)
    assert find_peaks(noise, 256, 0.9, leading=1.5) == []


def test_a_wave_leads_and_all_peaks_are_kept_with_it() -> None:
    strong = spectrum(30.0)
    peaks, led = find_peaks(strong, 256, 0.9), find_peaks(strong, 256, 0.9, leading=1.5)
    assert [peak.magnitude for peak in led] == [peak.magnitude for peak in peaks]
    assert peaks[0].frequency == pytest.approx([1 / 17.0, 1 / 11.3], abs=1e-4)
