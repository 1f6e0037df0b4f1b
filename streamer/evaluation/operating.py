"""Measure how many events are missed and how many are false while all thresholds are shifted together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from streamer.errors import UserError
from streamer.evaluation.metrics import wilson
from streamer.evaluation.tracks import TrackSet, count_begun, thresholds_shifted
from streamer.installation import install_command

SHIFTS = tuple(k / 2 for k in range(-8, 13))  # logits; 0: the thresholds in force


@dataclass(frozen=True, slots=True)
class Rate:
    """A number of events in a time in which events could have begun."""

    n: int
    hours: float

    @property
    def per_hour(self) -> float:
        """Events an hour; NaN where none could have begun."""
        return self.n / self.hours if self.hours else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the events an hour, taken as independent of each other (Poisson)."""
        low, high = poisson(self.n)
        return (low / self.hours, high / self.hours) if self.hours else (0.0, math.inf)


@dataclass(frozen=True, slots=True)
class Share:
    """A number of clips out of some."""

    n: int
    n_all: int

    @property
    def value(self) -> float:
        """The share, range 0…1; NaN of no clips."""
        return self.n / self.n_all if self.n_all else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share."""
        return wilson(self.n, self.n_all)


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Events in labelled clips, and false ones in recordings of none of the labels, under some thresholds."""

    shift: float  # logits by which every threshold lies above the one in force
    own: Share  # clips in which an event of their own label begins, of those whose label may have events
    wrong: Share  # clips in which an event of another label begins
    false: Rate | None  # None without such recordings


def operating_point(known: TrackSet, unknown: TrackSet | None = None, shift: float = 0.0) -> OperatingPoint:
    """Detect events again with all thresholds shifted.

    Parameters
    ----------
    known : TrackSet
        Of labelled clips.
    unknown : TrackSet, optional
        Of recordings of none of the labels, by the same model under the same settings.
    shift : float
        Units of logits, see :func:`streamer.evaluation.tracks.thresholds_shifted`.
    """
    settings = thresholds_shifted(known.labels, known.events, shift)
    silent = {label.casefold() for label in settings.deny}
    allowed = {label.casefold() for label in settings.allow or known.labels}
    n_own = n_may = n_wrong = 0
    for track in known.tracks:
        begun = count_begun(track, known.labels, settings)
        own = begun[track.label] > 0
        label = known.labels[track.label].casefold()
        n_may += label in allowed and label not in silent
        n_own += bool(own)
        n_wrong += bool(begun.sum() > begun[track.label])
    false = None
    if unknown is not None:
        n_false = sum(int(count_begun(track, unknown.labels, settings).sum()) for track in unknown.tracks)
        false = Rate(n_false, unknown.hours)
    return OperatingPoint(shift, Share(n_own, n_may), Share(n_wrong, len(known.tracks)), false)


def operating_curve(known: TrackSet, unknown: TrackSet, shifts: Sequence[float] = SHIFTS) -> tuple[OperatingPoint, ...]:
    """Return the operating points of all shifts, from the lowest thresholds to the highest."""
    return tuple(operating_point(known, unknown, shift) for shift in sorted(shifts))


def poisson(n: int) -> tuple[float, float]:
    """Return the exact 95 % interval of the mean of a Poisson distribution after ``n`` was observed.

    F. Garwood, "Fiducial limits for the Poisson distribution" (Biometrika 1936).
    """
    try:
        from scipy.stats import chi2
    except ImportError:
        raise UserError(f"intervals must be computed by scipy; install it: {install_command('train')}") from None
    low = float(chi2.ppf(0.025, 2 * n)) / 2 if n else 0.0
    return low, float(chi2.ppf(0.975, 2 * n + 2)) / 2
