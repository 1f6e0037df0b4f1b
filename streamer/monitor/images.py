"""What a stream of images that is cut into examples tells of itself → Snapshot."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace

import cv2
import numpy as np

from streamer.arrays import DB_PER_LN_MAGNITUDE, Float32, UInt8
from streamer.features.history import History
from streamer.features.pattern import PatternFrame
from streamer.messages import Health, Image, ImageHealth, Scores
from streamer.monitor.base import StreamMonitor, classification
from streamer.monitor.recording import Shelf, takes_view
from streamer.monitor.snapshot import ImageView, Snapshot
from streamer.pipeline.images import ImagePipeline
from streamer.pipeline.steps import ImageStep
from streamer.recording.images import ImageTakes
from streamer.sources import ImageSource

COLUMN_S = 0.1
N_COLUMNS = 300  # 30 s: more than the widest terminal shows
N_INTERVALS = 120  # of which rate and jitter are told
GAP = 1.5  # an interval so many times the usual one is a gap: an image did not come
THUMBNAIL_PX = (160, 120)
N_LOUDEST = 16  # cells of which the motion's spectrum is drawn: one mover in a still scene must show


class ImageMonitor(StreamMonitor):
    """StreamMonitor one pipeline image by image and tell how it fares.

    Parameters
    ----------
    pipeline : ImagePipeline
    source : ImageSource
    draws : bool
        Whether anybody looks: what only snapshots need is not computed otherwise.
    """

    def __init__(self, pipeline: ImagePipeline, source: ImageSource, draws: bool) -> None:
        super().__init__()
        self._pipeline = pipeline
        self._source = source
        self._draws = draws
        self.opened = ""  # what the source gives instead of what was asked
        self._n_images = self._n_skipped = self._n_gaps = 0
        self._longest_gap_s = 0.0
        self._thumbnail: UInt8 = np.zeros((0, 0, 3), np.uint8)
        self._image_px = (0, 0)
        self._frame: PatternFrame | None = None
        settings = pipeline.pattern.settings
        self._n_radii = settings.n_radii
        self._profile = History(self._n_radii, N_COLUMNS)
        self._motion = History(64, N_COLUMNS)
        self._motion_hz: Float32 = np.zeros(0, np.float32)
        self.forget()

    def forget(self) -> None:
        """Start a new picture: the images to come do not continue the old ones."""
        self._last_s: float | None = None
        self._intervals_s: deque[float] = deque(maxlen=N_INTERVALS)
        self._next_column_s = 0.0
        self._loudest: Float32 | None = None

    def watch(self, image: Image, step: ImageStep, busy_s: float) -> None:
        """Take note of an image that the pipeline has just processed in ``busy_s`` seconds."""
        latency_s = time.monotonic() - image.captured_s
        self._n_images += 1
        self._n_skipped += image.skipped_before
        elapsed_s = 0.0
        if self._last_s is not None:
            elapsed_s = image.time_s - self._last_s
            self._note_interval(elapsed_s / (1 + image.skipped_before))
        self._last_s = image.time_s
        self.note([latency_s for message in step.messages if isinstance(message, Scores)], elapsed_s, busy_s)
        if self._draws:
            self._draw(image, step.frame)

    def health(self) -> Health:
        """Return the figures of this instant."""
        expected = self._n_images + self._n_skipped
        intervals_s = np.array(self._intervals_s)
        regular_s = intervals_s[intervals_s < GAP * np.median(intervals_s)] if intervals_s.size else intervals_s
        return self.figures(
            stream=self._pipeline.stream,
            detail=self.detail or self.problem or self._source.note or self.opened,
            position_s=self._pipeline.position_s,
            windows=self._pipeline.n_windows,
            lost_fraction=self._n_skipped / expected if expected else 0.0,
            images=ImageHealth(
                images=self._n_images,
                skipped_images=self._n_skipped,
                fps=float(1 / intervals_s.mean()) if intervals_s.size else 0.0,
                jitter_s=float(regular_s.std()) if regular_s.size else 0.0,
                gaps=self._n_gaps,
                longest_gap_s=self._longest_gap_s,
            ),
        )

    def snapshot(self) -> Snapshot:
        """Return all that a dashboard needs to draw this instant."""
        pipeline = self._pipeline
        return Snapshot(
            health=self.health(),
            source=self._source.uri,
            device=self.device,
            **classification(pipeline.stages, pipeline.position_s),
            past=tuple(self.past),
            view=self._view() if self._draws else None,
        )

    def _note_interval(self, interval_s: float) -> None:
        if len(self._intervals_s) >= 8 and interval_s > GAP * float(np.median(self._intervals_s)):
            self._n_gaps += 1
            self._longest_gap_s = max(self._longest_gap_s, interval_s)
        self._intervals_s.append(interval_s)

    def _draw(self, image: Image, frame: PatternFrame) -> None:
        """Keep the loudest that each radius had since the last column, and add a column when its time has come."""
        self._image = image.pixels
        self._image_px = image.pixels.shape[1], image.pixels.shape[0]
        self._frame = frame
        profile = frame.profile * DB_PER_LN_MAGNITUDE
        self._loudest = profile if self._loudest is None else np.maximum(self._loudest, profile)
        if image.time_s < self._next_column_s:
            return
        self._next_column_s = max(self._next_column_s + COLUMN_S, image.time_s)
        self._profile.push(self._loudest)
        self._loudest = None
        column = np.full(64, np.nan, np.float32)
        if (power := self._pipeline.motion_power()) is not None:
            loudest = np.partition(power[0], -min(N_LOUDEST, power[0].shape[0]), axis=0)[-N_LOUDEST:]
            column = 10 * np.log10(loudest.mean(axis=0) + np.float32(1e-6))
            self._motion_hz = power[1].astype(np.float32)
        self._motion.push(column)

    def _view(self) -> ImageView | None:
        pipeline = self._pipeline
        if self._frame is None or self._image_px == (0, 0):
            return None
        return ImageView(
            image=_thumbnail(self._image),
            image_px=self._image_px,
            temporal=pipeline.measurer.temporal,
            spatial=pipeline.measurer.spatial,
            temporal_known=pipeline.measurer.temporal_known,
            polar=self._frame.polar * DB_PER_LN_MAGNITUDE,
            radius_per_px=self._frame.radius_per_px,
            profile=self._profile.newest().copy(),
            motion=self._motion.newest().copy(),
            motion_hz=self._motion_hz,
            column_s=COLUMN_S,
            column=self._profile.n_pushed,
        )


def _thumbnail(pixels: UInt8) -> UInt8:
    """Make an image small and red-green-blue, for a terminal."""
    height, width = pixels.shape[:2]
    scale = min(THUMBNAIL_PX[0] / width, THUMBNAIL_PX[1] / height, 1.0)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8)


class ImageTakesMonitor(ImageMonitor):
    """StreamMonitor one stream of takes, and the scene that they are of.

    Parameters
    ----------
    scene : ImagePipeline
        Without stages.
    takes : ImageTakes
        That this scene is part of.
    source : ImageSource
    shelf : Shelf
        Where the takes go.
    draws : bool
        Whether anybody looks.
    """

    def __init__(self, scene: ImagePipeline, takes: ImageTakes, source: ImageSource, shelf: Shelf, draws: bool) -> None:
        super().__init__(scene, source, draws)
        self._takes = takes
        self._shelf = shelf

    def watch(self, image: Image, step: ImageStep, busy_s: float) -> None:
        """Take note of an image that has just been processed in ``busy_s`` seconds."""
        super().watch(image, step, busy_s)

    def snapshot(self) -> Snapshot:
        """Return all that a dashboard needs to draw this instant."""
        return replace(super().snapshot(), takes=takes_view(self._takes.segmenter, self._shelf))
