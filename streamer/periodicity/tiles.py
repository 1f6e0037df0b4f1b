"""Cut an image of any size into tiles, at its own resolution and at halves of it, and transform each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32, Float64, UInt8, hann
from streamer.features.settings import largest_fft_length
from streamer.kernels.load import load
from streamer.kernels.resizing import Resizer

SIDE = 256  # samples of a tile each way; less of a small image
WHOLE = 384  # a level of no more samples each way is transformed as a whole too
KERNEL_SIDE = 32  # least side that the kernel transforms
FLOOR = 1e-7  # least magnitude, as in `streamer.features.pattern`
SHARPEST = 0.45  # cycles per pixel: the finest wave that is measured in the image itself …
FILTERED = 0.4  # … and cycles per sample in its halves, which the filter has left without folded waves


@dataclass(frozen=True, slots=True)
class Tile:
    """Part of an image, at one of its levels."""

    level: int  # 0: the image itself; each further one has half the samples
    rows: slice  # of the level
    columns: slice
    scale: Float64  # shape (2,): pixels per sample, y and x
    is_whole: bool  # whether it covers the image
    block_px: int = 8  # side of the blocks in which coders store the image

    @property
    def sides(self) -> Float64:
        """Height and width in samples."""
        return np.array([self.rows.stop - self.rows.start, self.columns.stop - self.columns.start], np.float64)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Its place in the image: left, top, right, bottom in pixels."""
        y, x = self.scale
        return self.columns.start * x, self.rows.start * y, self.columns.stop * x, self.rows.stop * y

    @property
    def max_frequency(self) -> float:
        """Highest frequency that is true here, cycles per sample."""
        return FILTERED if self.level else SHARPEST


class Spectra:
    """Halves an image behind a low-pass filter, and transforms tiles; keeps tables for the sizes that it has met."""

    def __init__(self) -> None:
        self._resizers: dict[tuple[int, int], Resizer] = {}
        self._arenas: dict[tuple[int, int], tuple[Float32, Float32]] = {}

    def levels(self, grey: UInt8) -> Iterator[tuple[UInt8, Float64]]:
        """Yield the image and its halves, with their pixels per sample of y and x.

        The last one has at most `WHOLE` samples each way. All of them take a third of the image's memory.
        """
        scale = np.ones(2)
        while True:
            yield grey, scale
            height, width = grey.shape
            if max(height, width) <= WHOLE:
                return
            # A side of few samples stays: its waves are coarse already, and a strip would vanish.
            smaller = tuple(n // 2 if n > WHOLE / 2 else n for n in (height, width))
            if (height, width) not in self._resizers:
                self._resizers[height, width] = Resizer((height, width), (smaller[0], smaller[1]))
            grey = self._resizers[height, width].push(grey)
            scale = scale * np.array([height, width]) / np.array(smaller)

    def log_magnitude(self, samples: UInt8) -> Float32:
        """Return ln |F| of a tapered tile, shape (height, width // 2 + 1); valid until the next call for this size.

        See `streamer.features.pattern.Pattern`. Sides that the kernel cannot take are transformed by numpy.
        """
        height, width = samples.shape
        taper_y, taper_x = (hann(n) / hann(n).sum() for n in (height, width))
        if min(height, width) < KERNEL_SIDE or (height, width) != (_transformed(height), _transformed(width)):
            spectrum = np.fft.rfft2(samples * (taper_y[:, None] * taper_x / 255.0))
            return np.log(np.maximum(np.abs(spectrum), FLOOR)).astype(np.float32)
        from streamer.kernels.image_fft_arena import build_image_fft_arena, output

        if (height, width) not in self._arenas:
            arena = build_image_fft_arena(taper_y, taper_x / 255.0, FLOOR)
            self._arenas[height, width] = arena, output(arena)
        arena, out = self._arenas[height, width]
        load("streamer.kernels.image_fft", "log_magnitude")(samples, arena)
        return out


def tiles(shape: tuple[int, ...], level: int, scale: Float64, most: int | None = None, block_px: int = 8) -> list[Tile]:
    """Return the tiles of a level, each overlapping its neighbours by half, and the whole where it is small.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the level.
    level : int
    scale : ndarray, shape (2,)
    most : int, optional
        Number of tiles beyond which they are spread evenly without regard to the overlap; None: no limit.
    block_px : int
        Side of the blocks in which coders store the image.
    """
    found = []
    is_whole = max(shape[:2]) <= WHOLE
    if is_whole:
        rows, columns = (_middle(n, _transformed(n)) for n in shape[:2])
        found.append(Tile(level, rows, columns, scale, True, block_px))
    if not is_whole or level == 0:
        sides = [_side(n) for n in shape[:2]]
        counts = [1 + -(-2 * (n - side) // side) for n, side in zip(shape[:2], sides, strict=True)]
        if most is not None and counts[0] * counts[1] > most:
            shrink = (most / (counts[0] * counts[1])) ** 0.5
            counts = [max(1, round(n * shrink)) for n in counts]
        starts = [
            np.rint(np.linspace(0, n - side, count) if count > 1 else [(n - side) / 2]).astype(int).tolist()
            for n, side, count in zip(shape[:2], sides, counts, strict=True)
        ]
        found += [
            Tile(level, slice(y, y + sides[0]), slice(x, x + sides[1]), scale, False, block_px)
            for y in starts[0]
            for x in starts[1]
            if not (is_whole and sides[0] == shape[0] and sides[1] == shape[1])
        ]
    return found


def _transformed(length: int) -> int:
    """Return how many samples of a side are transformed."""
    return largest_fft_length(length) if length >= KERNEL_SIDE else length


def _side(length: int) -> int:
    """Return the side of the tiles of a side: a power of two, so that two fit side by side or nearly so."""
    side = SIDE
    while side > length * 2 / 3 and side > KERNEL_SIDE:
        side //= 2
    return min(side, length)


def _middle(length: int, part: int) -> slice:
    first = (length - part) // 2
    return slice(first, first + part)
