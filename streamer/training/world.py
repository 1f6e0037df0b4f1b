"""Score the world: recordings of many origins that are none of the labels, by which false alarms are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.evaluation.operating import Rate
from streamer.evaluation.tracks import NO_LABEL, ScoreTrack, count_begun


@dataclass(frozen=True, slots=True, eq=False)
class WorldRecording:
    """One recording of the world, which no training has seen."""

    activations: NDArray[np.float16]  # of its windows in order of time, at the layer that its task names
    stride_s: float  # from one window to the next
    alike: tuple[str, ...]  # labels that it has or may have, by their names: it says nothing of them
    origin: str  # collection that it comes from


@runtime_checkable
class BringsWorld(Protocol):
    """A training task that brings recordings of none of the labels, see :class:`WorldRecording`."""

    @property
    def world_layer(self) -> str:
        """Name of the layer of its network whose activations they are."""
        ...

    def world(self) -> Iterator[WorldRecording]:
        """Yield the recordings that no training has seen, one by one: together they would fill the memory."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class WorldTrack:
    """The scores of one recording of the world."""

    track: ScoreTrack
    alike: tuple[str, ...]  # labels that it has or may have
    origin: str


@dataclass(frozen=True, slots=True)
class WorldEvidence:
    """What the world shows of a model at the chosen thresholds, which were chosen by it."""

    n_recordings: int
    origins: tuple[tuple[str, int], ...]  # collections, with their number of recordings, largest first
    false: Rate  # events of labels that a recording is not like

    @property
    def origins_text(self) -> str:
        """The collections, for people."""
        shown = ", ".join(f"{name} ({n})" for name, n in self.origins[:6])
        return f"{shown} and {len(self.origins) - 6} more" if len(self.origins) > 6 else shown


def score_world(recordings: Iterable[WorldRecording], score: Callable[[Float32], Float32]) -> list[WorldTrack]:
    """Score every recording.

    Parameters
    ----------
    recordings : iterable of WorldRecording
    score : callable
        Activations of windows, at the layer that the task names → scores, shape (n, n_labels).
    """
    return [
        WorldTrack(ScoreTrack(score(one.activations.astype(np.float32)), NO_LABEL, one.stride_s), one.alike, one.origin)
        for one in recordings
        if len(one.activations)
    ]


def world_evidence(tracks: Sequence[WorldTrack], labels: tuple[str, ...], events: EventSettings) -> WorldEvidence:
    """Count the false events of all labels in the world; a recording counts for the labels that it is not like."""
    n_false = 0
    for one in tracks:
        begun = count_begun(one.track, labels, events)
        n_false += int(begun[[i for i, label in enumerate(labels) if label not in one.alike]].sum())
    hours = sum(one.track.exposure_s(events) for one in tracks) / 3600.0
    origins = Counter(one.origin for one in tracks)
    return WorldEvidence(len(tracks), tuple(origins.most_common()), Rate(n_false, hours))
