"""One stream as a framed panel, by what it delivers; a new kind of view adds a panel here."""

from __future__ import annotations

from streamer.dashboard.frame import in_words
from streamer.dashboard.image_panel import image_panel
from streamer.dashboard.sound_panel import sound_panel
from streamer.dashboard.theme import Line, Theme
from streamer.monitor.snapshot import Snapshot

MIN_WIDTH, MIN_HEIGHT = 24, 6  # below, a panel is a few lines of plain words
PANELS = {"sound": sound_panel, "images": image_panel}


def stream_panel(snapshot: Snapshot, width: int, height: int, theme: Theme) -> list[Line]:
    """Draw one stream in exactly ``height`` lines of exactly ``width`` cells.

    Parameters
    ----------
    snapshot : Snapshot
        What to show.
    width, height : int
        Size in cells, at least 1 × 1; parts are left out by priority where it is small.
    theme : Theme
        How to show it.
    """
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return in_words(snapshot, width, height, theme)
    return PANELS[snapshot.medium](snapshot, width, height, theme)
