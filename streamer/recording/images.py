"""Recorders of pictures and videos: images as one synchronous, deterministic step, image → movement → takes."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import deque
from dataclasses import replace

import cv2
import numpy as np

from streamer.arrays import Float32, UInt8
from streamer.messages import Image, ImageFormat, ImageTake, TaskName, Undo
from streamer.pipeline.images import ImagePipeline
from streamer.pipeline.steps import ImageStep
from streamer.recording.base import TakeMessage, TakeRecorder
from streamer.recording.gate import Span
from streamer.recording.segmenter import Segmenter
from streamer.recording.settings import TakeSettings

GRID = (32, 18)  # columns and rows of cells, each a mean over many pixels that leaves little of the sensor's noise
LAG_S = 0.1  # between the images compared: of many images per second, neighbours hardly differ
STILL_DB = -80.0  # level of a scene without any movement


class Movement:
    """Level of movement in dB of full scale: the largest change of a cell's brightness within a tenth of a second.

    A cell that goes from black to white has 0 dB, a change of one grey level −48 dB.
    """

    def __init__(self) -> None:
        self._past: deque[tuple[float, Float32]] = deque()

    def restart(self) -> None:
        """Drop the images so far."""
        self._past.clear()

    def push(self, pixels: UInt8, time_s: float) -> float:
        """Return the level of an image, shape (height, width, 3), captured at ``time_s``."""
        height, width = pixels.shape[:2]
        cells = cv2.resize(pixels, (min(GRID[0], width), min(GRID[1], height)), interpolation=cv2.INTER_AREA)
        grey = cells.astype(np.float32).mean(axis=2)
        self._past.append((time_s, grey))
        while len(self._past) > 2 and self._past[1][0] <= time_s - LAG_S + 1e-9:
            self._past.popleft()
        change = float(np.abs(grey - self._past[0][1]).max()) / 255.0
        return max(20 * math.log10(change), STILL_DB) if change else STILL_DB


LOWEST_DB = -54.0  # lower limit of the trigger: half a grey level
QUALITY = 95  # of the JPEGs in which a video's images are kept until they are written


class ImageTakeRecorder(TakeRecorder):
    """Cut takes out of a stream of images; the base for pictures and videos.

    Parameters
    ----------
    pipeline : ImagePipeline
        Pipeline without models; it measures what a dashboard shows, and its messages are dropped.
    settings : TakeSettings
        What begins a take and what ends it.
    """

    task: TaskName

    def __init__(self, pipeline: ImagePipeline, settings: TakeSettings) -> None:
        super().__init__(pipeline.stream, Segmenter(settings, LOWEST_DB))
        self._pipeline = pipeline
        self._movement = Movement()

    def begin(self, image_format: ImageFormat, start_s: float = 0.0, epoch_s: float = 0.0) -> list[TakeMessage]:
        """Start on a newly opened source; a take that runs ends with the source before and is marked as cut."""
        messages = self._takes(self.segmenter.end(is_cut=True))
        self._pipeline.begin(image_format, start_s, epoch_s)
        self._start_s, self.epoch_s = start_s, epoch_s
        self.segmenter.restart()
        self._movement.restart()
        self._drop_images()
        return messages

    def step(self, image: Image) -> ImageStep:
        """Process one image."""
        step = self._pipeline.step(image)
        before_s = self.segmenter.now_s if image.time_s > 0 else 0.0
        level_db = self._movement.push(image.pixels, image.time_s)
        self._keep(image)
        takes = self._takes(self.segmenter.push(before_s, image.time_s, level_db)) + self._apply_requests()
        return replace(step, messages=takes)

    @property
    def position_s(self) -> float:
        """Seconds in the stream of the newest image."""
        return self._pipeline.position_s

    @abstractmethod
    def _keep(self, image: Image) -> None:
        """Keep what a take may need of a new image."""

    @abstractmethod
    def _drop_images(self) -> None:
        """Drop all images."""

    def _image_take(self, images: list[bytes], times_s: list[float], skipped: list[int], is_cut: bool) -> ImageTake:
        start_s = self._start_s + times_s[0]
        in_stream_s = tuple(self._start_s + time_s for time_s in times_s)
        epoch_s = self.epoch_s + start_s
        return ImageTake(self.stream, start_s, epoch_s, self.task, tuple(images), in_stream_s, tuple(skipped), is_cut)


class PictureTakeRecorder(ImageTakeRecorder):
    """Cut pictures out of a stream of images, without loss.

    A picture is the newest image when a key is pressed, when its time has come or, by level, when the scene has come
    to rest after a movement.
    """

    task = "pattern"
    _newest: Image | None = None

    def end_events(self) -> list[TakeMessage]:
        """Drop the take that runs: the scene has not come to rest yet."""
        self.segmenter.end()
        return self._apply_requests()

    finish = end_events

    def _keep(self, image: Image) -> None:
        self._newest = image

    def _drop_images(self) -> None:
        self._newest = None

    def _takes(self, spans: list[Span]) -> list[TakeMessage]:
        return self._toggle() if spans else []

    def _toggle(self) -> list[TakeMessage]:
        if self._newest is None:
            return []
        _, png = cv2.imencode(".png", self._newest.pixels)
        return [self._image_take([png.tobytes()], [self.segmenter.now_s], [0], is_cut=False)]

    def _undo(self) -> list[TakeMessage]:
        return [Undo(self.stream)]


class VideoTakeRecorder(ImageTakeRecorder):
    """Cut videos out of a stream of images: by level while something moves, between two keys, or by time.

    A video with skipped images is still an example, as its times stay true; their number is stated with it. One that
    takes more than ``max_bytes`` ends there, and is marked as cut.
    """

    task = "motion"
    _kept: deque[tuple[float, bytes, int]]  # capture time, JPEG, images skipped before it
    _n_bytes: int

    def __init__(self, pipeline: ImagePipeline, settings: TakeSettings, max_bytes: float = float("inf")) -> None:
        super().__init__(pipeline, settings)
        self._max_bytes = max_bytes
        self._drop_images()

    def step(self, image: Image) -> ImageStep:
        """Process one image."""
        step = super().step(image)
        messages = list(step.messages)
        if self._n_bytes > self._max_bytes:
            messages += self._takes(self.segmenter.end(is_cut=True))
        while self._kept and (self._kept[0][0] < self.segmenter.needed_s - 1e-9 or self._n_bytes > self._max_bytes):
            self._n_bytes -= len(self._kept.popleft()[1])
        return replace(step, messages=messages)

    def _keep(self, image: Image) -> None:
        _, jpeg = cv2.imencode(".jpg", image.pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        self._kept.append((image.time_s, jpeg.tobytes(), image.skipped_before))
        self._n_bytes += jpeg.size

    def _drop_images(self) -> None:
        self._kept = deque()
        self._n_bytes = 0

    def _takes(self, spans: list[Span]) -> list[TakeMessage]:
        return [take for take in map(self._take, spans) if take is not None]

    def _take(self, span: Span) -> ImageTake | None:
        kept = [each for each in self._kept if span.first_s - 1e-9 <= each[0] < span.last_s - 1e-9]
        if len(kept) < 2:
            return None
        times_s, jpegs, skipped = zip(*kept, strict=True)
        return self._image_take(list(jpegs), list(times_s), list(skipped), span.is_cut)
