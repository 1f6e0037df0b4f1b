"""Choose where events begin: the lowest threshold of each label that keeps false alarms below a stated rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64
from streamer.config import EventSettings, LabelThresholds
from streamer.evaluation.tracks import ScoreTrack, count_begun
from streamer.training.world import WorldTrack

CANDIDATES = tuple(float(on) for on in np.round([*np.arange(0.5, 0.98, 0.02), 0.98, 0.99, 0.995, 0.998, 0.999], 3))
MOST_MISSED = 0.5  # of a label's own examples: a label that never fires is useless, however rarely it is wrong
ENOUGH = 3.0  # false alarms expected at the stated rate, from which on none is evidence: exp(−3) = 5 %


@dataclass(frozen=True, slots=True)
class Threshold:
    """A label's threshold and what is known of it."""

    label: str
    on: float
    off: float
    n_false: int  # events of the label in examples of others; of pictures: those that reach `on`
    amount: float  # hours of these examples in which an event could have begun; of pictures: their number
    limit: float  # upper end of the one-sided 95 % interval of the rate: per hour; of pictures: share
    missed: float  # share of the label's own examples in which no event begins; NaN without any
    is_kept: bool  # whether false alarms are as few as allowed: not where most of its own examples would be missed
    n_world: int = 0  # events of the label in recordings of the world that are none of the labels
    world_hours: float = 0.0  # of these recordings in which an event could have begun
    world_limit: float = math.inf  # as ``limit``, of the world; infinite without one


def choose_for_events(
    tracks: Sequence[ScoreTrack],
    labels: tuple[str, ...],
    events: EventSettings,
    per_hour: float,
    world: Sequence[WorldTrack] = (),
) -> tuple[Threshold, ...]:
    """Choose thresholds for streams by running the event detector over every example.

    Each label that may fire gets an equal share of the false alarms, which it keeps in the examples of other labels and
    in the world, each by itself: examples tell what the label is easily mistaken for, the world how often anything is.
    What the world forbids is not weighed against the examples that a threshold misses. A threshold below the common one
    is chosen only where both are long enough to show that it is safe.

    Parameters
    ----------
    tracks : sequence of ScoreTrack
        Of examples that the scores' model did not learn from.
    labels : tuple of str
        Of the scores.
    events : EventSettings
        Its thresholds are replaced; labels that it denies get none.
    per_hour : float
        False alarms of all labels together.
    world : sequence of WorldTrack
        Of recordings of none of the labels; one that is like a label does not count for it.
    """
    truths = np.array([track.label for track in tracks])
    hours = np.array([track.exposure_s(events) / 3600.0 for track in tracks])
    settings = [_with_common_threshold(events, on) for on in CANDIDATES]
    counts = np.array([_count_begun(tracks, labels, one) for one in settings])
    world_tracks = [one.track for one in world]
    world_hours = np.array([track.exposure_s(events) / 3600.0 for track in world_tracks])
    world_counts = np.array([_count_begun(world_tracks, labels, one) for one in settings])
    chosen = []
    for place in (places := _labels_that_fire(labels, events)):
        others = truths != place
        amount = float(hours[others].sum())
        n_false = counts[:, others, place].sum(axis=1)
        missed = _share(counts[:, ~others, place] == 0)
        unlike = np.array([labels[place] not in one.alike for one in world], bool)
        n_world, hours_of_world = world_counts[:, unlike, place].sum(axis=1), float(world_hours[unlike].sum())
        share = per_hour / len(places)
        in_world = n_world <= math.floor(share * hours_of_world + 1e-9)
        choice = _choose(n_false, missed, share * amount, events.on, in_world, share * hours_of_world)
        limit = poisson_limit(int(n_false[choice.place])) / amount if amount else math.inf
        threshold = _threshold(labels[place], choice, n_false, amount, limit, missed, events)
        if hours_of_world:
            n = int(n_world[choice.place])
            world_limit = poisson_limit(n) / hours_of_world
            threshold = replace(threshold, n_world=n, world_hours=hours_of_world, world_limit=world_limit)
        chosen.append(threshold)
    return tuple(chosen)


def choose_for_pictures(
    scores: Float32, truths: NDArray[np.integer], labels: tuple[str, ...], events: EventSettings, share: float
) -> tuple[Threshold, ...]:
    """Choose thresholds for single pictures: at most a share of those without a label may reach its threshold.

    Parameters
    ----------
    scores : ndarray, shape (n_pictures, n_labels)
    truths : ndarray of int, shape (n_pictures,)
        Each one's label.
    share : float
        Of all labels together, range 0…1.
    """
    chosen = []
    for place in (places := _labels_that_fire(labels, events)):
        others = truths != place
        reaching = scores[:, place] >= np.array(CANDIDATES, np.float32)[:, None]
        n_false, n_others = reaching[:, others].sum(axis=1), int(others.sum())
        missed = _share(~reaching[:, ~others])
        choice = _choose(n_false, missed, share / len(places) * n_others, events.on)
        limit = binomial_limit(int(n_false[choice.place]), n_others)
        chosen.append(_threshold(labels[place], choice, n_false, n_others, limit, missed, events))
    return tuple(chosen)


def with_thresholds(events: EventSettings, thresholds: Sequence[Threshold]) -> EventSettings:
    """Return event settings with these thresholds."""
    own = {t.label: LabelThresholds(on=t.on, off=t.off) for t in thresholds}
    return events.model_copy(update={"labels": own})


def alarms(
    tracks: Sequence[ScoreTrack], labels: tuple[str, ...], events: EventSettings
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return how many events of a wrong label begin in each example, and whether one of its own does."""
    begun = _count_begun(tracks, labels, events)
    truths = np.array([track.label for track in tracks])
    own = begun[np.arange(len(tracks)), truths]
    return begun.sum(axis=1) - own, own > 0


def poisson_limit(n: int) -> float:
    """Return the upper end of the one-sided 95 % interval of a Poisson mean, n having been observed; 3.0 for none."""
    from scipy.special import gammaincinv

    return float(gammaincinv(n + 1, 0.95))


def binomial_limit(n: int, n_all: int) -> float:
    """Return the upper end of the one-sided 95 % interval of a share (Clopper and Pearson, 1934); 1 where n_all = 0."""
    from scipy.special import betaincinv

    return float(betaincinv(n + 1, n_all - n, 0.95)) if n < n_all else 1.0


def _labels_that_fire(labels: tuple[str, ...], events: EventSettings) -> list[int]:
    """Return the numbers of the labels of which an event may begin."""
    return [i for i, label in enumerate(labels) if label not in events.deny and label in (events.allow or labels)]


@dataclass(frozen=True, slots=True)
class _Choice:
    place: int  # number of the candidate
    is_kept: bool


def _choose(
    n_false: NDArray[np.int64],
    missed: Float64,
    allowed: float,
    common: float,
    in_world: NDArray[np.bool_] | None = None,
    allowed_in_world: float = 0.0,
) -> _Choice:
    """Return the lowest candidate from which on no count is above the allowed, unless it misses most own examples.

    Candidates below the last one that the world forbids are never chosen, whatever is missed.
    """
    candidates = np.array(CANDIDATES)
    world_fits = np.ones(len(candidates), bool) if in_world is None else in_world
    high_enough = candidates >= (common - 1e-9 if allowed + allowed_in_world < ENOUGH else 0.0)
    fits = (n_false <= math.floor(allowed + 1e-9)) & high_enough & world_fits
    place, floor = min(_lowest(fits), len(fits) - 1), min(_lowest(world_fits), len(fits) - 1)
    if missed[place] > MOST_MISSED:
        acceptable = np.flatnonzero((missed <= MOST_MISSED) & high_enough & (np.arange(len(fits)) >= floor))
        highest = max(floor, int(np.argmax(high_enough)))
        place = int(acceptable[-1]) if acceptable.size else min(place, highest)
    return _Choice(place, bool(fits[place]))


def _lowest(fits: NDArray[np.bool_]) -> int:
    """Return the number of the lowest candidate from which on all fit; their number if the last one does not."""
    return len(fits) - int(np.argmin(fits[::-1])) if not fits.all() else 0


def _share(flags: NDArray[np.bool_]) -> Float64:
    """Return the share of true values in each row, NaN where rows are empty."""
    return flags.mean(axis=1) if flags.shape[1] else np.full(len(flags), math.nan)


def _threshold(
    label: str,
    choice: _Choice,
    n_false: NDArray[np.int64],
    amount: float,
    limit: float,
    missed: Float64,
    events: EventSettings,
) -> Threshold:
    place, on = choice.place, CANDIDATES[choice.place]
    missing = float(missed[place])
    return Threshold(label, on, _off(on, events), int(n_false[place]), amount, limit, missing, choice.is_kept)


def _off(on: float, events: EventSettings) -> float:
    """Return the threshold below which an event that begins at ``on`` ends, in the proportion of the common ones."""
    return round(on * min(1.0, events.off / max(events.on, 1e-6)), 2)


def _with_common_threshold(events: EventSettings, on: float) -> EventSettings:
    return events.model_copy(update={"on": on, "off": _off(on, events), "labels": {}})


def _count_begun(tracks: Sequence[ScoreTrack], labels: tuple[str, ...], events: EventSettings) -> NDArray[np.int64]:
    """Count the events that begin in each example, shape (n_tracks, n_labels)."""
    counts = [count_begun(track, labels, events) for track in tracks]
    return np.array(counts, np.int64).reshape(len(tracks), len(labels))
