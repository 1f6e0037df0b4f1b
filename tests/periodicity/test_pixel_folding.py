"""Harmonics that the pixels fold are left out, and nothing else is."""

import numpy as np

from streamer.arrays import Float64
from streamer.periodicity.peaks import Peak
from streamer.periodicity.pixel_folding import StrongWave, strong_waves, without_folds

SIDES, ONES = np.array([256.0, 256.0]), np.ones(2)


def peak(y: float, x: float, magnitude: float) -> Peak:
    return Peak(np.array([y, x]), 1e-8 * np.eye(2), magnitude, 1e-4, 3.0)


def kept(peaks: list[Peak], waves: list[StrongWave], scale: Float64 = ONES) -> list[float]:
    return [each.magnitude for each in without_folds(peaks, waves, SIDES, scale)]


def test_a_folded_harmonic_is_left_out_and_one_that_does_not_fold_stays() -> None:
    base = peak(0.03, 0.21, 0.2)
    second, third = peak(0.06, 0.42, 0.05), peak(0.09, 0.63 - 1, 0.05)
    assert kept([base, second, third], strong_waves([base])) == [0.2, 0.05]


def test_a_strong_wave_where_a_harmonic_would_fold_stays() -> None:
    base = peak(0.03, 0.21, 0.2)
    assert kept([base, peak(0.09, 0.63 - 1, 0.15)], strong_waves([base])) == [0.2, 0.15]


def test_sums_of_two_waves_fold_too() -> None:
    a, b = peak(0.0, 0.3, 0.2), peak(0.3, 0.0, 0.2)
    assert kept([a, b, peak(0.6 - 1, 0.3, 0.04)], strong_waves([a, b])) == [0.2, 0.2]


def test_the_halves_know_what_folds_at_the_pixels() -> None:
    fold = peak(2 * 0.09, 2 * (0.63 - 1) + 1 - 1, 0.05)  # cycles per sample of two pixels
    assert kept([fold], [StrongWave(np.array([0.03, 0.21]), 0.2)], np.full(2, 2.0)) == []
    assert kept([fold], []) == [0.05]
