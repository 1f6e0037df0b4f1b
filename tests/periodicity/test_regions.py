"""Tiles with the same pattern are one region; those of two patterns, or with chance beside a pattern, are none."""

import numpy as np

from streamer.arrays import Float64
from streamer.periodicity.regions import find_regions
from streamer.periodicity.tile_pattern import Kind, TilePattern
from streamer.periodicity.tiles import Tile


def tile(column: int, *vectors: tuple[float, float], height: float = 0.1, evidence: float = 5.0) -> TilePattern:
    """Return the pattern in one of a row of tiles, 128 pixels from the next."""
    base: Float64 = np.array(vectors)
    place = Tile(0, slice(0, 256), slice(128 * column, 128 * column + 256), np.ones(2), False)
    kind: Kind = "stripes" if len(vectors) == 1 else "grid"
    heights = np.full(len(base), height)
    return TilePattern(
        place, kind, base, np.tile(1e-8 * np.eye(2), (len(base), 1, 1)), heights, base, 2.5, evidence, 9.0
    )


def sizes(*patterns: TilePattern, n_tiles: int = 12) -> list[int]:
    return [len(region.members) for region in find_regions(patterns, n_tiles)]


def test_a_slowly_changing_pattern_is_one_region_whatever_its_base() -> None:
    assert sizes(*(tile(k, (0.0, 0.05 * 1.08**k)) for k in range(5))) == [5]
    assert sizes(tile(0, (0.05, 0.0), (0.0, 0.07)), tile(1, (0.0, -0.07), (0.05, 0.07))) == [2]


def test_two_patterns_are_two_regions_and_the_tile_between_them_is_none() -> None:
    a, b = (0.0, 1 / 12), (0.04, 0.03)
    assert sizes(tile(0, a), tile(1, a), tile(2, a, b, height=0.05), tile(3, b), tile(4, b)) == [2, 2]


def test_a_single_tile_of_many_needs_more() -> None:
    weak = tile(0, (0.0, 0.08), evidence=1.5)
    assert sizes(weak, n_tiles=2) == [1]
    assert sizes(weak, n_tiles=2000) == []
    assert sizes(tile(0, (0.0, 0.08)), n_tiles=2000) == [1]


def test_harmonics_in_the_same_place_are_no_pattern_of_their_own() -> None:
    longer = [tile(k, (0.0, 0.03), height=0.04) for k in range(3)]
    assert sizes(*longer, *(tile(k, (0.0, 0.09), height=0.06) for k in range(3))) == [3]


def test_no_tiles_no_regions() -> None:
    assert find_regions([], 0) == []
