"""A stage puts the measurement that fits best on each event, and keeps no more of them than that needs."""

from __future__ import annotations

import gc
import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.messages import Event, LatticeVector, Periodicity, Spatial, SpatialComponent
from streamer.model.spec import ModelSpec
from streamer.pipeline.stage import Stage
from tests.support.image_models import PATTERN

EVENTS = EventSettings(on=0.6, off=0.4, confirm=2, confirm_of=3, merge_gap_s=1.0, max_length_s=3600.0)
STRIDE_S = 0.5


@dataclass
class Told:
    """A model that is told its scores."""

    scores: list[float]
    spec: ModelSpec = field(default_factory=lambda: ModelSpec.model_validate(PATTERN))
    labels: tuple[str, ...] = ("none", "stripes")

    def classify(self, rows: Float32) -> Float32:
        score = self.scores.pop(0)
        return np.array([1 - score, score], np.float32)


class Keeper(Stage):
    """A stage that keeps all measurements."""

    def add_measurement(self, measurement: Periodicity) -> None:
        is_found = measurement.found is not None and measurement.found.components
        self._measurements.append(measurement if is_found else replace(measurement, found=None))


def measurement(end_s: float, snr_db: float) -> Periodicity:
    stripes = SpatialComponent("stripes", (LatticeVector(9.0, 0.1, 90.0, 0.1),), 0.5, snr_db, (0, 0, 640, 480))
    found = Spatial("found", 2.2, 213.0, (stripes,)) if snr_db else Spatial("none", 2.2, 213.0)
    return Periodicity("s", "spatial", found, end_s, end_s, end_s)


def run(kind: type[Stage], scores: list[float], snrs_db: list[float]) -> tuple[Stage, list[Event], int]:
    """Return the stage, its events, and the most measurements that were alive."""
    stage = kind("s", Told(list(scores)), EVENTS.model_copy(update={"deny": ("none",)}), STRIDE_S)
    stage.set_row_rate(10.0)
    events, most = [], 0
    n_before = alive()
    for k, snr_db in enumerate(snrs_db):
        end_s = k * STRIDE_S
        if k % 2 == 0:
            stage.add_measurement(measurement(end_s, snr_db))
        events += [m for m in stage.classify(np.zeros(1, np.float32), end_s, end_s, 0.0) if isinstance(m, Event)]
        if k % 500 == 499:
            most = max(most, alive() - n_before)
    return stage, [*events, *stage.finish(len(scores) * STRIDE_S)], most


def alive() -> int:
    gc.collect()
    return sum(type(each) is Periodicity for each in gc.get_objects())  # isinstance asks a dead proxy for its class


@pytest.mark.parametrize("seed", range(5))
def test_every_event_has_the_measurement_that_fits_best_of_all_there_were(seed: int) -> None:
    rng = np.random.default_rng(seed)
    is_on = np.repeat(rng.random(40) < 0.5, rng.integers(1, 60, 40))
    scores = np.clip(0.25 + 0.5 * is_on + rng.normal(0, 0.12, is_on.size), 0, 1).tolist()
    snrs_db = (rng.uniform(3, 40, is_on.size) * (rng.random(is_on.size) < 0.7)).tolist()
    _, events, _ = run(Stage, scores, snrs_db)
    _, expected, _ = run(Keeper, scores, snrs_db)
    assert events == expected
    assert len(events) > 10
    assert any(event.measured for event in events)


@pytest.mark.parametrize("level", [0.1, 0.9])
def test_measurements_that_no_event_can_need_are_let_go(level: float) -> None:
    n = 2000  # a quarter of an hour
    stage, events, most = run(Stage, [level] * n, [10.0 + math.sin(k) for k in range(n)])
    assert most <= 4 * stage.lag_s / STRIDE_S + 2
    assert [event.offset_s is None for event in events] == ([True, False] if level > 0.5 else [])
