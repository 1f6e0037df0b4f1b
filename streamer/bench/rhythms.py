"""Measure how often rhythms are stated wrongly, missed or given too small an uncertainty, in many situations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from rich.table import Table as RichTable

from streamer.bench.coded import CODED
from streamer.bench.fans import FANS
from streamer.bench.nothing_periodic import NOTHING
from streamer.bench.situations import COLUMNS, RHYTHMS, ROWS, Situation
from streamer.bench.trials import COVERAGE, table, trials, verdict
from streamer.messages import Temporal
from streamer.periodicity.temporal import measure_temporal

MIN_TRIALS = 10
MAX_GROSS = 0.005  # share of trials in which a number is grossly wrong
WITHIN = 0.5  # resolutions from the truth, or three standard uncertainties, beyond which an error is gross
SITUATIONS: dict[str, Callable[[Generator], Situation]] = {**RHYTHMS, **FANS, **NOTHING, **CODED}


@dataclass(frozen=True, slots=True)
class RhythmAccuracy:
    """Results of one situation."""

    situation: str
    n_trials: int
    n_gross: int  # trials with a rhythm that is not there
    n_rhythms: int  # that are there
    n_missed: int  # of these
    n_steady: int = 0  # rhythms that are steady, and called so
    coverage: float = math.nan  # share of these with the truth within two standard uncertainties

    @property
    def met(self) -> bool:
        """Whether gross errors are rare enough, and uncertainties not too small."""
        few = self.n_gross <= MAX_GROSS * self.n_trials
        return few and not self.coverage < COVERAGE[0] - 2 * math.sqrt(0.09 / max(self.n_steady, 1))


def accuracy(seconds: float) -> Iterator[RhythmAccuracy]:
    """Measure all situations; takes about ``seconds``. 200 trials of each take some eight minutes."""
    for name in SITUATIONS:
        yield measure_situation(name, trials(seconds / len(SITUATIONS), MIN_TRIALS))


def measure_situation(name: str, trials: Iterator[int]) -> RhythmAccuracy:
    """Measure one situation; each trial draws its frequencies, places and noise anew."""
    n_trials = n_gross = n_rhythms = n_missed = 0
    covered: list[bool] = []
    for trial in trials:
        made = SITUATIONS[name](np.random.default_rng([trial, *name.encode()]))
        result = measure_temporal(made.series, made.times_s, (ROWS, COLUMNS), made.kinds)
        is_gross, met, within = compare(made, result)
        n_trials, n_gross = n_trials + 1, n_gross + is_gross
        n_rhythms, n_missed = n_rhythms + len(made.truths_hz), n_missed + len(made.truths_hz) - len(met)
        covered += within
    coverage = float(np.mean(covered)) if covered else math.nan
    return RhythmAccuracy(name, n_trials, n_gross, n_rhythms, n_missed, len(covered), coverage)


def compare(made: Situation, result: Temporal) -> tuple[bool, set[int], list[bool]]:
    """Return whether a number is grossly wrong, which truths were met, and of steady ones whether 2 σ cover them."""
    is_gross, met, within = False, set(), []
    for component in result.components:
        named = (component.hz, *component.alias_hz, *(rival.hz for rival in component.rivals))
        near_hz = max(WITHIN * result.resolution_hz, 3 * component.hz_sigma)
        fits = [
            k
            for k, (low, high) in enumerate(made.truths_hz)
            if any(low - near_hz <= hz <= high + near_hz for hz in named)
        ]
        met |= set(fits[:1])
        if fits and made.truths_hz[fits[0]][0] == made.truths_hz[fits[0]][1] and component.what != "drifting":
            within.append(min(abs(hz - made.truths_hz[fits[0]][0]) for hz in named) <= 2 * component.hz_sigma)
        is_gross |= not fits and all(abs(component.hz - hz) > near_hz for hz in made.also_hz)
    return is_gross, met, within


def render(rows: list[RhythmAccuracy]) -> list[RichTable]:
    """Return the results of `accuracy` as a table."""
    result = table("rhythms in many situations, 144 cells, 6 … 20 s")
    for name in ("situation", "trials", "gross", "rhythms", "missed", "within 2σ", ""):
        result.add_column(name, justify="left" if name == "situation" else "right", no_wrap=True)
    for row in rows:
        coverage = f"{row.coverage:.1%}" if row.n_steady else "–"
        counts = (row.n_trials, row.n_gross, row.n_rhythms, row.n_missed)
        result.add_row(row.situation, *map(str, counts), coverage, verdict(row.met))
    return [result]
