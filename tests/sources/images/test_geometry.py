"""Region of interest, downscale and rotation, against plain numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import UInt8
from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.sources.images.geometry import Geometry

MARGIN = 5  # samples beside an edge whose filter is cut off


def ramp(width: int, height: int) -> UInt8:
    y, x = np.mgrid[:height, :width]
    return np.asarray(np.stack([x + y, 2 * x, 200 - y], axis=-1), np.uint8)


def random_image(width: int, height: int) -> UInt8:
    return np.random.default_rng(width * 1000 + height).integers(0, 256, (height, width, 3), np.uint8)


def test_by_default_the_image_is_delivered_unchanged() -> None:
    pixels = random_image(40, 30)
    geometry = Geometry(ImageSettings(), 40, 30)
    assert (geometry.width, geometry.height) == (40, 30)
    assert np.shares_memory(geometry.apply(pixels), pixels)
    assert np.array_equal(geometry.apply(pixels), pixels)


@settings(deadline=None, max_examples=60)
@given(
    x=st.integers(0, 20), y=st.integers(0, 20), width=st.integers(16, 70), height=st.integers(16, 60),
    rotate=st.sampled_from((0, 90, 180, 270)), downscale=st.integers(1, 4),
)  # fmt: skip
def test_region_downscale_and_rotation_agree_with_numpy(
    x: int, y: int, width: int, height: int, rotate: int, downscale: int
) -> None:
    image_settings = ImageSettings.model_validate(
        {"roi": (x, y, width, height), "rotate": rotate, "downscale": downscale}
    )
    pixels = ramp(90, 80) if downscale > 1 else random_image(90, 80)  # a low-pass filter leaves a ramp as it is
    columns, rows = width // downscale, height // downscale
    if min(columns, rows) < 16:
        with pytest.raises(UserError, match=f"downscale={downscale} must leave at least 16 × 16"):
            Geometry(image_settings, 90, 80)
        return
    region = pixels[y : y + rows * downscale, x : x + columns * downscale].astype(float)
    blocks = region.reshape(rows, downscale, columns, downscale, 3).mean((1, 3))
    expected = np.rot90(blocks, -rotate // 90)
    delivered = Geometry(image_settings, 90, 80).apply(pixels)
    assert delivered.dtype == np.uint8
    assert delivered.shape == expected.shape
    inner = slice(*(MARGIN, -MARGIN) if downscale > 1 else (None, None))
    assert np.abs(delivered - expected)[inner, inner].max(initial=0.0) <= 1.0


@pytest.mark.parametrize(("factor", "per_sample"), [(2, 0.6), (2, 0.9), (3, 0.65), (4, 1.3), (5, 0.61)])
def test_waves_finer_than_two_pixels_of_the_result_do_not_come_back_coarser(factor: int, per_sample: float) -> None:
    wave = 128 + 100 * np.cos(2 * np.pi * per_sample / factor * np.arange(480))
    pixels = np.repeat(np.rint(np.tile(wave, (160, 1))).astype(np.uint8)[..., None], 3, axis=2)
    delivered = Geometry(ImageSettings(downscale=factor), 480, 160).apply(pixels)
    assert np.ptp(delivered[:, MARGIN:-MARGIN].astype(int)) <= 0.05 * 200


def test_coarser_waves_are_kept() -> None:
    wave = 128 + 100 * np.cos(2 * np.pi * 0.3 / 4 * np.arange(480))
    pixels = np.repeat(np.rint(np.tile(wave, (160, 1))).astype(np.uint8)[..., None], 3, axis=2)
    delivered = Geometry(ImageSettings(downscale=4), 480, 160).apply(pixels)
    assert delivered[:, MARGIN:-MARGIN].std() == pytest.approx(100 / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize("roi", [(30, 0, 16, 16), (0, 20, 16, 16), (0, 0, 41, 16), (500, 500, 16, 16)])
def test_a_region_outside_the_image_is_refused(roi: tuple[int, int, int, int]) -> None:
    with pytest.raises(UserError, match=r"roi=\[\d+, \d+, \d+, \d+\] must lie inside the 40 × 30 pixels"):
        Geometry(ImageSettings(roi=roi), 40, 30)
