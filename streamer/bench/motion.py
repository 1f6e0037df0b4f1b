"""Compare cell means, temporal spectra, and whole motion front ends.

All run on one thread, to which OpenCV is set for the rest of the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Protocol

import numpy as np

from streamer.arrays import Complex64, Float32, Float64, UInt8, hann
from streamer.bench.measure import Candidate, Table, compare
from streamer.features.motion import CellSeries, Motion, MotionSpectrum
from streamer.features.series import SharedSeries
from streamer.features.settings import MotionSettings
from streamer.pipeline.directions import WindowDirections
from streamer.sources.images.opencv import load_opencv

REFERENCE = MotionSettings()  # 32 × 18 cells, 128 images
SIZE = (420, 640)  # height, width: of the tuning-fork videos, which have 1000 images/s
FPS = 1000.0
STRIDE = 32  # images from one spectrum to the next
N_STRIDES = 8  # in one timed call


def motion_comparisons(seconds: float) -> Iterator[Table]:
    """Measure and yield one table after the other; ``seconds`` is the time for each."""
    size = f"{SIZE[0]} × {SIZE[1]}"
    yield compare(f"cell means: {size}, 32 × 18 cells", "µs/image", 1e6, list(_cells()), seconds)
    yield compare("spectra in time: 576 cells, 128 images", "µs/spectrum", 1e6, list(_spectra()), seconds)
    title = f"motion front end: {size} at 1000 images/s, a spectrum every {STRIDE}"
    yield compare(title, "ms/s of images", 1e3, list(_front_ends()), seconds)


def _cells() -> Iterator[Candidate]:
    s = REFERENCE
    grey, colour = noise_images(4)

    def ours(images: Sequence[UInt8]) -> Callable[[], object]:
        series = CellSeries(s.n_rows, s.n_columns, 16)
        return each(images, lambda image, i: series.push(image, float(i)))

    def theirs(make: Callable[[], Callable[[UInt8], Float32]], images: Sequence[UInt8]) -> Callable[[], object]:
        means = make()
        return each(images, lambda image, _: means(image))

    yield Candidate("streamer CellSeries.push, grey", partial(ours, grey), len(grey))
    yield Candidate("cv2.integral", partial(theirs, integral_cells, grey), len(grey))
    yield Candidate("cv2.resize INTER_AREA, float32", partial(theirs, resize_cells, grey), len(grey))
    yield Candidate("numpy.add.reduceat", partial(theirs, lambda: reduceat_cells, grey), len(grey))
    yield Candidate("streamer CellSeries.push, colour", partial(ours, colour), len(colour))
    yield Candidate("cv2.cvtColor + cv2.integral", partial(theirs, colour_cells, colour), len(colour))


def each(images: Sequence[UInt8], push: Callable[[UInt8, int], object]) -> Callable[[], object]:
    """Return a call that pushes every image with its number, counted over all calls."""
    numbers = count()

    def call() -> None:
        for image in images:
            push(image, next(numbers))

    return call


def resize_cells() -> Callable[[UInt8], Float32]:
    """Return a function for cell means by OpenCV's area interpolation, whose cells may begin within pixels."""
    cv2 = load_opencv()
    size = REFERENCE.n_columns, REFERENCE.n_rows
    return lambda image: cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA).ravel()


def integral_cells() -> Callable[[UInt8], Float32]:
    """Return a function for cell means by OpenCV's summed-area table."""
    cv2 = load_opencv()
    rows, columns = _edges(SIZE[0], REFERENCE.n_rows), _edges(SIZE[1], REFERENCE.n_columns)
    area = np.outer(np.diff(rows), np.diff(columns))
    corners = np.ix_(rows, columns)

    def means(image: UInt8) -> Float32:
        sums = np.diff(np.diff(cv2.integral(image)[corners], axis=0), axis=1)
        return np.asarray(sums / area, np.float32).ravel()

    return means


def colour_cells() -> Callable[[UInt8], Float32]:
    """Return a function for cell means of colour images: conversion to grey, then as :func:`integral_cells`."""
    cv2 = load_opencv()
    means, grey = integral_cells(), np.empty(SIZE, np.uint8)
    return lambda image: means(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY, grey))


def reduceat_cells(image: UInt8) -> Float32:
    """Return the cell means of an image by numpy: sums over runs of rows, then of columns."""
    rows, columns = _edges(image.shape[0], REFERENCE.n_rows), _edges(image.shape[1], REFERENCE.n_columns)
    sums = np.add.reduceat(np.add.reduceat(image, rows[:-1], axis=0, dtype=np.int32), columns[:-1], axis=1)
    means: Float32 = (sums / np.outer(np.diff(rows), np.diff(columns))).astype(np.float32).ravel()
    return means


def _edges(n_pixels: int, n_cells: int) -> list[int]:
    return [round(k * n_pixels / n_cells) for k in range(n_cells + 1)]


class _Transform(Protocol):
    def __call__(self, series: Float32, times_s: Float64, /) -> Complex64: ...


def _spectra() -> Iterator[Candidate]:
    rng = np.random.default_rng(0)
    series = rng.uniform(0.0, 255.0, (REFERENCE.n_images, REFERENCE.n_cells)).astype(np.float32)
    times_s = np.cumsum(rng.uniform(0.02, 0.05, REFERENCE.n_images))

    def prepare(make: Callable[[], _Transform]) -> Callable[[], object]:
        return partial(make(), series, times_s)

    yield Candidate("streamer MotionSpectrum.transform", partial(prepare, _own_spectrum))
    yield Candidate("numpy + scipy.fft, all cells at once", partial(prepare, ScipySpectrum))
    yield Candidate("numpy.interp + numpy.fft, cell by cell", partial(prepare, lambda: numpy_spectrum))


def _own_spectrum() -> _Transform:
    return MotionSpectrum(REFERENCE).transform


class ScipySpectrum:
    """Temporal spectra of all cells at once in float32, with scipy's FFT."""

    def __init__(self) -> None:
        import scipy.fft

        n = REFERENCE.n_images
        self._rfft = scipy.fft.rfft
        taper = hann(n)
        self._taper = (taper * 2.0 / taper.sum()).astype(np.float32)[:, None]
        self._x = (np.arange(n) - (n - 1) / 2).astype(np.float32)

    def __call__(self, series: Float32, times_s: Float64, /) -> Complex64:
        """Return the spectra of series, shape (n_images, n_cells), as an array of shape (n_cells, n_bins)."""
        even_s = np.linspace(times_s[0], times_s[-1], REFERENCE.n_images)
        index = np.searchsorted(times_s[1:-1], even_s, side="right")
        weight = ((even_s - times_s[index]) / (times_s[index + 1] - times_s[index])).astype(np.float32)[:, None]
        rows = series[index]
        rows += weight * (series[index + 1] - rows)
        rows -= rows.mean(axis=0)
        rows -= self._x[:, None] * (self._x @ rows / (self._x @ self._x))
        rows *= self._taper
        spectrum: Complex64 = self._rfft(rows.T, axis=1)[:, 1:]
        return spectrum


def numpy_spectrum(series: Float32, times_s: Float64, /) -> Complex64:
    """Return the same spectra by numpy alone, with a loop over the cells."""
    n = REFERENCE.n_images
    even_s = np.linspace(times_s[0], times_s[-1], n)
    rows = np.stack([np.interp(even_s, times_s, column) for column in series.T])
    x = np.arange(n) - (n - 1) / 2
    rows -= rows.mean(axis=1, keepdims=True)
    rows -= np.outer(rows @ x / (x @ x), x)
    taper = hann(n)
    spectrum: Complex64 = (np.fft.rfft(rows * taper)[:, 1:] * (2.0 / taper.sum())).astype(np.complex64)
    return spectrum


def _front_ends() -> Iterator[Candidate]:
    grey, colour = noise_images(STRIDE)
    duration_s = N_STRIDES * STRIDE / FPS

    def ours(images: Sequence[UInt8]) -> Callable[[], object]:
        series, transform = CellSeries(REFERENCE.n_rows, REFERENCE.n_columns, 1024), _own_spectrum()
        return _strides(images, series.push, lambda: transform(*series.last(REFERENCE.n_images)))

    def moving() -> Callable[[], object]:
        s = REFERENCE
        series, front_end = SharedSeries(1024), Motion(replace(s, series="gradient"))
        directions = WindowDirections(s)
        front_end.begin(series.share)
        directions.begin(series.share)
        windows = count(1)

        def window() -> None:
            front_end.window()
            directions.measured(next(windows) * STRIDE)

        return _strides(grey, series.push, window)

    def theirs(make: Callable[[], Callable[[UInt8], Float32]], images: Sequence[UInt8]) -> Callable[[], object]:
        means, transform = make(), ScipySpectrum()
        rows: list[Float32] = []
        times_s: list[float] = []

        def push(image: UInt8, time_s: float) -> None:
            rows.append(means(image))
            times_s.append(time_s)
            del rows[: -REFERENCE.n_images], times_s[: -REFERENCE.n_images]

        return _strides(images, push, lambda: transform(np.array(rows), np.array(times_s)))

    yield Candidate("streamer, grey", partial(ours, grey), duration_s)
    yield Candidate("streamer with movement and directions", moving, duration_s)
    yield Candidate("cv2.integral + numpy + scipy.fft, grey", partial(theirs, integral_cells, grey), duration_s)
    yield Candidate("cv2.resize + numpy + scipy.fft, grey", partial(theirs, resize_cells, grey), duration_s)
    yield Candidate("streamer, colour", partial(ours, colour), duration_s)
    yield Candidate("cv2.cvtColor + cv2.integral …, colour", partial(theirs, colour_cells, colour), duration_s)


def _strides(
    images: Sequence[UInt8], push: Callable[[UInt8, float], None], spectrum: Callable[[], object]
) -> Callable[[], object]:
    """Return a call that pushes images and computes a spectrum after each stride, once the first window is full."""
    numbers = count()

    def stride() -> None:
        for image in images:
            push(image, next(numbers) / FPS)

    def call() -> None:
        for _ in range(N_STRIDES):
            stride()
            spectrum()

    for _ in range(REFERENCE.n_images // STRIDE):
        stride()
    return call


def noise_images(n_images: int) -> tuple[list[UInt8], list[UInt8]]:
    """Return grey images and colour images of noise, of size ``SIZE``; the same at every call."""
    rng = np.random.default_rng(0)
    return (
        list(rng.integers(0, 256, (n_images, *SIZE), np.uint8)),
        list(rng.integers(0, 256, (n_images, *SIZE, 3), np.uint8)),
    )
