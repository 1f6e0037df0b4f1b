"""Write the sound of events, and whole streams, as sound files."""

from __future__ import annotations

import contextlib
import errno
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from streamer.errors import StreamerError
from streamer.messages import Message, Recording, SoundClip, VideoClip
from streamer.sinks.folder import drop_oldest, made, name_of, reason


class EventFolder(ABC):
    """Base of sinks that write each event as a file, named by time and label, under a size cap for the folder.

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
        """Write one file, which appears complete or not at all, and delete old clips to make room for it.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable.
        """
        assert isinstance(message, SoundClip | VideoClip)
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
    def _write_file(self, path: Path, message: SoundClip | VideoClip) -> None:
        """Write the clip of one event.

        Raises
        ------
        OSError
            If that fails, even where the library has not noticed.
        """

    def close(self) -> None:  # noqa: B027 — a sink must have it
        """Do nothing: no file stays open."""


class ClipFolder(EventFolder):
    """Write each event's sound as a flac file of 16 bits."""

    accepts = (SoundClip,)
    suffix = ".flac"

    def _write_file(self, path: Path, message: SoundClip | VideoClip) -> None:
        assert isinstance(message, SoundClip)
        try:
            soundfile.write(path, np.clip(message.samples, -1, 1), message.sample_rate, subtype="PCM_16")
            n_written = soundfile.info(path).frames
        except soundfile.LibsndfileError as error:
            raise OSError(errno.EIO, error.error_string) from None
        if n_written != len(message.samples):  # libsndfile does not always report a full disk
            raise OSError(errno.ENOSPC, "No space left on device")


class RecordingFolder:
    """Write all captured sound as float wav, one file per capture session; `classify` gives the live scores on it.

    Raises
    ------
    UserError
        If the folder cannot be made.
    """

    accepts: tuple[type, ...] = (Recording,)

    def __init__(self, folder: Path) -> None:
        self._folder = made(folder, "output.record")
        self._open: dict[str, tuple[float, Any]] = {}  # stream → start of the capture session, its file

    def write(self, message: Message) -> None:
        """Append a chunk to the file of its capture session.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable.
        """
        assert isinstance(message, Recording)
        start_s, file = self._open.get(message.stream, (None, None))
        try:
            if file is None or start_s != message.start_s:
                if file is not None:
                    file.close()
                path = self._folder / f"{name_of(message.time, message.stream)}.wav"
                shape = message.sound_format
                file = soundfile.SoundFile(path, "w", shape.sample_rate, shape.n_channels, "FLOAT")
                self._open[message.stream] = (message.start_s, file)
            file.write(message.samples)
        except (OSError, soundfile.LibsndfileError) as error:
            raise StreamerError(f"recording {message.stream} not written: {reason(error, self._folder)}") from None

    def close(self) -> None:
        """Close all files."""
        for _, file in self._open.values():
            file.close()
