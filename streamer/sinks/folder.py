"""Write each event as a file in a folder under a size cap; file names, and the reason of a failed write."""

from __future__ import annotations

import contextlib
import errno
import math
import re
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, Protocol, TypeAlias, TypeVar

from streamer.errors import StreamerError, UserError
from streamer.messages import (
    SAVED,
    ClipRemoved,
    ClipWritten,
    ClockChange,
    Event,
    Health,
    Message,
    SoundClip,
    VideoClip,
)
from streamer.sinks import RunLink
from streamer.sinks.clip_list import ClipEvent, ClipList, label_folder
from streamer.sinks.clock_state import ClockState
from streamer.sinks.manifest import DISK_FULL, Manifest, numbered
from streamer.sinks.written_file import PartFile

_Key: TypeAlias = tuple[str, str, float, int]  # of a clip's file: stream, label, onset, number
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
    with preparing(folder, key):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    return folder


@contextlib.contextmanager
def preparing(folder: Path, key: str) -> Iterator[None]:
    """Refuse a folder in which the start finds that it cannot be used, unless its disk is full: room may be made.

    Parameters as for :func:`make_folder`.

    Raises
    ------
    UserError
        For any other error of the system.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise UserError(f"{key}={folder} must be a folder that can be written; {error.strerror}") from None


def has_room(folder: Path) -> bool:
    """Return whether something can be written in a folder, by trying it; nothing is left there."""
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            return file.write(bytes(_FULL_BYTES)) == _FULL_BYTES
    except OSError:
        return False


def safe_name(name: str) -> str:
    """Return a name with only those characters that every file system allows in file names."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "stream"


def file_name(epoch_s: float, *names: str, position_s: float = 0.0, is_uncertain: bool = False) -> str:
    """Return a file name without suffix, which begins with the time in UTC: ``20231114T221321.250Z_mic_dog``.

    A time by a clock that has not been set says so: ``19700101T000114.500Z-uncertain_mic_dog``.
    Where there is no time, in a file of which nobody knows when it was recorded, the name begins with the position in
    the stream: ``000063.250s_file_dog``.
    """
    if math.isnan(epoch_s):
        return "_".join([f"{max(position_s, 0.0):010.3f}s", *map(safe_name, names)])
    stamp = datetime.fromtimestamp(epoch_s, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
    stamp += "-uncertain" if is_uncertain else ""
    return "_".join([stamp, *map(safe_name, names)])


def write_failure(error: Exception, folder: Path, remedy: str = "make room or lower output.clips_max_mb") -> str:
    """Return why a file could not be written; a full disk is recognised by itself, as libsndfile does not report it."""
    if getattr(error, "errno", errno.EIO) not in (errno.EIO, *DISK_FULL):
        return getattr(error, "strerror", None) or str(error)
    with contextlib.suppress(OSError):  # the folder itself may be gone
        if shutil.disk_usage(folder).free < _FULL_BYTES:
            return f"no space left in {folder}; {remedy}"
    return getattr(error, "strerror", None) or str(error)


Clip = TypeVar("Clip", SoundClip, VideoClip)
Clip_contra = TypeVar("Clip_contra", SoundClip, VideoClip, contravariant=True)


class ClipFile(Protocol[Clip_contra]):
    """A clip that is being written; both methods raise OSError where the disk is full, even if no library says so."""

    def append(self, clip: Clip_contra) -> None:
        """Write the next part."""

    def close(self) -> None:
        """Complete and check the file."""


class EventFolder(ABC, Generic[Clip]):
    """Base of the sinks that write each event as a file, named by time, stream and label, while it goes on.

    It lies in a folder named by its label, as `streamer train` reads them; what was saved on request, whatever is in
    it, lies in none. What is known of its event is kept in the folder's :class:`ClipList`.

    Any number of them, in any number of processes, may share a folder, also with files of the user.

    Parameters
    ----------
    folder : Path
        Created if it does not exist. What a process that died has begun in it is finished or removed.
    max_bytes : int
        Cap on the size of all clips in the folder; the oldest are deleted first. Only files that streamer wrote and
        nobody has changed since count, and only those are ever deleted.
    by_label : bool
        False: all lie in the folder itself.
    models : mapping of (str, str) to (str, str)
        Name and digest of the model that finds events, by stream and label.

    Raises
    ------
    UserError
        If the folder cannot be created or written.
    """

    clip: type[Clip]  # message of one event
    suffix: str  # of the files

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        *,
        by_label: bool = True,
        models: Mapping[tuple[str, str], tuple[str, str]] | None = None,
    ) -> None:
        self._folder = make_folder(folder, "output.clips")
        self._max_bytes = max_bytes
        self._by_label, self._models = by_label, models or {}
        self._clock = ClockState()
        self._manifest, self._clips = Manifest(self._folder), ClipList(self._folder)
        self._open: dict[_Key, tuple[PartFile, ClipFile[Clip]]] = {}
        self._goes_on: set[_Key] = set()  # of which parts have been written before
        self._events: dict[_Key, Event] = {}  # of the open files, as last known
        self._link: RunLink | None = None
        self._recovered: list[ClipWritten] = []  # of a process that died
        with preparing(folder, "output.clips"):
            self._manifest.check()
            listed = self._clips.read()
            for part in self._manifest.dead_parts(self.suffix):
                path, known = self._recover(part), listed.get(part.name)
                if path is not None and known is not None and known.event is not None:
                    self._recovered.append(ClipWritten(known.event.event, path, is_recovered=True))

    @property
    def accepts(self) -> tuple[type, ...]:
        """The type of clip that this sink writes, and what is said of the clock by which it is named."""
        return (self.clip, ClockChange, Health)

    def connect(self, link: RunLink) -> None:
        """Tell the other sinks of files that are complete, and of those removed."""
        self._link = link

    def write(self, message: Message) -> bool | None:
        """Write a part of a clip, whose file appears when it is complete; then delete the oldest above the cap.

        A name that is taken gets a number: no file is ever replaced.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable. Of a clip in several parts, what was written before stays.
        """
        self._tell_recovered()
        self._clock.update(message)
        if not isinstance(message, self.clip):
            return False
        event = message.event
        key = event.stream, event.label, event.onset_s, message.file
        start_s = self._start_s(message)
        if start_s is None and key not in self._open:  # the end of a file that could not be written
            return False
        time = event.time + max(0.0, (start_s or 0.0) - event.onset_s)
        is_uncertain = self._clock.is_uncertain(event.stream)
        position_s = max(event.onset_s, start_s or 0.0)
        stem = file_name(time, event.stream, event.label, position_s=position_s, is_uncertain=is_uncertain)
        name = f"{stem}{self.suffix}"
        if self._by_label and event.label != SAVED:
            name = f"{label_folder(event.label)}/{name}"
        try:
            if key not in self._open:
                part = self._begin(name)
                try:
                    self._open[key] = part, self._new_file(part.path, message)
                    self._clips.add(part.name, self._known_of(event))
                except OSError:
                    self._open.pop(key, None)
                    self._discard(part)
                    raise
            self._events[key] = event
            self._open[key][1].append(message)
            if message.is_last:
                self._complete(key)
            else:
                self._goes_on.add(key)
        except OSError as error:
            reason = write_failure(error, self._folder)
            self._give_up(key)
            raise StreamerError(f"clip {name} not written: {reason}") from None
        return None

    def works_again(self) -> bool:
        """Return whether clips can be written."""
        return has_room(self._folder)

    def close(self) -> None:
        """Complete the clips of events that have not ended.

        Raises
        ------
        StreamerError
            If one cannot be completed.
        """
        self._tell_recovered()
        for key in list(self._open):
            try:
                self._complete(key)
            except OSError as error:
                reason = write_failure(error, self._folder)
                self._give_up(key)
                raise StreamerError(f"clip of {key[1]} not written: {reason}") from None

    @abstractmethod
    def _start_s(self, clip: Clip) -> float | None:
        """Return the first second of a part in the stream; None of an empty one."""

    @abstractmethod
    def _new_file(self, path: Path, clip: Clip) -> ClipFile[Clip]:
        """Open the file of a clip, of which the first part is given but not written yet."""

    @abstractmethod
    def _salvage(self, path: Path) -> None:
        """Make a file whole that was begun and not completed.

        Raises
        ------
        OSError
            If nothing of it can be used.
        """

    def _complete(self, key: _Key) -> None:
        part, file = self._open[key]
        file.close()
        event = self._events[key]
        self._clips.add(part.name, self._known_of(event))
        path = self._finish(part)
        del self._open[key], self._events[key]
        self._goes_on.discard(key)
        self._tell(ClipWritten(event, path))
        try:
            for dropped in self._manifest.drop_oldest(self._max_bytes, path):
                self._clips.forget(dropped.relative_to(self._folder).as_posix())
                self._tell(ClipRemoved(dropped))
        except OSError as error:
            raise StreamerError(f"oldest clip not deleted: {write_failure(error, self._folder)}") from None

    def _give_up(self, key: _Key) -> None:
        """Remove a file that could not be completed, or save what there is of a long one."""
        if (opened := self._open.pop(key, None)) is None:
            return
        part, file = opened
        event = self._events.pop(key)
        with contextlib.suppress(OSError):
            file.close()
        if key not in self._goes_on:
            self._discard(part)
        elif path := self._recover(part):
            self._tell(ClipWritten(event, path))
        self._goes_on.discard(key)

    def _tell(self, message: ClipWritten | ClipRemoved) -> None:
        if self._link:
            self._link.post(message)

    def _tell_recovered(self) -> None:
        """Tell of what an earlier run has left, now that the other sinks are there."""
        recovered, self._recovered = self._recovered, []
        for message in recovered:
            self._tell(message)

    def _recover(self, part: PartFile) -> Path | None:
        """Finish a file that was cut off, and return it; None where nothing of it can be used."""
        try:
            self._salvage(part.path)
            return self._finish(part)
        except OSError:
            self._discard(part)
            return None

    def _discard(self, part: PartFile) -> None:
        self._manifest.discard(part)
        with contextlib.suppress(OSError):
            self._clips.forget(part.name)

    def _known_of(self, event: Event) -> ClipEvent:
        model = self._models.get((event.stream, event.label), ("", ""))
        return ClipEvent.of(event, model, is_uncertain=self._clock.is_uncertain(event.stream))

    def _begin(self, name: str) -> PartFile:
        for free in numbered(name):
            with contextlib.suppress(FileExistsError):
                return self._manifest.begin(free)
        raise AssertionError

    def _finish(self, part: PartFile) -> Path:
        for free in numbered(part.name):
            with contextlib.suppress(FileExistsError):
                path = self._manifest.finish(part, free)
                if free != part.name and (event := self._clips.event_of(part.name)) is not None:
                    with contextlib.suppress(OSError):
                        self._clips.add(free, event)
                return path
        raise AssertionError
