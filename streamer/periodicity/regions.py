"""Join the patterns of tiles to regions: one pattern each, that goes on from tile to tile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from streamer.arrays import Float64
from streamer.periodicity.tile_pattern import Kind, TilePattern

CHANGE = 0.15  # of a vector's length, by which it may change from a tile to the next: perspective, lenses
HARMONIC_CHANGE = 0.03  # the same where a vector is compared with a multiple of another
HIGHEST = 5  # multiples of a region's vectors that belong to it
SURE = 3.0  # nepers; a single tile of many needs peaks of this height above those of noise, together, …
ALONE, PER_TILE = 2.2, 0.1  # … or one as prominent as this, and more so with the logarithm of their number
SHARE_OF_OTHER = 0.5  # of a region's tiles that others must explain for it to be none

_NEAR = [np.array(pair) for pair in product((-1, 0, 1), repeat=2) if pair != (0, 0)]
_POINTS = np.array([pair for pair in product(range(-HIGHEST, HIGHEST + 1), repeat=2) if pair != (0, 0)])


@dataclass(slots=True, eq=False)
class RegionTile:
    """A tile of a region, with its vectors in the order and sense of those of the region."""

    pattern: TilePattern
    vectors: Float64  # shape (n_vectors, 2), cycles per pixel
    covariances: Float64  # shape (n_vectors, 2, 2)


@dataclass(slots=True, eq=False)
class Region:
    """One pattern and the tiles in which it is."""

    members: list[RegionTile] = field(default_factory=list)  # the one that it was begun with first
    parts: list[TilePattern] = field(default_factory=list)  # tiles that show one of its two vectors

    @property
    def lead(self) -> RegionTile:
        """The tile that the region was begun with: the strongest."""
        return self.members[0]

    @property
    def kind(self) -> Kind:
        """What most of its tiles show: in one of them noise may hide the third wave of a hexagonal lattice."""
        counts = Counter(member.pattern.kind for member in self.members)
        return max(counts, key=lambda kind: (counts[kind], kind == self.lead.pattern.kind))


def find_regions(patterns: Sequence[TilePattern], n_tiles: int) -> list[Region]:
    """Join patterns of neighbouring tiles that are the same or change little; the strongest region first.

    Tiles on the border between two regions have the waves of both and are left out: each of their vectors belongs to a
    region there. So are regions whose vectors are multiples of those of another region in the same place.

    Parameters
    ----------
    patterns : sequence of TilePattern
    n_tiles : int
        Number of tiles that were looked at: a pattern in a single one of many may be chance.
    """
    if not patterns:
        return []
    boxes = np.array([pattern.tile.box for pattern in patterns])
    order = np.argsort([-pattern.power for pattern in patterns], kind="stable").tolist()
    free = np.ones(len(patterns), np.bool_)
    regions: list[Region] = []
    for first in order:
        if not free[first]:
            continue
        free[first] = False
        pattern = patterns[first]
        if any(_explains(region, pattern) for region in regions) or _is_mixed(regions, pattern):
            continue
        region = Region([RegionTile(pattern, pattern.vectors, pattern.covariances)])
        _grow(region, patterns, boxes, free)
        regions.append(region)
    regions = [region for region in regions if _is_sure(region, n_tiles)]
    return [region for region in regions if not any(_is_harmonic(region, other) for other in regions)]


def _grow(region: Region, patterns: Sequence[TilePattern], boxes: Float64, free: np.ndarray) -> None:
    """Take in the free tiles that touch the region, as long as there are some."""
    waiting = [region.lead]
    while waiting:
        member = waiting.pop()
        left, top, right, bottom = member.pattern.tile.box
        touching = (boxes[:, 0] < right) & (boxes[:, 2] > left) & (boxes[:, 1] < bottom) & (boxes[:, 3] > top)
        for index in np.flatnonzero(touching & free).tolist():
            joined = _joined(member, patterns[index])
            if joined is not None:
                free[index] = False
                region.members.append(joined)
                waiting.append(joined)
            elif len(patterns[index].vectors) < len(member.vectors) and _is_point(patterns[index].vectors[0], member):
                free[index] = False
                region.parts.append(patterns[index])


def _joined(member: RegionTile, pattern: TilePattern) -> RegionTile | None:
    """Return a neighbouring tile as a member, with its vectors matched to those of its neighbour; None if it differs.

    A lattice has many bases: of the vectors and their sums and differences, those nearest to the neighbour's are taken
    if they are a base of the same lattice.
    """
    n = len(member.vectors)
    if len(pattern.vectors) != n:
        return None
    choices = np.array([[1], [-1]]) if n == 1 else np.array(_NEAR)
    points = choices @ pattern.vectors
    away = np.linalg.norm(points[None] - member.vectors[:, None], axis=2)
    nearest = away.argmin(axis=1)
    if (away.min(axis=1) > CHANGE * np.linalg.norm(member.vectors, axis=1)).any():
        return None
    base = choices[nearest]
    if abs(abs(np.linalg.det(base.astype(float))) - 1) > 0.1:
        return None
    covariances = np.einsum("ij,jkl->ikl", (base**2).astype(float), pattern.covariances)
    return RegionTile(pattern, base @ pattern.vectors, covariances)


def _is_point(vector: Float64, member: RegionTile, change: float = CHANGE) -> bool:
    """Return whether a vector is a point of a member's lattice, but not the origin."""
    points = _POINTS[:, : len(member.vectors)] @ member.vectors if len(member.vectors) == 2 else _line(member.vectors)
    away = np.minimum(np.linalg.norm(points - vector, axis=1), np.linalg.norm(points + vector, axis=1)).min()
    reach = min(change * np.linalg.norm(vector), 0.25 * np.linalg.norm(member.vectors, axis=1).min())
    return bool(away < reach)


def _line(vectors: Float64) -> Float64:
    return np.asarray(np.arange(1, HIGHEST + 1)[:, None] * vectors, np.float64)


def _overlap(region: Region, pattern: TilePattern) -> list[RegionTile]:
    left, top, right, bottom = pattern.tile.box
    found = []
    for member in region.members:
        box = member.pattern.tile.box
        if box[0] < right and box[2] > left and box[1] < bottom and box[3] > top:
            found.append(member)
    return found


def _explains(region: Region, pattern: TilePattern) -> bool:
    """Return whether all vectors of a tile are points of the lattice that a region has there."""
    return any(
        all(_is_point(vector, member, HARMONIC_CHANGE) for vector in pattern.vectors)
        for member in _overlap(region, pattern)
    )


def _is_mixed(regions: Sequence[Region], pattern: TilePattern) -> bool:
    """Return whether a tile's lattice has a wave of a region that it overlaps.

    The other is then that of a neighbour, since a tile on the border of two regions has waves of both; or chance.
    """
    if len(pattern.vectors) < 2:
        return False
    near = [member for region in regions for member in _overlap(region, pattern)]
    return any(
        _is_point(wave, member, HARMONIC_CHANGE) for member in near for wave in (*pattern.vectors, *pattern.waves)
    )


def _is_sure(region: Region, n_tiles: int) -> bool:
    """Return whether more than one tile in many has the pattern, or one has it beyond doubt."""
    lead = region.lead.pattern
    if lead.tile.is_whole or n_tiles <= 2 or lead.evidence >= SURE:
        return True
    if lead.prominence >= ALONE + PER_TILE * np.log(n_tiles):
        return True
    return any(_apart(member.pattern, lead) for member in region.members) or any(
        member.pattern.tile.is_whole for member in region.members
    )


def _apart(a: TilePattern, b: TilePattern) -> bool:
    """Return whether two tiles of one level share at most half their samples."""
    if a is b or a.tile.level != b.tile.level:
        return False
    reach = b.tile.sides * b.tile.scale / 2
    return bool(abs(a.tile.box[0] - b.tile.box[0]) >= reach[1] or abs(a.tile.box[1] - b.tile.box[1]) >= reach[0])


def _is_harmonic(region: Region, other: Region) -> bool:
    """Return whether another region has, in the same place, a lattice of longer periods that contains this one."""
    if region is other:
        return False
    longest = [min(np.linalg.norm(each.lead.vectors, axis=1)) for each in (region, other)]
    if longest[0] <= longest[1] or len(other.lead.vectors) > len(region.lead.vectors):
        return False
    inside = sum(_explains(other, member.pattern) for member in region.members)
    return inside > SHARE_OF_OTHER * len(region.members)
