"""Measure all patterns of an image: periods, directions, contrast and place, each with its uncertainty."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from streamer.arrays import Float64, UInt8
from streamer.messages import Spatial, SpatialComponent
from streamer.periodicity.colours import COLOURS, Channel, ColourPlane, planes
from streamer.periodicity.estimate import estimate
from streamer.periodicity.peaks import MIN_PERIODS
from streamer.periodicity.pixel_folding import MOST_WAVES, StrongWave
from streamer.periodicity.place import N_GRID, Place, find_place, is_elsewhere
from streamer.periodicity.regions import Region, find_regions
from streamer.periodicity.tile_pattern import TilePattern, find_pattern
from streamer.periodicity.tiles import SHARPEST, Spectra, tiles

LEAST_CONTRAST = 0.02  # five grey levels; fainter waves in images come from interlacing, resampling and compression
MOST_PATTERNS = 4


class SpatialMeter:
    """Measure the patterns of images, one after the other; keeps tables for the sizes that it has met.

    Parameters
    ----------
    most_tiles : int, optional
        Tiles of one size that are transformed at most, spread over the image: a bound on the time for a live image.
        Of colours, one axis in each image then; None: all of it, at any size.
    px_per_mm : float
        Scale of the images, handed on; 0: not known.
    takes_turns : bool
        For a live image: while none of its tiles shows anything, look at every second tile of those that overlap, and
        at the others in the next image; where one does, look at all.
    """

    def __init__(self, most_tiles: int | None = None, px_per_mm: float = 0.0, *, takes_turns: bool = False) -> None:
        self._takes_turns = takes_turns
        self._n_measured = 0
        self._showed: dict[Channel, bool] = {}  # whether one of the tiles showed anything when it was looked at last
        self._spectra = Spectra()
        self._px_per_mm = px_per_mm
        self.most_tiles = most_tiles
        self._colour = COLOURS[0]  # the axis whose turn it is; one in which a pattern is found keeps it

    def measure(self, image: UInt8, grey: UInt8 | None = None) -> Spatial:
        """Measure the patterns in an image, grey (height, width) or blue-green-red (height, width, 3).

        Colours are looked at where grey shows nothing; ``grey`` is the image in grey where that is known already.
        """
        is_fine = False
        found: list[SpatialComponent] = []
        for plane in planes(image, COLOURS if self.most_tiles is None else (self._colour,), grey):
            found, too_fine = self._measure(plane)
            is_fine |= too_fine
            if found:
                break
        else:
            self._colour = COLOURS[(COLOURS.index(self._colour) + 1) % len(COLOURS)]
        self._n_measured += 1
        min_px, max_px = 1 / SHARPEST, max(image.shape[:2]) / MIN_PERIODS
        if found:
            return Spatial("found", min_px, max_px, tuple(found[:MOST_PATTERNS]), self._px_per_mm)
        return Spatial("too_fine" if is_fine else "none", min_px, max_px, (), self._px_per_mm)

    def _measure(self, plane: ColourPlane) -> tuple[list[SpatialComponent], bool]:
        """Return the patterns, the most significant first, and whether there is one too fine to be measured."""
        if self._takes_turns and not self._showed.get(plane.channel, True):
            # Each axis of colour is looked at in every second image only.
            half = self._n_measured // (1 if plane.channel == "grey" else len(COLOURS)) % 2
            seen = self._seen(plane, half)
            if not seen.patterns and not seen.n_fine:
                return [], False
        seen = self._seen(plane)
        self._showed[plane.channel] = bool(seen.patterns or seen.n_fine)
        shape = plane.levels.shape
        known = np.zeros((N_GRID, N_GRID), np.bool_)
        components: list[SpatialComponent] = []
        for region in find_regions(seen.patterns, seen.n_tiles):
            if not components or is_elsewhere(region, known, shape):
                place = find_place(region, seen.samples, seen.scale, shape)
                component = _component(region, place, plane)
                if component.contrast >= LEAST_CONTRAST:
                    components.append(component)
                    known |= place.inside
        return sorted(components, key=lambda each: -each.contrast * each.share**0.5), seen.n_fine > 0

    def _seen(self, plane: ColourPlane, half: int | None = None) -> _Seen:
        """Return what is seen in all tiles, or in every second one of those that overlap."""
        patterns: list[TilePattern] = []
        strong: list[StrongWave] = []
        waves: list[StrongWave] = []
        n_tiles = n_fine = 0
        for level, (samples, scale) in enumerate(self._spectra.levels(plane.levels)):
            all_tiles = tiles(samples.shape, level, scale, self.most_tiles, plane.block_px)
            parts = [tile for tile in all_tiles if not tile.is_whole]
            left_out = [] if half is None else parts[1 - half :: 2]
            for tile in (tile for tile in all_tiles if not any(tile is other for other in left_out)):
                part = np.ascontiguousarray(samples[tile.rows, tile.columns])
                found = find_pattern(part, self._spectra.log_magnitude(part), tile, strong)
                patterns += found.patterns
                n_fine += found.is_fine
                waves += found.waves
                n_tiles += not tile.is_whole
            strong = strong or sorted(waves, key=lambda wave: -wave.magnitude)[:MOST_WAVES]
        return _Seen(patterns, n_tiles, n_fine, samples, scale)


class _Seen(NamedTuple):
    """What is seen in the tiles of one plane."""

    patterns: list[TilePattern]
    n_tiles: int
    n_fine: int  # in how many of them there is a wave too fine to be measured
    samples: UInt8  # of the coarsest level
    scale: Float64  # its pixels per sample


def measure_spatial(image: UInt8) -> Spatial:
    """Measure the patterns in one image, grey or blue-green-red, with all its pixels.

    The image is cut into overlapping tiles of 256 × 256 pixels, at its own resolution, at half of that behind a
    low-pass filter, at a quarter and so on. Peaks of a tile's spectrum are refined by a weighted fit of the Hann
    taper's main lobe; see `streamer.periodicity.peaks`. For noise of rms ``B`` in |F| and a wave of height ``M``, the
    least σ of its frequency along either axis is the Cramér–Rao bound under the taper, ``σ = 0.49 B / M`` bins. Tiles
    with the same lattice are one pattern; where its period changes from tile to tile, the range is stated, and σ is the
    spread.

    Periods and angles are perpendicular to the waves of the spectrum: a chessboard with squares of side ``s`` is a
    grid of two waves along the diagonals of the squares, with a period of ``√2 s``. Limits: from 2.2 pixels to a third
    of the longer side. A wave of 8 px along the axes of the image, below 4 % of full scale, counts as compression.
    """
    return SpatialMeter().measure(image)


def _component(region: Region, place: Place, plane: ColourPlane) -> SpatialComponent:
    """Return a region as a value with its uncertainties."""
    members = [member.pattern for member in region.members]
    finest = min(pattern.tile.level for pattern in members)
    # A cosine of amplitude a has a height of a / 2, and is 2 a from peak to peak.
    contrast = min(1.0, 4 * plane.gain * max(float(p.heights.sum()) for p in members if p.tile.level == finest))
    return SpatialComponent(
        region.kind,
        estimate(region),
        contrast=contrast,
        snr_db=float(10 * np.log10(max(pattern.snr for pattern in members))),
        box=place.box,
        share=place.share,
        channel=plane.channel,
    )
