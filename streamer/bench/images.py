"""Compare 2-D spectra, their polar means, and pattern front ends.

All run on one thread, to which OpenCV is set for the rest of the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from streamer.arrays import Float32, UInt8, hann
from streamer.bench.measure import Candidate, Table, compare
from streamer.features.pattern import FLOOR, Pattern
from streamer.features.polar_grid import polar_grid, ring_and_angle
from streamer.features.settings import PatternSettings
from streamer.kernels.load import load
from streamer.sources.images.opencv import load_opencv

SIZES = ((256, 256), (480, 640))  # height, width: the default square, and the whole image of a usual camera
TINY = np.float32(FLOOR)  # keeps logarithms finite


def image_comparisons(seconds: float) -> Iterator[Table]:
    """Measure and yield one table after the other; ``seconds`` is the time for each."""
    for height, width in SIZES:
        candidates = list(_spectra(noise_and_stripes(height, width)))
        yield compare(f"image spectrum: log-magnitude of {height} × {width}", "µs/image", 1e6, candidates, seconds)
    for height, width in SIZES:
        candidates = list(_polar_means(height, width))
        yield compare(f"polar means of the spectrum of {height} × {width}", "µs/image", 1e6, candidates, seconds)
    camera = noise_and_stripes(480, 640)
    for title, settings in (
        ("square of 256", PatternSettings()),
        ("whole", PatternSettings(crop="whole")),
    ):
        candidates = [
            Candidate("streamer Pattern.push", partial(_push, Pattern, settings, camera)),
            Candidate("cv2 + numpy", partial(_push, OpenCVPattern, settings, camera)),
        ]
        yield compare(f"pattern front end: 480 × 640, {title}", "µs/image", 1e6, candidates, seconds)


def _spectra(image: UInt8) -> Iterator[Candidate]:
    """Yield spectra; peers apply no taper, and OpenCV leaves out the outer columns, which it packs differently."""
    whole = PatternSettings(crop="whole")
    yield Candidate("streamer, tapered", lambda: partial(Pattern(whole).transform, image))
    yield Candidate("cv2.dft + numpy.abs + cv2.log", lambda: partial(OpenCVSpectrum(*image.shape).push, image), 1, 1.3)
    yield Candidate("scipy.fft.rfft2 float32 + log(abs)", lambda: partial(_scipy_spectrum(), image))
    yield Candidate("numpy rfft2 float32 + log(abs)", lambda: partial(numpy_spectrum, image), 1, 3.0)
    yield Candidate("numpy 20 log10(abs(fftshift(fft2)))", lambda: partial(_naive_spectrum, image), 1, 10.0)


class OpenCVSpectrum:
    """OpenCV's real DFT with all arrays preallocated; the fastest way found to use its packed format."""

    def __init__(self, height: int, width: int) -> None:
        self._cv2 = load_opencv()
        self._image = np.empty((height, width), np.float32)
        self._packed = np.empty((height, width), np.float32)
        # Columns 1 … width − 2 hold real and imaginary parts in turns.
        self._bins = self._packed[:, 1:-1].view(np.complex64)
        self._magnitude = np.empty(self._bins.shape, np.float32)
        self._log = np.empty(self._bins.shape, np.float32)

    def push(self, image: UInt8) -> Float32:
        """Take an image, shape (height, width); return ln |F| of columns 1 … width / 2 − 1."""
        np.copyto(self._image, image)
        return self.transform(self._image)

    def transform(self, image: Float32) -> Float32:
        """Return the same of an image that is float32 already."""
        self._cv2.dft(image, self._packed)
        np.abs(self._bins, out=self._magnitude)
        self._cv2.log(self._magnitude, self._log)
        return self._log


def numpy_spectrum(image: UInt8) -> Float32:
    """Take an image, shape (height, width); return ln |F|, shape (height, width // 2 + 1)."""
    result: Float32 = np.log(np.abs(np.fft.rfft2(image.astype(np.float32))) + TINY)
    return result


def _scipy_spectrum() -> Callable[[UInt8], Float32]:
    import scipy.fft

    rfft2 = scipy.fft.rfft2

    def push(image: UInt8) -> Float32:
        result: Float32 = np.log(np.abs(rfft2(image.astype(np.float32))) + TINY)
        return result

    return push


def _naive_spectrum(image: UInt8) -> object:
    """Compute the spectrum as image-processing tutorials do."""
    return 20.0 * np.log10(np.abs(np.fft.fftshift(np.fft.fft2(image))) + 1e-6)


def _polar_means(height: int, width: int) -> Iterator[Candidate]:
    s = PatternSettings()
    values = np.random.default_rng(0).normal(-8.0, 2.0, height * (width // 2 + 1)).astype(np.float32)

    def ours() -> Callable[[], object]:
        grid = polar_grid(height, width, s.n_radii, s.n_angles)
        polar, profile = np.zeros((s.n_radii, s.n_angles), np.float32), np.zeros(s.n_radii, np.float32)
        sums = np.zeros(s.n_angles, np.float32)
        kernel = load("streamer.kernels.polar", "polar_means")
        return partial(kernel, values, grid.places, grid.lengths, grid.cells, sums, polar, profile)

    yield Candidate("streamer polar_means", ours)
    yield Candidate("numpy.bincount", lambda: partial(BincountPolar(height, width, s).push, values))


class BincountPolar:
    """Polar means by the fastest way in numpy: sums by ``bincount``, with the cell of every sample computed before."""

    def __init__(self, height: int, width: int, settings: PatternSettings) -> None:
        self._shape = settings.n_radii, settings.n_angles
        self._n_cells = settings.n_radii * settings.n_angles
        ring, angle = ring_and_angle(height, width, *self._shape)
        inside = (ring >= 0) & (ring < settings.n_radii)
        self._cell = np.where(inside, ring * settings.n_angles + angle, self._n_cells)
        counts = np.bincount(self._cell, minlength=self._n_cells + 1)[:-1]
        self._scale = 1.0 / np.maximum(counts, 1)

    def push(self, values: Float32) -> Float32:
        """Take a flat spectrum; return means, shape (n_radii, n_angles), 0 where a cell is empty."""
        sums = np.bincount(self._cell, values, minlength=self._n_cells + 1)[:-1]
        polar: Float32 = (sums * self._scale).reshape(self._shape).astype(np.float32)
        return polar


class OpenCVPattern:
    """Pattern front end of OpenCV and numpy, without outer columns and without a value for empty cells."""

    def __init__(self, settings: PatternSettings) -> None:
        self._cv2 = load_opencv()
        self._settings = settings
        self._spectrum: OpenCVSpectrum | None = None

    def push(self, image: UInt8) -> Float32:
        """Take an image, shape (height, width) as in the first call; return polar means."""
        if self._settings.crop == "square":
            side, size = min(image.shape), self._settings.size
            y, x = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
            square = image[y : y + side, x : x + side]
            image = np.asarray(self._cv2.resize(square, (size, size), interpolation=self._cv2.INTER_AREA), np.uint8)
        if self._spectrum is None:
            self._allocate(*image.shape)
        assert self._spectrum is not None
        np.multiply(image, self._taper, out=self._tapered)
        self._values[:, 1:-1] = self._spectrum.transform(self._tapered)
        return self._polar.push(self._values.ravel())

    def _allocate(self, height: int, width: int) -> None:
        y, x = hann(height), hann(width)
        self._taper = (np.outer(y / y.sum(), x / x.sum()) / 255.0).astype(np.float32)
        self._tapered = np.empty((height, width), np.float32)
        self._values = np.zeros((height, width // 2 + 1), np.float32)
        self._polar = BincountPolar(height, width, self._settings)
        self._spectrum = OpenCVSpectrum(height, width)


def _push(
    make: Callable[[PatternSettings], Pattern | OpenCVPattern], settings: PatternSettings, image: UInt8
) -> Callable[[], object]:
    load_opencv()
    return partial(make(settings).push, image)


def noise_and_stripes(height: int, width: int) -> UInt8:
    """Return an image of stripes in two directions and noise, shape (height, width); the same at every call."""
    y, x = np.mgrid[:height, :width]
    levels = 128.0 + 60.0 * np.sin(x / 7.0) + 30.0 * np.sin((x + 2.0 * y) / 11.0)
    levels += np.random.default_rng(0).normal(0.0, 10.0, levels.shape)
    image: UInt8 = np.clip(levels, 0.0, 255.0).astype(np.uint8)
    return image
