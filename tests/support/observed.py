"""Observe a source that is captured as `streamer run` captures it: its states and what it delivers, with times."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from streamer.arrays import UInt8
from streamer.config import ImageSettings, SourceSettings
from streamer.messages import State
from streamer.runtime.capture import Capture
from streamer.runtime.readers import ImageReader, SoundReader
from streamer.runtime.session import CaptureSession
from streamer.wall_clock import WallClock

TIMEOUT_S = 40.0


@dataclass
class Delivered:
    """What one session delivered."""

    capture: CaptureSession[Any, Any]
    n_parts: int = 0
    n: int = 0  # samples or images
    n_lost: int = 0  # counted, after the first of them
    first_s: float = 0.0  # capture time of the first and the last, on the monotonic clock
    last_s: float = 0.0
    numbers: list[float] = field(default_factory=list)  # of the images, read from their pixels


class Observed:
    """A context in which a source is captured with the settings that are the default.

    Parameters
    ----------
    source : Source
        Source of sound or of images.
    number_of : callable, optional
        Returns the number that an image carries.
    """

    def __init__(self, source: Any, number_of: Callable[[UInt8], float] | None = None) -> None:
        self.source = source
        self.states: list[tuple[float, State, str]] = []
        self.delivered: list[Delivered] = []
        self._number_of = number_of
        settings = SourceSettings()
        self._is_sound = source.medium == "sound"
        reader: Any = SoundReader(settings) if self._is_sound else ImageReader(ImageSettings())
        self._stop = threading.Event()
        self._capture: Capture[Any, Any] = Capture(
            source, reader.ring, settings, self._stop, self._set_state, self._fail, WallClock()
        )
        self._drainer = threading.Thread(target=self._drain, daemon=True)

    def __enter__(self) -> Self:
        self._capture.start()
        self._drainer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._capture.stop()
        has_ended = self._capture.join(10.0)
        self._drainer.join()
        assert has_ended

    def wait_for(self, holds: Callable[[], bool]) -> float:
        """Wait until something holds; return that instant."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while not holds():
            assert time.monotonic() < deadline_s, f"in vain; states: {self.states}"
            time.sleep(0.01)
        return time.monotonic()

    def wait_flow(self, n_sessions: int) -> float:
        """Wait until a session of that number delivers; return when its first sample or image came."""
        return self.wait_for(lambda: len(self.delivered) >= n_sessions and self.delivered[-1].n_parts >= 5)

    def entered(self, state: State, after_s: float) -> float | None:
        """Return when a state was first set after an instant; None where it was not."""
        return next((at_s for at_s, each, _ in self.states if each is state and at_s > after_s), None)

    def _set_state(self, state: State, detail: str) -> None:
        self.states.append((time.monotonic(), state, detail))

    def _fail(self, error: BaseException) -> None:
        self.states.append((time.monotonic(), State.FAILED, str(error)))

    def _drain(self) -> None:
        while not self._stop.wait(0.01):
            while self._capture.sessions:
                self._read()
                self.delivered.append(Delivered(self._capture.sessions.popleft()))
            self._read()

    def _read(self) -> None:
        if not self.delivered:
            return
        session = self.delivered[-1]
        ring = session.capture.ring
        while (part := ring.read(ring.capacity) if self._is_sound else ring.read()) is not None:
            n = part.samples.shape[0] if self._is_sound else 1
            at_s = part.time_s if self._is_sound else part.captured_s
            if not session.n:
                session.first_s = at_s - (n / session.capture.format.sample_rate if self._is_sound else 0.0)
            session.last_s = at_s
            if session.n:  # what was lost before the first one, no clock and no number tells
                session.n_lost += part.lost_before if self._is_sound else part.skipped_before
            session.n += n
            if self._number_of:
                session.numbers.append(self._number_of(part.pixels))
            session.n_parts += 1
