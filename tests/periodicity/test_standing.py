"""Rhythms that are known, held against later images: they go on with the values of a search, or a search is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from streamer.arrays import Float32, Float64
from streamer.messages import Temporal
from streamer.periodicity.standing import are_the_same, followed
from streamer.periodicity.temporal import measure_temporal

GRID = (9, 16)
WINDOW, HOP = 240, 30
FPS = 30.0
NOISE = 0.3

Scene = Callable[[Float64, Generator], Float64]  # what moves in one part, or in two parts one after the other


def times(n: int = 600) -> Float64:
    rng = default_rng(9)
    return np.arange(n) / FPS + rng.uniform(-0.002, 0.002, n)


def series(scene: Scene, seed: int = 0) -> tuple[Float32, Float64]:
    """Series of a scene with noise, of which a quarter of the cells carry what moves."""
    rng, times_s = default_rng(seed), times()
    values = np.full((times_s.size, *GRID), 100.0) + rng.normal(0.0, NOISE, (times_s.size, *GRID))
    moves = scene(times_s, rng).reshape(times_s.size, -1, 1, 1)
    values[:, :4, :8] += moves[:, 0]
    values[:, 5:, 9:] += moves[:, 1:].sum(axis=1)
    return values.reshape(times_s.size, -1).astype(np.float32), times_s


def searched(values: Float32, times_s: Float64, begin: int) -> Temporal:
    return measure_temporal(values[begin : begin + WINDOW], times_s[begin : begin + WINDOW], GRID)


def carried_on(scene: Scene, begin: int = 0, seed: int = 0) -> Temporal | None:
    """What is known after a search of the window that begins at an image, fitted to the one a hop later."""
    values, times_s = series(scene, seed)
    known = searched(values, times_s, begin)
    part = slice(begin + HOP, begin + HOP + WINDOW)
    return followed(known, values[part], times_s[part], GRID, HOP / FPS)


def wave(hz: float, amplitude: float = 3.0, *, start_s: float = -1.0, end_s: float = 99.0) -> Scene:
    return lambda t, _: amplitude * np.sin(2 * np.pi * hz * t) * ((t > start_s) & (t < end_s))


def flashes(t: Float64, _: Generator) -> Float64:
    return np.where(np.mod(t * 1.7, 1.0) < 0.15, 6.0, 0.0)


def nothing(t: Float64, _: Generator) -> Float64:
    return np.zeros_like(t)


SCENES = {
    "slow": wave(0.7),
    "medium": wave(3.1),
    "fast": wave(11.3),
    "flashes": flashes,
    "two": lambda t, rng: np.column_stack([wave(2.1)(t, rng), wave(4.9, 1.0)(t, rng)]),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_a_rhythm_that_goes_on_has_the_values_of_a_search(scene: Scene, seed: int) -> None:
    values, times_s = series(scene, seed)
    known: Temporal | None = searched(values, times_s, 0)
    for hop in range(1, 4):
        part = slice(hop * HOP, hop * HOP + WINDOW)
        assert known is not None
        known = followed(known, values[part], times_s[part], GRID, HOP / FPS)
        again = searched(values, times_s, hop * HOP)
        assert known is not None
        assert known.status == "found"
        assert len(known.components) == len(again.components)
        assert (known.fps, known.resolution_hz, known.min_hz, known.max_hz) == pytest.approx(
            (again.fps, again.resolution_hz, again.min_hz, again.max_hz)
        )
        for one, other in zip(known.components, again.components, strict=True):
            assert one.hz == pytest.approx(other.hz, abs=other.hz_sigma)
            assert one.hz_sigma == pytest.approx(other.hz_sigma, rel=0.5)
            assert (one.what, one.start_s) == (other.what, other.start_s)
            assert one.end_s == pytest.approx(other.end_s)
            turned = np.angle(one.harmonics[0] / other.harmonics[0])
            assert abs(turned) < 0.2 + 6 * NOISE / max(abs(other.harmonics[0]), 1e-9) / WINDOW**0.5


@pytest.mark.parametrize("seed", range(4))
def test_a_faint_rhythm_goes_on_within_its_uncertainty(seed: int) -> None:
    """A search finds it in more cells at one time and in fewer at another, with a σ that follows."""
    scene = wave(2.3, 0.15)
    found = carried_on(scene, seed=seed)
    again = searched(*series(scene, seed), HOP)
    assert found is not None
    assert abs(found.hz - 2.3) < 3 * found.hz_sigma < 0.02
    assert abs(found.hz - again.hz) < 2 * max(found.hz_sigma, again.hz_sigma)


@pytest.mark.parametrize("seed", range(5))
def test_where_there_is_none_and_nothing_begins_none_is_told(seed: int) -> None:
    found = carried_on(nothing, seed=seed)
    assert found is not None
    assert (found.status, found.components) == ("none", ())


@pytest.mark.parametrize(
    "scene",
    [
        wave(3.1, end_s=8.3),
        wave(3.1, start_s=8.3),
        wave(3.1, 0.4, start_s=8.2),  # weaker than the noise of an image: it shows in the means of blocks
        lambda t, rng: wave(3.1, end_s=8.2)(t, rng) + wave(5.0, start_s=8.2)(t, rng),
        lambda t, rng: np.where(t > 8.2, rng.normal(0.0, 2.0, t.size), 0.0),
        lambda t, rng: np.where(t < 7.99, rng.normal(0.0, 2.0, t.size), 0.0),
        lambda t, _: 3 * np.sin(2 * np.pi * np.where(t < 8.1, 3.1 * t, 3.1 * t + 0.5)),
    ],
    ids=["ends", "begins", "begins faintly", "changes", "becomes restless", "becomes calm", "jumps in phase"],
)
def test_a_scene_that_changes_is_searched(scene: Scene) -> None:
    assert carried_on(scene) is None


def test_a_rhythm_that_drifts_or_lasts_for_a_part_is_searched_for_each_time() -> None:
    assert carried_on(lambda t, _: 3 * np.sin(2 * np.pi * (2.0 * t + 0.06 * t**2))) is None
    assert carried_on(wave(4.0, start_s=4.0, end_s=7.5)) is None


def test_flow_and_too_short_windows_are_searched() -> None:
    values, times_s = series(wave(3.1))
    known = searched(values, times_s, 0)
    part = slice(HOP, HOP + WINDOW)
    assert followed(known, values[part], times_s[part], GRID, 1.0) is not None
    assert followed(known, np.tile(values[part], 2), times_s[part], GRID, 1.0) is None
    assert followed(known, values[HOP : HOP + 50], times_s[HOP : HOP + 50], GRID, 1.0) is None
    assert followed(known, values[part], times_s[part], GRID, 4.0) is None


def test_what_a_search_finds_is_held_against_what_was_known() -> None:
    values, times_s = series(SCENES["two"])
    one, later = searched(values, times_s, 0), searched(values, times_s, 5 * HOP)
    assert are_the_same(one, later)
    assert are_the_same(replace(one, components=one.components[::-1]), later)
    assert not are_the_same(one, replace(later, components=later.components[:1]))
    assert not are_the_same(one, replace(later, status="changing", components=()))
    first, second = later.components
    moved = replace(second, hz=second.hz + 20 * second.hz_sigma)
    assert not are_the_same(one, replace(later, components=(first, moved)))
    assert not are_the_same(one, replace(later, components=(first, replace(second, what="pulse_train"))))
