"""View: what of the streams is on the screen, and what on it is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from streamer.config import PaletteName
from streamer.dashboard.label_entry import LabelEntry
from streamer.dashboard.region_choice import RegionChoice
from streamer.dashboard.spectrogram_look import USUAL_LOOK, SpectrogramLook
from streamer.messages import Event
from streamer.monitor.snapshot import Snapshot

Note: TypeAlias = str | Callable[[], str]
"""What a key did, for the last line; a function where that is known only later."""


@dataclass(frozen=True)
class EventId:
    """What an event is known by while it goes on and after it has ended."""

    stream: str
    task: str
    label: str
    onset_s: float

    @classmethod
    def of(cls, event: Event) -> EventId:
        """Return that of an event."""
        return cls(event.stream, event.task, event.label, event.onset_s)


@dataclass(frozen=True)
class View:
    """Choice of streams on the screen, of what the keys act on, and whether the screen is held."""

    focus: int | None = None  # index of the only stream shown; None for all
    is_held: bool = False  # the screen does not change, while the streams go on
    chosen: int = 0  # index of the stream on which keys act, where all are shown
    event: EventId | None = None  # the selected one
    label: str | None = None  # the selected one
    help_page: int | None = None  # that is shown; None: no help
    is_marked: bool = False  # whether the panel is to show that keys act on it
    note: Note = ""  # what the last key did, for the last line
    entry: LabelEntry | None = None  # a label that is being chosen for the selected event: all keys go there
    entry_key: str = ""  # the key that asked for it
    look: SpectrogramLook = USUAL_LOOK  # at the stream's spectrogram
    palette: PaletteName = "dark"
    region: RegionChoice | None = None  # that is being chosen: all keys and the mouse go there
    shows_suppressed: bool = False  # in place of the events: what was none, and why

    @property
    def said(self) -> str:
        """What the last key did, as far as it is known now."""
        return self.note if isinstance(self.note, str) else self.note()

    def shown(self, snapshots: Sequence[Snapshot]) -> Sequence[Snapshot]:
        """Return the snapshots to show."""
        if self.focus is None or self.focus >= len(snapshots):
            return snapshots
        return snapshots[self.focus : self.focus + 1]

    def acted_on(self, snapshots: Sequence[Snapshot]) -> Snapshot | None:
        """Return the stream on which keys act; None where there is none."""
        index = self.chosen if self.focus is None else self.focus
        return snapshots[min(index, len(snapshots) - 1)] if snapshots else None

    def elsewhere(self) -> View:
        """Return the same for a stream on which the keys do not act: nothing on it is chosen."""
        return replace(self, event=None, label=None, is_marked=False, look=self.look.at_present(), region=None)

    def with_stream(self, focus: int | None, chosen: int) -> View:
        """Return the view of another stream, where nothing is chosen yet."""
        return replace(self, focus=focus, chosen=chosen, event=None, label=None, look=self.look.at_present())
