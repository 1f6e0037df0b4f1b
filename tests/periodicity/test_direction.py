"""Directions in windows of images: right on known movements, turned with the images, none where none is."""

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from streamer.arrays import UInt8
from streamer.features.series import SharedSeries
from streamer.messages import Direction
from streamer.periodicity.direction import DirectionMeter
from tests.support.movements import SIZE, sliding, swinging, turning

N = 128


def measured(images: UInt8, times_s: np.ndarray | None = None) -> dict[str, Direction]:
    series = SharedSeries(N)
    grey, gradient = series.share("grey", 18, 32), series.share("gradient", 18, 32)
    for i, image in enumerate(images[:N]):
        series.push(np.ascontiguousarray(image), i / 30 if times_s is None else float(times_s[i]))
    values, times = grey.last(N)
    found = DirectionMeter(18, 32, N).measure(values, gradient.last(N)[0], times, gradient.point_px)  # type: ignore[union-attr]
    return {each.what: each for each in found}


def aside(deg: float, other: float, turn: float) -> float:
    return abs((deg - other + turn / 2) % turn - turn / 2)


@pytest.mark.parametrize("deg", [0, 30, 60, 90, -20, -45, -70])
@pytest.mark.parametrize("size", [SIZE, (256, 160)])
def test_the_axis_of_what_swings(deg: int, size: tuple[int, int]) -> None:
    found = measured(swinging(deg, seed=deg % 7, size=size))
    assert set(found) == {"axis"}
    axis = found["axis"]
    assert -90 < axis.deg <= 90
    assert aside(axis.deg, deg, 180) < 2.5 * axis.deg_sigma
    assert axis.deg_sigma < 10
    assert axis.sense == ""


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("seed", range(3))
def test_the_sense_of_a_wheel(sign: int, seed: int) -> None:
    found = measured(turning(sign, seed))
    assert found["rotation"].sense == ("clockwise" if sign > 0 else "counter-clockwise")
    assert math.isnan(found["rotation"].deg)
    assert "axis" not in found
    assert "travel" not in found


@pytest.mark.parametrize("deg", [0, 45, 110, 180, -30, -90, -150])
def test_the_direction_of_what_slides(deg: int) -> None:
    found = measured(sliding(deg, seed=deg % 5))
    travel = found["travel"]
    assert -180 < travel.deg <= 180
    assert aside(travel.deg, deg, 360) < 2.5 * travel.deg_sigma
    assert travel.deg_sigma < 14
    assert "rotation" not in found


@pytest.mark.parametrize("sign", [-1, 1])
def test_what_moves_round_a_circle_has_its_sense(sign: int) -> None:
    rng = np.random.default_rng(3)
    room = rng.normal(120, 2, SIZE)
    images = np.repeat(room[None], N, axis=0)
    for i, image in enumerate(images):
        angle = sign * 2 * np.pi * 2.3 * i / 30
        centre = (int(16 * (120 + 6 * np.cos(angle))), int(16 * (70 + 6 * np.sin(angle))))
        cv2.circle(image, centre, 16 * 20, 200.0, -1, cv2.LINE_AA, 4)
    found = measured(np.clip(images, 0, 255).astype(np.uint8))
    assert found["rotation"].sense == ("clockwise" if sign > 0 else "counter-clockwise")
    assert "axis" not in found


def test_what_swings_oppositely_has_one_axis() -> None:
    rng = np.random.default_rng(4)
    images = np.repeat(rng.normal(150, 2, SIZE)[None], N, axis=0)
    for i, image in enumerate(images):
        moved = 2.0 * np.sin(2 * np.pi * 3.1 * i / 30)
        for x, sign in ((90, 1), (150, -1)):
            cv2.circle(image, (int(16 * (x + sign * moved)), 16 * 60), 16 * 16, 60.0, -1, cv2.LINE_AA, 4)
    axis = measured(np.clip(images, 0, 255).astype(np.uint8))["axis"]
    assert aside(axis.deg, 0, 180) < 2.5 * axis.deg_sigma


MIRRORS: dict[str, tuple[Callable[[UInt8], UInt8], Callable[[float], float], bool]] = {
    "sideways": (lambda images: images[:, :, ::-1], lambda deg: 180 - deg, True),
    "upside down": (lambda images: images[:, ::-1], lambda deg: -deg, True),
    "a quarter turn": (lambda images: np.rot90(images, 1, (1, 2)), lambda deg: deg + 90, False),
    "half a turn": (lambda images: images[:, ::-1, ::-1], lambda deg: deg + 180, False),
}


@pytest.mark.parametrize("how", MIRRORS)
def test_turned_and_mirrored_images_have_turned_and_mirrored_directions(how: str) -> None:
    change, expected, is_mirrored = MIRRORS[how]
    axis = measured(change(swinging(25, size=(192, 192))))["axis"]
    assert aside(axis.deg, expected(25), 180) < 2.5 * axis.deg_sigma
    travel = measured(change(sliding(25)))["travel"]
    assert aside(travel.deg, expected(25), 360) < 2.5 * travel.deg_sigma
    rotation = measured(change(turning(1)))["rotation"]
    assert rotation.sense == ("counter-clockwise" if is_mirrored else "clockwise")


def test_played_backwards_it_goes_the_other_way() -> None:
    travel = measured(sliding(25)[N - 1 :: -1])["travel"]
    assert aside(travel.deg, -155, 360) < 2.5 * travel.deg_sigma
    assert measured(turning(1)[N - 1 :: -1])["rotation"].sense == "counter-clockwise"
    assert aside(measured(swinging(25)[N - 1 :: -1])["axis"].deg, 25, 180) < 10


@pytest.mark.parametrize("seed", range(4))
def test_noise_a_lamp_and_a_shaking_hand_have_no_direction(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.normal(120, 3, (N, *SIZE))
    assert measured(np.clip(noise, 0, 255).astype(np.uint8)) == {}
    lamp = noise.copy()
    lamp[:, 40:90, 60:140] += 30 * (np.sin(2 * np.pi * 0.11 * np.arange(N)) > 0)[:, None, None]
    assert measured(np.clip(lamp, 0, 255).astype(np.uint8)) == {}
    scene = sliding(0, seed, 1, (200, 320))[0]
    path = np.cumsum(rng.normal(0, 0.4, (N, 2)), axis=0)
    path -= path.mean(axis=0)
    shaken = [cv2.warpAffine(scene, np.array([[1, 0, x - 32], [0, 1, y - 28]]), SIZE[::-1]) for x, y in path]
    found = measured(np.stack(shaken))
    assert "rotation" not in found
    assert "travel" not in found


def test_few_images_are_measured_all_the_same() -> None:
    assert measured(sliding(60)[:40])["travel"].deg == pytest.approx(60, abs=10)


def test_identical_images_have_no_direction() -> None:
    assert measured(np.repeat(swinging(0)[:1], N, axis=0)) == {}
