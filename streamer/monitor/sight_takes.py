"""What a stream of images that is cut into examples tells of itself → Snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from streamer.messages import Image, Message
from streamer.monitor.sight import SightMonitor
from streamer.monitor.takes import Shelf, takes_view
from streamer.pipeline.sight import SightPipeline
from streamer.snapshot import Snapshot
from streamer.sources import ImageSource
from streamer.takes.sight import SightTakes


class SightTakesMonitor(SightMonitor):
    """Watch one stream of takes, and the scene that they are of.

    Parameters
    ----------
    scene : SightPipeline
        Without observers.
    takes : SightTakes
        That this scene is part of.
    source : ImageSource
    shelf : Shelf
        Where the takes go.
    draws : bool
        Whether anybody looks.
    """

    def __init__(self, scene: SightPipeline, takes: SightTakes, source: ImageSource, shelf: Shelf, draws: bool) -> None:
        super().__init__(scene, source, draws)
        self._takes = takes
        self._shelf = shelf

    def watch(self, image: Image, news: Sequence[Message], busy_s: float) -> None:
        """Take note of an image that has just been processed in ``busy_s`` seconds."""
        super().watch(image, [], busy_s)

    def snapshot(self) -> Snapshot:
        """Return all that a dashboard needs to draw this instant."""
        return replace(super().snapshot(), takes=takes_view(self._takes.cue, self._shelf))
