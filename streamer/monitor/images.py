"""Monitor of an image stream: regularity, losses, measurements and spectra become Health and ImageView."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from streamer.arrays import DB_PER_LN_MAGNITUDE, Float32, UInt8
from streamer.features.history import History
from streamer.features.pattern import PatternFrame
from streamer.messages import (
    Event,
    Health,
    Image,
    ImageFormat,
    ImageHealth,
    Message,
    Periodicity,
    Scores,
    Spatial,
    Temporal,
)
from streamer.monitor.base import StreamMonitor
from streamer.monitor.following import following_patterns, following_rhythms
from streamer.monitor.snapshot import ImageView, TakesView
from streamer.pipeline.images import ImagePipeline
from streamer.pipeline.steps import ImageStep
from streamer.sources import ImageSource

COLUMN_S = 0.1
N_COLUMNS = 300  # 30 s: more than the widest terminal shows
N_BINS = 64  # frequencies of the rolling spectrogram of motion
N_INTERVALS = 120  # newest intervals between images, from which rate and jitter are computed
MIN_INTERVALS = 8  # before so many the usual interval is not known
GAP = 1.5  # an interval longer than so many usual ones is a gap: an image did not come
THUMBNAIL_PX = (160, 120)
N_LOUDEST = 16  # cells whose mean spectrum of motion is shown: one mover in a still scene stays visible


class ImageMonitor(StreamMonitor[ImageFormat, Image, ImageStep]):
    """Monitor of a stream of images.

    Parameters
    ----------
    pipeline : ImagePipeline
        Pipeline of the stream; while recording, the one without models that the recorder runs.
    source : ImageSource
        Source of the stream.
    draws : bool
        Whether a dashboard is shown; thumbnail and spectrograms are not computed otherwise.
    takes : callable or None
        Returns what a dashboard shows of the takes; while recording only.
    """

    def __init__(
        self,
        pipeline: ImagePipeline,
        source: ImageSource,
        *,
        draws: bool,
        takes: Callable[[], TakesView] | None = None,
    ) -> None:
        super().__init__(pipeline, source, draws=draws, takes=takes)
        self._images = pipeline
        self._n_images = self._n_skipped = self._n_gaps = 0
        self._longest_gap_s = 0.0
        self._newest: tuple[Image, PatternFrame] | None = None
        self._profile = History(pipeline.pattern.settings.n_radii, N_COLUMNS)
        self._motion = History(N_BINS, N_COLUMNS)
        self._motion_hz: Float32 = np.zeros(0, np.float32)
        self._rhythms, self._patterns = following_rhythms(), following_patterns()
        self._last_s: float | None = None  # capture time of the newest image
        self.reset()

    @property
    def n_results(self) -> int:
        """Windows classified so far; images measured where no model runs, or as long as their rate is unknown."""
        return self._images.n_windows if self._images.stages and self._images.fps else self._n_images

    def begin(self, opened: ImageFormat) -> None:
        """Start on a newly opened source."""
        self._begin(f"{opened.device} {opened.width}×{opened.height}", opened.detail)

    def update(self, part: Image, step: ImageStep, busy_s: float) -> None:
        """Update the monitor with one processed image."""
        latency_s = time.monotonic() - part.captured_s
        self._n_images += 1
        self._n_skipped += part.skipped_before
        elapsed_s = 0.0
        if self._last_s is not None:
            elapsed_s = part.time_s - self._last_s
            self._add_interval(elapsed_s / (1 + part.skipped_before))
        self._last_s = part.time_s
        self._add([latency_s for message in step.messages if isinstance(message, Scores)], elapsed_s, busy_s)
        if self._draws:
            self._add_columns(part, step.frame)

    def count(self, message: Message) -> None:
        """Add a message to the totals, and follow what was measured in the whole image."""
        super().count(message)
        if self._draws and isinstance(message, Periodicity) and message.region is None:
            found, end_s = message.found, message.end_s
            if isinstance(found, Temporal):
                rhythms = [*found.components, *found.of_coder]
                seen_s = [message.start_s + found.end_of(each) for each in rhythms]
                self._rhythms.update(rhythms, seen_s, end_s, found.resolution_hz)
            elif message.kind == "spatial":
                patterns = found.components if isinstance(found, Spatial) else ()
                self._patterns.update(patterns, [end_s] * len(patterns), end_s)

    def lose(self, seconds: float, fps: float) -> None:
        """Count the images that were not captured between two that are so many seconds apart."""
        self._n_skipped += max(0, round(seconds * fps) - 1)

    def reset(self) -> None:
        """Prepare for images that do not continue those before."""
        self._last_s = None
        self._intervals_s: deque[float] = deque(maxlen=N_INTERVALS)
        self._next_column_s = 0.0
        self._loudest: Float32 | None = None  # maximum of each radius since the last column

    def health(self) -> Health:
        """Return how well the stream is being processed at this instant."""
        n_expected = self._n_images + self._n_skipped
        intervals_s = np.array(self._intervals_s)
        regular_s = intervals_s[intervals_s < GAP * np.median(intervals_s)] if intervals_s.size else intervals_s
        return replace(
            super().health(),
            lost_fraction=self._n_skipped / n_expected if n_expected else 0.0,
            images=ImageHealth(
                images=self._n_images,
                skipped_images=self._n_skipped,
                fps=float(1 / intervals_s.mean()) if intervals_s.size else 0.0,
                jitter_s=float(regular_s.std()) if regular_s.size else 0.0,
                gaps=self._n_gaps,
                longest_gap_s=self._longest_gap_s,
            ),
        )

    def _measured_running(self) -> tuple[Event, ...]:
        return self._images.measured_events.running

    def _add_interval(self, interval_s: float) -> None:
        if len(self._intervals_s) >= MIN_INTERVALS and interval_s > GAP * float(np.median(self._intervals_s)):
            self._n_gaps += 1
            self._longest_gap_s = max(self._longest_gap_s, interval_s)
        self._intervals_s.append(interval_s)

    def _add_columns(self, image: Image, frame: PatternFrame) -> None:
        """Add a column to both spectrograms every 0.1 s; that of the image is the maximum since the last."""
        self._newest = image, frame
        profile = frame.profile * DB_PER_LN_MAGNITUDE
        self._loudest = profile if self._loudest is None else np.maximum(self._loudest, profile)
        if image.time_s < self._next_column_s:
            return
        self._next_column_s = max(self._next_column_s + COLUMN_S, image.time_s)
        self._profile.push(self._loudest)
        self._loudest = None
        column = np.full(N_BINS, np.nan, np.float32)
        if (power := self._images.motion_power()) is not None:
            loudest = np.partition(power[0], -min(N_LOUDEST, power[0].shape[0]), axis=0)[-N_LOUDEST:]
            column = 10 * np.log10(loudest.mean(axis=0) + np.float32(1e-6))
            self._motion_hz = power[1].astype(np.float32)
        self._motion.push(column)

    def _view(self) -> ImageView | None:
        if self._newest is None:
            return None
        image, frame = self._newest
        height, width = image.grey.shape
        measurer = self._images.measurer
        return ImageView(
            image=_thumbnail(image),
            image_px=(width, height),
            temporal=measurer.temporal,
            spatial=measurer.spatial,
            temporal_known=measurer.temporal_known,
            regions=self._images.regions.findings(),
            rhythms=self._rhythms.shown(self.position_s),
            patterns=self._patterns.shown(self.position_s),
            polar=frame.polar * DB_PER_LN_MAGNITUDE,
            radius_per_px=frame.radius_per_px,
            profile=self._profile.newest().copy(),
            motion=self._motion.newest().copy(),
            motion_hz=self._motion_hz,
            column_s=COLUMN_S,
            column=self._profile.n_pushed,
        )


def _thumbnail(image: Image) -> UInt8:
    """Return an image reduced and in red-green-blue, for a terminal."""
    height, width = image.grey.shape
    scale = min(THUMBNAIL_PX[0] / width, THUMBNAIL_PX[1] / height, 1.0)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image.small(*size), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8)
