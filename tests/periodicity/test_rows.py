"""Bands along the rows of a rolling shutter give the frequency of mains and PWM light, and things that move none."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from streamer.arrays import Float32, Float64
from streamer.features.motion import CellSeries
from streamer.messages import Temporal, TemporalComponent
from streamer.periodicity.rows import GROUPS, joined, with_lamp
from streamer.periodicity.sampling import Sampling

GRID = (4, 6)
WIDTH = 64
Light = Callable[[Float64], Float64]  # of times, relative


def sine(hz: float, depth: float = 0.2) -> Light:
    return lambda t: 1 + depth * np.cos(2 * np.pi * hz * t)


def pwm(hz: float, duty: float, exposure_s: float = 3e-4) -> Light:
    """Return a lamp that is switched, averaged over the exposure of a row, with some daylight."""
    steps = np.linspace(0, exposure_s, 25)

    def light(t: Float64) -> Float64:
        return np.asarray(0.3 + np.mean(((t[..., None] + steps) * hz) % 1 < duty, axis=-1))

    return light


def texture(rng: np.random.Generator, height: int) -> Float32:
    """Return a scene, brighter on one side, with things of all sizes."""
    fine = cv2.GaussianBlur(rng.standard_normal((height, WIDTH)).astype(np.float32), (0, 0), 4)
    fine *= 0.25 / fine.std()
    return np.asarray(0.35 * np.exp(fine + np.linspace(-0.3, 0.3, WIDTH)), np.float32)


def measured(
    light: Light | None,
    *,
    height: int = 480,
    fps: float = 30.0,
    row_s: float = 30e-6,
    n: int = 150,
    scene: Callable[[float], Float32] | None = None,
    seed: int = 0,
) -> Temporal:
    """Measure images of a scene under a light, exposed row by row."""
    rng = np.random.default_rng(seed)
    still = texture(rng, height)
    rows = CellSeries(height, GROUPS, n)
    times_s = np.arange(n) / fps
    for t in times_s:
        now = still if scene is None else scene(float(t))
        if light is not None:
            now = now * light(np.asarray(t + np.arange(height) * row_s, np.float64)).astype(np.float32)[:, None]
        levels = 255 * np.clip(now, 0, 1) ** 0.45 + rng.normal(0, 2.0, now.shape)
        rows.push(np.clip(np.rint(levels), 0, 255).astype(np.uint8), float(t))
    seconds = n / fps
    nothing = Temporal("none", fps, 1 / seconds, 2 / seconds, fps / 2)
    return with_lamp(nothing, *rows.last(n), GRID, row_s)


def lamp_in(found: Temporal) -> TemporalComponent:
    (lamp,) = found.components
    assert lamp.seen_in == ("rows",)
    return lamp


@pytest.mark.parametrize(
    ("hz", "fps", "height", "row_s"),
    [(100.0, 30.0, 480, 30e-6), (120.03, 25.0, 720, 20e-6), (99.95, 59.94, 1080, 14e-6), (119.98, 14.0, 480, 50e-6)],
)
def test_mains_light_is_told_at_its_own_frequency(hz: float, fps: float, height: int, row_s: float) -> None:
    lamp = lamp_in(measured(sine(hz), fps=fps, height=height, row_s=row_s))
    assert abs(lamp.hz - hz) < 4 * lamp.hz_sigma < 0.1
    assert (lamp.what, lamp.mains_hz) == ("mains", round(hz / 20) * 20)
    assert lamp.alias_hz == ()


def test_bands_that_stand_still_may_be_the_scene() -> None:
    assert measured(sine(120.0)).components == ()


@pytest.mark.parametrize("duty", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("hz", [217.3, 488.0, 1007.7])
def test_pwm_of_any_duty(hz: float, duty: float) -> None:
    lamp = lamp_in(measured(pwm(hz, duty)))
    assert abs(lamp.hz - hz) < 4 * lamp.hz_sigma < 0.1
    assert lamp.what == "lamp"


def test_a_scene_that_moves_under_the_lamp() -> None:
    large = texture(np.random.default_rng(5), 1200)
    found = measured(pwm(431.0, 0.4), scene=lambda t: large[int(40 * t) : int(40 * t) + 480])
    assert lamp_in(found).hz == pytest.approx(431.0, abs=0.1)


def test_rows_that_are_read_from_below() -> None:
    light = sine(100.0)
    rng = np.random.default_rng(0)
    still, rows = texture(rng, 480), CellSeries(480, GROUPS, 150)
    for k in range(150):
        now = still * light(np.asarray(k / 30 + np.arange(480)[::-1] * 30e-6, np.float64)).astype(np.float32)[:, None]
        rows.push(np.clip(255 * now**0.45 + rng.normal(0, 2, now.shape), 0, 255).astype(np.uint8), k / 30)
    nothing = Temporal("none", 30.0, 0.2, 0.4, 15.0)
    assert lamp_in(with_lamp(nothing, *rows.last(150), GRID, -30e-6)).hz == pytest.approx(100.0, abs=0.05)


def stripes(period_px: float, px_per_s: float, *, square: bool = False) -> Callable[[float], Float32]:
    """Return horizontal stripes that move down, or stand still."""
    y = np.arange(480)

    def scene(t: float) -> Float32:
        wave = np.sin(2 * np.pi * (y - px_per_s * t) / period_px)
        column = 0.35 * (1 + 0.4 * (np.sign(wave) if square else wave))
        return np.repeat(column[:, None], WIDTH, axis=1).astype(np.float32)

    return scene


def shaken(t: float) -> Float32:
    """Return a scene that goes up and down 1.3 times a second."""
    scene = texture(np.random.default_rng(2), 520)
    top = 20 + round(6 * np.sin(2 * np.pi * 1.3 * t))
    return scene[top : top + 480]


@pytest.mark.parametrize(
    "scene",
    [
        None,
        stripes(40.0, 0.0),
        stripes(111.0, 0.0, square=True),
        stripes(40.0, 90.0),
        stripes(97.0, -33.0, square=True),
        shaken,
    ],
    ids=["still", "stripes", "bars", "moving stripes", "moving bars", "shaken"],
)
def test_without_a_lamp_there_is_none(scene: Callable[[float], Float32] | None) -> None:
    assert measured(None, scene=scene).components == ()


def test_the_lamp_takes_the_place_of_what_cells_show_of_it() -> None:
    def component(hz: float, **more: object) -> TemporalComponent:
        return TemporalComponent(hz, 0.01, 10.0, 1, np.ones((1, 1), np.float32), **more)  # type: ignore[arg-type]

    sampling = Sampling.of(np.arange(240) / 30.0)
    lamp = component(100.0, what="mains", seen_in=("rows",))
    fan, folded, double = component(3.0), component(10.0), component(10.02)
    assert [each.hz for each in joined([fan, folded, double], lamp, sampling)] == [3.0, 100.0]
    assert joined([fan, folded], lamp, sampling)[1].seen_in == ("grey", "rows")
    assert joined([fan], lamp, sampling)[0] is fan
