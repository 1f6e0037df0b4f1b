"""Synthetic pictures: motifs, planes, scenery, camera, and the spectra sampled of them."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import Float32
from streamer.features.pattern import Pattern
from streamer.training.pattern import camera, motifs
from streamer.training.pattern.noise import blob_mask, natural_noise
from streamer.training.pattern.plane import pixel_grid, view
from streamer.training.pattern.sampling import FRONT_END, synthetic_spectra
from streamer.training.pattern.scene import LABELS, make_picture, make_plain_picture
from streamer.training.pattern.scenery import scenery

MOTIFS = {
    "stripes": motifs.stripes,
    "grid": motifs.grid,
    "hexagonal": motifs.hexagonal,
    "rings": motifs.rings,
    "woven": motifs.woven,
}
ROOT3 = 3.0**0.5


def _surface(side: int, period_px: float) -> tuple[Float32, Float32]:
    x, y = pixel_grid(side)
    return x * np.float32(side / period_px), y * np.float32(side / period_px)


def _similarity(a: Float32, b: Float32) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@given(st.sampled_from(LABELS), st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_every_picture_is_square_and_shows_something(label: str, seed: int) -> None:
    picture = make_picture(label, np.random.default_rng(seed))
    height, width = picture.shape
    assert picture.dtype == np.uint8
    assert height == width
    assert 90 <= height <= 420
    assert label == "none" or picture.std() > 1.0


@given(st.sampled_from(LABELS), st.integers(0, 10_000))
@settings(deadline=None, max_examples=15)
def test_plain_pictures_are_square_and_show_something(label: str, seed: int) -> None:
    picture = make_plain_picture(label, np.random.default_rng(seed))
    assert picture.dtype == np.uint8
    assert picture.shape[0] == picture.shape[1]
    assert label == "none" or picture.std() > 1.0


def test_crossed_waves_have_two_directions_and_nothing_else() -> None:
    u, v = _surface(100, 10.0)
    for seed in range(20):
        shade = motifs.crossed_waves(u, v, np.random.default_rng(seed))
        spectrum = np.abs(np.fft.rfft2(shade - shade.mean()))
        strong = np.argwhere(spectrum > 0.1 * spectrum.max())
        assert {tuple(p) for p in strong} <= {(0, 10), (10, 0), (90, 0), (10, 10), (90, 10)}


def test_a_seed_gives_one_picture() -> None:
    first, again, other = (make_picture("woven", np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


@pytest.mark.parametrize("label", MOTIFS)
@given(seed=st.integers(0, 10_000))
@settings(deadline=None, max_examples=10)
def test_shades_stay_between_black_and_white(label: str, seed: int) -> None:
    u, v = _surface(64, 9.0)
    shade = MOTIFS[label](u, v, np.random.default_rng(seed))
    assert shade.shape == (64, 64)
    assert shade.min() >= -1e-5
    assert shade.max() <= 1 + 1e-5


@pytest.mark.parametrize(
    ("label", "repeats", "differs"),
    [
        ("stripes", (1.0, 0.37), (0.5, 0.0)),
        ("hexagonal", (0.5, ROOT3 / 2), (0.5, 0.0)),
        ("hexagonal", (-0.5, ROOT3 / 2), (0.0, ROOT3 / 2)),
    ],
)
def test_motifs_repeat_along_their_lattice(
    label: str, repeats: tuple[float, float], differs: tuple[float, float]
) -> None:
    u, v = _surface(160, 16.0)

    def shifted(by: tuple[float, float], seed: int) -> Float32:
        return MOTIFS[label](u + np.float32(by[0]), v + np.float32(by[1]), np.random.default_rng(seed))

    on = [_similarity(shifted((0, 0), seed), shifted(repeats, seed)) for seed in range(30)]
    off = [_similarity(shifted((0, 0), seed), shifted(differs, seed)) for seed in range(30)]
    assert np.median(on) > 0.8
    assert np.mean([a > b for a, b in zip(on, off, strict=True)]) > 0.8  # cells may differ in shade


def test_rings_go_around_the_origin() -> None:
    u, v = _surface(161, 14.0)
    round_ones = [motifs.rings(u, v, np.random.default_rng(seed)) for seed in range(40)]
    turned = [_similarity(picture, np.rot90(picture, 2)) for picture in round_ones]
    assert np.median(turned) > 0.9  # growth rings and spirals look different from the other side


def test_a_level_view_keeps_distances_and_a_tilted_one_does_not() -> None:
    rng = np.random.default_rng(0)
    spread = []
    for tilt in (0.0, 0.5):
        steps = []
        for _ in range(40):
            plane = view(64, rng, tilt)
            step = np.hypot(np.diff(plane.u, axis=1), np.diff(plane.v, axis=1))
            assert np.all(step > 0.0)
            steps.append(float(step.max() / step.min()))
        spread.append(np.median(steps))
    assert spread[0] < 1.2 < spread[1]


@pytest.mark.parametrize("steepness", [0.8, 1.2, 2.0])
def test_natural_noise_falls_by_its_exponent(steepness: float) -> None:
    rng = np.random.default_rng(1)
    slopes = []
    for _ in range(6):
        power = np.abs(np.fft.rfft2(natural_noise(256, rng, steepness, 1.0) - 0.5)) ** 2
        along = power[0, 1:100] + power[1:100, 0]
        slopes.append(np.polyfit(np.log(np.arange(2, 60)), np.log(along[1:59]), 1)[0])
    assert np.mean(slopes) == pytest.approx(-2 * steepness, abs=0.45)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_region_covers_its_share(share: float) -> None:
    assert blob_mask(200, share, np.random.default_rng(2)).mean() == pytest.approx(share, abs=0.01)


def _peak(picture: np.ndarray) -> float:
    """Return how far the highest direction stands above its ring, in ln |F|."""
    polar = Pattern(FRONT_END).push(picture).polar[4:]
    return float((polar - np.median(polar, axis=1, keepdims=True)).max())


def test_patterns_stand_out_of_the_spectrum_and_scenery_does_not() -> None:
    grey = [(np.clip(scenery(256, np.random.default_rng(seed)), 0, 1) * 255).astype(np.uint8) for seed in range(30)]
    patterned = [make_picture("grid", np.random.default_rng(seed)) for seed in range(30)]
    assert np.median([_peak(p) for p in patterned]) > np.median([_peak(p) for p in grey]) + 0.7


def test_exposure_brings_the_asked_contrast() -> None:
    picture = natural_noise(128, np.random.default_rng(3))
    for contrast in (0.1, 0.5, 0.9):
        low, high = np.quantile(camera.expose(picture, np.random.default_rng(4), contrast), (0.01, 0.99))
        assert high - low == pytest.approx(contrast, rel=0.15)


def test_blur_removes_fine_detail_only() -> None:
    x, _ = pixel_grid(128)
    fine, coarse = np.sin(x * np.float32(2 * np.pi * 128 / 4)), np.sin(x * np.float32(2 * np.pi * 128 / 64))
    rng = np.random.default_rng(5)
    kept = np.array([[camera.blur(p, rng, 3.0).std() / p.std() for p in (fine, coarse)] for _ in range(60)])
    assert kept[:, 1].min() > 0.9
    assert np.median(kept[:, 0]) < 0.9


def test_a_picture_depends_on_seed_and_number_alone() -> None:
    equal = dict.fromkeys(LABELS, 1.0)
    one, two = (list(synthetic_spectra(26, 7, equal, make_picture, n_processes)) for n_processes in (1, 2))
    assert [label for _, label in one] == [label for _, label in two]
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(one, two, strict=True))
    assert {label for _, label in one} == set(LABELS)
    assert one[0][0].shape == (FRONT_END.n_radii, FRONT_END.n_angles)
    other = next(synthetic_spectra(1, 8, equal, make_picture))
    assert not np.array_equal(one[0][0], other[0])


def test_shares_decide_how_often_a_label_is_sampled() -> None:
    patterned = synthetic_spectra(20, 1, {"none": 1.0, "woven": 0.0, "grid": 3.0}, make_plain_picture)
    labels = [label for _, label in patterned]
    assert "woven" not in labels
    assert labels.count("grid") > labels.count("none") > 0


def test_a_turned_picture_has_a_turned_spectrum() -> None:
    picture = make_picture("stripes", np.random.default_rng(8))
    picture = np.ascontiguousarray(cv2.resize(picture, (256, 256)))
    polar = Pattern(FRONT_END).push(picture).polar.copy()
    quarter = Pattern(FRONT_END).push(np.ascontiguousarray(np.rot90(picture))).polar
    assert _similarity(np.roll(polar, 18, axis=1), quarter) > 0.98
