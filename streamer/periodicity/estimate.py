"""One estimate from all tiles of a pattern: a period with its σ, or a field with its range where the period varies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamer.arrays import Float64
from streamer.messages import LatticeVector
from streamer.periodicity.regions import Region, RegionTile

FEWEST = 3  # tiles of one level from which a change of period can be told
VARIES = 5.0  # mean square deviation of the tiles from their mean, in their σ², above which the period varies …
LEAST_CHANGE = 0.004  # … if the deviation is also this much of the period
PRESENT = 0.5  # height relative to the highest from which a tile is used
MOST_INDEPENDENT = 4  # tiles whose mean is trusted more than one: what they have in common does not average out
AGREE = 4.0  # σ within which two levels agree


def estimate(region: Region) -> tuple[LatticeVector, ...]:
    """Return the base vectors of a region's pattern, the stronger first.

    Where the tiles of one level deviate from their mean by more than their uncertainties, the period varies over the
    image: the result is then the mean, σ the spread of the tiles, and the range is given. Else it is the estimate of
    the level with the least σ, in agreement with the tiles of the finest.
    """
    by_level = _by_level(region)
    local = next((each for each in by_level if len(each) >= FEWEST), by_level[0])
    order = range(len(region.lead.vectors))
    if len(local) >= FEWEST and any(_varies(local, k) for k in order):
        return tuple(_field(*_values(local, k)) for k in order)
    return tuple(_steady(by_level, local, k) for k in order)


def _by_level(region: Region) -> list[list[RegionTile]]:
    """Return the members by level, the finest first; the tile that covers the whole image comes by itself."""
    found: dict[tuple[int, bool], list[RegionTile]] = {}
    for member in region.members:
        tile = member.pattern.tile
        found.setdefault((tile.level + 1000 * tile.is_whole, tile.is_whole), []).append(member)
    groups = []
    for key in sorted(found):
        highest = max(member.pattern.heights.max() for member in found[key])
        groups.append([m for m in found[key] if m.pattern.heights.max() >= PRESENT * highest])
    return groups


def _values(members: Sequence[RegionTile], k: int) -> tuple[Float64, Float64]:
    """Return one vector of every tile, and their covariances."""
    return np.array([member.vectors[k] for member in members]), np.array([member.covariances[k] for member in members])


def _varies(members: Sequence[RegionTile], k: int) -> bool:
    """Return whether a vector changes from tile to tile by more than its uncertainty."""
    vectors, covariances = _values(members, k)
    mean, _, deviation = _mean(vectors, covariances)
    change = np.linalg.norm(vectors - mean, axis=1).max() / np.linalg.norm(mean)
    return bool(deviation > VARIES and change > LEAST_CHANGE)


def _steady(by_level: Sequence[Sequence[RegionTile]], local: Sequence[RegionTile], k: int) -> LatticeVector:
    """Return the estimate with the least σ of those that agree with the finest level."""
    mean, covariance, _ = _mean(*_values(local, k))
    found = [(mean, covariance)]
    for members in by_level:
        if members is not local:
            other, spread, _ = _mean(*_values(members, k))
            away = other - mean
            if away @ np.linalg.pinv(spread + covariance) @ away < AGREE**2 or len(local) < 2:
                found.append((other, spread))
    best, spread = min(found, key=lambda each: float(np.trace(each[1])))
    return LatticeVector(*polar(best, spread))


def _mean(vectors: Float64, covariances: Float64) -> tuple[Float64, Float64, float]:
    """Return the weighted mean, its covariance, and the mean square deviation in σ²."""
    if len(vectors) == 1:
        return vectors[0], covariances[0], 0.0
    weights = np.linalg.inv(covariances)
    total = np.linalg.inv(weights.sum(axis=0))
    mean = total @ np.einsum("nij,nj->i", weights, vectors)
    away = vectors - mean
    deviation = float(np.einsum("ni,nij,nj->", away, weights, away)) / (2 * len(vectors) - 2)
    independent = min(len(vectors), MOST_INDEPENDENT)
    return mean, total * (len(vectors) / independent) * max(1.0, deviation), deviation


def _field(vectors: Float64, covariances: Float64) -> LatticeVector:
    """Return the mean over the tiles, with their spread as σ and their range."""
    values = np.array([polar(vector, covariance) for vector, covariance in zip(vectors, covariances, strict=True)])
    periods, angles = values[:, 0], values[:, 2]
    turns = (angles - angles[0] + 90) % 180 - 90
    angle = float((angles[0] + turns.mean() + 90) % 180 - 90)
    low, high = (float(angle + end - turns.mean()) for end in (turns.min(), turns.max()))
    return LatticeVector(
        float(periods.mean()),
        float(periods.std(ddof=1)),
        angle if angle > -90 else 90.0,
        float(turns.std(ddof=1)),
        (float(periods.min()), float(periods.max())),
        (low, high),
    )


def polar(vector: Float64, covariance: Float64) -> tuple[float, float, float, float]:
    """Return period, its σ, angle and its σ of a wave of frequency (y, x), cycles per pixel."""
    y, x = vector
    length = float(np.hypot(x, y))
    along = np.array([y, x]) / length
    across = np.array([-x, y]) / length
    period_px = 1 / length
    angle_deg = float(np.degrees(np.arctan2(-y, x)))  # image rows count downwards
    if angle_deg <= -90:
        angle_deg += 180
    elif angle_deg > 90:
        angle_deg -= 180
    return (
        period_px,
        period_px * float(np.sqrt(along @ covariance @ along)) / length,
        angle_deg,
        float(np.degrees(np.sqrt(across @ covariance @ across) / length)),
    )
