"""Decide when an image stream is measured and over which images, and keep the newest measurements."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from itertools import islice
from typing import Literal

import numpy as np

from streamer.arrays import Float32, Float64
from streamer.config import ImageSettings
from streamer.features.motion import CellSeries
from streamer.features.skin import SkinSeries
from streamer.messages import Image, NamedRegion, Periodicity, Spatial, Temporal
from streamer.periodicity.coded_types import type_number
from streamer.periodicity.pulse import with_pulse
from streamer.periodicity.rows import GROUPS, MOST_IMAGES, with_lamp
from streamer.periodicity.spatial import SpatialMeter
from streamer.periodicity.standing import are_the_same, followed
from streamer.periodicity.temporal import measure_temporal
from streamer.pipeline.repetitions import Repetitions
from streamer.tasks.motion import MIN_IMAGES

MAX_TILES = 24  # of one size in one image: a bound on the time for large images, while others come
MAX_KINDS = 8192  # images of which it is kept how they were coded: as many as are measured at most
SEARCHED = 0.5  # of the window: a search for rhythms at least so often, while what is known goes on …
CONFIRMED = 1.0  # … and so often, as long as the searches find what was known
FULL = 0.9  # of the window: while it still fills, every measurement searches, as it sees more each time
MAX_LIVE_IMAGES = 4096  # more would take longer than the images that come meanwhile can wait for


class Measurer:
    """Measure periods in time over a rolling window, or over all images at once, and patterns in the newest image.

    Parameters
    ----------
    stream : str
        Name put on the measurements.
    images : ImageSettings
        Window, stride and band of frequencies.
    at_once : bool
        Measure over all images held, as soon as they fill the series or end.
    region : NamedRegion or None
        Part of the images that is measured, put on the measurements; None for all of them.

    Attributes
    ----------
    temporal : Temporal or None
        Newest measurement in time; None before the first one.
    spatial : Spatial or None
        Newest measurement in space; None before the first one.
    temporal_known : bool
        Whether enough images have come for the first one in time.
    grid : tuple of int
        Rows and columns of cells of the series.
    n_skipped : int
        Images skipped since the newest measurement.
    """

    def __init__(self, stream: str, images: ImageSettings, *, at_once: bool, region: NamedRegion | None = None) -> None:
        self.grid = 1, 1
        self._stream = stream
        self._region = region
        self._window_s = images.window_s
        self._band_hz = images.min_hz, images.max_hz or math.inf
        self._unit = images.unit
        self._own_stride_s = images.stride_s
        self.widening = 1  # times its own stride, while the machine cannot keep up
        self._at_once = at_once
        self._scale = images.scale
        self._meter = SpatialMeter(MAX_TILES, images.scale, takes_turns=not at_once)
        self._wants_pulse = images.pulse == "always" or (images.pulse == "files" and at_once)
        self._skin: SkinSeries | None = None
        self._row_s = images.row_time_us * 1e-6 * images.downscale * (-1 if images.rotate in (90, 180) else 1)
        self._is_turned = images.rotate in (90, 270)  # so that the rows of the sensor are columns
        self._rows: CellSeries | None = None
        self._coded: deque[int] = deque(maxlen=MAX_KINDS)  # how the newest images were coded
        self.restart(0.0)

    def restart(self, start_s: float) -> None:
        """Prepare for images that do not continue what came before; their time 0 is the stream's ``start_s``."""
        self.temporal: Temporal | None = None
        self.spatial: Spatial | None = None
        self.temporal_known = False
        self.n_skipped = 0
        self._coded.clear()
        if self._skin is not None:
            self._skin.reset()
        self._rows = None
        self._repetitions = Repetitions()
        self._known: Temporal | None = None  # measured last, with all rhythms …
        self._known_s = -math.inf  # … up to this capture time
        self._searched_s = -math.inf  # up to which the window reached in which rhythms were searched for last …
        self._patience_s = 0.0  # … and time from then on to the next search, if nothing changes
        self._start_s = start_s
        self._n_measured = 0  # images at the newest measurement
        self._next_s = 0.0  # capture time at which the next one is due

    def prepare(self, grid: tuple[int, int], capacity: int) -> None:
        """Prepare for images in so many rows and columns of cells, of which ``capacity`` are kept."""
        self.grid = grid
        self._rows = None
        self._skin = SkinSeries(*grid, min(capacity, MAX_LIVE_IMAGES)) if self._wants_pulse else None

    def note(self, image: Image) -> None:
        """Note of an image what grey does not show: skin, how it was coded, and how many were skipped before it."""
        self.n_skipped += image.skipped_before
        self._coded.append(type_number(image.coded_type))
        if self._skin is not None and self._skin.wants(image.time_s):
            self._skin.push(image.pixels, image.time_s)
        if self._row_s:
            self._add_rows(image)

    def _add_rows(self, image: Image) -> None:
        """Keep the mean grey of every row of the sensor, in groups of columns."""
        grey = image.grey.T if self._is_turned else image.grey
        if grey.shape[1] < GROUPS:
            return
        if self._rows is None:
            self._rows = CellSeries(grey.shape[0], GROUPS, MOST_IMAGES)
        self._rows.push(np.ascontiguousarray(grey), image.time_s)

    def is_due(self, n_images: int, time_s: float, capacity: int) -> bool:
        """Return whether to measure now that ``n_images`` have come, the newest at ``time_s``."""
        if self._at_once:
            return n_images - self._n_measured >= capacity
        return time_s >= self._next_s

    def measure(
        self, values: Float32, times_s: Float64, image: Image, n_images: int, epoch_s: float
    ) -> list[Periodicity]:
        """Measure what is periodic in time and in space.

        Parameters
        ----------
        values : ndarray, shape (n, n_series)
            What the series holds, newest last.
        times_s : ndarray, shape (n,)
            Capture times.
        image : Image
            The newest.
        n_images : int
            Images that have come since the restart.
        epoch_s : float
            Wall clock at the stream's second 0.
        """
        self._n_measured = n_images
        end_s = float(times_s[-1]) if times_s.size else 0.0
        # One image is enough for space; a first measurement in time needs a quarter of the window.
        stride_s = self._own_stride_s * self.widening
        self._next_s = end_s + (stride_s if n_images > 1 else max(stride_s, self._window_s / 4))
        first = 0
        if not self._at_once:
            in_window = int(np.searchsorted(times_s, end_s - self._window_s))
            first = max(in_window, times_s.shape[0] - MAX_LIVE_IMAGES)
        messages = []
        n_in_window = times_s.shape[0] - first
        if n_in_window >= MIN_IMAGES or (self._at_once and n_in_window > 1):  # a short video is told to be short
            found = self._followed(values[first:], times_s[first:]) or self._searched(
                values[first:], times_s[first:], image
            )
            self._known, self._known_s = found, end_s
            if self._skin is not None:
                found = self._with_pulse(self._skin, found, values[first:])
            if self._rows is not None:
                found = with_lamp(found, *self._rows.last(n_in_window), self.grid, self._row_s)
            self.temporal = replace(within(found, *self._band_hz), unit=self._unit, px_per_mm=self._scale)
            if not self._at_once:
                count = self._repetitions.update(self.temporal, self._start_s + float(times_s[first]))
                self.temporal = replace(self.temporal, count=count)
            self.temporal_known = True
            messages.append(self._message("temporal", self.temporal, float(times_s[first]), end_s, epoch_s))
        self.spatial = self.measure_pattern(image)
        messages.append(self._message("spatial", self.spatial, end_s, end_s, epoch_s))
        self.n_skipped = 0
        return messages

    def _searched(self, values: Float32, times_s: Float64, image: Image) -> Temporal:
        """Return all rhythms that a search finds."""
        self._searched_s = float(times_s[-1])
        found = measure_temporal(values, times_s, self.grid, self._kinds(times_s.shape[0]), image.grey)
        is_confirmed = self._known is not None and self._is_full(times_s) and are_the_same(self._known, found)
        self._patience_s = self._window_s * (CONFIRMED if is_confirmed else SEARCHED)
        return found

    def _kinds(self, n_images: int) -> Float32 | None:
        """Return how the newest images were coded; None where that is not kept of so many."""
        kinds = np.array(list(islice(self._coded, max(len(self._coded) - n_images, 0), None)), np.float32)
        return kinds if kinds.size == n_images else None

    def _with_pulse(self, skin: SkinSeries, found: Temporal, values: Float32) -> Temporal:
        """Return a measurement with what the colour of skin adds to it; ``values`` are those of its images."""
        colours, times_s = skin.last(values.shape[0])
        n_images = times_s.shape[0]
        of_grey = n_images > 0 and values.shape[1] == self.grid[0] * self.grid[1]  # rather than flow
        grey = values[-n_images:] if of_grey else None
        return with_pulse(found, colours, times_s, self.grid, self._kinds(n_images), grey)

    def _followed(self, values: Float32, times_s: Float64) -> Temporal | None:
        """Return the known rhythms, fitted anew; None where a search is due.

        It is, where the newest images do not go on like those before, and at least twice in a window; once in a window
        as long as searches find nothing new. A rhythm that is too weak to show in the newest images alone takes a good
        part of the window to be found at all, so that it is told hardly later than that, and every other one at once.
        """
        end_s = float(times_s[-1])
        due_s = self._searched_s + self._patience_s - self._own_stride_s * self.widening / 2
        if self._known is None or self._at_once or not self._is_full(times_s) or end_s >= due_s:
            return None
        return followed(self._known, values, times_s, self.grid, end_s - self._known_s)

    def _is_full(self, times_s: Float64) -> bool:
        """Return whether images reach over the whole window."""
        return float(times_s[-1] - times_s[0]) > FULL * self._window_s

    def look_everywhere(self, wanted: bool) -> None:
        """Choose whether patterns are looked for in every part of large images, however long it takes."""
        self._meter.most_tiles = None if wanted else MAX_TILES

    def measure_pattern(self, image: Image) -> Spatial:
        """Measure the patterns in one image, without keeping the result."""
        return self._meter.measure(image.pixels, image.grey)

    def _message(
        self,
        kind: Literal["temporal", "spatial"],
        found: Temporal | Spatial,
        start_s: float,
        end_s: float,
        epoch_s: float,
    ) -> Periodicity:
        start_s, end_s = self._start_s + start_s, self._start_s + end_s
        return Periodicity(self._stream, kind, found, start_s, end_s, epoch_s + end_s, self.n_skipped, self._region)


def within(found: Temporal, min_hz: float, max_hz: float) -> Temporal:
    """Return a measurement without the rhythms outside of a band, and with the part of the band that it covers."""
    kept = tuple(component for component in found.components if min_hz <= component.hz <= max_hz)
    status = "none" if found.components and not kept else found.status
    # Not `max` and `min`: of a measurement that saw nothing the limits are NaN.
    low_hz = min_hz if found.min_hz < min_hz else found.min_hz
    high_hz = max_hz if found.max_hz > max_hz else found.max_hz
    return replace(found, status=status, components=kept, min_hz=low_hz, max_hz=high_hz)
