"""The benchmark of temporal measurements: its figures, and verdicts that are bad when they must be."""

import io

import numpy as np
import pytest
from rich.console import Console

from streamer.bench.camera_noise import N_CELLS, NOISES, camera_noise
from streamer.bench.periodicity import (
    SAMPLINGS,
    Accuracy,
    FalseAlarms,
    cramer_rao_hz,
    measure_accuracy,
    measure_false_alarms,
    render,
)


def test_the_bound_for_even_times() -> None:
    times_s = np.arange(300) / 30
    assert cramer_rao_hz(2.0, times_s) == pytest.approx(np.sqrt(6 / (np.pi**2 * 4 * 300 * 10**2)), rel=1e-4)


@pytest.mark.parametrize("times", SAMPLINGS)
def test_sinusoids_above_the_threshold_meet_the_targets(times: str) -> None:
    row = measure_accuracy(times, 10, iter(range(200)))
    assert row.n_trials == 200
    assert row.n_detected > 190
    assert row.ratio < 1.5
    assert 0.88 < row.coverage < 0.99  # 200 trials of a share that must be 0.90 … 0.98
    assert row.n_gross == 0


def test_a_sinusoid_lost_in_noise_is_below_the_threshold() -> None:
    row = measure_accuracy("even", -10, iter(range(20)))
    assert row.met is None


def test_false_alarms_are_counted() -> None:
    row = measure_false_alarms("white", iter(range(3)))
    assert row == FalseAlarms("white", 3, 0)


@pytest.mark.parametrize("kind", NOISES)
def test_noise_is_finite_and_of_the_grid(kind: str) -> None:
    noise = camera_noise(kind, 120, np.random.default_rng(0))
    assert noise.shape == (120, N_CELLS)
    assert np.isfinite(noise).all()
    assert noise.std() > 0


def test_verdicts() -> None:
    assert Accuracy("even", 5, 100, 99, 1.1, 0.95, 1.0).met
    assert Accuracy("even", 5, 100, 99, 1.6, 0.95, 1.0).met is False
    assert Accuracy("even", 5, 100, 99, 1.1, 0.99, 2.0).met is False
    assert Accuracy("even", -10, 100, 3, 1.1, 0.7, 2.0).met is None
    assert FalseAlarms("white", 100, 2).met is False
    assert FalseAlarms("white", 100, 1).met


def test_tables() -> None:
    console = Console(width=100, file=io.StringIO())
    for table in render([Accuracy("even", 5, 100, 99, 1.1, 0.953, 1.0), Accuracy("even", -10, 9, 0),
                         FalseAlarms("white", 100, 2)]):  # fmt: skip
        console.print(table)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "99%" in text
    assert "× 1.10" in text
    assert "95.3%" in text
    assert "below threshold" in text
    assert "missed" in text
