"""Write each event as a file in a folder under a size cap; file names, and the reason of a failed write."""

from __future__ import annotations

import contextlib
import re
import shutil
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from streamer.errors import StreamerError, UserError
from streamer.messages import Message, SoundClip, VideoClip

_FULL_BYTES = 1_000_000  # a disk with less free space counts as full
_CLIP_SUFFIXES = (".flac", ".mp4")


def make_folder(folder: Path, key: str) -> Path:
    """Create a folder if it does not exist, and return it.

    Parameters
    ----------
    folder : Path
        Folder to create, with its parents.
    key : str
        Setting or option that named it, for the message.

    Raises
    ------
    UserError
        If it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{key}={folder} must be a folder that can be written; {error.strerror}") from None
    return folder


def safe_name(name: str) -> str:
    """Return a name with only those characters that every file system allows in file names."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "stream"


def file_name(epoch_s: float, *names: str) -> str:
    """Return a file name without suffix, which begins with the time in UTC: ``20231114T221321.250Z_mic_dog``."""
    stamp = datetime.fromtimestamp(epoch_s, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
    return "_".join([stamp, *map(safe_name, names)])


def drop_oldest(newest: Path, max_bytes: int) -> None:
    """Delete the oldest clips in the folder of the newest one until all fit under the cap; keep the newest."""
    clips = sorted(
        (p.stat().st_mtime_ns, p.name, p, p.stat().st_size)
        for p in newest.parent.iterdir()
        if p.suffix in _CLIP_SUFFIXES
    )
    excess = sum(size for *_, size in clips) - max_bytes
    for _, _, path, size in clips:
        if excess <= 0 or path == newest:
            break
        path.unlink(missing_ok=True)
        excess -= size


def write_failure(error: Exception, folder: Path, remedy: str = "make room or lower output.clips_max_mb") -> str:
    """Return why a file could not be written; a full disk is recognised by itself, as libsndfile does not report it."""
    if shutil.disk_usage(folder).free < _FULL_BYTES:
        return f"no space left in {folder}; {remedy}"
    return getattr(error, "strerror", None) or str(error)


Clip = TypeVar("Clip", SoundClip, VideoClip)


class EventFolder(ABC, Generic[Clip]):
    """Base of the sinks that write each event as a file, named by time, stream and label.

    Parameters
    ----------
    folder : Path
        Created if it does not exist.
    max_bytes : int
        Cap on the size of all clips in the folder; the oldest are deleted first.

    Raises
    ------
    UserError
        If the folder cannot be created.
    """

    clip: type[Clip]  # message of one event
    suffix: str  # of the files

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = make_folder(folder, "output.clips")
        self._max_bytes = max_bytes

    @property
    def accepts(self) -> tuple[type, ...]:
        """The type of clip that this sink writes."""
        return (self.clip,)

    def write(self, message: Message) -> None:
        """Write one file, which appears complete or not at all; then delete the oldest clips above the cap.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable.
        """
        assert isinstance(message, self.clip)
        event = message.event
        path = self._folder / f"{file_name(event.time, event.stream, event.label)}{self.suffix}"
        unfinished = path.with_suffix(f".part{self.suffix}")  # OpenCV chooses the container by the suffix
        try:
            self._write_file(unfinished, message)
            unfinished.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise StreamerError(f"clip {path.name} not written: {write_failure(error, path.parent)}") from None
        drop_oldest(path, self._max_bytes)

    @abstractmethod
    def _write_file(self, path: Path, clip: Clip) -> None:
        """Write the clip of one event to a file.

        Raises
        ------
        OSError
            If writing fails, even if the library does not report it.
        """

    def close(self) -> None:
        """Do nothing: every file is closed once it is written."""
