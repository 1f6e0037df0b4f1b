"""Measure periods, directions and contrast of a periodic pattern from the spectrum of an image."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float64
from streamer.features.pattern import PatternFrame
from streamer.messages import LatticeVector, Spatial
from streamer.periodicity.lattice import Lattice, find_lattice
from streamer.periodicity.peaks import Peak, find_peaks

LEAST_PROMINENCE = 0.9  # nepers; a peak of a pattern is at least this high, as several peaks of noise are
STRONG = 2.2  # nepers; a single peak this high is a pattern
LEADING = 1.5  # nepers; least height of the highest of several peaks, which noise reaches once in 1000 images …
EVIDENCE = 1.4  # nepers; … and least sum of their heights above LEAST_PROMINENCE
LEAST_CONTRAST = 0.02  # five grey levels; fainter waves in images come from interlacing, resampling and compression
BLOCK_PX = 8  # side of the blocks of JPEG and of many video coders
BLOCK_MAGNITUDE = 0.01  # |F| of the steps between blocks is lower than this
BLOCK_REACH = 0.6  # bins from a multiple of the blocks' frequency within which a peak may be theirs


def measure_spatial(frame: PatternFrame) -> Spatial | None:
    """Measure the periodic pattern in an image's spectrum.

    Peaks are refined by a weighted fit of the Hann taper's main lobe; see `streamer.periodicity.peaks`. For noise of
    rms ``B`` in |F| and a wave of height ``M``, the least σ of its frequency along either axis is the Cramér–Rao bound
    under the taper, ``σ = 0.49 B / M`` bins. A pattern that is in perspective, bent or blurred by motion has broader
    peaks and a larger σ.

    Parameters
    ----------
    frame : PatternFrame
        ``log_magnitude``, ``width`` and ``px_per_sample`` are used.

    Returns
    -------
    Spatial or None
        Periods and angles are perpendicular to the waves of the spectrum: a chessboard with squares of side ``s`` is a
        grid of two waves along the diagonals of the squares, with a period of ``√2 s``. ``contrast`` is the sum of the
        peak-to-peak amplitudes of the strongest wave along each vector. Limits: from 3 periods in the shorter side
        (below 5 not at every angle) to 2.5 samples per period. A wave of 8 px along the axes of the image, below 4 % of
        full scale, counts as compression. Sharp bars exactly along the pixels have harmonics that fold onto one
        another, which may bias the period by a thousandth, more than σ.
    """
    side = min(frame.log_magnitude.shape[0], frame.width)
    found = find_peaks(frame.log_magnitude, frame.width, LEAST_PROMINENCE)
    peaks = [peak for peak in found if not _is_block_grid(peak, frame.px_per_sample, side)]
    lattice = find_lattice(peaks, side)
    if lattice is None or not _stands_out(lattice):
        return None
    signal = sum(peak.magnitude**2 for peak in lattice.peaks)
    noise = sum(peak.background**2 for peak in lattice.peaks)
    contrast = min(1.0, 4 * float(lattice.heights.sum()))  # a cosine of amplitude a: height a/2, 2a peak to peak
    if contrast < LEAST_CONTRAST:
        return None
    return Spatial(
        lattice.kind,
        tuple(
            _vector(vector, covariance, frame.px_per_sample)
            for vector, covariance in zip(lattice.vectors, lattice.covariances, strict=True)
        ),
        contrast=contrast,
        snr_db=float(10 * np.log10(signal / noise)),
    )


def _stands_out(lattice: Lattice) -> bool:
    """Return whether the peaks of a lattice are higher than those of noise."""
    heights = [peak.prominence for peak in lattice.peaks]
    together = sum(height - LEAST_PROMINENCE for height in heights)
    return max(heights) >= STRONG or (max(heights) >= LEADING and together >= EVIDENCE)


def _is_block_grid(peak: Peak, px_per_sample: float, side: int) -> bool:
    """Return whether a peak comes from the blocks of compression."""
    blocks = peak.frequency / px_per_sample * BLOCK_PX
    away_bins = np.abs(blocks - np.rint(blocks)) / BLOCK_PX * px_per_sample * side
    return bool(peak.magnitude < BLOCK_MAGNITUDE and (away_bins < BLOCK_REACH).all())


def _vector(frequency: Float64, covariance: Float64, px_per_sample: float) -> LatticeVector:
    """Return period and angle of a wave, with the uncertainties that follow from the covariance of its frequency."""
    y, x = frequency
    length = float(np.hypot(x, y))
    along = np.array([y, x]) / length
    across = np.array([-x, y]) / length
    period_px = px_per_sample / length
    angle_deg = float(np.degrees(np.arctan2(-y, x)))  # image rows count downwards
    if angle_deg <= -90:
        angle_deg += 180
    elif angle_deg > 90:
        angle_deg -= 180
    return LatticeVector(
        period_px,
        period_px * float(np.sqrt(along @ covariance @ along)) / length,
        angle_deg,
        float(np.degrees(np.sqrt(across @ covariance @ across) / length)),
    )
