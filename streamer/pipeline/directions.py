"""Directions of movements: measured in windows now and then, and stated of events and files where windows agree."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from streamer.features.gradient import GradientSeries
from streamer.features.history import TimedHistory
from streamer.features.settings import MotionSettings
from streamer.messages import Direction, Scores
from streamer.periodicity.direction import DirectionMeter
from streamer.tasks.motion import DIRECTIONS, MIN_IMAGES

PER_WINDOW = 4  # measurements while a window passes: windows that overlap more say the same again
N_KEPT = 512  # windows: longer events state the direction of their newest ones
AGREEMENT = 0.9  # least length of the mean of unit vectors along the angles
MOST = 0.8  # share of the windows with a sense that must have the same
TOLD = 0.3  # share of all windows in which a direction must be found


class WindowDirections:
    """Measure the directions in the windows of one motion model.

    Parameters
    ----------
    settings : MotionSettings
        Its grid and images of a window.
    """

    def __init__(self, settings: MotionSettings) -> None:
        self._settings = settings
        self._meter = DirectionMeter(settings.n_rows, settings.n_columns, settings.n_images)
        self._grey: TimedHistory | None = None
        self._gradients: GradientSeries | None = None
        self.reset()

    def begin(self, share: Callable[[str, int, int], TimedHistory]) -> None:
        """Follow the series of a newly opened source."""
        self._grey = share("grey", self._settings.n_rows, self._settings.n_columns)
        gradients = share("gradient", self._settings.n_rows, self._settings.n_columns)
        assert isinstance(gradients, GradientSeries)
        self._gradients = gradients

    def reset(self) -> None:
        """Measure in the next window: the images do not continue what came before."""
        self._next = 0

    def measured(self, n_images: int) -> tuple[Direction, ...] | None:
        """Return the directions in the window that ends with the ``n_images``-th image; None where none is due."""
        if n_images < max(self._next, MIN_IMAGES) or self._grey is None or self._gradients is None:
            return None
        self._next = n_images + self._settings.n_images // PER_WINDOW
        grey, times_s = self._grey.last(self._settings.n_images)
        sums, _ = self._gradients.last(self._settings.n_images)
        return self._meter.measure(grey, sums, times_s, self._gradients.point_px)


class EventDirections:
    """Windows with measured directions, for the events of their stage."""

    def __init__(self) -> None:
        self._windows: deque[Scores] = deque(maxlen=N_KEPT)

    def add(self, scores: Scores) -> None:
        """Keep a window, if its directions were measured."""
        if scores.directions is not None:
            self._windows.append(scores)

    def clear(self) -> None:
        """Drop the windows of a source that was closed."""
        self._windows.clear()

    def between(self, label: str, off: float, onset_s: float, end_s: float) -> Direction | None:
        """Return the direction of an event, from the windows whose middle lies in it."""
        inside = [w for w in self._windows if onset_s <= 0.5 * (w.start_s + w.end_s) <= end_s]
        return direction_of(label, off, inside)


def direction_of(label: str, off: float, windows: Sequence[Scores]) -> Direction | None:
    """Return the direction of what a label stands for; None where it has none, or windows disagree.

    Parameters
    ----------
    label : str
    off : float
        Score from which the label is present in a window.
    windows : sequence of Scores
        Of one model; those without measured directions are passed over.
    """
    if label in DIRECTIONS and DIRECTIONS[label] is None:
        return None
    measured = [w for w in windows if w.directions is not None and w.values[w.labels.index(label)] >= off]
    wanted = DIRECTIONS.get(label)
    found = [next((each for each in w.directions or () if wanted in (None, each.what)), None) for w in measured]
    told = [each for each in found if each is not None]
    kinds = [each.what for each in told]
    kind = max(set(kinds), key=lambda each: (kinds.count(each), each), default=None)
    told = [each for each in told if each.what == kind]
    if kind is None or len(told) < TOLD * len(found) or len(told) < MOST * len(kinds):
        return None
    return _sense(told) if kind == "rotation" else _angle(told)


def _sense(told: list[Direction]) -> Direction | None:
    senses = [each.sense for each in told]
    usual = max(set(senses), key=lambda each: (senses.count(each), each))
    return Direction("rotation", sense=usual) if senses.count(usual) >= MOST * len(senses) else None


def _angle(told: list[Direction]) -> Direction | None:
    """Return the mean angle; its uncertainty is that of one window, as the windows share images, or their spread."""
    turns = 2 if told[0].what == "axis" else 1  # an axis is the same after half a turn
    degrees = np.array([each.deg for each in told])
    sigmas = np.array([each.deg_sigma for each in told])
    vectors = np.exp(1j * turns * np.radians(degrees))
    mean = complex(np.average(vectors, weights=sigmas**-2.0))
    if abs(mean) < AGREEMENT:
        return None
    middle = math.degrees(np.angle(mean)) / turns
    spread = float(np.degrees(np.std(np.angle(vectors / mean)))) / turns
    whole = 360.0 / turns
    middle = middle + whole if middle <= -whole / 2 else middle
    return Direction(told[0].what, middle, max(float(np.median(sigmas)), spread))
