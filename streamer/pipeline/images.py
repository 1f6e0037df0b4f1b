"""One stream of images as one synchronous, deterministic step: image → spectra → scores, measurements → events.

Live streams and files run this same code. Frequencies come from capture times alone, never from a nominal rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from streamer.arrays import Float32, Float64, UInt8
from streamer.config import ImageSettings
from streamer.features.motion import CellSeries, MotionSpectrum
from streamer.features.motion_rows import motion_rows
from streamer.features.pattern import Pattern, PatternFrame
from streamer.features.settings import MotionSettings
from streamer.messages import Event, Image, ImageFormat, Periodicity, Scores
from streamer.model.spec import MotionFrontEnd, PatternFrontEnd
from streamer.pipeline.measurer import MIN_IMAGES, Measurer
from streamer.pipeline.stage import Stage

GAP_S = 1.0  # a pause longer than this and than …
GAP_INTERVALS = 5  # … so many usual intervals parts what is before it from what comes after
MAX_IMAGES = 8192  # kept of each cell: 18 MiB on the usual grid
SPARE = 1.25  # images may come faster than announced

if TYPE_CHECKING:
    from streamer.features.flow import FlowSeries

Result = Scores | Event | Periodicity


class ImagePipeline:
    """Everything between a source's images and a stream's events and measurements.

    Parameters
    ----------
    stream : str
        Name put on all results.
    stages : sequence of Stage
        Models of pattern or motion, for this stream alone; may be empty.
    images : ImageSettings
        Grid, window and stride of the measurements.
    at_once : bool
        Measure periods in time over all images at once (at most ``MAX_IMAGES``), at the end, instead of over a
        rolling window: for files.

    Attributes
    ----------
    frame : PatternFrame or None
        Spectrum of the newest image.
    series : CellSeries or FlowSeries
        What is measured in time.
    measurer : Measurer
        Has the newest measurements.
    position_s : float
        Seconds in the stream of the newest image.
    epoch_s : float
        Wall clock at the stream's second 0, seconds since the epoch; may be set as the clocks drift.
    fps : float
        Images captured per second of late; 0 until known.
    n_windows : int
        Windows classified so far.
    """

    def __init__(self, stream: str, stages: Sequence[Stage], images: ImageSettings, *, at_once: bool = False) -> None:
        self.stream = stream
        self.stages = stages
        self._images = images
        self._at_once = at_once
        fronts = [o.front_end.settings() for o in stages if isinstance(o.front_end, PatternFrontEnd)]
        self._patterns = {front: Pattern(front) for front in fronts}
        self.measurer = Measurer(stream, images, at_once=at_once)
        self.pattern = next(iter(self._patterns.values()), None) or Pattern()
        self._spectra = {
            stage: MotionSpectrum(stage.front_end.settings())
            for stage in stages
            if isinstance(stage.front_end, MotionFrontEnd)
        }
        columns, rows = images.cells
        self._display = MotionSpectrum(MotionSettings(rows, columns))
        self.frame: PatternFrame | None = None
        self.position_s = self.epoch_s = self.fps = 0.0
        self._last_s = -math.inf  # capture time of the newest image
        self.n_windows = 0
        self._grey: UInt8 = np.zeros((0, 0), np.uint8)
        self.begin(ImageFormat(1, 1, 0.0, ""))

    def begin(self, image_format: ImageFormat, start_s: float = 0.0, epoch_s: float = 0.0) -> list[Event]:
        """Start on a newly opened source; nothing from before it enters a window.

        Parameters
        ----------
        image_format : ImageFormat
            Size of the images to come.
        start_s : float
            Seconds in the stream of the first image to come.
        epoch_s : float
            Wall clock at the stream's second 0, seconds since the epoch.

        Returns
        -------
        list of Event
            Running events, ended where they were last seen.
        """
        ended = self.end_events()
        self._start_s = self.position_s = start_s
        self.epoch_s = epoch_s
        width, height = image_format.width, image_format.height
        n_wanted = MAX_IMAGES if self._at_once else self._images.window_s * (image_format.fps or 120.0) * SPARE
        capacity = max([math.ceil(min(n_wanted, MAX_IMAGES)), 64, *(o.n_images for o in self.stages)])
        self._series: dict[tuple[str, int, int], CellSeries | FlowSeries] = {}
        columns, rows = (min(pair) for pair in zip(self._images.cells, (width, height), strict=True))
        self.measurer.grid = rows, columns
        self.series = self._share(self._images.series, rows, columns, capacity)
        self._seen_by = {
            stage: self._share(end.series, end.n_rows, end.n_columns, capacity)
            for stage in self._spectra
            if isinstance(end := stage.front_end, MotionFrontEnd)
        }
        for stage in self.stages:
            stage.begin(image_format.fps)
        self._restart()
        return ended

    def step(self, image: Image) -> list[Result]:
        """Process one image.

        Returns
        -------
        list of Scores, Event and Periodicity
            In the order in which they came about.
        """
        self.position_s = self._start_s + image.time_s
        for stage in self.stages:
            stage.detector.count_lost(image.skipped_before)
        if self._n_images and image.time_s - self._last_s > max(GAP_S, GAP_INTERVALS / max(self.fps, 1e-3)):
            self._restart()
        self._last_s = image.time_s
        self._n_images += 1
        self.measurer.n_skipped += image.skipped_before
        self._grey = np.asarray(cv2.cvtColor(image.pixels, cv2.COLOR_BGR2GRAY), np.uint8)
        for series in self._series.values():
            series.push(self._grey, image.time_s)
        _, recent_s = self.series.last(32)
        if recent_s.shape[0] > 1:
            self.fps = (recent_s.shape[0] - 1) / float(recent_s[-1] - recent_s[0])
        messages: list[Result] = []
        frames = {front: pattern.push(self._grey) for front, pattern in self._patterns.items()}
        self.frame = next(iter(frames.values())) if frames else self.pattern.push(self._grey)
        for stage in self.stages:
            if not stage.due(self.fps):
                continue
            if isinstance(stage.front_end, PatternFrontEnd):
                at_s = self.position_s
                messages += self._classify(stage, frames[stage.front_end.settings()].polar, at_s, at_s)
            else:
                messages += self._classify_motion(stage)
        if self.measurer.is_due(self._n_images, image.time_s, self.series.capacity):
            messages += self._measure()
        return messages

    def finish(self) -> list[Result]:
        """End the stream: classify and measure what has not been, and end all events.

        A stream shorter than a motion model's window is stretched over it, so that short files get scores.
        """
        messages: list[Result] = []
        if self._n_images >= MIN_IMAGES:
            for stage in self._spectra:
                messages += self._classify_motion(stage) if not stage.n_windows else []
        if self._n_images and (self._at_once or not self.measurer.temporal_known):
            messages += self._measure()
        return [*messages, *self.end_events()]

    def end_events(self) -> list[Event]:
        """End all running events where they were last seen."""
        return [event for stage in self.stages for event in stage.measured(stage.detector.finish(), self.position_s)]

    def motion_power(self) -> tuple[Float32, Float64] | None:
        """Power of the newest 128 images of every cell, shape (n_cells, n_bins), and the frequencies in Hz.

        None until so many are there: the frequencies would slide as they come.
        """
        values, times_s = self.series.last(self._display.settings.n_images)
        if times_s.shape[0] < self._display.settings.n_images:
            return None
        spectrum = self._display.transform(values, times_s)
        return np.square(np.abs(spectrum)), self._display.frequencies(times_s)

    def _share(self, kind: str, n_rows: int, n_columns: int, capacity: int) -> CellSeries | FlowSeries:
        """Return the series on this grid, made where there is none yet."""
        key = kind, n_rows, n_columns
        if key not in self._series:
            if kind == "flow":
                from streamer.features.flow import FlowSeries

                self._series[key] = FlowSeries(n_rows, n_columns, capacity)
            else:
                self._series[key] = CellSeries(n_rows, n_columns, capacity)
        return self._series[key]

    def _restart(self) -> None:
        """Make ready for images that do not continue what came before."""
        self._n_images = 0
        self._last_s = -math.inf
        self.fps = 0.0
        self.measurer.restart(self._start_s)
        for series in self._series.values():
            series.reset()
        for stage in self.stages:
            stage.restart()
            stage.detector.interrupt(0)

    def _measure(self) -> list[Periodicity]:
        """Measure what is periodic, and let the models' events know."""
        values, times_s = self.series.last(self._n_images)
        assert self.frame is not None
        messages = self.measurer.measure(values, times_s, self.frame, self._n_images, self.epoch_s)
        for measurement in messages:
            for stage in self.stages:
                if stage.task == ("motion" if measurement.kind == "temporal" else "pattern"):
                    stage.remember(measurement)
        return messages

    def _classify_motion(self, stage: Stage) -> list[Scores | Event]:
        values, times_s = self._seen_by[stage].last(stage.n_images)
        transform = self._spectra[stage]
        rows = motion_rows(transform.transform(values, times_s), transform.settings)
        start_s, end_s = (self._start_s + float(t) for t in (times_s[0], times_s[-1]))
        return self._classify(stage, rows, start_s, end_s)

    def _classify(self, stage: Stage, rows: Float32, start_s: float, end_s: float) -> list[Scores | Event]:
        self.n_windows += 1
        return stage.classify(rows, start_s, end_s, self.epoch_s)
