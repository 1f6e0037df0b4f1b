"""Motion front end: images → mean grey on a grid of cells → spectra in time → rows of a model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from streamer.arrays import Complex64, Float32, Float64, UInt8, hann
from streamer.features.cell_grid import cell_edges, check_cells
from streamer.features.gradient import velocities
from streamer.features.history import TimedHistory
from streamer.features.motion_rows import motion_rows, movement_rows
from streamer.features.settings import MotionSettings
from streamer.kernels.load import load

LEAST_IMAGES = 8  # of which spectra in time are computed


class CellSeries(TimedHistory):
    """Mean grey of every cell of a grid, over the newest images.

    Each image is summed once, when it is pushed, however many windows it is part of.

    Parameters
    ----------
    n_rows, n_columns : int
        Grid of cells. Cells begin at whole pixels, round(k · height / n_rows), so that they differ by at most one
        pixel each way and no pixel is shared.
    capacity : int
        Images held.
    """

    def __init__(self, n_rows: int, n_columns: int, capacity: int) -> None:
        super().__init__(n_rows * n_columns, capacity)
        self.n_rows, self.n_columns = n_rows, n_columns
        self._cell_means = load("streamer.kernels.cells", "cell_means")
        self._shape: tuple[int, ...] = ()

    def push(self, image: UInt8, time_s: float) -> None:
        """Add one image.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width) or (height, width, 3)
            Grey, or blue-green-red. The latter takes a third of the time of converting it first, and its grey is not
            rounded to 8 bits. Rows may be any distance apart, as in a region of a larger image.
        time_s : float
            Its capture time, later than that of the image before.

        Raises
        ------
        UserError
            The image has fewer pixels than the grid has cells, in a row or a column.
        """
        if image.shape != self._shape:
            self._adapt(image.shape)
        row, copy = self._append_at(time_s)
        flat = image if image.ndim == 2 else image.reshape(image.shape[0], -1)
        self._cell_means(flat, self._n_channels, self._row_edges, self._column_edges, self._sums, row)
        copy[:] = row

    def _adapt(self, shape: tuple[int, ...]) -> None:
        height, width = shape[:2]
        check_cells(self.n_rows, self.n_columns, height, width)
        self._shape = shape
        self._n_channels = shape[2] if len(shape) == 3 else 1
        self._row_edges = cell_edges(height, self.n_rows)
        self._column_edges = cell_edges(width, self.n_columns)
        self._sums = np.zeros(width * self._n_channels, np.uint16)


class MotionSpectrum:
    """Spectra in time of all cells.

    Parameters
    ----------
    settings : MotionSettings, optional
        Of which ``n_images`` is the number of points on the even grid.
    """

    def __init__(self, settings: MotionSettings | None = None) -> None:
        from streamer.kernels.temporal_arena import build_temporal_arena

        self.settings = settings or MotionSettings()
        self._spectra = load("streamer.kernels.temporal", "spectra")
        taper = hann(self.settings.n_images)
        self._arena = build_temporal_arena(taper * (2.0 / taper.sum()))
        self._out: Complex64 = np.zeros((self.settings.n_series, self.settings.n_bins), np.complex64)

    def transform(self, series: Float32, times_s: Float64) -> Complex64:
        """Resample each series on an even grid, remove its straight line, taper it (periodic Hann) and transform it.

        Images are joined by straight lines, of which ``n_images`` points from the first to the last image are
        taken. Where the points fall between images, a sinusoid of f hertz at f_s images per second loses up to a
        factor cos(π f / f_s) of its amplitude, sinc²(f / f_s) on average: 3 % at 0.1 f_s, 13 % at 0.2, 36 %
        at 0.35; nothing where the images are even and as many as the points.

        Parameters
        ----------
        series : ndarray of float32, shape (n, n_cells)
            Any number of cells, and at least 8 images: fewer than ``n_images`` are stretched; of more, some are
            skipped, so that frequencies above half the grid's rate fold.
        times_s : ndarray, shape (n,)
            Capture times, strictly increasing.

        Returns
        -------
        ndarray of complex64, shape (n_cells, n_bins)
            Without the zero frequency, see :meth:`frequencies`; a sinusoid of amplitude a in the middle of a bin has
            modulus a there. Overwritten by the next transform.
        """
        times_s = np.asarray(times_s, np.float64)
        if series.ndim != 2 or series.shape[0] != times_s.size or times_s.size < LEAST_IMAGES:
            raise ValueError(
                f"series of shape {series.shape} must have a row for each of ≥ {LEAST_IMAGES} capture times"
            )
        steps_s = np.diff(times_s)
        if not np.all(steps_s > 0.0):
            raise ValueError("times_s must be strictly increasing")
        even_s = np.linspace(times_s[0], times_s[-1], self.settings.n_images)
        index = np.searchsorted(times_s[1:-1], even_s, side="right")
        weight = ((even_s - times_s[index]) / steps_s[index]).astype(np.float32)
        if series.shape[1] != self._out.shape[0]:
            self._out = np.zeros((series.shape[1], self.settings.n_bins), np.complex64)
        self._spectra(np.ascontiguousarray(series, np.float32), index, weight, self._arena, self._out)
        return self._out

    def frequencies(self, times_s: Float64) -> Float64:
        """Return the frequencies of the bins in Hz, shape (n_bins,), for images captured at these times."""
        n = self.settings.n_images
        duration_s = (times_s[-1] - times_s[0]) * n / (n - 1)  # of n steps of the even grid
        result: Float64 = np.arange(1, self.settings.n_bins + 1) / duration_s
        return result


class Motion:
    """Motion front end: series of cells in, rows of a motion model out; see `streamer.features.motion_rows`."""

    def __init__(self, settings: MotionSettings) -> None:
        self.settings = settings
        self._spectrum = MotionSpectrum(settings)
        self._series: list[TimedHistory] = []

    def begin(self, share: Callable[[str, int, int], TimedHistory]) -> None:
        """Follow the series of a newly opened source, which its owner pushes the images to."""
        quantities = ("grey", "gradient") if self.settings.series == "gradient" else (self.settings.series,)
        self._series = [share(each, self.settings.n_rows, self.settings.n_columns) for each in quantities]

    def push(self, grey: UInt8, time_s: float) -> None:
        """Do nothing: the shared series has the image."""

    def window(self) -> tuple[Float32, float, float]:
        """Return the rows of the newest window and the capture times of its first and last image.

        Where fewer than ``settings.n_images`` have come, but at least ``LEAST_IMAGES``, they are stretched.
        """
        values, times_s = self._series[0].last(self.settings.n_images)
        if self.settings.series == "gradient":
            rows = rows_of(values, self._series[1].last(self.settings.n_images)[0], times_s, self._spectrum)
        else:
            rows = motion_rows(self._spectrum.transform(values, times_s), self.settings)
        return rows, float(times_s[0]), float(times_s[-1])


def rows_of(grey: Float32, sums: Float32, times_s: Float64, spectrum: MotionSpectrum) -> Float32:
    """Return the rows of grey and movement of one window.

    Parameters
    ----------
    grey : ndarray of float32, shape (n, n_cells)
        Of ``CellSeries``.
    sums : ndarray of float32, shape (n, 5 · n_cells)
        Of :class:`streamer.features.gradient.GradientSeries`, on the same images.
    times_s : ndarray, shape (n,)
        Capture times.
    spectrum : MotionSpectrum
        Whose settings have the series "gradient".
    """
    moved = velocities(sums)
    # An image that came late shows the movement of a longer interval.
    steps_s = np.diff(times_s, prepend=times_s[0])
    steps_s[0] = steps_s[1]
    moved *= (steps_s.mean() / steps_s).astype(np.float32)[:, None]
    transformed = spectrum.transform(np.concatenate([grey, moved], axis=1), times_s)
    # It was found between two images, half an interval before the later one, whose row it is in.
    settings = spectrum.settings
    half = np.exp(1j * np.pi * np.arange(1, settings.n_bins + 1) / settings.n_images)
    transformed[settings.n_cells :] *= half.astype(np.complex64)
    return movement_rows(transformed, settings)
