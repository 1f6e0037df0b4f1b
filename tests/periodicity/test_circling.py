"""Phases of neighbouring cells: waves that travel, wheels that turn, and what does neither."""

import numpy as np
import pytest

from streamer.arrays import Complex64, Float64
from streamer.periodicity.circling import circling_of_phases

GRID = (9, 12)
Y, X = np.indices(GRID)


def _spectrum(phase: Float64, amplitude: Float64) -> Complex64:
    spectrum = np.zeros((108, 64), np.complex64)
    spectrum[:, 20] = (amplitude * np.exp(1j * phase)).ravel()
    return spectrum


@pytest.mark.parametrize(("kx", "ky"), [(0.7, 0.0), (-0.7, 0.0), (0.0, 1.0), (-0.5, -0.5)])
def test_a_wave_travels_where_its_phase_comes_later(kx: float, ky: float) -> None:
    right, down, clockwise = circling_of_phases(_spectrum(-(kx * X + ky * Y), np.full(GRID, 5.0)), GRID)
    assert right == pytest.approx(np.sin(kx), abs=0.1)
    assert down == pytest.approx(np.sin(ky), abs=0.1)
    assert abs(clockwise) < 0.05


@pytest.mark.parametrize("n_blades", [1, 2, 3])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_wheel_turns_in_its_sense(n_blades: int, sign: int) -> None:
    angle, distance = np.arctan2(Y - 4, X - 6), np.hypot(Y - 4, X - 6)
    ring = np.where((distance > 1.5) & (distance < 4.5), 5.0, 0.0)
    right, down, clockwise = circling_of_phases(_spectrum(-sign * n_blades * angle, ring), GRID)
    assert sign * clockwise > 0.2
    assert np.hypot(right, down) < 0.1


def test_lamps_and_what_moves_to_and_fro_neither_travel_nor_turn() -> None:
    lamp = _spectrum(np.zeros(GRID), np.full(GRID, 5.0))
    swing = _spectrum(np.where(X < 6, 0.0, np.pi), np.full(GRID, 5.0))
    for spectrum in (lamp, swing, np.zeros_like(lamp)):
        assert np.abs(circling_of_phases(spectrum, GRID)).max() < 1e-5
