"""Draw one stream as a framed panel; the kind of panel depends on what the stream delivers."""

from __future__ import annotations

from streamer.dashboard.frame import tiny_panel
from streamer.dashboard.image_panel import image_panel
from streamer.dashboard.sound_panel import sound_panel
from streamer.dashboard.theme import Line, Theme
from streamer.dashboard.view import View
from streamer.monitor.snapshot import Snapshot

MIN_WIDTH, MIN_HEIGHT = 24, 6  # of a panel with a frame; a smaller one is a few lines of text
PANELS = {"sound": sound_panel, "images": image_panel}  # by medium: before the first image there is no view


def stream_panel(snapshot: Snapshot, width: int, height: int, theme: Theme, shown: View) -> list[Line]:
    """Draw one stream in exactly ``height`` lines of exactly ``width`` cells.

    Parameters
    ----------
    snapshot : Snapshot
        What to show.
    width, height : int
        Size in cells, at least 1 × 1; in a small panel the least important parts are left out.
    theme : Theme
        How to show it.
    shown : View
        What on this stream is chosen.
    """
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return tiny_panel(snapshot, width, height, theme)
    return PANELS[snapshot.medium](snapshot, width, height, theme, shown)
