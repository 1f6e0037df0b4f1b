"""ClipMarks: what a person says of clips, kept at once; each clip moves to the folder of the label that it has."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streamer.errors import StreamerError, UserError
from streamer.messages import TaskName
from streamer.model.file import LABEL_LIMIT
from streamer.sinks.clip_list import ClipList, ListedClip, Mark, label_folder
from streamer.sinks.history_file import move_clip, open_history
from streamer.sinks.manifest import Manifest, numbered
from streamer.sources.times_file import times_path
from streamer.tasks import TASKS

SOUND_SUFFIXES = TASKS["sound"].example_suffixes
VIDEO_SUFFIXES = TASKS["motion"].example_suffixes


@dataclass(frozen=True, slots=True)
class FoundClip:
    """A clip in the folder, with what is known of it."""

    path: Path
    name: str  # its place in the folder, ``LABEL/NAME``
    label: str  # the folder that it lies in; "" of one that lies in none
    listed: ListedClip

    @property
    def is_sound(self) -> bool:
        """Whether it is sound, not images."""
        return self.path.suffix.lower() in SOUND_SUFFIXES

    @property
    def task(self) -> TaskName:
        """What its event was found for; a guess from the kind of file where nobody knows."""
        if self.listed.event is not None:
            return self.listed.event.task
        return "sound" if self.is_sound else "motion"


@dataclass(frozen=True, slots=True)
class _Done:
    """One mark, so that it can be undone."""

    before: FoundClip
    was_own: bool
    name: str  # where it lies now


class ClipMarks:
    """The marks of the clips in a folder.

    A mark is on the disk before the clip moves, and a move that a killed process has not completed is completed when
    the folder is opened again. A clip that a person has marked is theirs: the size cap no longer removes it. Links in a
    history follow.

    Parameters
    ----------
    folder : Path
        Holds a folder for each label, as `streamer run --clips` writes it.
    history : Path, optional
        The history whose links follow, where there is one.

    Raises
    ------
    UserError
        If there is no such folder, or it cannot be written.
    """

    def __init__(self, folder: Path, history: Path | None = None) -> None:
        if not folder.is_dir():
            raise UserError(f"clips={folder} must be a folder that exists; streamer run --clips {folder} fills it")
        self.folder = folder
        self._clips, self._manifest = ClipList(folder), Manifest(folder)
        self._history = history
        self._done: list[_Done] = []
        try:
            self._clips.read()
            self._complete_move()
        except OSError as error:
            raise UserError(f"clips={folder} must be a folder that can be written; {error.strerror}") from None

    @property
    def labels(self) -> list[str]:
        """The labels that have a folder."""
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith("."))

    def clips(self) -> list[FoundClip]:
        """Return all clips, sorted by their names.

        Raises
        ------
        StreamerError
            If the folder cannot be read.
        """
        try:
            self._clips.read()
            return [self._found(name) for name in sorted(self._names())]
        except OSError as error:
            raise StreamerError(f"clips={self.folder} must be readable; {error.strerror}") from None

    def find(self, text: str) -> FoundClip:
        """Return the clip that a user names: by its path, its place in the folder, or its file name.

        Raises
        ------
        UserError
            If there is none, or several.
        """
        names = set(self._names())
        with contextlib.suppress(ValueError, OSError):
            inside = Path(text).resolve().relative_to(self.folder.resolve()).as_posix()
            if inside in names:
                return self._found(inside)
        same = [name for name in names if text in (name, name.rpartition("/")[2])]
        if len(same) != 1:
            what = "there are several of that name" if same else "there is none of that name"
            raise UserError(f"mark={text} must be a clip in {self.folder}; {what}")
        return self._found(same[0])

    def background(self, task: TaskName) -> str:
        """Return the background label of a task: that of the folder, where it has one."""
        present = [label for label in self.labels if TASKS[task].is_background(label)]
        return present[0] if present else TASKS[task].background[0]

    def mark(self, clip: FoundClip, label: str) -> FoundClip:
        """Keep that a clip has a label, and move it to that label's folder.

        Parameters
        ----------
        clip : FoundClip
        label : str
            That of its folder says that it was right, the background label that it was wrong.

        Returns
        -------
        FoundClip
            As it is now.

        Raises
        ------
        UserError
            If the label cannot be a name.
        StreamerError
            If the disk is full, or the clip is gone.
        """
        if not 0 < len(label) <= LABEL_LIMIT or not label.isprintable() or label != label.strip():
            raise UserError(f"label={label[:LABEL_LIMIT]!r} must be 1 to {LABEL_LIMIT} printable characters")
        folder = next((one for one in self.labels if one.casefold() == label_folder(label).casefold()), "")
        folder = folder or label_folder(label)
        mark: Mark = "right" if folder == clip.label else "wrong" if TASKS[clip.task].is_background(label) else "label"
        was_own = self._manifest.is_listed(clip.name)
        name = clip.name if mark == "right" else f"{folder}/{clip.path.name}"
        found_as = clip.listed.found_as if clip.listed.mark else clip.label
        now = self._move(clip, mark, name, found_as, was_own=was_own or clip.listed.was_own, is_listed=False)
        self._done.append(_Done(clip, was_own, now.name))
        return now

    def mark_as(self, clip: FoundClip, said: str) -> FoundClip:
        """Mark by a word: ``right``, ``wrong``, or a label; a folder of that name makes either of the words a label.

        Raises
        ------
        UserError
            If a clip that lies in no label's folder is to be right. As :meth:`mark`.
        StreamerError
            As :meth:`mark`.
        """
        if said == "wrong" and said not in self.labels:
            if TASKS[clip.task].is_background(clip.label):
                raise UserError("mark=wrong must be of a clip with another label than the background; name its label")
            return self.mark(clip, self.background(clip.task))
        if said == "right" and said not in self.labels:
            if not clip.label:
                raise UserError(f"mark=right must be of a clip with a label; {clip.name} has none: name one")
            return self.mark(clip, clip.label)
        return self.mark(clip, said)

    def undo(self) -> FoundClip | None:
        """Take back the last mark of this process; None where there is none.

        Raises
        ------
        StreamerError
            As :meth:`mark`.
        """
        if not self._done:
            return None
        done = self._done.pop()
        before = done.before.listed
        return self._move(
            self._found(done.name),
            before.mark,
            done.before.name,
            before.found_as,
            was_own=before.was_own,
            is_listed=done.was_own,
        )

    @property
    def n_marked(self) -> int:
        """How many marks can be taken back."""
        return len(self._done)

    def _move(
        self, clip: FoundClip, mark: Mark, name: str, found_as: str, *, was_own: bool, is_listed: bool
    ) -> FoundClip:
        """Keep a mark, then move the clip, then its link; in this order whatever ends the process loses none."""
        places = iter([name]) if name == clip.name else numbered(name)
        for place in places:
            if place != clip.name and (self.folder / place).exists():
                continue
            try:
                self._clips.mark(clip.name, mark, place, found_as, was_own=was_own)
                with self._links(clip.name, place):
                    self._manifest.move(clip.name, place, is_listed=is_listed)
                    self._move_times(clip.name, place)
            except FileExistsError:
                continue
            except (OSError, sqlite3.Error) as error:
                reason = getattr(error, "strerror", None) or str(error)
                raise StreamerError(f"clip {clip.name} not moved to {place}: {reason}") from None
            return self._found(place)
        raise AssertionError

    def _complete_move(self) -> None:
        """Complete the last move, which a killed process may have begun."""
        if not (moves := self._clips.moves()):
            return
        old, new = moves[-1]
        is_begun = self._clips.find(new).mark and old not in self._clips.read()
        if is_begun and (self.folder / old).is_file() and not (self.folder / new).exists():
            with self._links(old, new):
                self._manifest.move(old, new, is_listed=False)
                self._move_times(old, new)
        else:
            with self._links(old, new):
                pass

    def _move_times(self, old: str, new: str) -> None:
        """Move the times file of a recording along."""
        source, target = times_path(self.folder / old), times_path(self.folder / new)
        if old != new and source.is_file() and not target.exists():
            source.rename(target)

    @contextlib.contextmanager
    def _links(self, old: str, new: str) -> Iterator[None]:
        """Let the links of a history follow a clip that is moved within; others wait meanwhile."""
        if old == new or self._history is None or not self._history.is_file():
            yield
            return
        connection = open_history(self._history)
        try:
            connection.execute("BEGIN IMMEDIATE")  # a run looks for clips that are gone: it waits
            yield
            for folder in {self.folder.absolute(), self.folder.resolve()}:
                move_clip(connection, folder / old, folder / new)
            connection.execute("COMMIT")
        finally:
            connection.close()

    def _found(self, name: str) -> FoundClip:
        return FoundClip(
            self.folder / name, name, name.partition("/")[0] if "/" in name else "", self._clips.find(name)
        )

    def _names(self) -> Iterator[str]:
        for path in self.folder.rglob("*"):
            inside = path.relative_to(self.folder)
            if path.suffix.lower() in SOUND_SUFFIXES | VIDEO_SUFFIXES and not any(
                part.startswith(".") for part in inside.parts
            ):
                yield inside.as_posix()
