"""Pyramid of cells and blocks of cells."""

import math

import numpy as np
import pytest

from streamer.periodicity.cells import Pyramid


def pyramid(grid: tuple[int, int], kinds: int = 1) -> Pyramid:
    return Pyramid.of(np.random.default_rng(0).normal(size=(5, kinds * grid[0] * grid[1])).astype(np.float32), grid)


@pytest.mark.parametrize("grid", [(18, 32), (3, 5), (1, 7), (6, 8)])
@pytest.mark.parametrize("kinds", [1, 2])
def test_blocks_are_means_of_their_cells(grid: tuple[int, int], kinds: int) -> None:
    result = pyramid(grid, kinds)
    cube = result.series[:, : result.counts[0]].reshape(5, kinds, *grid)
    begin = 0
    for count, size in zip(result.counts, result.sizes, strict=True):
        level = result.series[:, begin : begin + count].reshape(5, kinds, -(-grid[0] // size), -(-grid[1] // size))
        np.testing.assert_allclose(level[:, -1, 0, 0], cube[:, -1, :size, :size].mean(axis=(1, 2)), atol=1e-6)
        last = cube[:, 0, (grid[0] - 1) // size * size :, (grid[1] - 1) // size * size :]
        np.testing.assert_allclose(level[:, 0, -1, -1], last.mean(axis=(1, 2)), atol=1e-6)
        assert result.level(begin) == result.level(begin + count - 1) == slice(begin, begin + count)
        begin += count
    assert result.sizes[-1] == max(grid)
    assert result.counts[-1] == kinds
    assert result.area.sum() == pytest.approx(len(result.counts) * result.counts[0])


def test_one_cell_has_no_blocks() -> None:
    assert pyramid((1, 1)).counts == (1,)


def test_values_of_a_block_are_mapped_to_its_cells() -> None:
    result = pyramid((3, 5))
    first_block = result.counts[0]
    heat = result.map(np.array([0.5, 2.0, 1.0], np.float32), np.array([7, 0, first_block + 5]))
    expected = np.zeros((3, 5), np.float32)
    expected[1, 2], expected[0, 0], expected[2, 4] = 0.5, 2.0, 1.0
    np.testing.assert_array_equal(heat, expected)
    assert result.map(np.ones(1, np.float32), np.array([result.series.shape[1] - 1])).all()


def test_both_directions_of_flow_share_cells() -> None:
    heat = pyramid((3, 5), 2).map(np.array([1.0, 3.0], np.float32), np.array([4, 15 + 4]))
    assert heat[0, 4] == 3.0
    assert np.count_nonzero(heat) == 1


def test_the_spread_of_cells() -> None:
    result = pyramid((18, 32))
    everywhere = np.arange(576)
    assert result.spread(everywhere) == pytest.approx(1, abs=0.01)
    corner = np.array([row * 32 + column for row in range(9) for column in range(16)])
    assert result.spread(corner) == pytest.approx(0.25, abs=0.01)
    assert result.spread(everywhere[:3]) == math.inf
