"""Measure one period in time, with its uncertainty, from the series of many cells."""

from __future__ import annotations

import math

import numpy as np

from streamer.arrays import Float32, Float64, UInt8
from streamer.messages import Temporal, TemporalStatus
from streamer.periodicity.coded_types import CodedTypes
from streamer.periodicity.components import find_components
from streamer.periodicity.displacement import with_displacement
from streamer.periodicity.lines import MIN_CYCLES
from streamer.periodicity.sampling import Sampling

MIN_LENGTH = 16
MAX_HOLES = 4  # times as many images should have come


def measure_temporal(
    series: Float32,
    times_s: Float64,
    grid: tuple[int, int],
    kinds: Float32 | None = None,
    image: UInt8 | None = None,
) -> Temporal:
    """Measure what repeats in time.

    The strongest line that is significant in a cell, a block of cells or the whole image is traced to its fundamental,
    which is fitted with its harmonics on the capture times. Lines of fewer than two cycles, lines that drift explains
    as well, and the pattern of a video's key images are skipped. A period with fewer than four cycles in the window is
    reported only where there is no faster one.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_series)
        Series of all cells, row by row, in grey levels; or of two quantities, one after the other, as of optical flow.
    times_s : ndarray of float64, shape (n_images,)
        Capture times, strictly increasing.
    grid : tuple of int
        Rows and columns of cells; ``n_series`` is their product or twice that.
    kinds : ndarray of float32, shape (n_images,), optional
        How each image was coded, see :func:`streamer.periodicity.coded_types.type_number`.
    image : ndarray of uint8, shape (height, width), optional
        The newest image, in grey: from its texture follows how far what swings moves.

    Returns
    -------
    Temporal
        Status ``too_short`` of fewer than 16 images, ``too_irregular`` where most are missing or they come in
        bursts.
    """
    if series.shape[0] < MIN_LENGTH:
        return _unmeasured("too_short", np.asarray(times_s, np.float64))
    sampling = Sampling.of(np.asarray(times_s, np.float64))
    if sampling.comes_in_bursts or sampling.number[-1] + 1 > MAX_HOLES * series.shape[0]:
        return _unmeasured("too_irregular", sampling.times_s)
    types = None if kinds is None else CodedTypes.of(kinds, sampling)
    components, of_coder, is_unsteady = find_components(series, sampling, grid, types)
    if image is not None and series.shape[1] == grid[0] * grid[1]:
        components = with_displacement(components, series, sampling, image)
    resolution_hz = 1 / sampling.duration_s
    return Temporal(
        "found" if components else "changing" if is_unsteady else "none",
        fps=sampling.fps,
        resolution_hz=resolution_hz,
        min_hz=MIN_CYCLES * resolution_hz,
        max_hz=sampling.fps / 2,
        components=components,
        of_coder=of_coder,
    )


def _unmeasured(status: TemporalStatus, times_s: Float64) -> Temporal:
    """Return a measurement of times at which nothing can be seen."""
    if times_s.size < 2:
        return Temporal(status, math.nan, math.nan, math.nan, math.nan)
    interval_s = float(times_s[-1] - times_s[0]) / (times_s.size - 1)
    resolution_hz = 1 / (interval_s * times_s.size)
    return Temporal(status, 1 / interval_s, resolution_hz, MIN_CYCLES * resolution_hz, 0.5 / interval_s)
