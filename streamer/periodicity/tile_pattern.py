"""Find the pattern in one tile of an image: the lattice of its peaks, in cycles per pixel of the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from streamer.arrays import Float32, Float64, UInt8
from streamer.periodicity.lattice import Lattice, find_lattice
from streamer.periodicity.peaks import Peak, find_peaks
from streamer.periodicity.pixel_folding import StrongWave, strong_waves, without_folds
from streamer.periodicity.tiles import Tile

LEAST_PROMINENCE = 0.9  # nepers; a peak of a pattern is at least this high, as several peaks of noise are
STRONG = 2.2  # nepers; a single peak this high is a pattern
LEADING = 1.5  # nepers; least height of the highest of several peaks, which noise reaches once in 1000 images …
EVIDENCE = 1.4  # nepers; … and least sum of their heights above LEAST_PROMINENCE
BLOCK_MAGNITUDE = 0.01  # |F| of the steps between blocks is lower than this
BLOCK_REACH = 0.6  # bins from a multiple of the blocks' frequency within which a peak may be theirs
ALONG = 1.5  # bins from an exact place in the spectrum within which a peak is there
FEWEST_PERIODS = 5.0  # in a tile of many; with fewer, the peaks are distorted by the mean's at some angles
BESIDE = 0.3  # height of a lattice relative to a finer wave, below which it may come from that
STRONG_SHARE = 0.3  # height, relative to the highest peak, of the waves that a pattern must explain
LEAST_SINE = 0.15  # sine of the smallest angle between waves that are not on one line
APART = 0.3  # amplitude, relative to its highest, below which a wave is not in a part of the tile …
PRESENT = 0.6  # … and above which the other is
N_PARTS = 4  # parts each way, of which three by three overlap

Kind = Literal["stripes", "grid", "hexagonal"]


@dataclass(frozen=True, slots=True, eq=False)
class TilePattern:
    """The pattern in one tile."""

    tile: Tile
    kind: Kind
    vectors: Float64  # shape (n_vectors, 2): (y, x) in cycles per pixel of the image, the stronger first
    covariances: Float64  # shape (n_vectors, 2, 2)
    heights: Float64  # shape (n_vectors,): |F| of the strongest wave along each
    waves: Float64  # shape (n_waves, 2): its strongest waves, the strongest first
    prominence: float  # of its most prominent peak, nepers
    evidence: float  # sum of its peaks' prominences above `LEAST_PROMINENCE`
    snr: float  # power of its peaks relative to the spectrum around them

    @property
    def power(self) -> float:
        """Power of its base waves."""
        return float((self.heights**2).sum())


@dataclass(frozen=True, slots=True, eq=False)
class TileResult:
    """What is in one tile."""

    patterns: list[TilePattern]
    is_fine: bool  # whether a wave stands out that is too fine to be measured
    waves: list[StrongWave]  # the strongest ones, whose harmonics fold


def find_pattern(samples: UInt8, log_magnitude: Float32, tile: Tile, strong: Sequence[StrongWave] = ()) -> TileResult:
    """Find the pattern in a tile.

    There is one pattern at most, or two stripes side by side, whose waves are not in the same part of the tile and
    therefore no lattice.

    Parameters
    ----------
    samples : ndarray of uint8
        The tile.
    log_magnitude : ndarray of float32
        Its spectrum.
    tile : Tile
        Where it is.
    strong : sequence of StrongWave
        Of the same place at the image's own resolution, for a tile of a coarser level.
    """
    sides = tile.sides
    found = find_peaks(log_magnitude, samples.shape[1], LEAST_PROMINENCE, 0.5, LEADING)
    waves = [] if tile.level else strong_waves(found)
    true = without_folds(found, waves or strong, sides, tile.scale)
    peaks = [p for p in true if np.hypot(*p.frequency) <= tile.max_frequency and not _is_block_grid(p, tile)]
    is_fine = not tile.level and any(p.prominence >= STRONG and _is_finer(p, tile) for p in true)
    if not peaks or not _stands_out(peaks):
        return TileResult([], is_fine, waves)
    lattice = find_lattice(peaks, sides)
    if lattice is None or not _stands_out(lattice.peaks) or _is_beside_finer(lattice, true, tile):
        return TileResult([], is_fine, waves)
    if not tile.is_whole and np.linalg.norm(lattice.vectors * sides, axis=1).min() < FEWEST_PERIODS:
        return TileResult([], is_fine, waves)  # a larger tile sees it better
    apart = _side_by_side(samples, lattice) if len(lattice.vectors) == 2 else None
    found_lattices = [lattice]
    if apart is not None:
        alone = [find_lattice([p for p in lattice.peaks if _on(p, wave, sides)], sides) for wave in apart]
        found_lattices = [each for each in alone if each is not None and _stands_out(each.peaks)]
    return TileResult([_pattern(each, tile) for each in found_lattices], is_fine, waves)


def _strongest(peaks: Sequence[Peak]) -> list[Peak]:
    """Return the strongest of some peaks, the strongest first."""
    ordered = sorted(peaks, key=lambda peak: -peak.magnitude)
    return [peak for peak in ordered if peak.magnitude >= STRONG_SHARE * ordered[0].magnitude]


def _stands_out(peaks: Sequence[Peak]) -> bool:
    """Return whether peaks are higher than those of noise."""
    heights = [peak.prominence for peak in peaks]
    together = sum(height - LEAST_PROMINENCE for height in heights)
    return max(heights) >= STRONG or (max(heights) >= LEADING and together >= EVIDENCE)


def _is_block_grid(peak: Peak, tile: Tile) -> bool:
    """Return whether a peak comes from the blocks of compression."""
    blocks = peak.frequency / tile.scale * tile.block_px
    away_bins = np.abs(blocks - np.rint(blocks)) / tile.block_px * tile.scale * tile.sides
    return bool(peak.magnitude < BLOCK_MAGNITUDE and (away_bins < BLOCK_REACH).all())


def _is_finer(peak: Peak, tile: Tile) -> bool:
    """Return whether a peak is finer than can be measured, and neither of every other row nor column of pixels."""
    alternates = (np.abs(np.abs(peak.frequency) - 0.5) * tile.sides < ALONG) | (
        np.abs(peak.frequency) * tile.sides < ALONG
    )
    return bool(np.hypot(*peak.frequency) > tile.max_frequency and not alternates.all())


def _is_beside_finer(lattice: Lattice, peaks: Sequence[Peak], tile: Tile) -> bool:
    """Return whether a wave too fine to be measured is much stronger than a lattice, which may be its doing."""
    finer = max((p.magnitude for p in peaks if not tile.level and _is_finer(p, tile)), default=0.0)
    return bool(lattice.heights.max() < BESIDE * finer)


def _on(peak: Peak, vector: Float64, sides: Float64) -> bool:
    """Return whether a peak is a wave of one base vector, or a harmonic of it."""
    n = round(float(peak.frequency @ vector / (vector @ vector)))
    return n != 0 and bool(np.linalg.norm((peak.frequency - n * vector) * sides) < ALONG)


def _side_by_side(samples: UInt8, lattice: Lattice) -> list[Float64] | None:
    """Return the two strongest waves of a lattice if one is where the other is not, and the reverse; else None.

    The amplitude of either is computed in nine overlapping parts of the tile, each half as long as it.
    """
    first, *others = (peak.frequency for peak in _strongest(lattice.peaks))
    second = next((wave for wave in others if _sine(first, wave) > LEAST_SINE), None)
    if second is None:
        return None
    amplitudes = np.array([_amplitudes(samples, wave) for wave in (first, second)])
    amplitudes /= amplitudes.max(axis=1, keepdims=True)
    here, there = (amplitudes > PRESENT) & (amplitudes[::-1] < APART)
    return [first, second] if here.any() and there.any() else None


def _sine(a: Float64, b: Float64) -> float:
    return float(abs(a[0] * b[1] - a[1] * b[0]) / (np.hypot(*a) * np.hypot(*b)))


def _amplitudes(samples: UInt8, vector: Float64) -> Float64:
    """Return the amplitude of a wave, of unknown scale, in nine parts of a tile."""
    weights = []
    for n, frequency in zip(samples.shape, vector, strict=True):
        at = np.arange(n)
        part = n / N_PARTS
        near = np.maximum(0.0, 1.0 - np.abs(at + 0.5 - part * np.arange(1, N_PARTS)[:, None]) / part)
        near = 0.5 - 0.5 * np.cos(np.pi * near)
        weights.append(near * np.exp(-2j * np.pi * frequency * at))
    levels = samples.astype(np.float32) - samples.mean()
    # Not by matrix products, whose threads would cost more than they save.
    rows = np.einsum("py,yx->px", weights[0].astype(np.complex64), levels)
    return np.asarray(np.abs(np.einsum("px,qx->pq", rows, weights[1].astype(np.complex64))).ravel(), np.float64)


def _pattern(lattice: Lattice, tile: Tile) -> TilePattern:
    """Return a lattice in cycles per pixel of the image."""
    noise = sum(peak.background**2 for peak in lattice.peaks)
    return TilePattern(
        tile,
        lattice.kind,
        lattice.vectors / tile.scale,
        lattice.covariances / np.outer(tile.scale, tile.scale),
        lattice.heights,
        np.array([peak.frequency for peak in _strongest(lattice.peaks)]) / tile.scale,
        max(peak.prominence for peak in lattice.peaks),
        sum(peak.prominence - LEAST_PROMINENCE for peak in lattice.peaks),
        sum(peak.magnitude**2 for peak in lattice.peaks) / noise,
    )
