"""Peers of the motion front end compute the same as streamer."""

import numpy as np
import pytest

from streamer.arrays import Float32, UInt8
from streamer.bench import motion
from streamer.features.motion import CellSeries, MotionSpectrum


def own_cells(image: UInt8) -> Float32:
    series = CellSeries(motion.REFERENCE.n_rows, motion.REFERENCE.n_columns, 2)
    series.push(image, 0.0)
    return np.asarray(series.last(1)[0][0], np.float32)


def test_cells_of_the_peers_are_the_same() -> None:
    grey, colour = (images[0] for images in motion.noise_images(1))
    ours = own_cells(grey)
    np.testing.assert_allclose(motion.integral_cells()(grey), ours, atol=1e-4)
    np.testing.assert_allclose(motion.reduceat_cells(grey), ours, atol=1e-4)
    # area interpolation shares the pixels at the borders of 420 / 18 rows
    np.testing.assert_allclose(motion.resize_cells()(grey), ours, atol=4.0)
    np.testing.assert_allclose(motion.colour_cells()(colour), own_cells(colour), atol=0.1)


def test_spectra_of_the_peers_are_the_same() -> None:
    pytest.importorskip("scipy", reason="scipy is not installed (extra: bench)")
    rng = np.random.default_rng(1)
    series = rng.uniform(0, 255, (motion.REFERENCE.n_images, motion.REFERENCE.n_cells)).astype(np.float32)
    times_s = np.cumsum(rng.uniform(0.02, 0.05, motion.REFERENCE.n_images))
    ours = MotionSpectrum(motion.REFERENCE).transform(series, times_s)
    np.testing.assert_allclose(motion.ScipySpectrum()(series, times_s), ours, atol=2e-3)
    np.testing.assert_allclose(motion.numpy_spectrum(series, times_s), ours, atol=2e-3)
