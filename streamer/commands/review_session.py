"""ReviewSession: one clip after the other on the terminal; each key is a mark, kept at once."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from types import FrameType
from typing import Any

from rich.console import Console

from streamer.commands.player import Player
from streamer.commands.review_clip import PLAYED_RATE, ClipContent, read_clip
from streamer.commands.review_queue import ScoredClip
from streamer.config import Config
from streamer.dashboard.encoder import Encoder
from streamer.dashboard.label_entry import LabelEntry
from streamer.dashboard.review import ReviewView, review_lines
from streamer.dashboard.terminal import Terminal
from streamer.dashboard.theme import theme_of
from streamer.errors import StreamerError
from streamer.sinks.clip_marks import ClipMarks, FoundClip
from streamer.tasks import TASKS

_FRAMES_PER_S = 10.0


class ReviewSession:
    """What the keys do, and what there is to show after each.

    Parameters
    ----------
    kept : ClipMarks
    queue : sequence of ScoredClip
        At least one, in the order in which they are shown.
    player : Player
    """

    def __init__(self, kept: ClipMarks, queue: Sequence[ScoredClip], player: Player) -> None:
        self._kept, self._queue, self._player = kept, queue, player
        self._place = 0
        self._passed: list[tuple[int, bool]] = []  # places left behind, and whether by a mark
        self._said = ""
        self._entry: LabelEntry | None = None
        self._content = ClipContent()
        self._began_s = 0.0  # monotonic time at which the images began to be shown
        self.has_ended = False
        self._open()

    def press(self, key: object) -> None:
        """Do what a key says; what is no key, or one without a meaning here, does nothing."""
        if not isinstance(key, str):
            return
        if self._entry is not None:
            self._type(self._entry, key)
            return
        key = key.lower()
        if key == "q":
            self.has_ended = True
        elif key == "u":
            self._undo()
        elif self._place >= len(self._queue):
            return
        elif key == " ":
            self._toggle()
        elif key == "s":
            self._leave("skipped", is_marked=False)
        elif key in ("l", "n") and (key == "l" or TASKS[self._clip.task].is_background(self._clip.label)):
            self._entry, self._said = LabelEntry(self._known()), "" if key == "l" else "not background: which label?"
        elif key in ("y", "n"):
            if key == "y" and not self._clip.label:
                self._entry, self._said = LabelEntry(self._known()), "it has no label yet: which one?"
            else:
                self._mark("right" if key == "y" else "wrong")

    def view(self) -> ReviewView:
        """Return what there is to show now."""
        n_all = len(self._queue)
        title = f"{min(self._place + 1, n_all)} of {n_all}   {self._kept.n_marked} marked   review {self._kept.folder}"
        if self._place >= n_all:
            return ReviewView(title, "all clips have been shown", said=self._said or "u takes the last back, q ends")
        scored, content = self._queue[self._place], self._content
        image = None
        if content.images:
            shown_s = time.monotonic() - self._began_s
            image = content.images[int(shown_s * content.fps) % len(content.images)]
        return ReviewView(
            title,
            _question(scored),
            _facts(self._clip),
            scored.scores[:12],
            self._said or content.failure,
            content.spectrogram,
            content.mel_hz,
            content.seconds,
            image,
            self._player.played_s,
            self._entry,
        )

    @property
    def _clip(self) -> FoundClip:
        return self._queue[self._place].clip

    def _open(self) -> None:
        """Read the clip at the present place, and play it."""
        self._player.stop()
        self._began_s = time.monotonic()
        if self._place < len(self._queue):
            self._content = read_clip(self._clip)
            if self._content.samples.size:
                self._player.play(self._content.samples, PLAYED_RATE)
                self._said = self._said or self._player.failure

    def _toggle(self) -> None:
        """Play from the beginning, or end playing."""
        if self._player.played_s is not None:
            self._player.stop()
            return
        self._began_s = time.monotonic()
        if self._content.samples.size:
            self._player.play(self._content.samples, PLAYED_RATE)
            self._said = self._player.failure

    def _mark(self, said: str) -> None:
        try:
            now = self._kept.mark_as(self._clip, said)
        except StreamerError as error:
            self._said = str(error)
            return
        word = {"right": "right", "wrong": "wrong"}.get(now.listed.mark, "another label")
        self._leave(f"{word}: {now.name}", is_marked=True)

    def _leave(self, said: str, *, is_marked: bool) -> None:
        self._passed.append((self._place, is_marked))
        self._place += 1
        self._said = said
        self._open()

    def _undo(self) -> None:
        """Go back to the clip before; a mark is taken back."""
        if not self._passed:
            self._said = "there is nothing to undo"
            return
        place, is_marked = self._passed[-1]
        try:
            if is_marked:
                self._kept.undo()
        except StreamerError as error:
            self._said = str(error)
            return
        self._passed.pop()
        self._place, self._said = place, "taken back" if is_marked else "back"
        self._open()

    def _type(self, entry: LabelEntry, key: str) -> None:
        """Go on with the label that is chosen."""
        after = entry.press(key)
        self._entry = after if isinstance(after, LabelEntry) else None
        if after and isinstance(after, str):
            self._mark(after)

    def _known(self) -> list[str]:
        """Return labels that may be meant: those with the highest scores first, then the other folders."""
        scores = self._queue[self._place].scores
        known = dict.fromkeys([label for label, _, _ in scores if label != self._clip.label][:4])
        known |= dict.fromkeys(label for label in self._kept.labels if label != self._clip.label)
        known |= dict.fromkeys(label for label, _, _ in scores if label != self._clip.label)
        return list(known)


def run_review(kept: ClipMarks, queue: Sequence[ScoredClip], config: Config) -> None:
    """Show the clips on the alternate screen until the user ends it; the terminal is restored whatever happens."""
    console, player = Console(), Player()
    theme = theme_of(console, config.dashboard.palette)
    session = ReviewSession(kept, queue, player)
    encoder, size = Encoder(None if console.no_color else console.color_system), (0, 0)
    try:
        with _ended_by_signals(), Terminal(console.file, sys.stdin, console.encoding) as terminal:
            while not (session.has_ended or terminal.is_gone):
                if terminal.is_foreground and not terminal.is_busy:
                    if size != terminal.size:
                        size = terminal.size
                        encoder.reset()
                        terminal.write("\x1b[0m\x1b[2J")
                    terminal.write(encoder.frame(review_lines(session.view(), *size, theme)))
                for key in terminal.keys(1.0 / _FRAMES_PER_S):
                    session.press(key)
                    if session.has_ended:
                        break
    except KeyboardInterrupt:  # marks are kept already
        pass
    finally:
        player.stop()


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """End as by Ctrl-C where the terminal hangs up or the process is asked to end; the terminal is restored then."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before: dict[int, Any] = {}
    for name in ("SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            before[number] = signal.signal(number, end)
    if number := getattr(signal, "SIGTSTP", None):  # the screen of a stopped review would be left as it is
        before[number] = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _question(scored: ScoredClip) -> str:
    label = scored.clip.label or "no label yet"
    if scored.score is None:
        return f"{label}?"
    return f"{label}?  score {scored.score[0]:.2f}, an event from {scored.score[1]:.2f} on"


def _facts(clip: FoundClip) -> list[str]:
    event = clip.listed.event
    parts = [clip.name]
    if event is not None:
        found = [f"stream {event.stream}", f"found as {event.label} with {event.score:.2f}"]
        if event.time is not None:
            found.append(f"{datetime.fromtimestamp(event.time):%Y-%m-%d %H:%M:%S}")
        if event.model:
            found.append(f"by {event.model}")
        parts.append(", ".join(found))
    if clip.listed.mark:
        parts.append(f"marked before: {clip.listed.mark}")
    return parts
