"""One stream of images cut into examples, as one synchronous, deterministic step: image → movement → takes."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque

import cv2

from streamer.messages import Image, ImageFormat, ImageTake, Task, UInt8, Undo
from streamer.pipeline.sight import SightPipeline
from streamer.takes.cue import Cue
from streamer.takes.gate import Span
from streamer.takes.movement import Movement
from streamer.takes.settings import TakeSettings
from streamer.takes.stream import News, Takes

LOWEST_DB = -54.0  # of the trigger: half a grey level
QUALITY = 95  # JPEG of a video's images until they are written
MAX_BYTES = 512 << 20  # of a video's images in memory: a longer take ends there


class SightTakes(Takes):
    """Everything between a source's images and a stream's takes; the base for pictures and videos.

    Parameters
    ----------
    scene : SightPipeline
        Measures what is shown; its results go nowhere else.
    settings : TakeSettings
    """

    task: Task

    def __init__(self, scene: SightPipeline, settings: TakeSettings) -> None:
        super().__init__(scene.stream, Cue(settings, LOWEST_DB))
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
        news = self._takes(self.cue.end(is_cut=True))
        self._scene.begin(image_format, start_s, epoch_s)
        self._start_s, self.epoch_s = start_s, epoch_s
        self.cue.restart()
        self._movement.restart()
        self._forget()
        return news

    def step(self, image: Image) -> list[News]:
        """Process one image."""
        self._scene.step(image)
        before_s = self.cue.now_s if image.time_s > 0 else 0.0
        level_db = self._movement.push(image.pixels, image.time_s)
        self._keep(image)
        return self._takes(self.cue.push(before_s, image.time_s, level_db)) + self._heed()

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


class PictureTakes(SightTakes):
    """Takes pictures, without loss.

    Each is the newest image: when a key asks for it, when its time has come, or, by level, once the scene has come
    to rest after something moved.
    """

    task = "pattern"
    _newest: UInt8 | None = None

    def end_events(self) -> list[News]:
        """Give up what runs: nothing has come to rest yet."""
        self.cue.end()
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
        return [self._image_take([png.tobytes()], [self.cue.now_s], 0, is_cut=False)]

    def _undo(self) -> list[News]:
        return [Undo(self.stream)]


class VideoTakes(SightTakes):
    """Takes videos: what moves, what lies between two keys, or so much time.

    Images skipped in one are told with it; its times stay true, so that it is still an example.
    """

    task = "motion"
    _kept: deque[tuple[float, bytes, int]]  # time, JPEG, images skipped before it
    _n_bytes: int

    def __init__(self, scene: SightPipeline, settings: TakeSettings) -> None:
        super().__init__(scene, settings)
        self._forget()

    def step(self, image: Image) -> list[News]:
        """Process one image."""
        news = super().step(image)
        if self._n_bytes > MAX_BYTES:
            news += self._takes(self.cue.end())
        while self._kept and (self._kept[0][0] < self.cue.needed_s - 1e-9 or self._n_bytes > MAX_BYTES):
            self._n_bytes -= len(self._kept.popleft()[1])
        return news

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
