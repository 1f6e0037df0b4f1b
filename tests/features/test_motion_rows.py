"""Rows of a motion model: the level of each frequency, and its phase relative to the other cells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import Complex64, Float32
from streamer.features.motion_rows import FLOOR, REACH, motion_rows
from streamer.features.settings import MotionSettings

SETTINGS = MotionSettings(n_rows=4, n_columns=6, n_images=64)
ABOVE = 2 * REACH / (2 * REACH + 1)  # share of its level by which a lone line lies above the mean around it
COLUMN = np.arange(SETTINGS.n_cells) % SETTINGS.n_columns


def _spectrum(phase_of_cells: np.ndarray, amplitude: float, turn: float) -> Complex64:
    spectrum = np.zeros((SETTINGS.n_cells, SETTINGS.n_bins), np.complex64)
    spectrum[:, 7] = amplitude * np.exp(1j * (phase_of_cells + turn))
    return spectrum


def _parts(rows: Float32) -> tuple[Float32, Float32, Float32]:
    n = SETTINGS.n_bins
    return rows[:, :n], rows[:, n : 2 * n], rows[:, 2 * n :]


def test_constant_cells_give_zeros() -> None:
    rows = motion_rows(np.zeros((SETTINGS.n_cells, SETTINGS.n_bins), np.complex64), SETTINGS)
    assert rows.shape == (SETTINGS.n_cells, SETTINGS.row_width)
    assert rows.dtype == np.float32
    assert not rows.any()


@pytest.mark.parametrize("amplitude", [0.003, 0.1, 2.0, 127.0])
@pytest.mark.parametrize("turn", [0.0, 1.0, 2.5, 4.0, 6.0])
def test_flickering_light_has_one_phase(amplitude: float, turn: float) -> None:
    level, cosine, sine = _parts(motion_rows(_spectrum(np.zeros(SETTINGS.n_cells), amplitude, turn), SETTINGS))
    expected = 0.5 * np.log1p((amplitude / FLOOR) ** 2)
    assert level[:, 7] == pytest.approx(expected, rel=1e-4)
    assert cosine[:, 7] == pytest.approx(ABOVE * expected, rel=1e-4)
    assert np.abs(sine).max() < 1e-3 * expected
    others = np.arange(SETTINGS.n_bins) != 7
    assert not level[:, others].any()


@pytest.mark.parametrize("turn", [0.3, 2.0, 5.5])
def test_the_two_edges_of_a_swinging_object_have_opposite_phases(turn: float) -> None:
    phases = np.where(COLUMN < 2, np.pi, 0.0)  # fewer cells here, so that the sign of the reference is decided
    level, cosine, sine = _parts(motion_rows(_spectrum(phases, 5.0, turn), SETTINGS))
    np.testing.assert_array_equal(np.sign(cosine[:, 7]), np.where(COLUMN < 2, -1, 1))
    np.testing.assert_allclose(np.abs(cosine[:, 7]), ABOVE * level[:, 7], rtol=1e-4)
    assert np.abs(sine).max() < 1e-2


def test_along_a_sliding_cloth_the_phase_advances() -> None:
    phases = 0.5 * COLUMN
    level, cosine, sine = _parts(motion_rows(_spectrum(phases, 5.0, 1.0), SETTINGS))
    found = np.unwrap(np.arctan2(sine[:6, 7], cosine[:6, 7]))
    np.testing.assert_allclose(np.diff(found), 0.5, atol=1e-3)
    np.testing.assert_allclose(np.hypot(cosine[:, 7], sine[:, 7]), ABOVE * level[:, 7], rtol=1e-4)


def test_without_prominence_there_is_no_phase_and_the_ends_have_fewer_neighbours() -> None:
    spectrum = np.full((SETTINGS.n_cells, SETTINGS.n_bins), 3.0, np.complex64)
    _, cosine, sine = _parts(motion_rows(spectrum, SETTINGS))
    assert np.abs(cosine).max() < 1e-3
    assert np.abs(sine).max() < 1e-3
    spectrum[:, 0] = 300.0  # the lowest frequency: compared with the next REACH alone
    level, cosine, _ = _parts(motion_rows(spectrum, SETTINGS))
    np.testing.assert_allclose(cosine[:, 0], (level[:, 0] - level[:, 1]) * REACH / (REACH + 1), rtol=1e-3)


def test_a_faint_common_phase_is_found_beneath_the_noise() -> None:
    rng = np.random.default_rng(3)
    grid = MotionSettings()
    shape = grid.n_cells, grid.n_bins
    spectrum = 0.3 * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
    spectrum[:, 9] += 0.2 * np.exp(2.2j)
    rows = motion_rows(spectrum.astype(np.complex64), grid)
    cosine, sine = (rows[:, n * grid.n_bins : (n + 1) * grid.n_bins].mean(axis=0) for n in (1, 2))
    assert cosine.argmax() == 9
    assert np.abs(sine[9]) < 0.2 * cosine[9]


@given(seed=st.integers(0, 2**32 - 1), turn=st.floats(0.0, 2 * np.pi))
@settings(deadline=None, max_examples=50)
def test_the_rows_do_not_depend_on_the_phase_at_the_start_of_the_window(seed: int, turn: float) -> None:
    rng = np.random.default_rng(seed)
    shape = SETTINGS.n_cells, SETTINGS.n_bins
    spectrum = np.exp(rng.normal(0, 2, shape)) * np.exp(2j * np.pi * rng.random(shape))
    spectrum += np.abs(spectrum).max()  # a clear sum: where cells cancel, the sign of the reference is a coin's toss
    late = spectrum * np.exp(1j * turn)
    rows = [motion_rows(x.astype(np.complex64), SETTINGS) for x in (spectrum, late)]
    np.testing.assert_allclose(rows[0], rows[1], atol=2e-3)
