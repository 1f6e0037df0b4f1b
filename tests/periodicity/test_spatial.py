"""Patterns in space are measured within the stated uncertainty; images without a pattern have none."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from streamer.arrays import Float64, UInt8
from streamer.bench.patterns import LATTICES, PLAIN, in_noise, measure_accuracy, measure_false_patterns
from streamer.features.pattern import Pattern
from streamer.messages import Spatial
from streamer.periodicity.spatial import measure_spatial
from tests.support.paths import IMAGES

needs_images = pytest.mark.skipif(not IMAGES.is_dir(), reason="needs data/images in the folder STREAMER_SHARED")
Y, X = np.mgrid[:256, :256].astype(np.float64)


def measured(levels: Float64) -> Spatial | None:
    return measure_spatial(Pattern().push(np.clip(np.rint(levels), 0, 255).astype(np.uint8)))


def found(result: Spatial | None) -> Spatial:
    assert result is not None
    return result


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
    result = found(measure_spatial(Pattern().push(in_noise(waves, noise, rng))))
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
    (vector,) = found(measure_spatial(Pattern().push(in_noise(waves, 2, rng)))).vectors
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
        assert measured(np.full((300, 400), level, np.float64)) is None


def test_an_edge_a_line_and_a_ramp_are_no_pattern() -> None:
    rng = default_rng(0)
    for levels in (60 + 120.0 * (X + 0.3 * Y > 150), 60 + 150.0 * (np.abs(X - Y) < 4), X, 40 + 0.5 * X + 0.3 * Y):
        assert measured(levels + 2 * rng.standard_normal(levels.shape)) is None


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
    assert measured(blocks + noise) is None
    assert measured(128 + 3.0 * wave(11, 0) + noise) is not None  # as faint, but not from compression


def grey(name: str) -> UInt8:
    image = cv2.imread(str(IMAGES / name), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    return np.asarray(image, np.uint8)


@needs_images
@pytest.mark.parametrize("name", [*(f"left0{n}.jpg" for n in range(1, 8)), "chessboard.png", "digits.png"])
def test_photographs_of_a_grid(name: str) -> None:
    assert found(measure_spatial(Pattern().push(grey(name)))).lattice == "grid"


@needs_images
def test_the_chessboard_has_the_period_of_its_diagonals() -> None:
    result = found(measure_spatial(Pattern().push(grey("chessboard.png"))))
    assert sorted(round(vector.angle_deg) for vector in result.vectors) == [-44, 44]  # the image has 3723 × 3595 pixels
    assert all(vector.period_px == pytest.approx(646.5, abs=1) for vector in result.vectors)


@needs_images
@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png", "camera.png", "coins.png", "baboon.jpg", "fruits.jpg",
                                  "grass.png"])  # fmt: skip
def test_natural_images_have_no_pattern(name: str) -> None:
    assert measure_spatial(Pattern().push(grey(name))) is None
