"""Patterns in space are measured within the stated uncertainty; images without a pattern have none."""

import math
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from streamer.arrays import Float32, Float64, UInt8
from streamer.bench.patterns import LATTICES, PLAIN, in_noise, measure_accuracy, measure_false_patterns
from streamer.messages import Spatial, SpatialComponent
from streamer.periodicity import spatial
from streamer.periodicity.spatial import SpatialMeter, measure_spatial
from streamer.periodicity.tile_pattern import TileResult, find_pattern
from streamer.periodicity.tiles import Tile
from tests.support.paths import IMAGES, SHARED

needs_images = pytest.mark.skipif(not IMAGES.is_dir(), reason="needs data/images in the folder STREAMER_SHARED")
Y, X = np.mgrid[:256, :256].astype(np.float64)
Y2, X2 = np.mgrid[:480, :640].astype(np.float64)


def measured(levels: Float64) -> Spatial:
    return measure_spatial(np.clip(np.rint(levels), 0, 255).astype(np.uint8))


def found(result: Spatial) -> SpatialComponent:
    """Return the only pattern."""
    assert result.status == "found"
    (component,) = result.components
    return component


def wave(period_px: float, angle_deg: float, phase: float = 0.0) -> Float64:
    angle = math.radians(angle_deg)
    return np.asarray(np.cos(2 * np.pi * (X * math.cos(angle) - Y * math.sin(angle)) / period_px + phase), np.float64)


def turned(degrees: float) -> float:
    return (degrees + 90) % 180 - 90


@settings(max_examples=60, deadline=None)
@given(
    period_px=st.floats(2.6, 45), angle_deg=st.floats(-90, 90), phase=st.floats(0, 6.3),
    contrast=st.floats(0.1, 0.8), noise=st.floats(0.5, 12), seed=st.integers(0, 1000),
)  # fmt: skip
def test_stripes_are_found_within_their_uncertainty(
    period_px: float, angle_deg: float, phase: float, contrast: float, noise: float, seed: int
) -> None:
    levels = 128 + 127.5 * contrast * wave(period_px, angle_deg, phase)
    result = found(measured(levels + noise * default_rng(seed).standard_normal(levels.shape)))
    assert result.lattice == "stripes"
    (vector,) = result.vectors
    assert abs(vector.period_px - period_px) < 4.5 * vector.period_px_sigma  # of 60 examples
    assert abs(turned(vector.angle_deg - angle_deg)) < 4.5 * vector.angle_deg_sigma
    assert vector.period_px_sigma < 0.02 * period_px
    assert -90 < vector.angle_deg <= 90
    assert result.contrast == pytest.approx(contrast, abs=0.02 + 0.001 * noise)
    assert result.snr_db > 15


@pytest.mark.parametrize("lattice", LATTICES)
@settings(max_examples=12, deadline=None)
@given(period_px=st.floats(7, 40), angle_deg=st.floats(2, 88), noise=st.floats(2, 20), seed=st.integers(0, 1000))
def test_lattices_are_distinguished_and_measured(
    lattice: str, period_px: float, angle_deg: float, noise: float, seed: int
) -> None:
    draw, kind = LATTICES[lattice]
    rng = default_rng(seed)
    waves, truth = draw(period_px, angle_deg, rng)
    result = found(measure_spatial(in_noise(waves, noise, rng)))
    assert result.lattice == kind
    assert len(result.vectors) == (1 if kind == "stripes" else 2)
    for vector in result.vectors:
        period, angle = min(truth, key=lambda base: abs(turned(vector.angle_deg - base[1])))
        assert abs(vector.period_px - period) < 6 * vector.period_px_sigma
        assert abs(turned(vector.angle_deg - angle)) < 6 * vector.angle_deg_sigma


@pytest.mark.parametrize("period_px", [8.0, 10.984375, 18.1328125, 30.3])
def test_sharp_bars_along_the_pixels_are_accurate_to_a_thousandth(period_px: float) -> None:
    """Harmonics fold onto one another, which biases the period by more than the σ of the noise."""
    rng = default_rng(247)
    waves, _ = LATTICES["bars"][0](period_px, 0.0, rng)
    (vector,) = found(measure_spatial(in_noise(waves, 2, rng))).vectors
    assert vector.period_px == pytest.approx(period_px, rel=1e-3)
    assert vector.angle_deg == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("lattice", LATTICES)
def test_stated_uncertainties_hold(lattice: str) -> None:
    result = measure_accuracy(lattice, 20, iter(range(30)))
    assert result.n_found >= 28
    assert result.coverage >= 0.88  # of 120 and more errors; about six may be outside by chance
    assert abs(result.bias) < 0.4
    assert 0.5 < result.ratio < 1.5


@pytest.mark.parametrize("kind", PLAIN)
def test_images_without_a_pattern_have_none(kind: str) -> None:
    assert measure_false_patterns(kind, iter(range(40))).n_false == 0


def test_flat_images_have_no_pattern() -> None:
    for level in (0, 90, 255):
        assert measured(np.full((300, 400), level, np.float64)).status == "none"


def test_an_edge_a_line_and_a_ramp_are_no_pattern() -> None:
    rng = default_rng(0)
    for levels in (60 + 120.0 * (X + 0.3 * Y > 150), 60 + 150.0 * (np.abs(X - Y) < 4), X, 40 + 0.5 * X + 0.3 * Y):
        assert measured(levels + 2 * rng.standard_normal(levels.shape)).status == "none"


def test_periods_are_in_pixels_of_the_image() -> None:
    x = np.broadcast_to(np.arange(640.0), (480, 640))
    result = found(measured(128 + 80 * np.sin(2 * np.pi * x / 20)))
    assert result.vectors[0].period_px == pytest.approx(20, abs=0.02)
    assert result.vectors[0].angle_deg == pytest.approx(0, abs=0.1)


def test_thin_lines_have_their_fundamental_period() -> None:
    levels = 60 + 150.0 * (wave(48, 30) > 0.8)
    (vector,) = found(measured(levels + 5 * default_rng(1).standard_normal(levels.shape))).vectors
    assert vector.period_px == pytest.approx(48, abs=0.1)


def test_a_stronger_harmonic_does_not_hide_the_fundamental() -> None:
    levels = 128 + 15 * wave(36, 20) + 60 * wave(18, 20, 0.7)
    (vector,) = found(measured(levels + 3 * default_rng(2).standard_normal(levels.shape))).vectors
    assert abs(vector.period_px - 36) < 4 * vector.period_px_sigma


def test_the_stronger_vector_comes_first() -> None:
    levels = 128 + 20 * wave(14, 10) + 50 * wave(21, 95)
    first, second = found(measured(levels + 3 * default_rng(3).standard_normal(levels.shape))).vectors
    assert first.period_px == pytest.approx(21, abs=0.1)
    assert second.period_px == pytest.approx(14, abs=0.1)


def test_a_pattern_in_perspective_has_a_larger_uncertainty() -> None:
    flat = np.sign(wave(16, 0)) * np.sign(wave(16, 90))
    corners = np.array([[0, 0], [255, 0], [255, 255], [0, 255]], np.float32)
    projected = np.array([[30, 10], [225, 35], [250, 240], [10, 225]], np.float32)
    warp = cv2.getPerspectiveTransform(corners, projected)
    tilted = cv2.warpPerspective((128 + 90 * flat).astype(np.uint8), warp, (256, 256), borderValue=(110,))
    plain, bent = found(measured(128 + 90 * flat)), found(measured(np.asarray(tilted, np.float64)))
    assert bent.lattice == plain.lattice == "grid"
    assert bent.vectors[0].period_px_sigma > 5 * plain.vectors[0].period_px_sigma


def test_blocks_of_compression_are_no_pattern() -> None:
    blocks = 128 + 1.5 * ((X % 8 < 1) + (Y % 8 < 1))
    noise = 0.5 * default_rng(4).standard_normal(blocks.shape)
    assert measured(blocks + noise).status == "none"
    assert measured(128 + 3.0 * wave(11, 0) + noise).status == "found"  # as faint, but not from compression


def grey(name: str) -> UInt8:
    image = cv2.imread(str(IMAGES / name), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    return np.asarray(image, np.uint8)


@needs_images
@pytest.mark.parametrize("name", [*(f"left0{n}.jpg" for n in range(1, 8)), "chessboard.png", "digits.png"])
def test_photographs_of_a_grid(name: str) -> None:
    assert {component.lattice for component in measure_spatial(grey(name)).components} == {"grid"}


@needs_images
def test_the_chessboard_has_the_period_of_its_diagonals() -> None:
    result = found(measure_spatial(grey("chessboard.png")))
    assert sorted(round(vector.angle_deg) for vector in result.vectors) == [-44, 44]  # the image has 3723 × 3595 pixels
    assert all(vector.period_px == pytest.approx(646.5, abs=1) for vector in result.vectors)


@needs_images
@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png", "camera.png", "coins.png", "baboon.jpg", "fruits.jpg",
                                  "grass.png"])  # fmt: skip
def test_natural_images_have_no_pattern(name: str) -> None:
    assert measure_spatial(grey(name)).status == "none"


def stripes(shape: tuple[int, int], period_px: float, angle_deg: float) -> Float64:
    """Return a wave over a picture of any size, range −1…1."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    angle = math.radians(angle_deg)
    return np.asarray(np.cos(2 * np.pi * (x * math.cos(angle) - y * math.sin(angle)) / period_px), np.float64)


@pytest.mark.parametrize("period_px", [2.3, 3.0, 4.1])
@pytest.mark.parametrize("shape", [(480, 640), (1080, 1920), (256, 256)])
def test_fine_stripes_are_measured_at_the_pixels_own_resolution(shape: tuple[int, int], period_px: float) -> None:
    """Once 3.000 px were told as 5.61897 ± 0.00003: the image was reduced without a low-pass filter."""
    (vector,) = found(measured(128 + 50 * stripes(shape, period_px, 17.2))).vectors
    assert vector.period_px == pytest.approx(period_px, abs=0.001)
    assert vector.angle_deg == pytest.approx(17.2, abs=0.05)


@pytest.mark.parametrize("period_px", [2.02, 2.1, 2.18])
def test_what_is_too_fine_is_told_and_nothing_in_its_place(period_px: float) -> None:
    result = measured(128 + 50 * stripes((480, 640), period_px, 33.0))
    assert (result.status, result.components) == ("too_fine", ())
    assert result.min_px == pytest.approx(2.22, abs=0.01)


def test_the_finest_and_the_coarsest_period_are_stated() -> None:
    result = measured(np.full((480, 900), 90.0))
    assert (result.status, result.max_px) == ("none", 300.0)


@pytest.mark.parametrize("across", [True, False])
def test_two_patterns_side_by_side_are_two_each_in_its_place(across: bool) -> None:
    a, b = stripes((480, 640), 12.0, 0.0), stripes((480, 640), 20.0, 60.0)
    halves = np.where(X2 < 320, a, b) if across else np.where(Y2 < 240, a, b)
    result = measured(128 + 60 * halves + 2 * default_rng(0).standard_normal(halves.shape))
    assert sorted(round(c.vectors[0].period_px, 1) for c in result.components) == [12.0, 20.0]
    assert {c.lattice for c in result.components} == {"stripes"}
    for component in result.components:
        left, top, width, height = component.box
        first = round(component.vectors[0].period_px) == 12
        expected = (0 if first else 320, 0, 320, 480) if across else (0, 0 if first else 240, 640, 240)
        assert (left, top, width, height) == pytest.approx(expected, abs=30)
        assert component.share == pytest.approx(0.5, abs=0.06)


def test_two_waves_in_one_place_are_a_grid() -> None:
    both = stripes((480, 640), 12.0, 0.0) + stripes((480, 640), 20.0, 60.0)
    assert found(measured(128 + 40 * both)).lattice == "grid"


def test_a_pattern_in_a_corner_is_found_there() -> None:
    levels = np.full((480, 640), 128.0)
    levels[:140, 470:] += 60 * stripes((140, 170), 7.0, 30.0)
    component = found(measured(levels + 2 * default_rng(1).standard_normal(levels.shape)))
    assert component.vectors[0].period_px == pytest.approx(7.0, abs=4 * component.vectors[0].period_px_sigma)
    left, top, width, height = component.box
    assert left > 400
    assert (top, left + width) == (0, 640)
    assert height < 240


@pytest.mark.parametrize("shape", [(20, 3000), (2000, 20), (16, 300)])
def test_a_narrow_strip_is_measured(shape: tuple[int, int]) -> None:
    angle_deg = 0.0 if shape[1] > shape[0] else 90.0
    rng = default_rng(2)
    (vector,) = found(measured(128 + 60 * stripes(shape, 12.5, angle_deg) + 2 * rng.standard_normal(shape))).vectors
    assert abs(vector.period_px - 12.5) < 5 * vector.period_px_sigma < 0.2


def test_a_period_that_changes_across_the_image_is_told_as_a_range() -> None:
    depth = 1 + 0.5 * (Y2 / 480 - 0.5)
    bars = np.sign(np.cos(2 * np.pi * (X2 - 320) / 16 / depth))
    (vector,) = found(measured(128 + 70 * bars)).vectors
    assert vector.period_range_px is not None
    low, high = vector.period_range_px
    assert 11.5 < low < 14.5 < 17 < high < 20.5
    assert vector.period_px_sigma > 0.5


def test_a_steady_period_has_no_range() -> None:
    (vector,) = found(measured(128 + 70 * stripes((480, 640), 16.0, 20.0))).vectors
    assert vector.period_range_px is None


@pytest.mark.parametrize(("b", "g", "r"), [(0.0, -0.299 / 0.587, 1.0), (1.0, -0.114 / 0.886, -0.114 / 0.886)])
def test_stripes_of_two_colours_of_the_same_grey_are_found(b: float, g: float, r: float) -> None:
    wave = stripes((300, 400), 14.0, 10.0)
    image = np.stack([110 + 60 * part * wave for part in (b, g, r)], axis=-1)
    component = found(measure_spatial(np.rint(image).astype(np.uint8)))
    assert component.vectors[0].period_px == pytest.approx(14.0, abs=0.01)
    assert component.channel == ("red-green" if r == 1.0 else "blue-yellow")


@pytest.mark.parametrize(("b", "g", "r"), [(0.0, -0.299 / 0.587, 1.0), (1.0, -0.114 / 0.886, -0.114 / 0.886)])
def test_live_one_axis_of_colour_is_looked_at_in_turn_and_kept_where_a_pattern_is(b: float, g: float, r: float) -> None:
    wave = stripes((300, 400), 14.0, 10.0)
    image = np.rint(np.stack([110 + 60 * part * wave for part in (b, g, r)], axis=-1)).astype(np.uint8)
    meter = SpatialMeter(most_tiles=24)
    statuses = [meter.measure(image).status for _ in range(4)]
    assert statuses == (["found"] * 4 if r == 1.0 else ["none", *["found"] * 3])


def plain(seed: int) -> UInt8:
    return np.clip(np.rint(128 + 3 * default_rng(seed).standard_normal((480, 640))), 0, 255).astype(np.uint8)


def cornered(seed: int, top: int, left: int) -> UInt8:
    """A pattern in a small part of an image."""
    levels = plain(seed).astype(np.float64)
    levels[top : top + 180, left : left + 200] += 60 * stripes((180, 200), 7.0, 30.0)
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def test_live_every_second_tile_is_looked_at_while_none_shows_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    find = find_pattern

    def noted(samples: UInt8, log_magnitude: Float32, tile: Tile, *others: Any) -> TileResult:
        seen.append((tile.rows.start, tile.columns.start) if not tile.is_whole else (-1, -1))
        return find(samples, log_magnitude, tile, *others)

    monkeypatch.setattr(spatial, "find_pattern", noted)
    meter = SpatialMeter(most_tiles=24, takes_turns=True)
    looked: list[set[tuple[int, int]]] = []
    for seed in range(5):
        seen.clear()
        assert meter.measure(plain(seed)).status == "none"
        assert (-1, -1) in seen  # the whole image at half its resolution, each time
        looked.append(set(seen) - {(-1, -1)})
    first, *others = looked
    assert len(first) == 12
    assert [len(each) for each in others] == [6, 6, 6, 6]
    assert others[0] | others[1] == first
    assert others[0] == others[2]


@pytest.mark.parametrize("place", [(0, 0), (0, 440), (150, 220), (300, 0), (300, 440)])
def test_live_a_pattern_is_found_in_the_second_image_that_shows_it_at_the_latest(place: tuple[int, int]) -> None:
    meter = SpatialMeter(most_tiles=24, takes_turns=True)
    for n_before in (2, 3):
        for seed in range(n_before):
            meter.measure(plain(seed))
        results = [meter.measure(cornered(seed, *place)) for seed in range(3)]
        assert {result.status for result in results[1:]} == {"found"}
        whole = SpatialMeter(most_tiles=24).measure(cornered(2, *place))
        assert repr(results[2].components) == repr(whole.components)  # all tiles, the same values


def test_bars_drawn_without_a_filter_are_no_grid() -> None:
    """Their harmonics fold at the pixels to waves in other directions."""
    y, x = np.mgrid[:480, :640].astype(np.float64)
    angle = math.radians(82.0)
    bars = np.mod((x * math.cos(angle) - y * math.sin(angle)) / 5.213, 1.0) < 0.4
    component = found(measured(60 + 120.0 * bars))
    assert component.lattice == "stripes"
    assert component.vectors[0].period_px == pytest.approx(5.213, abs=0.003)


def test_bytes_of_the_image_are_not_changed_and_results_do_not_depend_on_what_came_before() -> None:
    meter = SpatialMeter()
    levels = np.rint(128 + 50 * stripes((480, 640), 9.0, 40.0)).astype(np.uint8)
    before = levels.copy()
    first = meter.measure(levels)
    meter.measure(np.rint(128 + 50 * stripes((300, 500), 5.0, -40.0)).astype(np.uint8))
    assert meter.measure(levels) == first
    np.testing.assert_array_equal(levels, before)


@pytest.mark.skipif(
    not (SHARED / "cases" / "images").is_dir(), reason="needs cases/images in the folder STREAMER_SHARED"
)
def test_cases_that_people_have() -> None:
    def case(name: str) -> Spatial:
        return measure_spatial(np.asarray(cv2.imread(str(SHARED / "cases" / "images" / name)), np.uint8))

    (vector,) = found(case("s3.png")).vectors
    assert vector.period_px == pytest.approx(3.0, abs=1e-4)
    assert vector.angle_deg == pytest.approx(17.2, abs=0.02)
    two = case("t_two_12_20.png").components
    assert sorted((c.lattice, round(c.vectors[0].period_px, 2), round(c.vectors[0].angle_deg)) for c in two) == [
        ("stripes", 12.0, 0),
        ("stripes", 20.0, 60),
    ]
