"""Events and whole streams as sound files."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from streamer.errors import StreamerError
from streamer.messages import Clip, Film, Message, Recording
from streamer.sinks.event_folder import EventFolder
from streamer.sinks.folder import made, name_of, reason


class ClipFolder(EventFolder):
    """Write each event's sound as a flac file of 16 bits."""

    accepts = (Clip,)
    suffix = ".flac"

    def _write_file(self, path: Path, message: Clip | Film) -> None:
        assert isinstance(message, Clip)
        try:
            soundfile.write(path, np.clip(message.samples, -1, 1), message.sample_rate, subtype="PCM_16")
            n_written = soundfile.info(path).frames
        except soundfile.LibsndfileError as error:
            raise OSError(errno.EIO, error.error_string) from None
        if n_written != len(message.samples):  # libsndfile does not always report a full disk
            raise OSError(errno.ENOSPC, "No space left on device")


class RecordingFolder:
    """Write all captured sound as float wav, one file per opening of a source: what `classify` can hear again.

    Raises
    ------
    UserError
        If the folder cannot be made.
    """

    accepts: tuple[type, ...] = (Recording,)

    def __init__(self, folder: Path) -> None:
        self._folder = made(folder, "output.record")
        self._open: dict[str, tuple[float, Any]] = {}  # stream → start of the opening, its file

    def write(self, message: Message) -> None:
        """Append a chunk to the file of its opening.

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
