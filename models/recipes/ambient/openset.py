"""The open-set measure of the recipe: own-event recall against false events on sounds of labels never learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.recipes.ambient.corpus import LABELS
from streamer.arrays import Float32, Float64
from streamer.config import EventSettings, LabelThresholds
from streamer.events import exposure_s
from streamer.training.calibration import logits_of

CANDIDATES = np.round(1.0 / (1.0 + np.exp(-np.arange(-1.0, 3.1, 0.2))), 3)  # thresholds; higher ones make labels mute
BACKGROUND = LABELS.index("background")
N_TAIL = 30  # highest levels of other sounds by which a label's rate of false events is judged
# Barks and crows are short, and few windows hold one whole; of the others no recordings are left out, and little is
# taken for an alarm. What this costs is in the figures of the card.
BY_HAND = {"dog": 0.5, "rooster": 0.6, "speech": 0.9, "music": 0.98, "smoke_alarm": 0.5}


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What one training run says of recordings that it never met.

    The level of a recording's label is the highest threshold at which an event of the label begins in it.
    """

    levels: Float32  # shape (n_recordings, n_labels)
    truths: NDArray[np.intp]  # each recording's label; −1: none that the run has learnt
    hours: Float64  # of each recording, in which an event could have begun
    ranking: Float32  # of each recording: root mean square of the scores, shape (n_recordings, n_labels)

    def known(self) -> NDArray[np.bool_]:
        """Return which recordings have a label that the run has learnt."""
        return self.truths >= 0


def trial(
    tracks: Sequence[Float32],
    truths: NDArray[np.intp],
    events: EventSettings,
    stride_s: float,
    never_learnt: Sequence[str] = (),
) -> Trial:
    """Return a run's levels; labels that it has not learnt, and ``background``, have no events.

    Parameters
    ----------
    tracks : sequence of ndarray, shape (n_windows, n_labels)
        Scores of each recording's windows.
    """
    levels = np.stack([begin_levels(track, events, stride_s) for track in tracks])
    levels[:, [BACKGROUND, *(LABELS.index(label) for label in never_learnt)]] = -1.0
    out = [LABELS.index(label) for label in never_learnt]
    hours = np.array([exposure_s(len(track), stride_s, events) / 3600.0 for track in tracks])
    ranking = np.stack([np.sqrt(np.mean(np.square(track), axis=0)) for track in tracks])
    return Trial(levels, np.where(np.isin(truths, out), -1, truths), hours, ranking)


def begin_levels(scores: Float32, events: EventSettings, stride_s: float) -> Float32:
    """Return the highest threshold of each label at which an event begins, by the rule of `streamer.events`."""
    n_smooth = max(1, round(events.smoothing_s / stride_s))
    padded = np.concatenate([np.full((n_smooth - 1, scores.shape[1]), np.nan, np.float32), scores])
    smoothed = np.nanmean(sliding_window_view(padded, n_smooth, axis=0), axis=-1)
    recent = np.concatenate([np.full((events.confirm_of - 1, scores.shape[1]), -1.0, np.float32), smoothed])
    ranked = np.sort(sliding_window_view(recent, events.confirm_of, axis=0), axis=-1)
    levels: Float32 = np.minimum(ranked[..., -events.confirm], smoothed).max(axis=0).astype(np.float32)
    return levels


@dataclass(frozen=True, slots=True)
class Operating:
    """What some thresholds lead to."""

    own: float  # share of the recordings with a learnt label in which an event of it begins
    wrong: float  # share of them in which an event of another label begins
    false_per_hour: float  # events in recordings without a learnt label
    named: float  # share of the recordings without a learnt label in which an event begins


def operate(trials: Sequence[Trial], on: Float64) -> Operating:
    """Return what thresholds, shape (n_labels,), lead to in all trials together."""
    own, wrong, named, n_false, hours = [], [], [], 0, 0.0
    for one in trials:
        begun = one.levels >= on
        known = one.known()
        place = np.flatnonzero(known)
        own.append(begun[place, one.truths[place]])
        others = begun[place]
        others[np.arange(len(place)), one.truths[place]] = False
        wrong.append(others.any(axis=1))
        named.append(begun[~known].any(axis=1))
        n_false += int(begun[~known].sum())
        hours += float(one.hours[~known].sum())
    return Operating(
        float(np.concatenate(own).mean()),
        float(np.concatenate(wrong).mean()),
        n_false / hours if hours else 0.0,
        float(np.concatenate(named).mean()),
    )


def choose(trials: Sequence[Trial], per_hour: float) -> Float64:
    """Return thresholds of all labels with the highest recall at a number of false events per hour, all together.

    Each label's is the candidate with the highest recall − price · false events per hour; the price is the lowest at
    which the sum of all labels' false events stays within the rate. Events of a label in recordings of another learnt
    one count as false as well. Labels in `BY_HAND` have theirs.
    """
    recall, false = _curves(trials)
    low, high = 0.0, 1e3
    for _ in range(40):
        price = (low + high) / 2
        best = _best(recall, false, price)
        if false[best, np.arange(len(LABELS))][: len(LABELS) - 1].sum() > per_hour:
            low = price
        else:
            high = price
    on = np.asarray(CANDIDATES[_best(recall, false, high)])
    for label, threshold in BY_HAND.items():
        on[LABELS.index(label)] = threshold
    return on


def _best(recall: Float64, false: Float64, price: float) -> NDArray[np.intp]:
    """Return each label's best candidate; of equals the highest."""
    gain = recall - price * false
    return np.asarray(len(CANDIDATES) - 1 - np.argmax(gain[::-1], axis=0))


@dataclass(frozen=True, slots=True)
class _Tail:
    """How often other sounds reach a threshold of a label: an exponential fitted to the highest logits (peaks over
    threshold, Smith 1989). Mere counts promise too much of sounds that are not among those counted: thresholds chosen
    by counts for 8 false events an hour led to 50 on labels left out.
    """

    start: float  # logit that the highest N_TAIL exceed
    scale: float  # their mean excess
    rate: float  # of them, per hour

    @classmethod
    def of(cls, levels: Float64, hours: float) -> _Tail:
        if not len(levels):  # of background, which has no events
            return cls(0.0, 1.0, 0.0)
        highest = np.sort(_logit(levels))[: -N_TAIL - 2 : -1]
        start = float(highest[-1])
        return cls(start, max(0.05, float(np.mean(highest[:-1] - start))), (len(highest) - 1) / hours)

    def per_hour(self, scale: float) -> Float64:
        """Return the false events per hour at every candidate."""
        return np.asarray(self.rate * np.exp((self.start - _logit(CANDIDATES)) / scale))


def _logit(level: NDArray[np.floating]) -> Float64:
    return logits_of(np.clip(level, 1e-4, 1.0 - 1e-4), "sigmoid")


def _curves(trials: Sequence[Trial]) -> tuple[Float64, Float64]:
    """Return each label's recall and false events per hour at every candidate, shapes (n_candidates, n_labels)."""
    recall, tails = np.zeros((len(CANDIDATES), len(LABELS))), []
    for label in range(len(LABELS)):
        own = np.concatenate([one.levels[one.truths == label, label] for one in trials])
        learnt = [one for one in trials if one.levels[:, label].max() >= 0]
        others = np.concatenate([np.zeros(0), *(one.levels[one.truths != label, label] for one in learnt)])
        hours = sum(float(one.hours[one.truths != label].sum()) for one in learnt)
        recall[:, label] = [np.mean(own >= on) if own.size else 0.5 * (1.0 - on) for on in CANDIDATES]
        tails.append(_Tail.of(others, hours))
    usual = float(np.median([tail.scale for tail in tails]))
    return recall, np.stack([tail.per_hour(0.5 * (tail.scale + usual)) for tail in tails], axis=1)


def with_thresholds(events: EventSettings, on: Float64) -> EventSettings:
    """Return event settings with a threshold of each label, and half of it as the one below which events end."""
    own = {
        label: LabelThresholds(on=float(value), off=round(float(value) / 2, 3))
        for label, value in zip(LABELS, on, strict=True)
        if label not in events.deny
    }
    return events.model_copy(update={"labels": own})


def closed_set(trials: Sequence[Trial], places: Sequence[int]) -> float:
    """Return the share of recordings of some labels whose best label among these is their own."""
    right: list[NDArray[np.bool_]] = []
    for one in trials:
        rows = np.isin(one.truths, places)
        best = one.ranking[rows][:, list(places)].argmax(axis=1)
        right.append(np.array(places)[best] == one.truths[rows])
    return float(np.concatenate(right).mean())


def honest(trials: Sequence[Trial], others: Sequence[Trial], per_hour: float) -> Operating:
    """Return what thresholds lead to in each trial that were chosen on all other trials alone: means of the trials."""
    found = []
    for i, one in enumerate(trials):
        on = choose([*trials[:i], *trials[i + 1 :], *others], per_hour)
        found.append(operate([one], on))
    names = ("own", "wrong", "false_per_hour", "named")
    return Operating(*(float(np.mean([getattr(one, name) for one in found])) for name in names))
