"""What a stream that is cut into examples tells of them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from streamer.snapshot import Taken, TakesView
from streamer.takes.cue import Cue


class Shelf(Protocol):
    """Where the examples go; what it tells may be read from any thread."""

    label: str
    folder: Path
    n_before: int
    n_lost: int
    taken: tuple[Taken, ...]
    problem: str


def takes_view(cue: Cue, shelf: Shelf) -> TakesView:
    """Return what a dashboard shows of the examples at this instant."""
    onset_s = cue.onset_s
    return TakesView(
        label=shelf.label,
        folder=shelf.folder,
        by=cue.settings.by,
        n_before=shelf.n_before,
        taken=shelf.taken,
        n_lost=shelf.n_lost,
        longest_s=cue.settings.longest_s,
        running_s=None if onset_s is None else max(cue.now_s - onset_s, 0.0),
        level_db=cue.level_db,
        trigger_db=cue.gate.trigger_db,
        release_db=cue.gate.release_db,
        is_paused=cue.is_paused,
        problem=shelf.problem,
    )
