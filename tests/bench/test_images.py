"""Peers of the image kernels compute the same as streamer."""

from typing import Any

import numpy as np
import pytest

from streamer.bench.images import (
    SIZES,
    BincountPolar,
    OpenCVPattern,
    OpenCVSpectrum,
    image_comparisons,
    noise_and_stripes,
    numpy_spectrum,
)
from streamer.features.pattern import Pattern
from streamer.features.settings import PatternSettings


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_opencv_and_numpy_agree(height: int, width: int) -> None:
    image = noise_and_stripes(height, width)
    theirs, expected = OpenCVSpectrum(height, width).push(image), numpy_spectrum(image)
    clear = expected[:, 1:-1] > np.log(100.0)
    assert clear.mean() > 0.9
    np.testing.assert_allclose(theirs[clear], expected[:, 1:-1][clear], atol=0.01)


@pytest.mark.parametrize(
    ("settings", "shape"), [(PatternSettings(), (256, 256)), (PatternSettings(crop="whole"), (480, 640))]
)
def test_the_pattern_of_the_peer_is_the_same_where_nothing_is_resized(settings: Any, shape: tuple[int, int]) -> None:
    image = noise_and_stripes(*shape)
    ours = Pattern(settings).push(image)
    theirs = OpenCVPattern(settings).push(image)
    # the cells around 0° and 90° hold the outer columns, which the peer leaves out
    np.testing.assert_allclose(theirs[10:, 2:17], ours.polar[10:, 2:17], atol=0.05)
    polar = BincountPolar(ours.log_magnitude.shape[0], ours.width, settings).push(ours.log_magnitude.ravel())
    filled = polar != 0.0
    np.testing.assert_allclose(polar[filled], ours.polar[filled], atol=1e-4)


def test_tables_are_complete() -> None:
    tables = list(image_comparisons(0.0))
    assert len({table.title for table in tables}) == len(tables) == 6
    for table in tables:
        assert table.rows[0].ratio == 1.0
        for row in table.rows:
            assert row.median > 0.0 or row.note
    assert [row.target for row in tables[0].rows] == [None, 1.3, None, 3.0, 10.0]
