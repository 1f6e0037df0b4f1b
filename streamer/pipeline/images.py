"""One stream of images as one synchronous, deterministic step: image → spectra → scores, measurements → events.

Live streams and files run this same code. Frequencies come from capture times alone, never from a nominal rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from streamer.arrays import Float32, Float64, UInt8
from streamer.config import ImageSettings, RegionSettings
from streamer.features.base import ImageFrontEnd, image_front_end
from streamer.features.history import TimedHistory
from streamer.features.motion import MotionSpectrum
from streamer.features.pattern import Pattern
from streamer.features.series import SharedSeries
from streamer.features.settings import MotionSettings, PatternSettings
from streamer.messages import Event, Image, ImageFormat, Periodicity, Scores
from streamer.pipeline.directions import WindowDirections
from streamer.pipeline.measured_events import MeasuredEvents
from streamer.pipeline.measurer import Measurer
from streamer.pipeline.regions import Regions
from streamer.pipeline.stage import Stage, check_medium
from streamer.pipeline.steps import ImageStep
from streamer.tasks.motion import MIN_IMAGES

GAP_S = 1.0  # a pause longer than this and than …
GAP_INTERVALS = 5  # … so many usual intervals parts what is before it from what comes after
MAX_IMAGES = 8192  # kept of each cell: 18 MiB on the usual grid
SPARE = 1.25  # images may come faster than announced
N_RECENT = 32  # images whose interval is the rate of the moment, and after which a stage counts time by it
DEFAULT_FPS = 30.0  # images per second until then, where the source does not say

Result = Scores | Event | Periodicity


class ImagePipeline:
    """Everything between a source's images and a stream's events and measurements.

    Models of one front end share its spectra; models of one grid share its series.

    Parameters
    ----------
    stream : str
        Name put on all results.
    stages : sequence of Stage
        Pattern and motion models for this stream alone; may be empty.
    images : ImageSettings
        Grid, window and stride of the measurements.
    at_once : bool
        Measure periods in time over all images at once (at most ``MAX_IMAGES``), at the end, instead of over a
        rolling window: for files.

    Attributes
    ----------
    pattern : Pattern
        Front end whose spectra are shown and measured.
    measurer : Measurer
        Has the newest measurements of the whole image.
    regions : Regions
        Has those of its named regions.
    measured_events : MeasuredEvents
        Events from all of these.
    position_s : float
        Seconds in the stream of the newest image.
    epoch_s : float
        Wall clock at the stream's second 0, seconds since the epoch; may be set as the clocks drift.
    fps : float
        Images captured per second, measured over the newest 32; 0 until known.

    Raises
    ------
    UserError
        If a model is not for images.
    """

    medium: Literal["images"] = "images"

    def __init__(self, stream: str, stages: Sequence[Stage], images: ImageSettings, *, at_once: bool = False) -> None:
        for stage in stages:
            check_medium(stage.spec, "images")
        self.stream = stream
        self.stages = tuple(stages)
        self._images = images
        self._at_once = at_once
        shared = {settings: image_front_end(settings) for settings in {s.spec.image_front_end: None for s in stages}}
        self._inputs = [_ImageInput(stage, shared[stage.spec.image_front_end]) for stage in self.stages]
        patterns = [front_end for front_end in shared.values() if isinstance(front_end, Pattern)]
        self.pattern = patterns[0] if patterns else Pattern(PatternSettings())
        self._front_ends: list[ImageFrontEnd] = [end for end in shared.values() if end is not self.pattern]
        self.measurer = Measurer(stream, images, at_once=at_once)
        self.regions = Regions(stream, images, at_once=at_once)
        self.measured_events = MeasuredEvents(stream, images, at_once=at_once)
        self._dropped: list[Event] = []  # ended with their regions, and not told yet
        columns, rows = images.cells
        self._display = MotionSpectrum(MotionSettings(n_rows=rows, n_columns=columns))
        self.position_s = self.epoch_s = self.fps = 0.0
        self._image: Image | None = None  # the newest
        self._last_s = -math.inf  # capture time of the newest image
        self._start_s = 0.0
        self._begin(ImageFormat(1, 1, 0.0, ""))
        self._restart()

    @property
    def n_windows(self) -> int:
        """Windows classified so far, over all models."""
        return sum(stage.n_windows for stage in self.stages)

    def begin(self, image_format: ImageFormat, start_s: float = 0.0, epoch_s: float = 0.0) -> list[Event]:
        """Start on a newly opened source; nothing from before it enters a window.

        Parameters
        ----------
        image_format : ImageFormat
            Size of the images to come.
        start_s : float
            Seconds in the stream of the first image to come. 0: another stream, which inherits no cool-down.
        epoch_s : float
            Wall clock at the stream's second 0, seconds since the epoch.

        Returns
        -------
        list of Event
            Running events, ended where they were last seen.

        Raises
        ------
        UserError
            If a region does not lie within the images.
        """
        ended = self.end_events()
        if not start_s:
            for each in self._inputs:
                each.has_had_window = False
                each.stage.detector.reset()
        self._start_s = self.position_s = start_s
        self.epoch_s = epoch_s
        self._image = None
        capacity = self._begin(image_format)
        self.regions.begin(image_format.width, image_format.height, capacity)
        self._restart()
        return ended

    def _begin(self, image_format: ImageFormat) -> int:
        """Make the series for images of a format; return how many images they hold."""
        width, height = image_format.width, image_format.height
        n_wanted = MAX_IMAGES if self._at_once else self._images.window_s * (image_format.fps or 120.0) * SPARE
        n_images = (each.stage.spec.window.n_frames for each in self._inputs)
        capacity = max([math.ceil(min(n_wanted, MAX_IMAGES)), 64, *n_images])
        self._series = SharedSeries(capacity, max([64, *(each.stage.spec.window.n_frames for each in self._inputs)]))
        columns, rows = (min(pair) for pair in zip(self._images.cells, (width, height), strict=True))
        self.measurer.prepare((rows, columns), capacity)
        self._measured = self._series.share(self._images.series, rows, columns)
        for front_end in self._front_ends:
            front_end.begin(self._series.share)
        for each in self._inputs:
            each.begin(self._series.share)
        for stage in self.stages:
            stage.clear_measurements()
            stage.set_row_rate(image_format.fps or DEFAULT_FPS)
        return capacity

    def set_region(self, region: RegionSettings) -> None:
        """Measure a region on its own from the next image on, in place of the one of its name if there is one.

        Raises
        ------
        UserError
            If it does not lie within the images.
        """
        self.regions.set(region, self._start_s)

    def drop_region(self, name: str) -> None:
        """Measure a region no longer.

        Raises
        ------
        UserError
            If there is none of that name.
        """
        self.regions.drop(name)
        self._dropped += self.measured_events.finish(name)

    def step(self, image: Image) -> ImageStep:
        """Process one image."""
        self.position_s = self._start_s + image.time_s
        for stage in self.stages:
            stage.detector.count_lost(image.skipped_before)
        self.measured_events.count_lost(image.skipped_before)
        if self._n_images and image.time_s - self._last_s > max(GAP_S, GAP_INTERVALS / max(self.fps, 1e-3)):
            self._restart()
        self._last_s = image.time_s
        self._n_images += 1
        self.measurer.note(image)
        grey = image.grey
        self._series.push(grey, image.time_s)
        self.regions.push(image)
        _, recent_s = self._measured.last(N_RECENT)
        if recent_s.shape[0] > 1:
            self.fps = (recent_s.shape[0] - 1) / float(recent_s[-1] - recent_s[0])
        self._image = image
        self.pattern.hold(grey, image.time_s)
        for front_end in self._front_ends:
            if isinstance(front_end, Pattern):
                front_end.hold(grey, image.time_s)
            else:
                front_end.push(grey, image.time_s)
        messages: list[Result] = []
        for each in self._inputs:
            if self._n_images == N_RECENT:
                each.stage.set_row_rate(self.fps)
            if each.is_due(self._n_images):
                messages += self._classify(each)
        if self.measurer.is_due(self._n_images, image.time_s, self._measured.capacity):
            messages += self._measure()
        regions = self.regions.measure_due(image, self.epoch_s)
        messages += [*regions, *self.measured_events.update(regions), *self._dropped]
        self._dropped = []
        return ImageStep(messages, self.pattern, self.position_s, self.fps)

    def widen(self, factor: int) -> None:
        """Make the strides of all models and measurements so many times their own."""
        self.measurer.widening = factor
        self.regions.widen(factor)
        for stage in self.stages:
            stage.widen(factor)

    def finish(self) -> list[Result]:
        """End the stream: classify and measure what has not been, and end all events.

        A stream that has had no window of a motion model is stretched over one, so that short files get scores.
        """
        messages: list[Result] = []
        if self._n_images >= MIN_IMAGES:
            for each in self._inputs:
                messages += [] if each.has_had_window else self._classify(each)
        if self._n_images and (self._at_once or not self.measurer.temporal_known):
            messages += self._measure()
        if self._n_images and self._image is not None:
            regions = self.regions.finish(self._image, self.epoch_s)
            messages += [*regions, *self.measured_events.update(regions)]
        return [*messages, *self.end_events()]

    def look_everywhere(self, wanted: bool) -> None:
        """Choose whether patterns are looked for in every part of large images, however long it takes."""
        for measurer in (self.measurer, *self.regions.measurers()):
            measurer.look_everywhere(wanted)

    def end_events(self) -> list[Event]:
        """End all running events at the last window that held them."""
        dropped, self._dropped = self._dropped, []
        of_models = [event for stage in self.stages for event in stage.finish(self.position_s)]
        return [*of_models, *dropped, *self.measured_events.finish()]

    @property
    def newest(self) -> UInt8 | None:
        """The newest image, blue-green-red; None before the first."""
        return self._image.pixels if self._image is not None else None

    def series(self) -> tuple[Float32, Float64]:
        """Return the series that is measured, of all images since the last pause that are kept, and their times."""
        return self._measured.last(self._n_images)

    def motion_power(self) -> tuple[Float32, Float64] | None:
        """Return the power of the newest 128 images of every cell, shape (n_cells, n_bins), and the frequencies in Hz.

        None until so many are there: the frequencies would slide as they come.
        """
        values, times_s = self._measured.last(self._display.settings.n_images)
        if times_s.shape[0] < self._display.settings.n_images:
            return None
        spectrum = self._display.transform(values, times_s)
        return np.square(np.abs(spectrum)), self._display.frequencies(times_s)

    def _restart(self) -> None:
        """Prepare for images that do not continue what came before."""
        self._n_images = 0
        self._last_s = -math.inf
        self.fps = 0.0
        self.measurer.restart(self._start_s)
        self.regions.restart(self._start_s)
        self._series.reset()
        for each in self._inputs:
            each.reset()
            each.stage.detector.interrupt(0)
        self.measured_events.interrupt()

    def _measure(self) -> list[Periodicity | Event]:
        """Measure what is periodic, and hand it to the stages for their events; return it, and the events from it."""
        assert self._image is not None
        values, times_s = self._measured.last(self._n_images)
        found = self.measurer.measure(values, times_s, self._image, self._n_images, self.epoch_s)
        for stage in self.stages:
            for measurement in found:
                stage.add_measurement(measurement)
        return [*found, *self.measured_events.update(found)]

    def _classify(self, each: _ImageInput) -> list[Scores | Event]:
        each.has_had_window = True
        rows, start_s, end_s = each.front_end.window()
        directions = each.directions.measured(self._n_images) if each.directions else None
        return each.stage.classify(rows, self._start_s + start_s, self._start_s + end_s, self.epoch_s, directions)


class _ImageInput:
    """When a stage is due, and the front end that gives its windows."""

    def __init__(self, stage: Stage, front_end: ImageFrontEnd) -> None:
        self.stage = stage
        self.front_end = front_end
        self.has_had_window = False  # of the present stream
        settings = stage.spec.image_front_end
        self.directions = WindowDirections(settings) if isinstance(settings, MotionSettings) else None
        self.reset()

    def begin(self, share: Callable[[str, int, int], TimedHistory]) -> None:
        """Follow the series of a newly opened source."""
        if self.directions:
            self.directions.begin(share)

    def reset(self) -> None:
        self._next = self.stage.spec.window.n_frames  # number of the image that completes the next window
        if self.directions:
            self.directions.reset()

    def is_due(self, n_images: int) -> bool:
        """Return whether the newest image, the ``n_images``-th since the reset, completes a window."""
        if n_images < self._next:
            return False
        self._next = n_images + self.stage.stride
        return True
