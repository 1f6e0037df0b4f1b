"""EventDesk: what a dashboard's keys do with the selected event: play its clip, say that it was right or wrong."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from streamer.commands.clip_images import ClipImages
from streamer.commands.clip_sound import ClipSound
from streamer.dashboard.keymap import BINDINGS_OF_EVENT
from streamer.dashboard.operation import EventKey
from streamer.dashboard.view import EventId, Note
from streamer.errors import StreamerError
from streamer.messages import Event
from streamer.monitor.snapshot import ImageView, Snapshot, SuppressedEvent
from streamer.sinks.clip_list import label_folder
from streamer.sinks.clip_marks import SOUND_SUFFIXES, ClipMarks, FoundClip
from streamer.sinks.event_clips import EventClips
from streamer.sinks.withheld import WithheldEvents

NO_CLIPS = "no clips are written; set output.clips, or run with --clips DIR"
CLOSE_S = 5.0  # for marks that are asked for to be on the disk
RIGHT, WRONG, UNDO = "right", "wrong", "undo"
_LETTERS = {"right": "y", "wrong": "n", "another label": "l"}


@dataclass(eq=False)
class _Mark:
    """A mark that is asked for, and what came of it."""

    event: Event
    asked: str  # right, wrong or undo; empty: the label
    label: str = ""
    text: str = "…"

    def said(self) -> str:
        return self.text


@dataclass(frozen=True)
class _Done:
    """The marks of one key, which are taken back together."""

    event: Event
    paths: Sequence[Path]  # where the files were before
    n_marks: int
    letter: str  # by which the event was marked before


@dataclass(eq=False)
class EventDesk:
    """The keys of :data:`streamer.dashboard.keymap.BINDINGS_OF_EVENT`, with the words of `streamer review`.

    Nothing here waits: sound is played by a child process, images on a thread, and marks are written by another.

    Parameters
    ----------
    clips : EventClips or None
        Where the clips are; None where none are written.
    folder : Path or None
        The folder with the clips.
    history : Path or None
        The history whose links follow a clip.
    withheld : WithheldEvents or None
        What other sinks have not handed on.
    """

    clips: EventClips | None = None
    folder: Path | None = None
    history: Path | None = None
    withheld: WithheldEvents | None = None
    sound: ClipSound = field(default_factory=ClipSound)
    images: ClipImages = field(default_factory=ClipImages)

    def __post_init__(self) -> None:
        self._kept: ClipMarks | None = None  # this and what follows is used by the thread of the marks only
        self._done: list[_Done] = []
        self._folders: Sequence[str] = ()  # labels that have a folder
        self._marks: queue.SimpleQueue[_Mark | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._played: EventId | None = None
        self._marked: dict[EventId, str] = {}  # the letter of the key; another dictionary after each mark

    def event_keys(self) -> list[EventKey]:
        """Return the keys for the selected event."""
        acts: dict[str, Callable[[Snapshot, Event, str], Note]] = {
            "play": lambda _, event, __: self.play(event),
            "right": lambda _, event, __: self.mark(event, RIGHT),
            "wrong": lambda _, event, __: self.mark(event, WRONG),
            "label": lambda _, event, label: self.mark(event, "", label),
            "undo": lambda _, event, __: self.mark(event, UNDO),
        }
        return [
            EventKey(binding, acts[binding.does], self._choices if binding.does == "label" else None)
            for binding in BINDINGS_OF_EVENT
        ]

    def play(self, event: Event) -> Note:
        """Play the clip of an event, or end playing it."""
        is_playing = self._played == EventId.of(event) and (self.sound.is_busy or self.images.is_busy)
        self.sound.stop()
        self.images.stop()
        if is_playing:
            return "stopped"
        found = self._files(event)
        if isinstance(found, str):
            return found
        self._played = EventId.of(event)
        if found[0].suffix.lower() in SOUND_SUFFIXES:
            self.sound.play(found)
            return lambda: self._sound_said(event.label)
        self.images.play(found)
        return lambda: self._images_said(event.label, found[0])

    def mark(self, event: Event, asked: str, label: str = "") -> Note:
        """Ask for a mark of an event's clip, or for the last one to be taken back."""
        found = self._files(event) if asked != UNDO else ()
        if isinstance(found, str) or self.clips is None:
            return found if isinstance(found, str) else NO_CLIPS
        mark = _Mark(event, asked, label)
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_marks, name="marks", daemon=True)
            self._thread.start()
        self._marks.put(mark)
        return mark.said

    def shown(self, snapshots: Sequence[Snapshot]) -> Sequence[Snapshot]:
        """Return the snapshots with the image of a clip, with marks, and with what sinks have not handed on."""
        snapshots = [self._with_marks(self._with_withheld(each)) for each in snapshots]
        image = self.images.image
        if image is None or self._played is None:
            return snapshots
        return [
            replace(each, view=_with_image(each.view, image))
            if each.health.stream == self._played.stream and isinstance(each.view, ImageView)
            else each
            for each in snapshots
        ]

    def _with_marks(self, snapshot: Snapshot) -> Snapshot:
        own = {
            (event.task, event.label, event.onset_s): letter
            for event, letter in self._marked.items()
            if event.stream == snapshot.health.stream
        }
        return replace(snapshot, marked=own) if own else snapshot

    def _with_withheld(self, snapshot: Snapshot) -> Snapshot:
        kept = self.withheld.of(snapshot.health.stream) if self.withheld else ()
        if not kept:
            return snapshot
        more = [
            SuppressedEvent(
                each.event.label, f"{each.sink}: {each.reason}", each.event.score, each.event.time,
                (each.event.offset_s or each.event.onset_s) - each.event.onset_s,
            )
            for each in kept
        ]  # fmt: skip
        return replace(snapshot, suppressed_past=(*sorted((*snapshot.suppressed_past, *more), key=_time_of),))

    def close(self) -> None:
        """End playing, and wait for the marks that were asked for."""
        self.sound.stop()
        self.images.stop()
        if self._thread is not None:
            self._marks.put(None)
            self._thread.join(CLOSE_S)

    def _files(self, event: Event) -> Sequence[Path] | str:
        """Return the files of an event's clip, or why there are none."""
        if self.clips is None:
            return NO_CLIPS
        paths = self.clips.of(event)
        if event.offset_s is None and not paths:
            return "its clip is complete a moment after it has ended"
        if paths is None:
            return "its clip is not written yet"
        return paths or "its clip was removed: output.clips_max_mb has no room for more"

    def _choices(self, snapshot: Snapshot, event: Event) -> Sequence[str]:
        """Return labels that may be meant: those of the stream by their scores, then the other folders."""
        order = np.argsort(-np.nan_to_num(snapshot.scores, nan=-1.0), kind="stable").tolist()
        labels = [snapshot.labels[k] for k in order if k < len(snapshot.labels)] or list(snapshot.labels)
        return [label for label in dict.fromkeys([*labels, *self._folders]) if label != event.label]

    def _sound_said(self, label: str) -> str:
        if self.sound.failure:
            return self.sound.failure
        if (played := self.sound.played_s) is not None:
            return f"playing {label}: {played[0]:.1f} of {played[1]:.1f} s"
        return f"playing {label} …" if self.sound.is_busy else f"{label}: played"

    def _images_said(self, label: str, path: Path) -> str:
        if self.images.failure:
            return self.images.failure
        if self.images.is_busy:
            return f"showing the clip of {label}: image {self.images.n_shown}"
        return f"{label}: shown; it is {path}"

    # What follows is called by the thread of the marks.

    def _write_marks(self) -> None:
        while (mark := self._marks.get()) is not None:
            try:
                mark.text = self._write(mark)
            except (StreamerError, OSError) as error:
                mark.text = str(error)
            except Exception as error:  # the other keys still work
                mark.text = f"not marked: {type(error).__name__}: {error}"

    def _write(self, mark: _Mark) -> str:
        assert self.folder is not None
        assert self.clips is not None
        kept = self._kept = self._kept or ClipMarks(self.folder, self.history)
        if mark.asked == UNDO:
            return self._undo(kept, self.clips)
        before = list(self.clips.of(mark.event) or ())
        after, n_marks, text = list(before), 0, ""
        try:
            for k, path in enumerate(before):
                clip = kept.find(str(path))
                if mark.asked == WRONG and clip.listed.mark == "wrong":
                    text = f"wrong: {clip.name}"
                    continue
                now = _marked(kept, clip, mark)
                n_marks, after[k] = n_marks + 1, now.path
                is_right = now.label == label_folder(mark.event.label)
                text = f"{'right' if is_right else WRONG if now.listed.mark == WRONG else 'another label'}: {now.name}"
        finally:
            if n_marks:
                self._done.append(_Done(mark.event, before, n_marks, self._marked.get(EventId.of(mark.event), "")))
                self._set_letter(mark.event, _LETTERS.get(text.partition(":")[0], ""))
                self.clips.move(mark.event, after)
            self._folders = kept.labels
        return text

    def _set_letter(self, event: Event, letter: str) -> None:
        others = {each: known for each, known in self._marked.items() if each != EventId.of(event)}
        self._marked = others | ({EventId.of(event): letter} if letter else {})

    def _undo(self, kept: ClipMarks, clips: EventClips) -> str:
        if not self._done:
            return "there is nothing to undo"
        done = self._done[-1]
        for _ in range(done.n_marks):
            kept.undo()
        self._done.pop()
        clips.move(done.event, done.paths)
        self._set_letter(done.event, done.letter)
        return f"taken back: {done.event.label}"


def _marked(kept: ClipMarks, clip: FoundClip, mark: _Mark) -> FoundClip:
    """Mark a clip; right is the label of its event, wherever the clip lies by now."""
    if mark.asked == RIGHT:
        return kept.mark(clip, clip.label if clip.label == label_folder(mark.event.label) else mark.event.label)
    return kept.mark_as(clip, WRONG) if mark.asked == WRONG else kept.mark(clip, mark.label)


def _time_of(suppressed: SuppressedEvent) -> float:
    return suppressed.time if math.isfinite(suppressed.time) else 0.0


def _with_image(view: ImageView, image: np.ndarray) -> ImageView:
    """Return a view with another image, on which the places of what is measured now have no meaning."""
    temporal = view.temporal
    if temporal is not None:
        nowhere = [replace(each, heat=np.zeros_like(each.heat)) for each in temporal.components]
        temporal = replace(temporal, components=tuple(nowhere))
    return replace(view, image=image, temporal=temporal)
