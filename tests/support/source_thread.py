"""Run a source on a thread, as the runtime does, and keep what it delivered; the base for sound and images."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, Protocol, Self, TypeVar

from streamer.errors import SourceUnavailable

TIMEOUT_S = 30.0


class CaptureSession(Protocol):
    """One call of ``begin``."""

    @property
    def ring(self) -> Any:
        """The ring that was handed to the source."""

    def drain(self) -> None:
        """Read all that is in the ring."""


Opened = TypeVar("Opened", bound=CaptureSession)


class SourceThread(ABC, Generic[Opened]):
    """A context in which the source is captured; after a loss it is tried again every ``retry_s``.

    ``error`` is what ended the capture for good, ``reasons`` are the losses in order.
    """

    def __init__(self, source: Any, retry_s: float) -> None:
        self.source = source
        self.sessions: list[Opened] = []
        self.reasons: list[str] = []
        self.error: Exception | None = None
        self.stop = threading.Event()
        self._retry_s = retry_s
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abstractmethod
    def _opening(self, opened: Any) -> Opened:
        """Return an opening, with a ring, for the format that the source has found."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    @property
    def ended(self) -> bool:
        """Whether the source has no more to give, or failed for good."""
        return not self._thread.is_alive()

    def leave(self) -> float:
        """Stop and return how long that took, seconds."""
        self.stop.set()
        started_s = time.monotonic()
        self.wait_end()
        return time.monotonic() - started_s

    def wait_end(self) -> None:
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()

    def wait_for(self, what: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> float:
        """Wait until ``what()`` holds, reading meanwhile; return how long that took, seconds."""
        started_s = time.monotonic()
        while not what():
            for opening in list(self.sessions):
                opening.drain()
            waited_s = time.monotonic() - started_s
            assert waited_s < timeout_s, f"waited in vain; reasons: {self.reasons}, error: {self.error}"
            time.sleep(0.01)
        return time.monotonic() - started_s

    def _begin(self, opened: Any) -> Any:
        opening = self._opening(opened)
        self.sessions.append(opening)
        return opening.ring

    def _run(self) -> None:
        while not self.stop.is_set():
            try:
                self.source.capture(self._begin, self.stop)
                return
            except SourceUnavailable as error:
                self.reasons.append(str(error))
                self.stop.wait(self._retry_s)
            except Exception as error:
                self.error = error
                return
