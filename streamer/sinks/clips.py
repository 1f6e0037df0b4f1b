"""Events and whole streams as sound files."""

from __future__ import annotations

import errno
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from streamer.errors import StreamerError, UserError
from streamer.messages import Clip, Message, Recording

FULL_BYTES = 1_000_000  # a disk with less is full for our purposes


class ClipFolder:
    """Write each event's sound as a flac file, named by time and label, under a cap for the folder.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    max_bytes : int
        Of all flac files in the folder; the oldest go first.

    Raises
    ------
    UserError
        If the folder cannot be made.
    """

    accepts: tuple[type, ...] = (Clip,)

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = _made(folder, "output.clips")
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
        path = self._folder / f"{_stamp(event.time)}_{_safe(event.stream)}_{_safe(event.label)}.flac"
        _write_whole(path, np.clip(message.samples, -1, 1), message.sample_rate, "PCM_16")
        self._drop_oldest(path)

    def close(self) -> None:
        """Nothing is left open."""

    def _drop_oldest(self, newest: Path) -> None:
        clips = sorted((p.stat().st_mtime_ns, p.name, p, p.stat().st_size) for p in self._folder.glob("*.flac"))
        excess = sum(size for *_, size in clips) - self._max_bytes
        for _, _, path, size in clips:
            if excess <= 0 or path == newest:
                break
            path.unlink(missing_ok=True)
            excess -= size


class RecordingFolder:
    """Write all captured sound as float wav, one file per opening of a source: what `classify` can hear again.

    Raises
    ------
    UserError
        If the folder cannot be made.
    """

    accepts: tuple[type, ...] = (Recording,)

    def __init__(self, folder: Path) -> None:
        self._folder = _made(folder, "output.record")
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
                path = self._folder / f"{_stamp(message.time)}_{_safe(message.stream)}.wav"
                shape = message.sound_format
                file = soundfile.SoundFile(path, "w", shape.sample_rate, shape.n_channels, "FLOAT")
                self._open[message.stream] = (message.start_s, file)
            file.write(message.samples)
        except (OSError, soundfile.LibsndfileError) as error:
            raise StreamerError(f"recording {message.stream} not written: {_reason(error, self._folder)}") from None

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
        raise StreamerError(f"clip {path.name} not written: {_reason(error, path.parent)}") from None


def _reason(error: Exception, folder: Path) -> str:
    """Return why writing failed; libsndfile itself has no word for a full disk."""
    if shutil.disk_usage(folder).free < FULL_BYTES:
        return f"no space left in {folder}; make room or lower output.clips_max_mb"
    return getattr(error, "strerror", None) or str(error)


def _stamp(epoch_s: float) -> str:
    """Return a wall-clock time that sorts as a file name."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"


def _made(folder: Path, key: str) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{key}={folder} must be a folder that can be written; {error.strerror}") from None
    return folder


def _safe(name: str) -> str:
    """Return a name that every file system takes."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "stream"
