"""Named regions of the images, each measured on its own, beside the whole image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from streamer.arrays import UInt8
from streamer.config import MOST_REGIONS, ImageSettings, RegionSettings
from streamer.errors import UserError
from streamer.features.series import SharedSeries
from streamer.messages import Image, NamedRegion, Periodicity, RegionFindings, Spatial
from streamer.pipeline.measurer import Measurer

CELL_PX = 4  # least width and height of a cell: a small region has fewer cells than the whole image


class Regions:
    """The regions of one stream: those of the settings, and those set while it runs.

    Parameters
    ----------
    stream : str
        Name put on the measurements.
    images : ImageSettings
        Regions, and how they are measured.
    at_once : bool
        Measure over all images at once, as for files.

    Attributes
    ----------
    refused : str
        Why regions that had been set were dropped as the source opened; empty where none was.
    """

    def __init__(self, stream: str, images: ImageSettings, *, at_once: bool) -> None:
        self._stream, self._images, self._at_once = stream, images, at_once
        self._wanted = {region.name: region for region in images.regions}
        self._meters: dict[str, _RegionMeter] = {}
        self._size: tuple[int, int] | None = None  # of the images; None before the source has opened
        self._capacity = 1
        self._widening = 1
        self.refused = ""

    def begin(self, width: int, height: int, capacity: int) -> None:
        """Prepare for images of a size, of which ``capacity`` are kept.

        Regions that were set while it runs are dropped where they do not fit, and named in ``refused``.

        Raises
        ------
        UserError
            If a region of the settings does not lie within them.
        """
        self._size, self._capacity = (width, height), capacity
        self._meters, refused = {}, []
        for name, region in list(self._wanted.items()):
            try:
                self._meters[name] = self._meter(region)
            except UserError as error:
                if region in self._images.regions:
                    raise
                refused.append(str(error))
                del self._wanted[name]
        self.refused = "; ".join(refused)

    def set(self, region: RegionSettings, start_s: float) -> None:
        """Add a region, or put it in the place of the one of its name; image times count from ``start_s``.

        Raises
        ------
        UserError
            If it does not lie within the images, or there are too many.
        """
        if region.name not in self._wanted and len(self._wanted) >= MOST_REGIONS:
            raise UserError(f"region={region.name} must be one of at most {MOST_REGIONS}; drop another first")
        if self._size is not None:
            meter = self._meter(region)
            meter.measurer.restart(start_s)
            self._meters[region.name] = meter
        self._wanted[region.name] = region

    def drop(self, name: str) -> None:
        """Measure a region no longer.

        Raises
        ------
        UserError
            If there is none of that name.
        """
        if name not in self._wanted:
            known = ", ".join(self._wanted) or "there is none"
            raise UserError(f"region={name} must be one of the stream's regions: {known}")
        del self._wanted[name]
        self._meters.pop(name, None)

    def placed(self) -> tuple[NamedRegion, ...]:
        """Return the regions in pixels; none before the source has opened."""
        return tuple(meter.region for meter in self._meters.values())

    def findings(self) -> tuple[RegionFindings, ...]:
        """Return the newest measurements of each region."""
        return tuple(
            RegionFindings(meter.region, meter.measurer.temporal, meter.measurer.spatial)
            for meter in self._meters.values()
        )

    def measurers(self) -> Iterator[Measurer]:
        """Yield the measurer of each region."""
        return (meter.measurer for meter in self._meters.values())

    def patterns(self, image: Image) -> list[Spatial]:
        """Return the patterns of each region in one image, without keeping them."""
        return [meter.measurer.measure_pattern(meter.cut(image)) for meter in self._meters.values()]

    def push(self, image: Image) -> None:
        """Add an image to every region."""
        for meter in self._meters.values():
            meter.push(image)

    def measure_due(self, image: Image, epoch_s: float) -> list[Periodicity]:
        """Measure the regions that are due in the newest image; ``epoch_s`` is the wall clock at second 0."""
        return [found for meter in self._meters.values() if meter.is_due() for found in meter.measure(image, epoch_s)]

    def finish(self, image: Image, epoch_s: float) -> list[Periodicity]:
        """Measure at the end of the stream what has not been."""
        rest = [meter for meter in self._meters.values() if self._at_once or not meter.measurer.temporal_known]
        return [found for meter in rest if meter.n_images for found in meter.measure(image, epoch_s)]

    def restart(self, start_s: float) -> None:
        """Prepare for images that do not continue what came before; their time 0 is the stream's ``start_s``."""
        for meter in self._meters.values():
            meter.restart(start_s)

    def widen(self, factor: int) -> None:
        """Make the strides so many times their own."""
        self._widening = factor
        for measurer in self.measurers():
            measurer.widening = factor

    def _meter(self, region: RegionSettings) -> _RegionMeter:
        assert self._size is not None
        left, top, right, bottom = region.edges(*self._size)
        placed = NamedRegion(region.name, left, top, right - left, bottom - top)
        own = region.model_dump(include={"units", "blades", "min_hz", "max_hz"}, exclude_none=True)
        images = self._images.model_copy(update=own)
        meter = _RegionMeter(self._stream, placed, images, self._capacity, at_once=self._at_once)
        meter.measurer.widening = self._widening
        return meter


class _Cut:
    """A part of an image, cut out of its pixels as they are wanted."""

    def __init__(self, image: Image, part: Callable[[UInt8], UInt8]) -> None:
        self._image, self._part = image, part

    @property
    def pixels(self) -> UInt8:
        """Pixels in colour, shape (height, width, 3)."""
        return self._part(self._image.pixels)

    @property
    def grey(self) -> UInt8:
        """Pixels in grey, shape (height, width)."""
        return self._part(self._image.grey)

    def small(self, width: int, height: int) -> UInt8:
        """Return the pixels in colour, as they are."""
        return self.pixels


class _RegionMeter:
    """One region: the series of its cells, and its measurer."""

    def __init__(
        self, stream: str, region: NamedRegion, images: ImageSettings, capacity: int, *, at_once: bool
    ) -> None:
        self.region = region
        self.n_images = 0  # since the restart
        self.measurer = Measurer(stream, images, at_once=at_once, region=region)
        columns, rows = (
            max(1, min(n, size // CELL_PX)) for n, size in zip(images.cells, (region.width, region.height), strict=True)
        )
        self.measurer.prepare((rows, columns), capacity)
        self._all_series = SharedSeries(capacity)
        self._series = self._all_series.share(images.series, rows, columns)
        self._newest_s = 0.0

    def cut(self, image: Image) -> Image:
        """Return the region's part of an image."""
        return replace(image, content=_Cut(image, self._part))

    def _part(self, pixels: UInt8) -> UInt8:
        left, top, width, height = self.region.box
        return np.ascontiguousarray(pixels[top : top + height, left : left + width])

    def push(self, image: Image) -> None:
        self.n_images += 1
        self.measurer.note(self.cut(image))
        self._newest_s = image.time_s
        self._all_series.push(self._part(image.grey), image.time_s)

    def is_due(self) -> bool:
        return self.measurer.is_due(self.n_images, self._newest_s, self._series.capacity)

    def measure(self, image: Image, epoch_s: float) -> list[Periodicity]:
        values, times_s = self._series.last(self.n_images)
        return self.measurer.measure(values, times_s, self.cut(image), self.n_images, epoch_s)

    def restart(self, start_s: float) -> None:
        self.n_images = 0
        self.measurer.restart(start_s)
        self._all_series.reset()
