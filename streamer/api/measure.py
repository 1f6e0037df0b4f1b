"""Measure a frequency or a pattern in arrays, with uncertainty."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamer.api import inputs
from streamer.api.inputs import Number
from streamer.arrays import Float32, Float64, UInt8
from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.features.cell_grid import cell_edges
from streamer.features.motion import CellSeries
from streamer.features.skin import SkinSeries
from streamer.messages import Spatial, Temporal
from streamer.periodicity.pulse import with_pulse
from streamer.periodicity.spatial import measure_spatial
from streamer.periodicity.temporal import measure_temporal

SMALLEST = 16  # pixels each way of an image whose pattern is measured


def measure_frequency(
    images_or_series: ArrayLike, *, times_s: ArrayLike | None = None, fps: Number | None = None
) -> Temporal:
    """Measure what repeats in time: in images, or in any series of numbers.

    Parameters
    ----------
    images_or_series : array_like
        By its dimensions. Images: (n_images, height, width) of grey or (n_images, height, width, 3) of
        blue-green-red, as uint8, or as float in the range 0…1. Series: (n,) or (n, n_series), in any unit; several
        are searched together, neighbours also by their mean.
    times_s : array_like, shape (n,), optional
        Capture times in seconds, strictly increasing; gaps and jitter are allowed.
    fps : float, optional
        Images or values per second where they are even, in place of ``times_s``.

    Returns
    -------
    Temporal
        Its ``status``, and its ``components``: every rhythm with its frequency, standard uncertainty, place and what
        else it may be, the most significant first; of images also how far it moves (``amplitude_px``), and of images in
        colour the pulse that skin shows (``what`` is "pulse"). ``hz`` and
        ``hz_sigma`` are those of the first, NaN where nothing repeats beyond doubt.

    Raises
    ------
    UserError
        Names the argument that breaks a rule.

    Examples
    --------
    >>> times_s = np.arange(200) / 50.0
    >>> swing = np.sin(2 * np.pi * 3.3 * times_s) + np.random.default_rng(0).normal(0, 0.2, 200)
    >>> found = measure_frequency(swing, times_s=times_s)
    >>> abs(found.hz - 3.3) < 4 * found.hz_sigma < 0.1
    True
    """
    name = "images_or_series"
    array = np.asarray(images_or_series)
    if array.ndim in (1, 2) and array.dtype != object:
        values = inputs.series(array, name)
        times = inputs.capture_times(values.shape[0], times_s, fps, "the values")
        return measure_temporal(values, times, (1, values.shape[1]))
    images = inputs.video(array, name)
    times = inputs.capture_times(images.shape[0], times_s, fps, "the images")
    columns, rows = (min(pair) for pair in zip(ImageSettings().cells, images.shape[2:0:-1], strict=True))
    values = _cells8(images, times, rows, columns) if images.dtype == np.uint8 else _cells(images, rows, columns)
    newest = np.ascontiguousarray(_grey(images[-1] if images.dtype == np.uint8 else inputs.bits8(images[-1])))
    found = measure_temporal(values, times, (rows, columns), image=newest)
    if images.ndim < 4:
        return found
    skin = SkinSeries(rows, columns, images.shape[0])
    for image, time_s in zip(images, times, strict=True):
        skin.push(image if image.dtype == np.uint8 else inputs.bits8(image), float(time_s))
    colours, skin_s = skin.last(images.shape[0])
    n = skin_s.shape[0]
    return with_pulse(found, colours, skin_s, (rows, columns), grey=values[-n:] if n else None)


def measure_pattern(image: ArrayLike) -> Spatial:
    """Measure what repeats in one image: stripes, grids and hexagonal patterns, each in its place.

    Parameters
    ----------
    image : array_like, shape (height, width) or (height, width, 3)
        Grey or blue-green-red, as uint8, or as float in the range 0…1, which is rounded to 8 bits. All of it is
        measured, at its own resolution.

    Returns
    -------
    Spatial
        Its ``status``, and its ``components``: every pattern with periods in pixels and angles, each with its standard
        uncertainty, contrast and place, the most significant first. There are none where no pattern is beyond doubt.

    Raises
    ------
    UserError
        If the image breaks a rule, or has fewer than 16 pixels one way.

    Examples
    --------
    >>> stripes = np.tile(0.5 + 0.4 * np.sin(2 * np.pi * np.arange(200) / 12.5), (200, 1))
    >>> found = measure_pattern(stripes)
    >>> round(found.components[0].vectors[0].period_px, 2)
    12.5
    """
    pixels = inputs.bits8(inputs.picture(image, "image"))
    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST:
        raise UserError(f"image={width}x{height} must be at least {SMALLEST} pixels each way; give a larger part of it")
    return measure_spatial(pixels)


def _grey(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return an image in grey, in its own type."""
    if pixels.ndim == 2:
        return pixels
    import cv2

    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_BGR2GRAY))


def _cells8(images: UInt8, times_s: Float64, rows: int, columns: int) -> Float32:
    """Return the mean grey of every cell, shape (n_images, rows · columns), as live streams compute it."""
    cells = CellSeries(rows, columns, images.shape[0])
    for image, time_s in zip(images, times_s, strict=True):
        cells.push(np.ascontiguousarray(_grey(image)), float(time_s))
    return cells.last(images.shape[0])[0]


def _cells(images: NDArray[Any], rows: int, columns: int) -> Float32:
    """Return the same of floating-point images, in grey levels but not rounded to them."""
    height, width = images.shape[1:3]
    row_edges, column_edges = cell_edges(height, rows), cell_edges(width, columns)
    areas = np.outer(np.diff(row_edges), np.diff(column_edges))
    values = np.empty((images.shape[0], rows * columns), np.float32)
    for image, out in zip(images, values, strict=True):
        grey = _grey(image.astype(np.float32, copy=False)).astype(np.float64)
        sums = np.add.reduceat(np.add.reduceat(grey, row_edges[:-1], axis=0), column_edges[:-1], axis=1)
        out[:] = (255.0 * sums / areas).reshape(-1)
    return values
