"""What comes with the types of coded images is the coder's, at any rate; what only lies there is told beside."""

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import Float32, Float64
from streamer.messages import Temporal
from streamer.periodicity.coded_types import CodedTypes, type_number
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.temporal import measure_temporal

GRID = (12, 16)
N_CELLS = GRID[0] * GRID[1]
N = 300


def kinds_of(pattern: str, n: int = N) -> Float32:
    return np.array([type_number(each) for each in (pattern * n)[:n]], np.float32)


def measure(waves: Float64, kinds: Float32 | None, fps: float = 30.0) -> Temporal:
    series = 120 + waves + default_rng(1).normal(0, 0.05, (waves.shape[0], N_CELLS))
    return measure_temporal(series.astype(np.float32), np.arange(waves.shape[0]) / fps, GRID, kinds)


def strengths(scale: float) -> Float64:
    return default_rng(2).normal(0, scale, N_CELLS).clip(-scale, scale)


@pytest.mark.parametrize("pattern", ["IBB" + "PBB" * 19, "IB" + "PB" * 6, "IPPPPPPPPPPP", "IBBBPBBBPBBBPBBBPBBP"])
@pytest.mark.parametrize("fps", [50.0, 29.97, 12.5])
def test_what_comes_with_the_types_is_the_coders(pattern: str, fps: float) -> None:
    kinds = kinds_of(pattern)
    wave = (kinds == type_number("B")) + 1.0 * (kinds == type_number("I"))
    result = measure(wave[:, None] * strengths(0.9), kinds, fps)
    assert result.status == "none"
    assert np.isnan(result.hz)
    assert result.of_coder
    assert {each.what for each in result.of_coder} == {"coder"}


def test_a_pattern_that_the_coder_chooses_anew_is_the_coders() -> None:
    rng = default_rng(3)
    kinds = kinds_of("I" + "".join(rng.choice(["BBBP", "BBP", "BBBP"], N)))
    wave = (kinds == type_number("B")).astype(np.float64)
    found = measure(wave[:, None] * strengths(0.9), kinds)
    assert found.status == "none"


def test_cells_that_change_at_key_images_have_the_coders_rhythm_at_any_fraction_of_its_rate() -> None:
    kinds = kinds_of("I" + "P" * 9)
    held = np.cumsum(np.where(kinds == type_number("I"), (-1.0) ** (np.arange(N) // 10), 0.0))
    result = measure(held[:, None] * 2 * strengths(1.0), kinds)
    assert result.status == "none"


@pytest.mark.parametrize("amplitude", [0.4, 6.0])
def test_a_rhythm_of_the_scene_at_the_coders_rate_is_found_and_the_coder_is_named_beside_it(amplitude: float) -> None:
    kinds = kinds_of("I" + "P" * 14)
    waves = np.zeros((N, N_CELLS))
    waves[:, 40:60] = amplitude * np.sin(2 * np.pi * 2.0 * np.arange(N) / 30 + 1.0)[:, None]
    result = measure(waves, kinds)
    assert result.hz == pytest.approx(2.0, abs=0.01)
    assert result.components[0].what == "steady"
    assert result.components[0].coder_hz == pytest.approx(2.0, abs=0.02)


def test_another_rhythm_is_found_beside_the_coders_and_has_no_rate_of_it() -> None:
    kinds = kinds_of("IBBPBBPBBPBB")
    waves = (kinds == type_number("B"))[:, None] * strengths(0.9)
    waves[:, 40:60] += 3 * np.sin(2 * np.pi * 1.3 * np.arange(N) / 30)[:, None]
    result = measure(waves, kinds)
    assert [each.hz for each in result.components] == [pytest.approx(1.3, abs=0.01)]
    assert result.components[0].coder_hz is None


def test_a_rhythm_that_the_coder_shows_better_in_some_images_is_one_rhythm() -> None:
    kinds = kinds_of("IBPP")
    swing = 5 * np.sin(2 * np.pi * 4.38 * np.arange(N) / 30)
    waves = np.zeros((N, N_CELLS))
    waves[:, 40:60] = (swing * np.where(kinds == type_number("B"), 0.5, 1.0))[:, None]
    result = measure(waves, kinds)
    assert [each.hz for each in result.components] == [pytest.approx(4.38, abs=0.01)]
    assert [each.hz for each in measure(waves, None).components] != [pytest.approx(4.38, abs=0.01)]


@pytest.mark.parametrize("pattern", ["I", ""])
def test_images_that_are_all_coded_alone_change_nothing(pattern: str) -> None:
    kinds = kinds_of(pattern) if pattern else np.zeros(N, np.float32)
    assert CodedTypes.of(kinds, Sampling.of(np.arange(N) / 30)) is None
    wave = (np.arange(N) % 15 < 4).astype(np.float64)
    result = measure(wave[:, None] * np.full(N_CELLS, 4.0), kinds)
    assert result.hz == pytest.approx(2.0, abs=0.01)
    assert result.components[0].coder_hz is None


def test_flashes_at_which_the_coder_begins_anew_are_a_rhythm_of_the_scene() -> None:
    kinds = kinds_of("I" + "P" * 29)
    waves = np.where(np.arange(N) % 30 < 3, 40.0, 0.0)[:, None] * np.ones(N_CELLS)
    assert measure(waves, kinds).hz == pytest.approx(1.0, abs=0.01)


def test_rates_of_the_coder_so_close_together_that_one_is_near_any_frequency_are_not_named() -> None:
    kinds = kinds_of("I" + "P" * 74)
    waves = np.zeros((N, N_CELLS))
    waves[:, 40:60] = 6.0 * np.sin(2 * np.pi * 2.0 * np.arange(N) / 30 + 1.0)[:, None]
    (component,) = measure(waves, kinds).components
    assert component.hz == pytest.approx(2.0, abs=0.01)
    assert component.coder_hz is None
