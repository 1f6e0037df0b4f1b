"""Region of interest, downscale and rotation, against plain numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import UInt8
from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.sources.images.geometry import Geometry


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
    pixels = random_image(90, 80)
    columns, rows = width // downscale, height // downscale
    if min(columns, rows) < 16:
        with pytest.raises(UserError, match=f"downscale={downscale} must leave at least 16 × 16"):
            Geometry(image_settings, 90, 80)
        return
    region = pixels[y : y + rows * downscale, x : x + columns * downscale].astype(float)
    blocks = region.reshape(rows, downscale, columns, downscale, 3).mean((1, 3))
    expected = np.rot90(blocks, -rotate // 90)
    geometry = Geometry(image_settings, 90, 80)
    delivered = geometry.apply(pixels)
    assert delivered.dtype == np.uint8
    assert delivered.shape == (geometry.height, geometry.width, 3) == expected.shape
    assert np.abs(delivered - expected).max() <= 0.5


@pytest.mark.parametrize("roi", [(30, 0, 16, 16), (0, 20, 16, 16), (0, 0, 41, 16), (500, 500, 16, 16)])
def test_a_region_outside_the_image_is_refused(roi: tuple[int, int, int, int]) -> None:
    with pytest.raises(UserError, match=r"roi=\[\d+, \d+, \d+, \d+\] must lie inside the 40 × 30 pixels"):
        Geometry(ImageSettings(roi=roi), 40, 30)
