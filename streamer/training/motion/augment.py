"""Augment the cell series of videos, before and after the spectrum, as other recordings of the same scene would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64, Rng
from streamer.features.motion import LEAST_IMAGES
from streamer.features.settings import MotionSettings
from streamer.training.motion.signals import wander

SHORTEST = 0.7  # of a window, where a video holds less than two


def another_recording(series: Float32, times_s: Float64, settings: MotionSettings, rng: Rng) -> tuple[Float32, Float64]:
    """Return a stretch of a series as another recording might have it, to be transformed to one window.

    It begins anywhere, at a pace changed by some per cent; images are lost or late, light and noise differ, and the
    camera stands a cell aside. Directions in space and time are kept, because labels may differ in nothing else.

    Parameters
    ----------
    series : ndarray, shape (n, n_cells)
        In grey levels.
    times_s : ndarray, shape (n,)
        Capture times, seconds.
    settings : MotionSettings
    rng : numpy.random.Generator

    Returns
    -------
    tuple of ndarray
        Series, shape (m, n_cells), and times, shape (m,).
    """
    n = round(settings.n_images * float(np.exp(rng.normal(0.0, 0.04))))
    if n >= len(series):
        n = max(round(len(series) * rng.uniform(SHORTEST, 1.0)), min(len(series), settings.n_images), LEAST_IMAGES)
    start = int(rng.integers(0, len(series) - n + 1))
    values, times = series[start : start + n].astype(np.float32), times_s[start : start + n].copy()
    if rng.random() < 0.3:
        kept = rng.random(n) >= rng.uniform(0.0, 0.06)
        kept[[0, -1]] = True
        values, times = values[kept], times[kept]
    interval_s = float(times[-1] - times[0]) / (len(times) - 1)
    if rng.random() < 0.3:
        steps = np.clip(rng.uniform(0.0, 0.1) * rng.standard_normal(len(times)), -0.3, 0.3)
        times = np.maximum.accumulate(times + steps * interval_s) + np.arange(len(times)) * 1e-9
    values = values * np.float32(np.exp(rng.normal(0.0, 0.25)))
    if rng.random() < 0.3:
        signal = rng.uniform(0.0, 0.02) * wander((times - times[0]) / interval_s, 0.004, rng)
        values = values * (1 + signal[:, None]).astype(np.float32)
    level = np.float32(np.exp(rng.uniform(np.log(0.003), np.log(0.1))))
    values = values + level * rng.standard_normal(values.shape, np.float32)
    return _shifted(values, settings, rng), times


def _shifted(values: Float32, settings: MotionSettings, rng: Rng) -> Float32:
    """Return the grid of cells shifted by at most one row and one column; cells at the edge are repeated."""
    rows, columns = (
        np.clip(np.arange(n) + rng.integers(-1, 2), 0, n - 1) for n in (settings.n_rows, settings.n_columns)
    )
    grid = values.reshape(len(values), settings.n_rows, settings.n_columns)
    return np.ascontiguousarray(grid[:, rows][:, :, columns].reshape(values.shape))


def mirrored(rows: Float32 | NDArray[np.float16], settings: MotionSettings, rng: Rng) -> Float32:
    """Return windows of the scene mirrored, turned upside down, or played backwards, each with probability ½."""
    grid = rows.reshape(-1, settings.n_rows, settings.n_columns, settings.row_width)
    upside_down, sideways, backwards = rng.random(3) < 0.5
    mirrored_grid = grid[:, :: -1 if upside_down else 1, :: -1 if sideways else 1].astype(np.float32)
    values = mirrored_grid.reshape(*mirrored_grid.shape[:3], settings.n_channels, settings.n_bins)
    if backwards:  # phases change their sign
        values[..., 2::2, :] *= -1
        values[..., 3:, :] *= -1  # and so does every movement
    values[..., 3:5, :] *= -1 if sideways else 1
    values[..., 5:, :] *= -1 if upside_down else 1
    return mirrored_grid.reshape(rows.shape)
