"""What is done with the selected event: its clip is played or shown, and marked as in `streamer review`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streamer.commands.clip_images import ClipImages
from streamer.commands.clip_sound import ClipSound
from streamer.commands.event_desk import NO_CLIPS, EventDesk
from streamer.dashboard.operation import Operator
from streamer.dashboard.review import KEYS
from streamer.dashboard.theme import theme_for
from streamer.dashboard.view import EventId, Note, View
from streamer.messages import ClipRemoved, ClipWritten, Event, Message, Withheld
from streamer.monitor.snapshot import SuppressedEvent
from streamer.sinks.clip_marks import ClipMarks
from streamer.sinks.clips import SoundClipFolder
from streamer.sinks.event_clips import EventClips
from streamer.sinks.withheld import WithheldEvents
from streamer.system import child_environment
from tests.sinks.test_clips import clip
from tests.support import lamps
from tests.support.screens import screen_lines
from tests.support.snapshots import image_snapshot, snapshot

LIMIT_S = 60.0


class Silent(ClipSound):
    """Plays nothing, and keeps what it was asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Sequence[Path]] = []

    @property
    def is_busy(self) -> bool:
        return bool(self.asked)

    def play(self, paths: Sequence[Path]) -> None:
        self.asked.append(paths)

    def stop(self) -> None:
        self.asked.clear()


class Told:
    """A run whose sinks tell an EventClips of their files."""

    def __init__(self) -> None:
        self.clips = EventClips()

    def post(self, message: Message) -> None:
        if isinstance(message, ClipWritten | ClipRemoved):
            self.clips.write(message)

    def queue_lengths(self) -> dict[str, int]:
        return {}


def until(holds: Callable[[], object], what: Callable[[], object] = lambda: "") -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < deadline_s, what()
        threading.Event().wait(0.01)


def said(note: Note) -> str:
    """Return what a key did when it is known."""
    text = note if isinstance(note, str) else note()
    until(lambda: (note if isinstance(note, str) else note()) != "…")
    return text if isinstance(note, str) else note()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "clips"


@pytest.fixture
def desk(folder: Path) -> EventDesk:
    """A desk with clips of a dog at second 0, a cat at 1 and an owl at 2."""
    told, sink = Told(), SoundClipFolder(folder, 10**9)
    sink.connect(told)
    for k, label in enumerate(("dog", "cat", "owl")):
        sink.write(clip(float(k), label, 4000))
    return EventDesk(told.clips, folder, sound=Silent())


def event(k: int, label: str) -> Event:
    return clip(float(k), label, 1).event


def marks(folder: Path) -> dict[str, tuple[str, str]]:
    found = {each.path.name[9:15]: (each.label, each.listed.mark) for each in ClipMarks(folder).clips()}
    return dict(sorted(found.items()))


def test_marks_are_those_of_the_review_and_are_on_the_disk(desk: EventDesk, folder: Path) -> None:
    assert said(desk.mark(event(0, "dog"), "right")).startswith("right: dog/")
    assert said(desk.mark(event(1, "cat"), "wrong")).startswith("wrong: background/")
    assert said(desk.mark(event(2, "owl"), "", "fox")).startswith("another label: fox/")
    expected = {"221320": ("dog", "right"), "221321": ("background", "wrong"), "221322": ("fox", "label")}
    assert marks(folder) == expected
    assert desk.clips is not None
    assert [path.parent.name for path in desk.clips.of(event(2, "owl")) or ()] == ["fox"]
    assert said(desk.mark(event(1, "cat"), "wrong")).startswith("wrong: background/")  # once is enough
    assert said(desk.mark(event(1, "cat"), "right")).startswith("right: cat/")  # a second thought
    for back in ("cat", "owl", "cat", "dog"):
        assert said(desk.mark(event(0, "dog"), "undo")) == f"taken back: {back}"
    assert said(desk.mark(event(0, "dog"), "undo")) == "there is nothing to undo"
    assert {label for label, mark in marks(folder).values() if not mark} == {"dog", "cat", "owl"}
    desk.close()


def test_all_files_of_a_long_event_are_marked_and_taken_back_together(desk: EventDesk, folder: Path) -> None:
    assert desk.clips is not None
    first, second = (desk.clips.of(event(k, label)) or () for k, label in ((0, "dog"), (2, "owl")))
    desk.clips.move(event(0, "dog"), [*first, *second])
    said(desk.mark(event(0, "dog"), "wrong"))
    assert [label for label, _ in marks(folder).values()] == ["background", "cat", "background"]
    said(desk.mark(event(0, "dog"), "undo"))
    assert [label for label, _ in marks(folder).values()] == ["dog", "cat", "owl"]
    desk.close()


def test_where_there_is_no_clip_the_reason_is_said(desk: EventDesk, folder: Path) -> None:
    for note in (EventDesk().play(event(0, "dog")), EventDesk().mark(event(0, "dog"), "right")):
        assert note == NO_CLIPS
        assert "output.clips" in NO_CLIPS
    running = replace(event(7, "dog"), offset_s=None)
    assert "complete a moment after it has ended" in said(desk.play(running))
    assert "not written yet" in said(desk.mark(event(8, "dog"), "right"))
    assert desk.clips is not None
    (path,) = desk.clips.of(event(0, "dog")) or ()
    path.unlink()
    assert "there is none of that name" in said(desk.mark(event(0, "dog"), "right"))
    desk.clips.write(ClipRemoved(path))
    assert "output.clips_max_mb" in said(desk.mark(event(0, "dog"), "wrong"))
    assert said(desk.mark(event(1, "cat"), "", " bad label ")).startswith("label=' bad label ' must be")
    assert said(desk.mark(event(1, "cat"), "wrong")).startswith("wrong: ")  # and it goes on
    desk.close()


def test_marks_asked_for_at_the_end_are_on_the_disk(desk: EventDesk, folder: Path) -> None:
    for k, label in enumerate(("dog", "cat", "owl")):
        desk.mark(event(k, label), "wrong")
    desk.close()
    assert {label for label, _ in marks(folder).values()} == {"background"}


def test_keys_and_words_are_those_of_the_review(desk: EventDesk) -> None:
    shown = snapshot(past=(event(0, "dog"),), running=())
    operator, view = Operator(event_keys=desk.event_keys()), View(event=EventId.of(event(0, "dog")))
    words = [f"{each.binding.name} {each.binding.short}" for each in desk.event_keys()]
    assert all(word in KEYS for word in words), words
    view = operator.press(" ", view, [shown])
    assert isinstance(desk.sound, Silent)
    assert len(desk.sound.asked) == 1
    assert operator.press(" ", view, [shown]).said == "stopped"
    entry = operator.press("l", view, [shown]).entry
    assert entry is not None
    assert entry.choices[:2] == ["clock_tick", "helicopter"]  # the highest scores
    assert "dog" not in entry.choices
    assert operator.press("y", view, [shown]).said
    desk.close()


STUB = """
import numpy, time
def query_devices(): return [{{"max_output_channels": {outputs}}}]
def play(samples, rate): {play}
def stop(): pass
def wait(): time.sleep({wait_s})
"""


def with_sound_card(
    monkeypatch: pytest.MonkeyPatch, folder: Path, play: str, outputs: int = 2, wait_s: float = 0
) -> None:
    """Give the player's process a sound card that does what is said."""
    folder.mkdir()
    (folder / "sounddevice.py").write_text(STUB.format(play=play, outputs=outputs, wait_s=wait_s))
    monkeypatch.syspath_prepend(str(folder))
    environment = child_environment()
    environment["PYTHONPATH"] = f"{folder}:{environment['PYTHONPATH']}"
    monkeypatch.setattr("streamer.commands.clip_sound.child_environment", lambda: environment)


def test_a_clip_is_played_by_a_process_of_its_own(
    desk: EventDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "played.npy"
    with_sound_card(monkeypatch, tmp_path / "card", f"numpy.save({str(kept)!r}, samples)", wait_s=30.0)
    desk.sound = ClipSound()
    note = desk.play(event(0, "dog"))
    assert callable(note)
    until(lambda: note().startswith("playing dog: "), note)
    assert "of 0.2 s" in note()
    assert np.abs(np.load(kept) - clip(0.0, "dog", 4000).samples).max() < 1e-4
    assert desk.play(event(0, "dog")) == "stopped"
    assert not desk.sound.is_busy
    desk.close()


@pytest.mark.parametrize(
    ("play", "outputs", "reason"),
    [("pass", 0, "no sound: this machine has no sound card that plays"),
     ("raise ValueError('busy')", 2, "no sound: the sound card does not play (busy)"),
     ("import os; os.kill(os.getpid(), 11)", 2, "no sound: the player has ended by itself")],
)  # fmt: skip
def test_a_card_that_does_not_play_is_a_reason_and_harms_nothing(
    desk: EventDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, play: str, outputs: int, reason: str
) -> None:
    with_sound_card(monkeypatch, tmp_path / "card", play, outputs)
    desk.sound = ClipSound()
    note = desk.play(event(1, "cat"))
    assert callable(note)
    until(lambda: desk.sound.failure, note)
    assert note() == reason
    assert not desk.sound.is_busy
    desk.close()


def test_the_images_of_a_clip_are_shown_in_place_of_the_newest(tmp_path: Path) -> None:
    path = lamps.write_video(tmp_path / "lamp.avi", seconds=0.4)
    shown = image_snapshot()
    chosen = shown.past[1]
    clips = EventClips()
    clips.write(ClipWritten(chosen, path))
    desk = EventDesk(clips, tmp_path)
    assert desk.shown([shown])[0] is shown
    note = desk.play(chosen)
    assert callable(note)
    until(lambda: desk.images.image is not None, note)
    other = snapshot()
    there, same = desk.shown([shown, other])
    assert same is other
    assert there.view is not None
    assert there.view.image.shape == (96, 128, 3)  # type: ignore[union-attr]
    assert not any(each.heat.any() for each in there.view.temporal.components)  # type: ignore[union-attr]
    until(lambda: not desk.images.is_busy, note)
    assert note() == f"stripes: shown; it is {path}"
    assert desk.images.n_shown == 12
    assert desk.shown([shown])[0] is shown
    desk.close()


def test_a_damaged_clip_is_a_reason(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"none")
    images = ClipImages()
    images.play([broken])
    until(lambda: images.failure)
    assert "broken.mp4" in images.failure
    assert not images.is_busy


def test_what_sinks_have_not_handed_on_is_shown_with_the_rest() -> None:
    withheld = WithheldEvents()
    shown = snapshot(suppressed_past=(SuppressedEvent("cat", "muted", 0.9, 1.7e9 + 5.0, 1.0),))
    desk = EventDesk(withheld=withheld)
    assert desk.shown([shown])[0] is shown
    for k in (2, 8):
        withheld.write(Withheld(replace(event(k, "dog"), stream="street"), "notify", "quiet hours"))
    (there,) = desk.shown([shown])
    assert [each.reason for each in there.suppressed_past] == [
        "notify: quiet hours", "muted", "notify: quiet hours"
    ]  # fmt: skip
    assert there.suppressed_past[0].length_s == 1.0


def test_marked_events_have_the_letter_of_the_key(desk: EventDesk) -> None:
    shown = snapshot(stream="mic", past=(event(0, "dog"), event(1, "cat")), running=())

    def letters() -> list[str]:
        (there,) = desk.shown([shown])
        lines = screen_lines([there], 120, 40, theme_for(None))
        return [line[68] for line in lines if "dog   " in line[70:] or "cat   " in line[70:]]

    assert letters() == [" ", " "]
    said(desk.mark(event(0, "dog"), "wrong"))
    said(desk.mark(event(1, "cat"), "", "fox"))
    assert letters() == ["l", "n"]  # the newest first
    said(desk.mark(event(0, "dog"), "right"))
    assert letters() == ["l", "y"]
    said(desk.mark(event(0, "dog"), "undo"))
    assert letters() == ["l", "n"]
    said(desk.mark(event(0, "dog"), "undo"))
    assert letters() == [" ", "n"]
    desk.close()
