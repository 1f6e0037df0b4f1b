"""Movement in cells follows from gradients: its size, its direction, its first image."""

import numpy as np
import pytest

from streamer.arrays import Float32, UInt8
from streamer.errors import UserError
from streamer.features.gradient import N_SUMS, GradientSeries, velocities
from tests.features.test_flow import texture, view

ROWS, COLUMNS = 18, 32


def _moved(series: GradientSeries) -> Float32:
    return velocities(series.last(series.capacity)[0]).reshape(-1, 2, ROWS, COLUMNS)


@pytest.mark.parametrize(("width", "height"), [(160, 120), (640, 480), (200, 320)])
@pytest.mark.parametrize(("x", "y"), [(1.5, 0.0), (0.0, -2.0), (-1.0, 1.6)])
def test_movement_is_in_points_to_the_right_and_downwards(width: int, height: int, x: float, y: float) -> None:
    series = GradientSeries(ROWS, COLUMNS, 8)
    scene = texture(width, height)
    for i in range(4):
        series.push(view(scene, x * i, y * i, width, height), i / 30)
    found = np.median(_moved(series)[1:, :, 1:-1, 1:-1], axis=(0, 2, 3)) * series.point_px
    np.testing.assert_allclose(found, [x, y], atol=0.2 * np.hypot(x, y))


def test_the_first_image_and_the_first_after_a_reset_have_no_movement() -> None:
    rng = np.random.default_rng(0)
    series = GradientSeries(ROWS, COLUMNS, 8)
    images: list[UInt8] = [rng.integers(0, 256, (90, 160), np.uint8) for _ in range(3)]
    for i, image in enumerate(images[:2]):
        series.push(image, float(i))
    rows, _ = series.last(8)
    assert not rows[0].any()
    assert rows[1].any()
    series.reset()
    series.push(images[2], 5.0)
    rows, times_s = series.last(8)
    assert not rows.any()
    assert times_s.tolist() == [5.0]


def test_images_of_another_size_do_not_move_against_those_before() -> None:
    series = GradientSeries(ROWS, COLUMNS, 8)
    series.push(np.zeros((90, 160), np.uint8), 0.0)
    series.push(np.full((180, 160), 200, np.uint8), 1.0)
    assert not series.last(8)[0].any()


def test_colour_of_equal_channels_is_as_grey_in_any_layout() -> None:
    rng = np.random.default_rng(1)
    images: list[UInt8] = [rng.integers(0, 256, (90, 160), np.uint8) for _ in range(2)]
    grey, colour, apart = (GradientSeries(ROWS, COLUMNS, 4) for _ in range(3))
    for i, image in enumerate(images):
        wide = np.zeros((90, 280), np.uint8)
        wide[:, 60:220] = image
        grey.push(image, float(i))
        apart.push(wide[:, 60:220], float(i))
        colour.push(np.repeat(image[:, :, None], 3, axis=2), float(i))
    np.testing.assert_array_equal(grey.last(4)[0], apart.last(4)[0])
    np.testing.assert_allclose(colour.last(4)[0], grey.last(4)[0], rtol=1e-3, atol=1.0)


def test_what_does_not_change_does_not_move_and_what_has_no_gradient_neither() -> None:
    series = GradientSeries(ROWS, COLUMNS, 4)
    image = texture(160, 120)[:120, :160]
    series.push(image, 0.0)
    series.push(image, 1.0)
    assert not _moved(series).any()
    flat = GradientSeries(ROWS, COLUMNS, 4)
    flat.push(np.full((120, 160), 90, np.uint8), 0.0)
    flat.push(np.full((120, 160), 110, np.uint8), 1.0)  # a lamp
    assert not _moved(flat).any()


def test_an_image_with_fewer_pixels_than_cells_is_refused() -> None:
    with pytest.raises(UserError, match="cells="):
        GradientSeries(ROWS, COLUMNS, 4).push(np.zeros((4, 160), np.uint8), 0.0)


def test_few_pixels_are_points_themselves() -> None:
    series = GradientSeries(ROWS, COLUMNS, 4)
    series.push(np.zeros((19, 33), np.uint8), 0.0)
    assert series.point_px == (33 / 32, 19 / 18)
    assert series.last(4)[0].shape == (1, N_SUMS * ROWS * COLUMNS)
