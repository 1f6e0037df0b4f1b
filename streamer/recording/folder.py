"""TakeFolder: the sink that writes takes as files into the folder of their label."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from streamer.errors import StreamerError, UserError
from streamer.messages import ClockChange, Health, ImageTake, LostTake, Message, RecordedTake, SoundTake, Undo
from streamer.model.file import check_labels
from streamer.recording.file import SUFFIXES, suffix_of, write_take, write_times
from streamer.sinks.folder import has_room, make_folder, preparing, safe_name, write_failure
from streamer.sinks.manifest import Manifest
from streamer.sinks.written_file import PartFile
from streamer.sources.times_file import SUFFIX as TIMES_SUFFIX
from streamer.sources.times_file import times_path
from streamer.system import is_there

TakeReport = RecordedTake | LostTake | Health | ClockChange


class TakeFolder:
    r"""Sink that writes each take as a file, complete or not at all, and deletes those that are undone.

    What a run that died has begun is removed: half a take is no example.

    Files are named ``LABEL-DATE-TIME-NUMBER`` with date and time (UTC) of the run, so that
    ``--groups '-(\d{8}-\d{6})-'`` groups the takes of one run. No file is ever replaced.

    Parameters
    ----------
    folder : Path
        Folder of the dataset; it and the folder of the label are made if they do not exist.
    label : str
        Label of the takes.
    epoch_s : float
        Wall clock at the beginning of the run, seconds since the epoch.
    publish : callable or None
        Receives, in order, a message for every take that was written, lost or undone; and Health and ClockChange, which
        pass through so that they keep their places among them.
    n_wanted : int or None
        Number of takes after which no more are written.

    Attributes
    ----------
    taken : tuple of RecordedTake
        Takes written in this run and not undone, newest last; replaced, never changed.
    n_before : int
        Examples that were there before.
    n_lost : int
        Takes dropped or not written, except those that the user undid.
    problem : str
        Why the newest take could not be written; empty if it was.

    Raises
    ------
    UserError
        If the label cannot name a folder, or the folder cannot be written.
    """

    accepts: tuple[type, ...] = (SoundTake, ImageTake, LostTake, Undo, Health, ClockChange)

    def __init__(
        self,
        folder: Path,
        label: str,
        epoch_s: float,
        publish: Callable[[TakeReport], None] | None = None,
        n_wanted: int | None = None,
    ) -> None:
        check_labels((label,), "command line")
        if label.startswith(".") or set(label) & set('/\\:*?"<>|'):
            raise UserError(f'label={label!r} must name a folder; leave out / \\ : * ? " < > | and a leading dot')
        self.label = label
        self.folder = folder / label
        self._made = [each for each in (self.folder, folder) if not is_there(each)]
        make_folder(self.folder, "output")
        self._manifest = Manifest(self.folder)
        with preparing(self.folder, "output"):
            self._manifest.check()
            for suffix in SUFFIXES:
                for part in self._manifest.dead_parts(suffix):
                    self._manifest.discard(part)
            self._manifest.remove_if_empty()
        files = (path.name for path in self.folder.iterdir() if path.is_file())
        self.n_before = sum(not name.startswith(".") and not name.endswith(TIMES_SUFFIX) for name in files)
        self.n_lost = 0
        self.taken: tuple[RecordedTake, ...] = ()
        self.problem = ""
        self._stem = f"{safe_name(label)}-{datetime.fromtimestamp(epoch_s, UTC):%Y%m%d-%H%M%S}"
        self._number = 0
        self._publish = publish or (lambda _: None)
        self._n_wanted = n_wanted

    @property
    def is_full(self) -> bool:
        """Whether the wanted number of takes has been written."""
        return self._n_wanted is not None and len(self.taken) >= self._n_wanted

    def write(self, message: Message) -> bool:
        """Write a take, count a lost one, or delete the newest one.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable; takes written before stay.
        """
        if isinstance(message, SoundTake | ImageTake):
            if self.is_full:
                return False
            self._take(message)
            return True
        if isinstance(message, LostTake):
            self._lose(message)
        elif isinstance(message, Undo) and self.taken:
            *rest, last = self.taken
            last.path.unlink(missing_ok=True)
            times_path(last.path).unlink(missing_ok=True)
            self.taken = tuple(rest)
            self._lose(LostTake(message.stream, last.start_s, last.length_s, f"{last.path.name} deleted", False))
        elif isinstance(message, Health | ClockChange):
            self._publish(message)
        return False

    def works_again(self) -> bool:
        """Return whether takes can be written."""
        return has_room(self.folder)

    def close(self) -> None:
        """Remove the folders that this sink made, if they are empty."""
        for folder in self._made:
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _take(self, take: SoundTake | ImageTake) -> None:
        part = None
        try:
            part = self._reserved(suffix_of(take))
            written = write_take(part.path, take)
            taken = replace(written, path=self._manifest.finish(part, is_listed=False))
            part = None
            write_times(taken.path, take)
        except OSError as error:
            if part:
                self._manifest.discard(part)
            self.problem = f"take not written: {write_failure(error, self.folder, 'make room')}"
            length_s = take.samples.shape[0] / take.sample_rate if isinstance(take, SoundTake) else 0.0
            self._lose(LostTake(take.stream, take.start_s, length_s, self.problem))
            raise StreamerError(self.problem) from None
        finally:
            self._manifest.remove_if_empty()
        self.problem = ""
        self.taken = (*self.taken, taken)
        self._publish(taken)

    def _reserved(self, suffix: str) -> PartFile:
        """Return the file in which the next take is written until it is complete, under the next free number."""
        while True:
            self._number += 1
            with contextlib.suppress(FileExistsError):  # another run of the same second has this number
                return self._manifest.begin(f"{self._stem}-{self._number:03d}{suffix}")

    def _lose(self, lost: LostTake) -> None:
        self.n_lost += lost.is_wanted
        self._publish(lost)
