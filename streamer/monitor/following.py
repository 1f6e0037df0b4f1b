"""Follow rhythms and patterns from measurement to measurement: each has a row of the screen, and a trend."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic

import numpy as np

from streamer.arrays import Float32
from streamer.messages import SpatialComponent, TemporalComponent
from streamer.monitor.snapshot import ComponentT, Followed

TREND_S = 600.0  # the trend covers so long …
N_BINS = 120  # … in so many values
BIN_S = TREND_S / N_BINS
KEPT_S = 10.0  # so long a component that is not found any more keeps its row
MAIN_S = 3.0  # so long the main one stays it, when it is not found any more
MOST = 32  # components remembered, those with a row included
N_SIGMA = 4.0  # a component goes on where its value is within so many uncertainties of the one before …
CHANGE = 0.03  # … or within this share of it


@dataclass(eq=False)
class _Known(Generic[ComponentT]):
    """One component, and what is remembered of it."""

    newest: ComponentT
    row: int = -1  # that it has, or had last
    has_row: bool = False
    seen_s: float = -math.inf  # second of the stream at which it was there last
    missing_s: float = math.inf  # … of the first measurement that did not find it; infinite where the newest did
    bins: deque[tuple[int, float, int]] = field(default_factory=lambda: deque(maxlen=N_BINS))  # number, sum, how many


class Following(Generic[ComponentT]):
    """The components of one kind in one stream; each keeps its row of the screen while it is found.

    One that is not found keeps its row for ten seconds, and is remembered for ten minutes: a machine that is switched
    off and on goes on with its trend, in its row if that is free.

    Parameters
    ----------
    value : callable
        Returns the value of a component and its standard uncertainty.
    overlap : callable
        Returns how much the places of two components have in common, range 0…1.
    is_minor : callable
        Returns whether a component is never the main one.
    """

    def __init__(
        self,
        value: Callable[[ComponentT], tuple[float, float]],
        overlap: Callable[[ComponentT, ComponentT], float],
        is_minor: Callable[[ComponentT], bool] = lambda _: False,
    ) -> None:
        self._value: Callable[[ComponentT], tuple[float, float]] = value
        self._overlap: Callable[[ComponentT, ComponentT], float] = overlap
        self._is_minor: Callable[[ComponentT], bool] = is_minor
        self._known: list[_Known[ComponentT]] = []
        self._main: _Known[ComponentT] | None = None
        self._shown: tuple[Followed[ComponentT], ...] | None = None  # as long as it stays the same
        self._shown_bin = 0

    def update(
        self, found: Sequence[ComponentT], seen_s: Sequence[float], at_s: float, resolution: float = 0.0
    ) -> None:
        """Take one more measurement.

        Parameters
        ----------
        found : sequence of components
            The most significant first.
        seen_s : sequence of float
            Second of the stream at which each was there last.
        at_s : float
            Second of the stream at which the measurement ends.
        resolution : float
            Difference between values that a measurement cannot tell apart.
        """
        self._shown = None
        going_on = self._matches(found, resolution)
        current = [going_on.get(index) or _Known(each) for index, each in enumerate(found)]
        self._known = [each for each in self._known if each not in current and each.seen_s >= at_s - TREND_S]
        for known in self._known:
            known.missing_s = min(known.missing_s, at_s)
            known.has_row &= at_s - known.missing_s < KEPT_S
        for known, newest, there_s in zip(current, found, seen_s, strict=True):
            known.newest, known.missing_s = newest, math.inf
            known.seen_s = max(known.seen_s, there_s)
            self._remember(known, there_s)
        self._known += current  # the longest unseen come first
        del self._known[: max(len(self._known) - MOST, 0)]
        for known in current:
            if not known.has_row:
                known.row, known.has_row = self._free_row(known.row), True
        main = self._main
        if main is None or main not in self._known or at_s - main.missing_s >= MAIN_S:
            self._main = next((known for known in current if not self._is_minor(known.newest)), None)

    def shown(self, now_s: float) -> tuple[Followed[ComponentT], ...]:
        """Return the components that have a row at a second of the stream, by row.

        It is the same object until something has changed, so that what is drawn of it can be kept.
        """
        number = int(now_s // BIN_S) if math.isfinite(now_s) else 0
        if self._shown is not None and number == self._shown_bin:
            return self._shown
        shown = self._followed(now_s)
        if not any(each.gone_s for each in shown):
            self._shown, self._shown_bin = shown, number
        return shown

    def _followed(self, now_s: float) -> tuple[Followed[ComponentT], ...]:
        return tuple(
            Followed(
                row=known.row,
                newest=known.newest,
                gone_s=max(now_s - known.seen_s, 0.0) if math.isfinite(known.missing_s) else 0.0,
                is_main=known is self._main,
                trend=_trend(known.bins, now_s),
            )
            for known in sorted(self._known, key=lambda known: known.row)
            if known.has_row
        )

    def _matches(self, found: Sequence[ComponentT], resolution: float) -> dict[int, _Known[ComponentT]]:
        """Return which of the found ones go on from which known one, the nearest in value and place first."""
        pairs = []
        for index, each in enumerate(found):
            value, sigma = self._value(each)
            for known in self._known:
                before, sigma_before = self._value(known.newest)
                reach = max(N_SIGMA * math.hypot(sigma, sigma_before), CHANGE * abs(before), resolution)
                distance = abs(value - before) / reach if reach > 0.0 else math.inf
                if distance <= 1.0:  # of NaN false
                    pairs.append((distance - self._overlap(each, known.newest), index, known))
        matches: dict[int, _Known[ComponentT]] = {}
        for _, index, known in sorted(pairs, key=lambda pair: pair[0]):
            if index not in matches and known not in matches.values():
                matches[index] = known
        return matches

    def _remember(self, known: _Known[ComponentT], there_s: float) -> None:
        value, _ = self._value(known.newest)
        if not (math.isfinite(value) and math.isfinite(there_s)):
            return
        number = int(there_s // BIN_S)
        if known.bins and known.bins[-1][0] >= number:
            number, total, n = known.bins.pop()
            known.bins.append((number, total + value, n + 1))
        else:
            known.bins.append((number, value, 1))

    def _free_row(self, wanted: int) -> int:
        taken = {known.row for known in self._known if known.has_row}
        if wanted >= 0 and wanted not in taken:
            return wanted
        return next(row for row in range(len(taken) + 1) if row not in taken)


def following_rhythms() -> Following[TemporalComponent]:
    """Return what follows the rhythms of a stream."""
    return Following(lambda rhythm: (rhythm.hz, rhythm.hz_sigma), _common_cells, lambda rhythm: rhythm.what == "coder")


def following_patterns() -> Following[SpatialComponent]:
    """Return what follows the patterns of a stream."""

    def value(pattern: SpatialComponent) -> tuple[float, float]:
        return pattern.vectors[0].period_px, pattern.vectors[0].period_px_sigma

    return Following(value, _common_area)


def _trend(bins: deque[tuple[int, float, int]], now_s: float) -> Float32:
    """Return the mean value in each bin, the newest last; NaN where there was none."""
    trend: Float32 = np.full(N_BINS, np.nan, np.float32)
    last = int(now_s // BIN_S) if math.isfinite(now_s) else 0
    for number, total, n in bins:
        at = number - last + N_BINS - 1
        if 0 <= at < N_BINS:
            trend[at] = total / n
    return trend


def _common_cells(a: TemporalComponent, b: TemporalComponent) -> float:
    """Return the share of the cells of the smaller one that the other has, too."""
    if a.heat.shape != b.heat.shape:
        return 0.0
    n_least = min(np.count_nonzero(a.heat), np.count_nonzero(b.heat))
    return float(np.count_nonzero((a.heat > 0) & (b.heat > 0)) / n_least) if n_least else 0.0


def _common_area(a: SpatialComponent, b: SpatialComponent) -> float:
    """Return the share of the smaller box that lies in the other."""
    sides = [max(min(a.box[k] + a.box[k + 2], b.box[k] + b.box[k + 2]) - max(a.box[k], b.box[k]), 0) for k in (0, 1)]
    least = min(a.box[2] * a.box[3], b.box[2] * b.box[3])
    return sides[0] * sides[1] / least if least > 0 else 0.0
