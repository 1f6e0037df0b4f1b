"""Images of a TIFF of several pages and of an animated WebP, as those of a video; FFmpeg reads neither."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import UInt8
from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.sources.file_check import check_readable
from streamer.sources.images.decoder import DecodedImage, VideoHeader
from streamer.sources.images.depth import Levels, eight_bits, levels_of
from streamer.sources.images.page_count import webp_durations_s, whole_pages
from streamer.sources.images.picture_file import decoded
from streamer.sources.images.picture_size import check_size, stated_size
from streamer.sources.images.tiff import TiffPage, byte_order
from streamer.system import native_name

PAGE_RATE = 10.0  # images a second where a file states no times, as of pictures in a folder
N_LEVELLED = 64  # pages, spread over the file, of which the values say what is black and what white
WEBP_BYTES = 64 << 20  # memory for decoded images of a WebP, which are decoded many at a time


class PageDecoder:
    """Decode the images of a file of several pictures; attributes and errors as of :class:`VideoDecoder`.

    Attributes
    ----------
    note : str
        How deep values are scaled, and which times are assumed.
    """

    def __init__(self, path: Path, settings: ImageSettings) -> None:
        check_readable(path, "a picture")
        self._path, self._settings = path, settings
        self.n_damaged_at_end = self.n_resized = 0
        with open(native_name(path), "rb") as file:  # noqa: PTH123
            self._is_webp = file.read(4) == b"RIFF"
            self._durations_s = webp_durations_s(file) if self._is_webp else []
            self._pages = [] if self._is_webp else whole_pages(file)
        for page in self._pages:
            check_size(f"file={path}", page.width, page.height, settings)
        n_images = len(self._durations_s) or len(self._pages)
        self._levels: Levels | None = None
        if not self._is_webp:
            self._levels = levels_of(self._spread())
        first = next((pixels for pixels in self._pixels() if pixels is not None), None)
        if first is None:
            raise UserError(f"file={path} must hold at least one image that can be decoded; save or copy it again")
        interval_s = self._pages[0].interval_s if self._pages else 0.0
        if self._is_webp:
            self._times_s = [0.0, *np.cumsum(self._durations_s)[:-1].tolist()]
        else:
            self._times_s = [number * (interval_s or 1.0 / PAGE_RATE) for number in range(n_images)]
        is_assumed = not (self._is_webp or interval_s)
        assumed = f"its pages have no times: {PAGE_RATE:g} images/s assumed; state the true rate with --fps"
        scaled = self._levels.note if self._levels else ""
        self.note = "; ".join(filter(None, (assumed if is_assumed and not settings.fps else "", scaled)))
        fps = math.nan if self._is_webp else 1.0 / interval_s if interval_s else PAGE_RATE
        self.header = VideoHeader(first.shape[1], first.shape[0], fps, n_images, is_assumed, False, self._times_s[:32])

    def images(self) -> Iterator[DecodedImage]:
        """Decode from the beginning."""
        import cv2

        n_damaged = self.n_damaged_at_end = self.n_resized = 0
        size = self.header.width, self.header.height
        for time_s, pixels in zip(self._times_s, self._pixels(), strict=True):
            if pixels is None:
                n_damaged += 1
                continue
            if (pixels.shape[1], pixels.shape[0]) != size:
                self.n_resized += 1
                pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
            yield DecodedImage(pixels, time_s, "", 0, n_damaged)
            n_damaged = 0
        self.n_damaged_at_end = n_damaged

    def _pixels(self) -> Iterator[UInt8 | None]:
        """Return the images in order, None for one that cannot be decoded."""
        if self._is_webp:
            yield from self._webp_pixels()
            return
        for pixels in self._tiff_pixels(self._pages):
            yield None if pixels is None else eight_bits(pixels, self._levels)

    def _spread(self) -> Iterator[NDArray[Any]]:
        """Return pages from all over the file; only the first where that has 8 bits."""
        for number, pixels in enumerate(self._tiff_pixels(self._pages[:: math.ceil(len(self._pages) / N_LEVELLED)])):
            if pixels is not None:
                yield pixels
                if not number and pixels.dtype == np.uint8:
                    return

    def _tiff_pixels(self, pages: list[TiffPage]) -> Iterator[NDArray[Any] | None]:
        with (
            open(native_name(self._path), "rb") as file,  # noqa: PTH123
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as data,
        ):
            order = byte_order(data[:2])
            begin, end = (8, 16) if int.from_bytes(data[2:4], order) == 43 else (4, 8)
            for page in pages:
                data[begin:end] = page.offset.to_bytes(end - begin, order)  # the page becomes the first one
                whole = np.frombuffer(data, np.uint8)
                pixels = decoded(whole)
                del whole
                yield pixels

    def _webp_pixels(self) -> Iterator[UInt8 | None]:
        import cv2

        if not hasattr(cv2, "imdecodeanimation"):
            raise UserError(f"file={self._path} must be read by a newer OpenCV; pip install -U opencv-python-headless")
        data = np.fromfile(native_name(self._path), np.uint8)
        with open(native_name(self._path), "rb") as file:  # noqa: PTH123
            width, height = stated_size(file)
        check_size(f"file={self._path}", width, height, self._settings)
        n_most = max(1, WEBP_BYTES // (4 * width * height))
        n_images = len(self._durations_s)
        for first in range(0, n_images, n_most):
            n_wanted = min(n_most, n_images - first)
            try:
                is_good, animation = cv2.imdecodeanimation(data, first, n_wanted)
                found = animation.frames if is_good else []
            except cv2.error:
                found = []
            for number in range(n_wanted):
                yield eight_bits(np.asarray(found[number]), None) if number < len(found) else None
