"""Spectra in time of a grid of cells → rows of a motion model: level, prominence and relative phase.

Where something moves or shines periodically, the phases of the cells show what it is: a lamp has all of them equal,
an object that swings has its two edges in opposite phase, and around a wheel or along a sliding cloth the phase
advances from cell to cell. The phase itself depends on when the window began, so every frequency is rotated to a
reference of its own, and only phases relative to it remain.
"""

from __future__ import annotations

import numpy as np

from streamer.arrays import Complex64, Float32
from streamer.features.settings import MotionSettings

MOVEMENT_FLOOR = np.float32(0.001)  # points of a cell, of which there are four each way, in one image
FLOOR = np.float32(0.01)  # grey levels: amplitudes far below it have a level near 0
REACH = 6  # bins to each side, whose mean a line must rise above


def motion_rows(spectrum: Complex64, settings: MotionSettings) -> Float32:
    """Return the model's rows: level, and prominence times cosine and sine of the relative phase, of every frequency.

    With amplitude a and phase φ of a cell, level = ½ ln(1 + a² / FLOOR²), and prominence p is how far it lies above
    its mean over the ``REACH`` frequencies to each side, or 0. The reference phase of a frequency is
    φ₀ = ½ arg(Σ z² + (Σ z)² / √n) over the n cells with z = p exp(iφ): the axis along which most cells oscillate, so
    that opposite phases add up instead of cancelling; the second term finds a faint common phase beneath the noise.
    Its sign is the one that makes Σ p cos(φ − φ₀) positive.

    Parameters
    ----------
    spectrum : ndarray of complex64, shape (n_cells, n_bins)
        Of :class:`streamer.features.motion.MotionSpectrum`, in grey levels.

    Returns
    -------
    ndarray of float32, shape (n_cells, ``settings.row_width``)
        All levels, then all cosines, then all sines; 0 … 11 and −11 … 11.
    """
    rows = np.empty((spectrum.shape[0], settings.row_width), np.float32)
    _grey_rows(spectrum, rows)
    return rows


def movement_rows(spectrum: Complex64, settings: MotionSettings) -> Float32:
    """Return the rows of :func:`motion_rows`, and besides the movement relative to the same reference phase.

    With the spectra u and v of the movement to the right and downwards, of both together a² = |u|² + |v|², the
    level and prominence p of a cell are as those of its grey, with ``MOVEMENT_FLOOR``. The values are real and
    imaginary part of p exp(−iφ₀) u / a, then those of v: for movement to and fro u and v are in phase or opposite, on
    a circle one is a quarter of a turn ahead.

    Parameters
    ----------
    spectrum : ndarray of complex64, shape (3 · n_cells, n_bins)
        Of grey, of movement to the right and of movement downwards.

    Returns
    -------
    ndarray of float32, shape (n_cells, ``settings.row_width``)
    """
    n_cells, n_bins = settings.n_cells, spectrum.shape[1]
    rows = np.empty((n_cells, settings.row_width), np.float32)
    turn = _grey_rows(spectrum[:n_cells], rows)
    moved = spectrum[n_cells:].reshape(2, n_cells, n_bins)
    power = (moved.real**2 + moved.imag**2).sum(axis=0)
    prominence = _prominence(_level(power, MOVEMENT_FLOOR))
    prominence /= np.sqrt(power) + np.float32(1e-12)
    for k, part in enumerate(moved):
        phasor = part * (prominence * turn)
        rows[:, (3 + 2 * k) * n_bins : (4 + 2 * k) * n_bins] = phasor.real
        rows[:, (4 + 2 * k) * n_bins : (5 + 2 * k) * n_bins] = phasor.imag
    return rows


def _grey_rows(spectrum: Complex64, rows: Float32) -> Complex64:
    """Write the first three values of every cell and frequency; return exp(−iφ₀) of every frequency."""
    n_cells, n_bins = spectrum.shape
    real, imaginary = spectrum.real, spectrum.imag
    power = real * real
    power += imaginary * imaginary
    level = rows[:, :n_bins]
    level[:] = _level(power, FLOOR)
    prominence = _prominence(level)
    np.sqrt(power, out=power)
    power += np.float32(1e-12)
    prominence /= power
    phasor = spectrum * prominence
    total = phasor.sum(axis=0)
    axis = np.einsum("ck,ck->k", phasor, phasor) + total * total * np.float32(n_cells**-0.5)
    turn = np.exp(-0.5j * np.angle(axis)).astype(np.complex64)
    turn *= np.where((total * turn).real < 0, np.float32(-1), np.float32(1))
    phasor *= turn
    rows[:, n_bins : 2 * n_bins] = phasor.real
    rows[:, 2 * n_bins : 3 * n_bins] = phasor.imag
    return np.asarray(turn, np.complex64)


def _level(power: Float32, floor: np.float32) -> Float32:
    level = power * np.float32(1 / floor**2)
    np.log1p(level, out=level)
    level *= np.float32(0.5)
    return level


def _prominence(level: Float32) -> Float32:
    prominence = level - _local_mean(level)
    np.maximum(prominence, 0, out=prominence)
    return prominence


def _local_mean(level: Float32) -> Float32:
    """Return the mean over each frequency and its neighbours, of which there are fewer at the ends."""
    n_cells, n_bins = level.shape
    below = np.zeros((n_cells, n_bins + 1), np.float32)
    np.cumsum(level, axis=1, out=below[:, 1:])
    last = np.minimum(np.arange(n_bins) + REACH + 1, n_bins)
    first = np.maximum(np.arange(n_bins) - REACH, 0)
    mean: Float32 = (below[:, last] - below[:, first]) * (1 / (last - first)).astype(np.float32)
    return mean
