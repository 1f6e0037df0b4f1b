"""One stream of images cut into examples, as one synchronous, deterministic step: image → movement → takes."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import deque

import cv2
import numpy as np

from streamer.arrays import Float32, UInt8
from streamer.messages import Image, ImageFormat, ImageTake, TaskName, Undo
from streamer.pipeline.images import ImagePipeline
from streamer.pipeline.steps import ImageStep
from streamer.recording.base import News, Takes
from streamer.recording.gate import Span
from streamer.recording.segmenter import Segmenter
from streamer.recording.settings import TakeSettings

GRID = (32, 18)  # columns and rows of cells: a mean over so many pixels leaves little of the sensor's noise
LAG_S = 0.1  # images are compared over so much time: at many images per second, neighbours hardly differ
STILL_DB = -80.0  # what a scene without any movement counts as


class Movement:
    """Level of movement: the cell whose brightness has changed most since a tenth of a second ago, dB of full scale.

    A cell that goes from black to white has 0 dB, one grey level is −48 dB.
    """

    def __init__(self) -> None:
        self._past: deque[tuple[float, Float32]] = deque()

    def restart(self) -> None:
        """Compare nothing to come with what was before."""
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


LOWEST_DB = -54.0  # of the trigger: half a grey level
QUALITY = 95  # JPEG of a video's images until they are written
MAX_BYTES = 512 << 20  # of a video's images in memory: a longer take ends there


class ImageTakes(Takes):
    """Everything between a source's images and a stream's takes; the base for pictures and videos.

    Parameters
    ----------
    scene : ImagePipeline
        Measures what is shown; its results go nowhere else.
    settings : TakeSettings
    """

    task: TaskName

    def __init__(self, scene: ImagePipeline, settings: TakeSettings) -> None:
        super().__init__(scene.stream, Segmenter(settings, LOWEST_DB))
        self._scene = scene
        self._movement = Movement()
        self._is_begun = False

    @property
    def position_s(self) -> float:
        """Seconds in the stream of the newest image."""
        return self._scene.position_s

    @property
    def fps(self) -> float:
        """Images captured per second of late; 0 until known."""
        return self._scene.fps

    def begin(self, image_format: ImageFormat, start_s: float = 0.0, epoch_s: float = 0.0) -> list[News]:
        """Start on a newly opened source; the take that was running ends with the source before."""
        messages = self._takes(self.segmenter.end(is_cut=True))
        self._scene.begin(image_format, start_s, epoch_s)
        self._start_s, self.epoch_s = start_s, epoch_s
        self.segmenter.restart()
        self._movement.restart()
        self._forget()
        return messages

    def step(self, image: Image) -> ImageStep:
        """Process one image."""
        frame = self._scene.step(image).frame
        before_s = self.segmenter.now_s if image.time_s > 0 else 0.0
        level_db = self._movement.push(image.pixels, image.time_s)
        self._keep(image)
        return ImageStep(self._takes(self.segmenter.push(before_s, image.time_s, level_db)) + self._heed(), frame)

    @abstractmethod
    def _keep(self, image: Image) -> None:
        """Keep of a new image what a take may need."""

    @abstractmethod
    def _forget(self) -> None:
        """Forget all images."""

    def _image_take(self, images: list[bytes], times_s: list[float], n_lost: int, is_cut: bool) -> ImageTake:
        start_s = self._start_s + times_s[0]
        in_stream_s = tuple(self._start_s + time_s for time_s in times_s)
        epoch_s = self.epoch_s + start_s
        return ImageTake(self.stream, start_s, epoch_s, self.task, tuple(images), in_stream_s, n_lost, is_cut)


class PictureTakes(ImageTakes):
    """Takes pictures, without loss.

    Each is the newest image: when a key asks for it, when its time has come, or, by level, once the scene has come
    to rest after something moved.
    """

    task = "pattern"
    _newest: UInt8 | None = None

    def end_events(self) -> list[News]:
        """Give up what runs: nothing has come to rest yet."""
        self.segmenter.end()
        return self._heed()

    finish = end_events

    def _keep(self, image: Image) -> None:
        self._newest = image.pixels

    def _forget(self) -> None:
        self._newest = None

    def _takes(self, spans: list[Span]) -> list[News]:
        return self._toggle() if spans else []

    def _toggle(self) -> list[News]:
        if self._newest is None:
            return []
        _, png = cv2.imencode(".png", self._newest)
        return [self._image_take([png.tobytes()], [self.segmenter.now_s], 0, is_cut=False)]

    def _undo(self) -> list[News]:
        return [Undo(self.stream)]


class VideoTakes(ImageTakes):
    """Takes videos: what moves, what lies between two keys, or so much time.

    Images skipped in one are told with it; its times stay true, so that it is still an example.
    """

    task = "motion"
    _kept: deque[tuple[float, bytes, int]]  # time, JPEG, images skipped before it
    _n_bytes: int

    def __init__(self, scene: ImagePipeline, settings: TakeSettings) -> None:
        super().__init__(scene, settings)
        self._forget()

    def step(self, image: Image) -> ImageStep:
        """Process one image."""
        step = super().step(image)
        messages = list(step.messages)
        if self._n_bytes > MAX_BYTES:
            messages += self._takes(self.segmenter.end())
        while self._kept and (self._kept[0][0] < self.segmenter.needed_s - 1e-9 or self._n_bytes > MAX_BYTES):
            self._n_bytes -= len(self._kept.popleft()[1])
        return ImageStep(messages, step.frame)

    def _keep(self, image: Image) -> None:
        _, jpeg = cv2.imencode(".jpg", image.pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        self._kept.append((image.time_s, jpeg.tobytes(), image.skipped_before))
        self._n_bytes += jpeg.size

    def _forget(self) -> None:
        self._kept = deque()
        self._n_bytes = 0

    def _takes(self, spans: list[Span]) -> list[News]:
        return [take for take in map(self._take, spans) if take is not None]

    def _take(self, span: Span) -> ImageTake | None:
        kept = [each for each in self._kept if span.first_s - 1e-9 <= each[0] < span.last_s - 1e-9]
        if len(kept) < 2:
            return None
        times_s, jpegs, skipped = zip(*kept, strict=True)
        return self._image_take(list(jpegs), list(times_s), sum(skipped[1:]), span.is_cut)
