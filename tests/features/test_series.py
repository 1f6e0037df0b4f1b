"""Series shared by what follows the same cells, and the windows that the motion front end takes from them."""

from typing import Literal

import numpy as np
import pytest

from streamer.features.motion import Motion, MotionSpectrum
from streamer.features.motion_rows import motion_rows
from streamer.features.series import SharedSeries
from streamer.features.settings import MotionSettings

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 48, 64), dtype=np.uint8)


def test_the_same_cells_are_followed_once() -> None:
    shared = SharedSeries(8)
    series = shared.share("grey", 3, 4)
    assert shared.share("grey", 3, 4) is series
    assert len({id(shared.share(*key)) for key in (("grey", 3, 4), ("grey", 4, 3), ("flow", 3, 4))}) == 3
    for i, image in enumerate(IMAGES[:3]):
        shared.push(image, float(i))
    assert (series.n_pushed, shared.share("flow", 3, 4).n_pushed) == (3, 2)
    shared.reset()
    assert (series.n_pushed, shared.share("flow", 3, 4).n_pushed) == (0, 0)


@pytest.mark.parametrize("quantity", ["grey", "flow"])
def test_a_window_has_the_rows_that_its_settings_announce(quantity: Literal["grey", "flow"]) -> None:
    settings = MotionSettings(n_rows=3, n_columns=4, n_images=32, series=quantity)
    front_end, shared = Motion(settings), SharedSeries(64)
    front_end.begin(shared.share)
    for i, image in enumerate(IMAGES):
        shared.push(image, i / 30)
        front_end.push(image, i / 30)
    rows, start_s, end_s = front_end.window()
    values, times_s = shared.share(quantity, 3, 4).last(32)
    assert (start_s, end_s) == (times_s[0], times_s[-1])
    assert rows.shape == settings.input_shape(32)
    expected = motion_rows(MotionSpectrum(settings).transform(values, times_s), settings)
    np.testing.assert_array_equal(rows, expected)
