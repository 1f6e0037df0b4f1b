"""Tiles cover the image, at its own resolution and at halves that hold no folded waves."""

import numpy as np
import pytest

from streamer.arrays import Float64, UInt8
from streamer.periodicity.tiles import SIDE, Spectra, tiles

SHAPES = [(480, 640), (256, 256), (20, 3000), (1080, 1920), (3000, 40), (100, 130)]


def levels(shape: tuple[int, int]) -> list[tuple[UInt8, Float64]]:
    return [(samples.copy(), scale) for samples, scale in Spectra().levels(np.zeros(shape, np.uint8))]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_tiles_of_each_level_cover_it_and_none_leaves_it(shape: tuple[int, int]) -> None:
    for level, (samples, scale) in enumerate(levels(shape)):
        covered = np.zeros(samples.shape, bool)
        for tile in tiles(samples.shape, level, scale):
            assert samples[tile.rows, tile.columns].shape == tuple(tile.sides)
            if not tile.is_whole:
                covered[tile.rows, tile.columns] = True
            left, top, right, bottom = tile.box
            assert 0 <= left < right <= shape[1] + 1e-9
            assert 0 <= top < bottom <= shape[0] + 1e-9
        assert covered.all() or max(samples.shape) <= 384


def test_levels_take_a_third_of_the_images_memory() -> None:
    found = levels((4000, 6000))
    assert sum(samples.size for samples, _ in found[1:]) < 0.34 * 4000 * 6000
    assert max(found[-1][0].shape) <= 384


def test_a_bound_on_the_tiles_is_kept_and_they_stay_spread() -> None:
    found = tiles((2000, 3000), 0, np.ones(2), most=24)
    assert len(found) <= 24
    assert min(t.columns.start for t in found) == 0
    assert max(t.columns.stop for t in found) == 3000


@pytest.mark.parametrize("period_px", [2.2, 2.6, 3.0, 3.3])
def test_a_half_shows_nothing_of_what_is_too_fine_for_it(period_px: float) -> None:
    """Up to 0.4 cycles per sample, as far as it is used, a wave that would fold there has a twentieth at most."""
    wave = np.cos(2 * np.pi * np.arange(1000) / period_px)
    image = np.rint(128 + 100 * np.broadcast_to(wave, (600, 1000))).astype(np.uint8)
    spectra = Spectra()
    (_, _), (half, _), *_ = spectra.levels(image)
    part = np.ascontiguousarray(half[:SIDE, :SIDE])
    used = np.exp(spectra.log_magnitude(part))[0, 3 : round(0.4 * SIDE)]
    assert used.max() < 0.05 * 50 / 255


def test_a_side_that_the_kernel_cannot_take_has_the_same_spectrum() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (64, 64), dtype=np.uint8)
    spectra = Spectra()
    odd = spectra.log_magnitude(image[:62, :62])
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(62) / 62)
    expected = np.abs(np.fft.rfft2(image[:62, :62] * np.outer(taper, taper))) / (255 * taper.sum() ** 2)
    np.testing.assert_allclose(np.exp(odd), np.maximum(expected, 1e-7), rtol=1e-3)
    assert spectra.log_magnitude(image).shape == (64, 33)
