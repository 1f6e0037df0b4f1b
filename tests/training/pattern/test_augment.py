"""Pictures augmented as other shots of the same scene, and their spectra turned."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import Float32, UInt8
from streamer.features.pattern import Pattern
from streamer.training.pattern.augment import another_shot, turned
from streamer.training.pattern.sampling import FRONT_END


def _stripes(width: int, height: int, period_px: float, upright: bool) -> UInt8:
    y, x = np.mgrid[:height, :width]
    wave = np.sin(2 * np.pi * (x if upright else y) / period_px)
    return np.asarray(np.rint(127 + 90 * wave), np.uint8)


@given(width=st.integers(16, 900), height=st.integers(16, 900), seed=st.integers(0, 10_000))
@settings(deadline=None, max_examples=40)
def test_a_shot_of_any_picture_is_a_square_within_it(width: int, height: int, seed: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    shot = another_shot(grey, np.random.default_rng(seed))
    assert shot.dtype == np.uint8
    assert shot.shape[0] == shot.shape[1] <= min(width, height, 640)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_of_one_shade_can_be_augmented(level: int) -> None:
    for seed in range(30):
        assert another_shot(np.full((90, 120), level, np.uint8), np.random.default_rng(seed)).size


@pytest.mark.parametrize("upright", [True, False])
def test_shots_keep_direction_and_nearly_the_period(upright: bool) -> None:
    grey = _stripes(400, 300, 15.0, upright)
    front_end = Pattern(FRONT_END)
    places = []
    for seed in range(40):
        polar = front_end.push(another_shot(grey, np.random.default_rng(seed))).polar
        places.append(np.unravel_index(polar[6:].argmax(), polar[6:].shape))
    rings, angles = np.array(places).T
    off = (angles - (0 if upright else FRONT_END.n_angles // 2) + 18) % FRONT_END.n_angles - 18
    assert np.mean(np.abs(off) <= 2) > 0.9  # 10°
    found = np.abs(off) <= 2
    assert np.ptp(rings[found]) <= 8  # of 64: a third nearer at most
    assert len(set(angles[found])) > 1


def _spectra(n: int) -> Float32:
    return np.random.default_rng(6).normal(size=(n, 64, 36)).astype(np.float32)


def test_turning_moves_each_ring_alike() -> None:
    features = _spectra(30)
    for n_steps in (None, 1):
        for before, after in zip(features, turned(features, np.random.default_rng(7), n_steps), strict=True):
            candidates = [np.roll(side, k, axis=1) for side in (before, before[:, ::-1]) for k in range(36)]
            assert sum(np.array_equal(after, candidate) for candidate in candidates) == 1


def test_turning_by_a_step_does_not_mirror_or_go_further() -> None:
    features = _spectra(60)
    steps = set()
    for before, after in zip(features, turned(features, np.random.default_rng(8), 1), strict=True):
        (step,) = (k for k in (-1, 0, 1) if np.array_equal(np.roll(before, k, axis=1), after))
        steps.add(step)
    assert steps == {-1, 0, 1}
