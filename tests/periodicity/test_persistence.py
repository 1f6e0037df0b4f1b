"""Steady rhythms are told from ones that drift, that last for a part, and from resonances that chance drives."""

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import Float64
from streamer.periodicity.persistence import Persistence, judge
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import fit_harmonics
from streamer.periodicity.steadiness import follow

TIMES_S = np.arange(360) / 30


def judged(wave: Float64, hz: float, harmonics: tuple[int, ...] = (1,)) -> Persistence | None:
    series = (wave + 0.3 * default_rng(0).standard_normal(wave.size)).astype(np.float32)[:, None]
    sampling = Sampling.of(TIMES_S)
    fit = fit_harmonics(series, sampling.times_s, hz, harmonics, np.ones(1))
    return judge(fit, follow(series, sampling, fit, harmonics), sampling)


def test_a_steady_rhythm_is_steady() -> None:
    found = judged(2 * np.sin(2 * np.pi * 0.9 * TIMES_S), 0.9)
    assert found is not None
    assert found.is_steady
    assert found.hz == pytest.approx(0.9, abs=0.01)


def test_one_that_drifts_has_a_track() -> None:
    found = judged(2 * np.sin(2 * np.pi * (2.0 * TIMES_S + 0.008 * TIMES_S**2)), 2.09)
    assert found is not None
    assert not found.is_steady
    assert found.track[-1].hz > found.track[0].hz + 0.1


@pytest.mark.parametrize("cycles", [5, 10])
def test_a_few_cycles_whose_phase_and_strength_wander_are_chance(cycles: int) -> None:
    hz = cycles / TIMES_S[-1]
    wander = 0.12 * np.sin(2 * np.pi * 0.07 * TIMES_S + 1)
    strength = 1 + 0.4 * np.sin(2 * np.pi * 0.11 * TIMES_S)
    assert judged(2 * strength * np.sin(2 * np.pi * (hz * TIMES_S + wander)), hz) is None


def test_flashes_that_keep_step_with_the_images_have_no_span() -> None:
    on = np.where(TIMES_S < 7, 1.0, 0.0)
    wave = sum(np.sin(2 * np.pi * k * TIMES_S * 7.52 + k) for k in (1, 2))
    assert judged(np.asarray(3 * on * wave), 7.52, (1, 2)) is None
    assert judged(3 * on * np.sin(2 * np.pi * 7.52 * TIMES_S), 7.52) is not None
    assert (
        judged(np.asarray(3 * on * sum(np.sin(2 * np.pi * k * TIMES_S * 5.2) for k in (1, 2))), 5.2, (1, 2)) is not None
    )
