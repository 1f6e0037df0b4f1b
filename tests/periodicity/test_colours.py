"""Grey first, then the axes of colour that there are."""

import numpy as np

from streamer.periodicity.colours import planes


def test_a_grey_image_has_one_plane() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (50, 60), dtype=np.uint8)
    (plane,) = planes(grey)
    assert plane.levels is grey
    assert [p.channel for p in planes(np.repeat(grey[..., None], 3, axis=2))] == ["grey"]


def test_colours_are_half_differences_about_middle_grey() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, :20] = (100, 50, 150)  # blue, green, red
    image[:, 20:] = (10, 150, 50)
    by_channel = {plane.channel: plane for plane in planes(image)}
    assert list(by_channel) == ["grey", "red-green", "blue-yellow"]
    assert by_channel["red-green"].levels[0, [0, 30]].tolist() == [178, 78]
    assert by_channel["blue-yellow"].levels[0, [0, 30]].tolist() == [128, 83]
    assert by_channel["red-green"].gain == 2.0
