"""Measure how often patterns in synthetic scenes are stated wrongly, missed, or stated too surely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import default_rng
from rich.table import Table as RichTable

from streamer.bench.scenes import SCENES, Truth, Wave
from streamer.bench.trials import table, trials, verdict
from streamer.messages import LatticeVector, Spatial, SpatialComponent
from streamer.periodicity.spatial import SpatialMeter

MAX_GROSS = 0.005  # share of trials with a statement that is grossly wrong
LEAST_COVERAGE = 0.90
MIN_TRIALS = 10  # of each kind of scene
GROSS = 0.02  # of a period, and …
GROSS_SIGMAS = 5.0  # … so many stated σ: an error above both is gross
GROSS_DEG = 2.0
FIELD_MARGIN = 0.06  # of a period, by which a field may exceed the range in the scene


@dataclass(frozen=True, slots=True)
class SceneAccuracy:
    """Results on scenes of one kind."""

    scene: str
    n_trials: int
    n_gross: int  # trials with a statement that is grossly wrong
    n_patterns: int  # in all scenes
    n_missed: int
    coverage: float  # share of errors within 2 σ, where the period is steady

    @property
    def met(self) -> bool:
        """Whether false statements are rare enough, and uncertainties wide enough."""
        covered = not self.coverage < LEAST_COVERAGE  # NaN: nothing steady was stated
        return self.n_gross <= MAX_GROSS * self.n_trials and covered


def accuracy(seconds: float) -> Iterator[SceneAccuracy]:
    """Measure scenes of every kind; takes about ``seconds``."""
    for name in SCENES:
        yield measure_scene(name, trials(seconds / len(SCENES), MIN_TRIALS))


def measure_scene(name: str, numbers: Iterator[int]) -> SceneAccuracy:
    """Compare what is measured in scenes of a kind in `SCENES` with what is in them."""
    meter = SpatialMeter()
    n_trials = n_gross = n_patterns = n_missed = 0
    errors: list[float] = []
    for trial in numbers:
        picture, truths = SCENES[name](default_rng([trial, len(name)]))
        found = meter.measure(picture)
        n_trials += 1
        n_patterns += len(truths)
        n_gross += is_grossly_wrong(found, truths)
        for truth in truths:
            right = next((c for c in found.components if _is_right(c, truth)), None)
            n_missed += right is None
            errors += _errors(right, truth) if right else []
    within = np.abs(np.array(errors)) <= 2
    return SceneAccuracy(name, n_trials, n_gross, n_patterns, n_missed, float(within.mean()) if errors else np.nan)


def is_grossly_wrong(found: Spatial, truths: tuple[Truth, ...]) -> bool:
    """Return whether any pattern is stated that is not in the scene."""
    return any(not any(_is_right(component, truth) for truth in truths) for component in found.components)


def _is_right(component: SpatialComponent, truth: Truth) -> bool:
    if component.lattice not in truth.lattices:
        return False
    return all(_nearest(vector, truth) is not None for vector in component.vectors)


def _nearest(vector: LatticeVector, truth: Truth) -> Wave | None:
    """Return the wave of a pattern that a stated vector is, within the bounds of a gross error."""
    for wave in truth.waves:
        low, high = vector.period_range_px or (vector.period_px, vector.period_px)
        margin = GROSS if wave.is_steady else FIELD_MARGIN
        reach = max(margin * wave.greatest_px, min(GROSS_SIGMAS * vector.period_px_sigma, 0.1 * wave.greatest_px))
        turn = abs((vector.angle_deg - wave.angle_deg + 90) % 180 - 90)
        near = turn <= wave.spread_deg + max(GROSS_DEG, min(GROSS_SIGMAS * vector.angle_deg_sigma, 10.0))
        if near and low >= wave.least_px - reach and high <= wave.greatest_px + reach:
            return wave
    return None


def _errors(component: SpatialComponent, truth: Truth) -> list[float]:
    """Return the errors in σ of the periods and angles that are steady, and are stated to be."""
    errors = []
    for vector in component.vectors:
        wave = _nearest(vector, truth)
        if wave is not None and wave.is_steady and vector.period_range_px is None:
            turn = (vector.angle_deg - wave.angle_deg + 90) % 180 - 90
            errors.append((vector.period_px - wave.least_px) / vector.period_px_sigma)
            errors.append(turn / vector.angle_deg_sigma)
    return errors


def render(rows: list[SceneAccuracy]) -> list[RichTable]:
    """Return the results of `accuracy` as a table."""
    found = table("patterns in scenes: what is stated and not there, what is there and missed")
    for name in ("scene", "trials", "gross", "missed", "within 2σ", ""):
        found.add_column(name, justify="left" if name == "scene" else "right", no_wrap=True)
    for row in rows:
        missed = f"{row.n_missed / row.n_patterns:.0%}" if row.n_patterns else "–"
        covered = "–" if np.isnan(row.coverage) else f"{row.coverage:.0%}"
        found.add_row(row.scene, str(row.n_trials), str(row.n_gross), missed, covered, verdict(row.met))
    return [found]
