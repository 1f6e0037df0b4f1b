"""Simulate series of cells from cameras before which nothing is periodic, in grey levels at 30 images per second."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from streamer.arrays import Float32, Float64

FPS = 30.0
N_ROWS, N_COLUMNS = 18, 32
N_CELLS = N_ROWS * N_COLUMNS
CELL_PX = 20


def power_law(n_images: int, n_series: int, exponent: float, rng: Generator) -> Float64:
    """Return noise of variance 1 whose power falls as 1 / frequency ** exponent; a part of four times longer noise."""
    hz = np.fft.rfftfreq(4 * n_images)
    hz[0] = hz[1]
    spectrum = rng.standard_normal((hz.size, n_series)) + 1j * rng.standard_normal((hz.size, n_series))
    noise = np.fft.irfft(spectrum * hz[:, None] ** (-exponent / 2), axis=0)[:n_images]
    result: Float64 = noise / noise.std()
    return result


def _white(n: int, rng: Generator) -> Float64:
    return rng.standard_normal((n, N_CELLS))


def _flickering_light(n: int, rng: Generator) -> Float64:
    """Simulate 1/f noise of the light, which all cells share to different degrees."""
    return power_law(n, 1, 1.0, rng) * rng.uniform(0.5, 2.0, N_CELLS) + 0.3 * _white(n, rng)


def _wandering_light(n: int, rng: Generator) -> Float64:
    """Simulate a random walk of the light, which all cells share to different degrees."""
    walk = 0.3 * rng.standard_normal((n, 1)).cumsum(axis=0)
    return walk * rng.uniform(0.2, 2.0, N_CELLS) + _white(n, rng)


def _wandering_cells(n: int, rng: Generator) -> Float64:
    """Simulate a random walk of its own in every cell."""
    return 0.3 * rng.standard_normal((n, N_CELLS)).cumsum(axis=0) + _white(n, rng)


def _slow_trends(n: int, rng: Generator) -> Float64:
    """Simulate a linear, a quadratic and an exponential trend, of different size in every cell."""
    t = np.linspace(-1, 1, n)[:, None]
    shapes = (5 * t, 5 * t**2, 3 * np.exp(-(t + 1) * rng.uniform(0.5, 4.0)))
    series = _white(n, rng)
    for shape in shapes:
        series += shape * rng.standard_normal(N_CELLS)
    return series


def _smooth_drift(n: int, rng: Generator) -> Float64:
    """Simulate smooth noise of its own in every cell, whose power falls as 1 / frequency³."""
    return 5 * power_law(n, N_CELLS, 3.0, rng) + 0.3 * _white(n, rng)


def _single_jump(n: int, rng: Generator) -> Float64:
    """Simulate a change of the scene from one image to the next."""
    series = 0.5 * _white(n, rng)
    series[rng.integers(5, n - 5) :] += 10 * rng.standard_normal(N_CELLS)
    return series


def _knocks(n: int, rng: Generator) -> Float64:
    """Simulate a camera that is knocked out of place a few times."""
    series = 0.5 * _white(n, rng)
    for begin in rng.integers(2, n - 2, rng.integers(2, 8)):
        series[begin:] += 4 * rng.standard_normal(N_CELLS)
    return series


def _exposure(n: int, rng: Generator) -> Float64:
    """Simulate automatic exposure that settles anew a few times."""
    series = 0.7 * _white(n, rng)
    for begin in rng.integers(2, n - 20, rng.integers(1, 5)):
        step = 8 * rng.standard_normal() / (1 + np.exp(-(np.arange(n) - begin) / 3.0))
        series += step[:, None] * rng.uniform(0.5, 1.2, N_CELLS)
    return series


def _shaking_hand(n: int, rng: Generator) -> Float64:
    """Simulate wander and tremor (a hump at 9.5 Hz) in two directions; cells change by their own gradients."""
    hz = np.fft.rfftfreq(4 * n, 1 / FPS)
    response = np.maximum(hz, 0.05) ** -1.5 + 0.15 * np.exp(-0.5 * ((hz - 9.5) / 1.2) ** 2)
    spectrum = rng.standard_normal((hz.size, 2)) + 1j * rng.standard_normal((hz.size, 2))
    motion = np.fft.irfft(spectrum * response[:, None], axis=0)[:n]
    motion /= motion.std(axis=0)
    linear, curved = rng.standard_normal((2, 2, N_CELLS))
    series: Float64 = 2 * motion @ linear + 0.3 * motion**2 @ curved + 0.3 * _white(n, rng)
    return series


def _passers_by(n: int, rng: Generator) -> Float64:
    """Simulate people who walk across the image at constant speed."""
    series = 0.5 * _white(n, rng)
    row, column = np.divmod(np.arange(N_CELLS), N_COLUMNS)
    for _ in range(rng.integers(1, 5)):
        place = rng.uniform(0, N_COLUMNS) + rng.uniform(-0.6, 0.6) * (np.arange(n) - rng.uniform(0, n))
        near = np.exp(-0.5 * ((column - place[:, None]) / rng.uniform(1, 3)) ** 2)
        series += 20 * rng.standard_normal() * near * (row > rng.integers(0, 12))
    return series


def _panning(n: int, rng: Generator) -> Float64:
    """Simulate a camera that pans over a texture with a 1/f spectrum; cells are means of its pixels."""
    texture = power_law(2048, N_ROWS, 2.0, rng)
    sums = np.concatenate([np.zeros((1, N_ROWS)), np.tile(texture, (4, 1))]).cumsum(axis=0).T
    speed_px = rng.uniform(0.2, 3.0)
    place = (speed_px * np.arange(n) + 0.1 * rng.standard_normal(n) + 1) % 2048
    edges = place[:, None] + CELL_PX * np.arange(N_COLUMNS + 1)
    whole = edges.astype(np.int64)
    integral = sums[:, whole] + (edges - whole) * (sums[:, whole + 1] - sums[:, whole])  # (rows, n, columns + 1)
    cells = np.diff(integral, axis=2).transpose(1, 0, 2).reshape(n, N_CELLS) / CELL_PX
    series: Float64 = 20 * cells + 0.5 * _white(n, rng)
    return series


def _blinking_coder(n: int, rng: Generator) -> Float64:
    """Simulate a video coder whose every 12th image is a key image, between which cells drift."""
    saw = (np.arange(n) + rng.integers(0, 12)) % 12 / 12 - 0.5
    return saw[:, None] * rng.normal(0, 0.15, N_CELLS) + rng.normal(0, 0.05, (n, N_CELLS))


NOISES: dict[str, Callable[[int, Generator], Float64]] = {
    "white": _white,
    "flickering light (1/f)": _flickering_light,
    "wandering light": _wandering_light,
    "wandering cells": _wandering_cells,
    "slow trends": _slow_trends,
    "smooth drift": _smooth_drift,
    "single jump": _single_jump,
    "knocks": _knocks,
    "exposure changes": _exposure,
    "shaking hand": _shaking_hand,
    "passers-by": _passers_by,
    "panning": _panning,
    "blinking coder": _blinking_coder,
}


def camera_noise(kind: str, n_images: int, rng: Generator) -> Float32:
    """Return one window of camera noise, shape (n_images, 576): cells of a grid of 18 rows and 32 columns.

    Parameters
    ----------
    kind : str
        Name in `NOISES`.
    n_images : int
        Length of the window.
    rng : Generator
        Source of randomness.
    """
    return NOISES[kind](n_images, rng).astype(np.float32)
