"""Pattern front end: grey image → log-magnitude of its 2-D spectrum → means on a polar grid."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from streamer.arrays import Float32, UInt8, hann
from streamer.errors import UserError
from streamer.features.history import TimedHistory
from streamer.features.polar_grid import polar_grid
from streamer.features.settings import MAX_SIDE, PatternSettings, largest_fft_length
from streamer.kernels.load import load
from streamer.kernels.resizing import Resizer

FLOOR = 1e-7  # least magnitude; white noise of 8-bit rounding lies near 5e-6
MIN_SQUARE_SIDE = 16  # pixels; smaller images show no pattern, however much they are enlarged
MIN_WHOLE_SIDE = 32  # pixels; the image FFT's least size


@dataclass(frozen=True, slots=True, eq=False)
class PatternFrame:
    """Spectrum of one image; the arrays are the front end's own, valid until its next push."""

    # ln |F|, shape (height, width // 2 + 1); a cosine of amplitude a (of full scale) peaks at a/2
    log_magnitude: Float32
    polar: Float32  # its means over the cells of the polar grid, shape (n_radii, n_angles)
    profile: Float32  # its means over the rings, shape (n_radii,)
    width: int  # of the area transformed, in samples
    px_per_sample: float  # pixels of the image per sample
    radius_per_px: Float32  # shape (n_radii,), the rings' middles in cycles per pixel of the image


@dataclass(frozen=True, slots=True)
class _Area:
    """Part of an image that is transformed: about its centre, in pixels, and its size in samples."""

    rows: slice
    columns: slice
    height: int
    width: int
    px_per_sample: float


class Pattern:
    """Grey image in, logarithm of its 2-D spectrum and the polar means of that out.

    With a periodic Hann taper t of each side, for an image g of 8 bits::

        F = rfft2(t_y[:, None] * t_x * g) / (255 * sum(t_y) * sum(t_x))
        log_magnitude = log(maximum(abs(F), FLOOR))

    Every image is transformed alone, so any order or batching gives bit-identical frames. All arrays are allocated
    with the first image of a size. float32; |F| is exact to about 1e-7 of the mean grey.
    """

    def __init__(self, settings: PatternSettings | None = None) -> None:
        self.settings = settings or PatternSettings()
        self._log_magnitude = load("streamer.kernels.image_fft", "log_magnitude")
        self._polar_means = load("streamer.kernels.polar", "polar_means")
        self._sums: Float32 = np.zeros(self.settings.n_angles, np.float32)
        self._shape: tuple[int, ...] = ()  # of the images for which all is allocated
        self._checked: tuple[int, ...] = ()  # shape that is known to be large enough
        self._time_s = 0.0  # capture time of the newest image
        self._held: UInt8 | None = None  # image that is transformed when its frame is wanted

    def begin(self, share: Callable[[str, int, int], TimedHistory]) -> None:
        """Do nothing: every image is transformed alone."""

    def push(self, grey: UInt8, time_s: float = 0.0) -> PatternFrame:
        """Transform one image.

        Parameters
        ----------
        grey : ndarray of uint8, shape (height, width)
            May be a view of a larger image.
        time_s : float
            Capture time, given back by :meth:`window`.

        Returns
        -------
        PatternFrame
            Valid until the next push.

        Raises
        ------
        UserError
            The image is too small.
        """
        self._held = None
        self.transform(grey)
        self._time_s = time_s
        grid = self._grid
        self._polar_means(
            self._values, grid.places, grid.lengths, grid.cells, self._sums, self._frame.polar, self._frame.profile
        )
        return self._frame

    def hold(self, grey: UInt8, time_s: float) -> None:
        """Take one image like :meth:`push`, but transform it only when :attr:`frame` or :meth:`window` want it."""
        if grey.shape != self._checked:
            self._area_of(grey)
            self._checked = grey.shape
        self._held, self._time_s = grey, time_s

    @property
    def frame(self) -> PatternFrame:
        """That of the newest image; valid until the next push."""
        return self._frame if self._held is None else self.push(self._held, self._time_s)

    def window(self) -> tuple[Float32, float, float]:
        """Return the polar means of the newest image, and its capture time as the window's first and last instant."""
        return self.frame.polar, self._time_s, self._time_s

    def transform(self, grey: UInt8) -> Float32:
        """Return the log-magnitude of one image alone, see :attr:`PatternFrame.log_magnitude`."""
        if grey.dtype != np.uint8:
            raise ValueError(f"grey.dtype={grey.dtype} must be uint8; scale and convert it")
        if grey.shape != self._shape:
            self._allocate(grey)
        self._log_magnitude(self._samples(grey), self._arena)
        return self._frame.log_magnitude

    def push_batch(self, images: Iterable[UInt8]) -> list[PatternFrame]:
        """Transform several images; the frames are copies, equal bit for bit to those of :meth:`push`."""
        frames = []
        for image in images:
            frame = self.push(image)
            copies = {name: getattr(frame, name).copy() for name in ("log_magnitude", "polar", "profile")}
            frames.append(replace(frame, **copies))
        return frames

    def _allocate(self, grey: UInt8) -> None:
        from streamer.kernels.image_fft_arena import build_image_fft_arena, output

        s, area = self.settings, self._area_of(grey)
        taper_y, taper_x = hann(area.height), hann(area.width)
        taper_y /= taper_y.sum()
        taper_x /= taper_x.sum()
        taper_x /= 255.0
        self._area = area
        self._arena = build_image_fft_arena(taper_y, taper_x, FLOOR)
        self._grid = polar_grid(area.height, area.width, s.n_radii, s.n_angles)
        part = grey[area.rows, area.columns]
        size = area.height, area.width
        self._part: UInt8 = np.empty_like(part, order="C")
        self._resizer = Resizer((part.shape[0], part.shape[1]), size) if part.shape != size else None
        spectrum = output(self._arena)
        self._values = spectrum.reshape(-1)
        self._frame = PatternFrame(
            spectrum,
            np.zeros((s.n_radii, s.n_angles), np.float32),
            np.zeros(s.n_radii, np.float32),
            area.width,
            area.px_per_sample,
            self._grid.radius_per_sample / np.float32(area.px_per_sample),
        )
        self._shape = grey.shape

    def _area_of(self, grey: UInt8) -> _Area:
        """Return which part of an image is transformed; raises where it is too small."""
        if grey.ndim != 2:
            raise ValueError(f"grey.shape={grey.shape} must be (height, width); convert colours to grey")
        s = self.settings
        height, width = grey.shape
        return _square(height, width, s.size) if s.crop == "square" else _whole(height, width)

    def _samples(self, grey: UInt8) -> UInt8:
        """Crop and resize an image; kernels take rows any distance apart, but each row must be contiguous."""
        area = self._area
        part = grey[area.rows, area.columns]
        if part.strides[1] != 1:
            np.copyto(self._part, part)
            part = self._part
        return self._resizer.push(part) if self._resizer else part


def _square(height: int, width: int, size: int) -> _Area:
    """Return the largest square about the centre, resized to ``size``."""
    side = min(height, width)
    _check_size(height, width, side, MIN_SQUARE_SIDE, "choose a larger region of interest")
    return _Area(_middle(height, side), _middle(width, side), size, size, side / size)


def _whole(height: int, width: int) -> _Area:
    """Return as much of the image as the FFT can take; no side is longer than MAX_SIDE, larger images are reduced."""
    scale = max(1.0, height / MAX_SIDE, width / MAX_SIDE)
    rows, columns = (largest_fft_length(int(side / scale)) for side in (height, width))
    _check_size(height, width, min(rows, columns), MIN_WHOLE_SIDE, "crop a wider region, or take crop = 'square'")
    return _Area(_middle(height, round(rows * scale)), _middle(width, round(columns * scale)), rows, columns, scale)


def _check_size(height: int, width: int, side: int, least: int, remedy: str) -> None:
    if side < least:
        raise UserError(f"image={width}x{height} must be at least {least} pixels each way to be transformed; {remedy}")


def _middle(length: int, part: int) -> slice:
    first = (length - part) // 2
    return slice(first, first + part)
