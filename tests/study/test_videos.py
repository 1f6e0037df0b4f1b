"""Videos of the study: one image contains no hint of the motion, and motion and shape are independent."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.study.videos import FAST, FPS, MOTIONS, N_IMAGES, SHAPES, SIDE, SLOW, make_video, positions, silhouette

SEEDS = st.integers(0, 10_000)


@given(seed=SEEDS, motion=st.sampled_from(MOTIONS), shape=st.sampled_from(SHAPES))
@settings(deadline=None, max_examples=15)
def test_the_same_seed_gives_the_same_video(seed: int, motion: str, shape: str) -> None:
    video = make_video(motion, shape, np.random.default_rng(seed))
    assert video.shape == (N_IMAGES, SIDE, SIDE)
    assert video.dtype == np.uint8
    assert np.array_equal(video, make_video(motion, shape, np.random.default_rng(seed)))


@given(seed=SEEDS, motion=st.sampled_from(MOTIONS))
@settings(deadline=None, max_examples=40)
def test_a_motion_has_its_frequency(seed: int, motion: str) -> None:
    x, y = positions(motion, np.random.default_rng(seed))
    course = x + 1j * y
    fine = np.abs(np.fft.fft((course - course.mean()) * np.hanning(N_IMAGES), 64 * N_IMAGES))
    cycles_hz = abs(np.fft.fftfreq(fine.size, 1 / FPS)[fine.argmax()])
    low, high = SLOW if motion.endswith("slow") else FAST
    assert low - 0.4 < cycles_hz < high + 0.4


@pytest.mark.parametrize("motion", MOTIONS)
def test_the_object_is_anywhere_in_a_single_image(motion: str) -> None:
    rng = np.random.default_rng(3)
    places = np.array([positions(motion, rng) for _ in range(4000)])  # (video, axis, image)
    for axis in (0, 1):
        for image in (0, 7, 20):
            counts = np.histogram(places[:, axis, image] % SIDE, 8, (0, SIDE))[0]
            assert ((counts - 500) ** 2 / 500).sum() < 26  # chi-squared, 7 degrees of freedom: 1 in 2000


@given(seed=SEEDS)
@settings(deadline=None, max_examples=10)
def test_motions_differ_only_in_the_position_of_the_object(seed: int) -> None:
    slow, fast = (make_video(f"vertical {pace}", "disc", np.random.default_rng(seed)) for pace in ("slow", "fast"))
    across = make_video("horizontal slow", "disc", np.random.default_rng(seed))
    for other in (fast, across):
        differs = slow.astype(int) - other
        assert np.median(np.abs(differs)) <= 1  # background and noise are the same (a grey level of rounding)
        assert np.abs(differs).max() > 10


def test_the_opposite_rotation_is_the_mirror_image() -> None:
    there, back = (positions(f"{way} slow", np.random.default_rng(5)) for way in ("clockwise", "anticlockwise"))
    assert np.allclose(there[0], back[0])
    assert np.allclose(there[1] + back[1], 2 * np.mean([there[1], back[1]]))
    assert not np.allclose(there[1], back[1])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_lies_completely_within_the_scene(shape: str) -> None:
    for seed in range(20):
        cover = silhouette(shape, np.random.default_rng(seed))
        assert 0.0 <= cover.min() < cover.max() <= 1.0
        assert not cover[[0, -1]].any()
        assert not cover[:, [0, -1]].any()
        assert 80 < cover.sum() < 800


def test_shapes_differ() -> None:
    covers = [silhouette(shape, np.random.default_rng(1)) for shape in SHAPES]
    for i, one in enumerate(covers):
        for other in covers[:i]:
            assert np.abs(one - other).sum() > 30
