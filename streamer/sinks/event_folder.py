"""Events as files in a folder of a limited size; the base for sound and images."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from pathlib import Path

from streamer.errors import StreamerError
from streamer.messages import Clip, Film, Message
from streamer.sinks.folder import drop_oldest, made, name_of, reason


class EventFolder(ABC):
    """Write each event as a file, named by time and label, under a cap for the folder.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    max_bytes : int
        Of all clips in the folder; the oldest go first.

    Raises
    ------
    UserError
        If the folder cannot be made.
    """

    accepts: tuple[type, ...]
    suffix: str

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = made(folder, "output.clips")
        self._max_bytes = max_bytes

    def write(self, message: Message) -> None:
        """Write one file, which appears complete or not at all, and make room for it.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable.
        """
        assert isinstance(message, Clip | Film)
        event = message.event
        path = self._folder / f"{name_of(event.time, event.stream, event.label)}{self.suffix}"
        unfinished = path.with_suffix(f".part{self.suffix}")  # OpenCV chooses the container by the suffix
        try:
            self._write_file(unfinished, message)
            unfinished.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise StreamerError(f"clip {path.name} not written: {reason(error, path.parent)}") from None
        drop_oldest(path, self._max_bytes)

    @abstractmethod
    def _write_file(self, path: Path, message: Clip | Film) -> None:
        """Write what is around one event.

        Raises
        ------
        OSError
            If that fails, even where the library has not noticed.
        """

    def close(self) -> None:  # noqa: B027 — a sink must have it
        """Nothing is left open."""
