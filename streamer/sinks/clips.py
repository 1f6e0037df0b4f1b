"""Events and whole streams as sound files."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from streamer.errors import StreamerError
from streamer.messages import Clip, Message, Recording
from streamer.sinks.folder import drop_oldest, made, name_of, reason


class ClipFolder:
    """Write each event's sound as a flac file, named by time and label, under a cap for the folder.

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

    accepts: tuple[type, ...] = (Clip,)

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = made(folder, "output.clips")
        self._max_bytes = max_bytes

    def write(self, message: Message) -> None:
        """Write one clip and make room for it.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable; a file half written is removed.
        """
        assert isinstance(message, Clip)
        event = message.event
        path = self._folder / f"{name_of(event.time, event.stream, event.label)}.flac"
        _write_whole(path, np.clip(message.samples, -1, 1), message.sample_rate, "PCM_16")
        drop_oldest(path, self._max_bytes)

    def close(self) -> None:
        """Nothing is left open."""


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


def _write_whole(path: Path, samples: Any, sample_rate: int, subtype: str) -> None:
    """Write a sound file that appears complete or not at all."""
    unfinished = path.with_suffix(".part")
    try:
        soundfile.write(unfinished, samples, sample_rate, format="FLAC", subtype=subtype)
        # libsndfile does not always report a full disk: a file that reads back short was not written.
        if soundfile.info(unfinished).frames != len(samples):
            raise OSError(errno.ENOSPC, "No space left on device")
        unfinished.replace(path)
    except (OSError, soundfile.LibsndfileError) as error:
        unfinished.unlink(missing_ok=True)
        raise StreamerError(f"clip {path.name} not written: {reason(error, path.parent)}") from None
