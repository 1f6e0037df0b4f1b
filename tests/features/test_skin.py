"""Skin of every complexion is found by its chrominance, walls and saturated light are not; its mean colour is exact."""

import cv2
import numpy as np
import pytest

from streamer.arrays import UInt8
from streamer.errors import UserError
from streamer.features.skin import SkinSeries, skin_cells
from tests.support.faces import COMPLEXIONS, face, images

ROWS, COLUMNS = 18, 32


@pytest.mark.parametrize("complexion", COMPLEXIONS)
def test_skin_of_every_complexion_is_found(complexion: str) -> None:
    rng = np.random.default_rng(1)
    scene, share = face(complexion, rng)
    cells = skin_cells(images(scene, rng, 1)[0], ROWS, COLUMNS)
    truth = cv2.resize(share[..., 0].astype(np.float32), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    assert cells[truth > 0.98].mean() > 0.85  # all but the eyes
    assert not cells[truth < 0.3].any()


@pytest.mark.parametrize(
    "bgr", [(120, 120, 120), (200, 90, 40), (40, 160, 60), (30, 30, 220), (255, 255, 255), (200, 225, 252), (8, 11, 16)]
)
def test_what_is_no_skin_or_saturated_or_black(bgr: tuple[int, int, int]) -> None:
    assert not skin_cells(np.full((90, 160, 3), bgr, np.uint8), ROWS, COLUMNS).any()


def skin_image(width: int, height: int) -> UInt8:
    """Return an image with skin in the middle third of its columns."""
    rng = np.random.default_rng(0)
    image = np.full((height, width, 3), 90, np.uint8)
    image[:, width // 3 : 2 * width // 3] = (96, 130, 190)
    return np.asarray(np.clip(image + rng.integers(-3, 4, image.shape), 0, 255), np.uint8)


@pytest.mark.parametrize(("width", "height"), [(96, 72), (100, 77), (640, 1080)])
def test_the_mean_colour_of_a_cell_is_that_of_its_pixels(width: int, height: int) -> None:
    series = SkinSeries(4, 6, 8)
    image = skin_image(width, height)
    series.push(image, 0.0)
    values = series.last(1)[0][0].reshape(3, 4, 6)
    assert np.isnan(values[:, :, [0, 5]]).all()
    top, bottom, left, right = round(height / 4), round(height / 2), round(width / 3), round(width / 2)
    expected = image[top:bottom, left:right].reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(values[:, 1, 2], expected, rtol=1e-5)


def test_without_skin_nothing_is_kept_and_images_are_looked_at_once_a_second() -> None:
    series = SkinSeries(4, 6, 8)
    grey = np.full((72, 96, 3), 90, np.uint8)
    series.push(grey, 0.0)
    assert not series.wants(0.9)
    assert series.wants(1.0)
    series.push(skin_image(96, 72), 1.0)
    assert series.wants(1.03)
    series.push(skin_image(96, 72), 1.03)
    assert series.last(8)[1].tolist() == [1.0, 1.03]
    series.push(grey, 2.1)  # the person has gone
    assert series.last(8)[1].size == 0


def test_fewer_pixels_than_cells_are_refused() -> None:
    with pytest.raises(UserError, match="must be at most"):
        SkinSeries(4, 6, 8).push(np.zeros((3, 5, 3), np.uint8), 0.0)
