"""ClipList: what is known of each clip in a folder: its event, which model found it, what a person said of it."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from streamer.messages import Event, TaskName
from streamer.sinks.shared_lines import SharedLines
from streamer.tasks import TASKS

NAME = ".streamer-clips.jsonl"
Mark = Literal["", "right", "wrong", "label"]
_SPARE_LINES = 1000  # the list is written anew when it has so many lines more than it needs


@dataclass(frozen=True, slots=True)
class ClipEvent:
    """The event of which a clip is, as far as it was known when the clip was complete."""

    stream: str
    label: str
    task: TaskName
    score: float  # peak of the smoothed score
    mean_score: float
    onset_s: float  # seconds in the stream
    offset_s: float | None = None
    time: float | None = None  # wall clock at the onset, seconds since the epoch; None where nobody knows
    time_uncertain: bool = False
    model: str = ""  # name of the model that found it
    sha256: str = ""  # of that model's file

    @classmethod
    def of(cls, event: Event, model: tuple[str, str] = ("", ""), *, is_uncertain: bool = False) -> ClipEvent:
        """Return what is kept of an event, by the name and digest of its model."""
        time = None if math.isnan(event.time) else event.time
        return cls(
            event.stream, event.label, event.task, event.score, event.mean_score, event.onset_s, event.offset_s,
            time, is_uncertain, *model,
        )  # fmt: skip

    @property
    def event(self) -> Event:
        """The event itself, without what was measured in it."""
        time = math.nan if self.time is None else self.time
        return Event(
            self.stream, self.label, self.score, self.mean_score, self.onset_s, self.offset_s, time, task=self.task
        )


@dataclass(frozen=True, slots=True)
class ListedClip:
    """What the list says of one clip."""

    event: ClipEvent | None = None  # None where streamer does not know
    mark: Mark = ""  # what a person said of the label under which it was found
    found_as: str = ""  # folder that it lay in before it was marked; "" of one that lay in no label's folder
    was_own: bool = False  # it was streamer's own, which the size cap may remove, before it was marked


class ClipList:
    """List of clips, shared by the processes that write and mark them; lines are appended under a lock.

    A clip is named by its place in the folder, ``LABEL/NAME``. One that the user has moved within the folder is known
    by its file name, where that is there once.

    Parameters
    ----------
    folder : Path
        The folder; it must exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._list = SharedLines(folder / NAME, "events of the clips in this folder, and what was said of them")
        self._clips: dict[str, ListedClip] = {}
        self._moved: dict[str, str] = {}  # the last place of those that were marked

    def add(self, name: str, event: ClipEvent) -> None:
        """List the event of a clip, before the file has its name, so that none is ever without.

        Raises
        ------
        OSError
            If the list cannot be written.
        """
        with self._locked():
            self._append({"clip": name, "event": asdict(event)})

    def forget(self, name: str) -> None:
        """Forget a clip that was removed.

        Raises
        ------
        OSError
            If the list cannot be written.
        """
        with self._locked():
            self._append({"gone": name})

    def mark(self, name: str, mark: Mark, new_name: str, found_as: str, *, was_own: bool) -> None:
        """List what a person says of a clip, and where it goes for that, before it is moved.

        Raises
        ------
        OSError
            If the list cannot be written.
        """
        with self._locked(shortens=False):
            line = {"clip": name, "mark": mark, "to": new_name, "found_as": found_as, "was_own": was_own}
            self._append(line)

    def read(self) -> Mapping[str, ListedClip]:
        """Return what is listed now of each clip, by its name.

        Raises
        ------
        OSError
            If the list cannot be read.
        """
        with self._locked():
            return dict(self._clips)

    def moves(self) -> list[tuple[str, str]]:
        """Return from where to where clips were moved when they were marked, as listed when it was read last."""
        return list(self._moved.items())

    def event_of(self, name: str) -> ClipEvent | None:
        """Return the event of a clip, as listed when it was read last."""
        return self.find(name).event

    def find(self, name: str) -> ListedClip:
        """Return what is listed of a clip, also where the user has moved it; of an unknown one, nothing."""
        if (listed := self._clips.get(name)) is not None:
            return listed
        file = name.rpartition("/")[2]
        same = [each for listed_name, each in self._clips.items() if listed_name.rpartition("/")[2] == file]
        return same[0] if len(same) == 1 else ListedClip()

    @classmethod
    def is_in(cls, folder: Path) -> bool:
        """Return whether there is such a list in a folder."""
        return (folder / NAME).is_file()

    @contextlib.contextmanager
    def _locked(self, *, shortens: bool = True) -> Iterator[None]:
        """Hold the lock; a move that has only begun must stay in the list, which is not written anew meanwhile."""
        with self._list.locked():
            lines, is_new = self._list.read()
            if is_new:
                self._clips.clear()
                self._moved.clear()
            for values in lines:
                self._apply(values)
            yield
            if shortens and self._list.n_lines > 2 * len(self._clips) + _SPARE_LINES:
                self._list.replace(self._lines())

    def _append(self, values: dict[str, Any]) -> None:
        self._list.append(values)
        self._apply(values)

    def _apply(self, values: dict[str, Any]) -> None:
        """Take over one line; one with other values than ours is ignored."""
        match values:
            case {"clip": str(name), "event": dict(event)}:
                if (known := _event(event)) is not None:
                    self._clips[name] = replace(self._clips.get(name, ListedClip()), event=known)
            case {
                "clip": str(name),
                "mark": "" | "right" | "wrong" | "label" as mark,
                "to": str(to),
                "found_as": str(found_as),
                "was_own": bool(was_own),
            }:
                self._clips[to] = ListedClip(self.find(name).event, mark, found_as, was_own)
                if to != name:
                    self._clips.pop(name, None)
                    self._moved.pop(to, None)
                    self._moved.pop(name, None)  # so that the last move is the last
                    self._moved[name] = to
            case {"gone": str(name)}:
                self._clips.pop(name, None)

    def _lines(self) -> Iterator[dict[str, Any]]:
        """Yield the lines of a list in which nothing is void."""
        there = {path.name for pattern in ("*", "*/*") for path in self.folder.glob(pattern)}
        for name, listed in self._clips.items():
            path = Path(name)
            if not there & {path.name, f".{path.stem}.part{path.suffix}"}:  # removed, and not by the size cap
                continue
            if listed.event is not None:
                yield {"clip": name, "event": asdict(listed.event)}
            if listed.mark:
                said = {"mark": listed.mark, "to": name, "found_as": listed.found_as, "was_own": listed.was_own}
                yield {"clip": name, **said}


def label_folder(label: str) -> str:
    """Return the name of the folder for the clips of a label: the label itself, where file systems allow it.

    Characters that some do not allow in names become ``-``: ``door / bell`` is in ``door - bell``.
    """
    name = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "-", label).strip().rstrip(". ").lstrip(".")
    return name or "label"


def _event(values: dict[str, Any]) -> ClipEvent | None:
    """Return the event of a line; None where it is not as this class writes it."""
    names = {field.name for field in fields(ClipEvent)}
    try:
        event = ClipEvent(**{name: value for name, value in values.items() if name in names})
        is_right = event.task in TASKS and all(
            isinstance(value, str) for value in (event.stream, event.label, event.model, event.sha256)
        )
        numbers = [float(value) for value in (event.score, event.mean_score, event.onset_s, event.time or 0.0)]
    except (TypeError, ValueError):
        return None
    return event if is_right and all(map(math.isfinite, numbers)) else None
