"""Write each event as a file in a folder under a size cap; file names, and the reason of a failed write."""

from __future__ import annotations

import contextlib
import errno
import re
import shutil
import tempfile
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from streamer.errors import StreamerError, UserError
from streamer.messages import ClockChange, Health, Message, SoundClip, VideoClip
from streamer.sinks.clock_state import ClockState
from streamer.sinks.manifest import DISK_FULL, Manifest, PartFile, numbered

_FULL_BYTES = 1_000_000  # a disk with less free space counts as full


def make_folder(folder: Path, key: str) -> Path:
    """Create a folder if it does not exist, check that files can be made in it, and return it.

    Parameters
    ----------
    folder : Path
        Folder to create, with its parents.
    key : str
        Setting or option that named it, for the message.

    Raises
    ------
    UserError
        If it cannot be created or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        if error.errno not in DISK_FULL:  # room may be made
            raise UserError(f"{key}={folder} must be a folder that can be written; {error.strerror}") from None
    return folder


def safe_name(name: str) -> str:
    """Return a name with only those characters that every file system allows in file names."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "stream"


def file_name(epoch_s: float, *names: str, is_uncertain: bool = False) -> str:
    """Return a file name without suffix, which begins with the time in UTC: ``20231114T221321.250Z_mic_dog``.

    A time by a clock that has not been set says so: ``19700101T000114.500Z-uncertain_mic_dog``.
    """
    stamp = datetime.fromtimestamp(epoch_s, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
    stamp += "-uncertain" if is_uncertain else ""
    return "_".join([stamp, *map(safe_name, names)])


def write_failure(error: Exception, folder: Path, remedy: str = "make room or lower output.clips_max_mb") -> str:
    """Return why a file could not be written; a full disk is recognised by itself, as libsndfile does not report it."""
    with contextlib.suppress(OSError):  # the folder itself may be gone
        if shutil.disk_usage(folder).free < _FULL_BYTES:
            return f"no space left in {folder}; {remedy}"
    return getattr(error, "strerror", None) or str(error)


Clip = TypeVar("Clip", SoundClip, VideoClip)


class EventFolder(ABC, Generic[Clip]):
    """Base of the sinks that write each event as a file, named by time, stream and label.

    Any number of them, in any number of processes, may share a folder, also with files of the user.

    Parameters
    ----------
    folder : Path
        Created if it does not exist. What a process that died has begun in it is finished or removed.
    max_bytes : int
        Cap on the size of all clips in the folder; the oldest are deleted first. Only files that streamer wrote and
        nobody has changed since count, and only those are ever deleted.

    Raises
    ------
    UserError
        If the folder cannot be created or written.
    """

    clip: type[Clip]  # message of one event
    suffix: str  # of the files

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = make_folder(folder, "output.clips")
        self._max_bytes = max_bytes
        self._clock = ClockState()
        self._manifest = Manifest(self._folder)
        try:
            self._manifest.check()
            for part in self._manifest.dead_parts(self.suffix):
                self._recover(part)
        except OSError as error:
            if error.errno not in DISK_FULL:  # room may be made
                raise UserError(
                    f"output.clips={folder} must be a folder that can be written; {error.strerror}"
                ) from None

    @property
    def accepts(self) -> tuple[type, ...]:
        """The type of clip that this sink writes, and what is said of the clock by which it is named."""
        return (self.clip, ClockChange, Health)

    def write(self, message: Message) -> None:
        """Write one file, which appears complete or not at all; then delete the oldest clips above the cap.

        A name that is taken gets a number: no file is ever replaced.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable.
        """
        self._clock.update(message)
        if not isinstance(message, self.clip):
            return
        event = message.event
        is_uncertain = self._clock.is_uncertain(event.stream)
        name = f"{file_name(event.time, event.stream, event.label, is_uncertain=is_uncertain)}{self.suffix}"
        try:
            part = self._begin(name)
            try:
                self._write_file(part.path, message)
                path = self._finish(part)
            except OSError:
                self._manifest.discard(part)
                raise
        except OSError as error:
            raise StreamerError(f"clip {name} not written: {write_failure(error, self._folder)}") from None
        try:
            self._manifest.drop_oldest(self._max_bytes, path)
        except OSError as error:
            raise StreamerError(f"oldest clip not deleted: {write_failure(error, self._folder)}") from None

    def close(self) -> None:
        """Do nothing: every file is closed once it is written."""

    @abstractmethod
    def _write_file(self, path: Path, clip: Clip) -> None:
        """Write the clip of one event to a file.

        Raises
        ------
        OSError
            If writing fails, even if the library does not report it.
        """

    def _salvage(self, path: Path) -> None:
        """Make a file whole that a process has begun and died; what cannot be made whole is removed.

        Raises
        ------
        OSError
            If nothing of it can be used.
        """
        raise OSError(errno.ENODATA, "not complete")

    def _recover(self, part: PartFile) -> None:
        try:
            self._salvage(part.path)
            self._finish(part)
        except OSError:
            self._manifest.discard(part)

    def _begin(self, name: str) -> PartFile:
        for free in numbered(name):
            with contextlib.suppress(FileExistsError):
                return self._manifest.begin(free)
        raise AssertionError

    def _finish(self, part: PartFile) -> Path:
        for free in numbered(part.name):
            with contextlib.suppress(FileExistsError):
                return self._manifest.finish(part, free)
        raise AssertionError
