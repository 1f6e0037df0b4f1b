"""Peaks of a tapered image's spectrum that are higher than their surroundings, with their uncertainties."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64

MIN_PERIODS = 3.0  # across the image; with fewer, the main lobes of a wave and of the mean overlap
N_CANDIDATES = 20  # number of maxima that exceed the radial profile most …
N_HIGHEST = 8  # … and of highest maxima, for a fundamental among many harmonics
N_DIRECTIONS = 12
MIRROR = 0.8  # rms shift in bins, times distance³, by the side lobes of a peak's mirror image
N_STEPS = 5  # of Gauss–Newton, which converges to 1e-6 bins from half a bin
LINE = np.r_[-10:-2, 3:11]  # offsets in bins along a line through a peak, outside the taper's main lobe
NEAR = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1], indexing="ij"), axis=-1).reshape(9, 2)
AROUND = np.stack(np.meshgrid(np.r_[-2:3], np.r_[-2:3], indexing="ij"), axis=-1).reshape(25, 2)
_square = np.stack(np.meshgrid(np.r_[-10:11], np.r_[-10:11], indexing="ij"), axis=-1).reshape(-1, 2)
FAR = _square[(np.abs(_square) > 1).all(axis=1) & (np.abs(_square) > 4).any(axis=1)]  # outside the taper's side lobes
MISFIT = 4.0  # reduced χ² with 6 degrees of freedom that noise exceeds once in 2000
# Correlation of the in-phase noise of neighbouring bins of a Hann spectrum: 1, 2/3, 1/6 along either axis (from the
# spectrum of the squared taper, 3/8, 1/4, 1/16), without the wave's own change of sign from bin to bin.
_TOEPLITZ = np.array([[1, 2 / 3, 1 / 6], [2 / 3, 1, 2 / 3], [1 / 6, 2 / 3, 1]])
_WEIGHT = np.linalg.inv(np.kron(_TOEPLITZ, _TOEPLITZ))

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Peak:
    """A peak of the spectrum: one wave in the image."""

    frequency: Float64  # (y, x) in cycles per sample, y downwards
    covariance: Float64  # of the frequency, shape (2, 2)
    magnitude: float  # |F| at its maximum: half the wave's amplitude
    background: float  # rms |F| of the spectrum around it
    prominence: float  # ln |F| minus its median along the line through the peak on which that is highest


@dataclass(frozen=True, slots=True, eq=False)
class _Bins:
    """Geometry of the half plane of a spectrum, as far as peaks are looked for."""

    n_periods: Float32  # shape (height, width // 2 + 1): cycles across the image
    allowed: NDArray[np.bool_]  # whether a peak may be there
    rings: tuple[Indices, ...]  # flat indices of each annulus
    below: NDArray[np.uint8]  # annulus below each bin; the profile is interpolated between it and the next …
    part: Float32  # … at this part of the way


@lru_cache(maxsize=12)
def _bins(height: int, width: int, max_frequency: float) -> _Bins:
    side = max(height, width)
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    radius = side * np.hypot(fy, fx)
    edges = np.geomspace(1.5, side / 2, 15)
    rings = [np.flatnonzero((radius >= low) & (radius < high)) for low, high in pairwise(edges)]
    kept = [i for i, ring in enumerate(rings) if ring.size]
    centres = np.log(np.sqrt(edges[1:] * edges[:-1]))[kept]
    place = np.interp(np.log(np.maximum(radius, 1.0)), centres, np.arange(len(kept)))
    below = np.minimum(place.astype(np.uint8), max(len(kept) - 2, 0))
    n_periods = np.hypot(fy * height, fx * width)
    allowed = (n_periods >= MIN_PERIODS) & (radius <= max_frequency * side)
    return _Bins(
        n_periods.astype(np.float32),
        allowed,
        tuple(rings[i] for i in kept),
        below.astype(np.uint8),
        (place - below).astype(np.float32),
    )


def find_peaks(
    log_magnitude: Float32, width: int, least: float, max_frequency: float = 0.4, leading: float = 0.0
) -> list[Peak]:
    """Return the peaks that are higher than their surroundings in every direction, the strongest first.

    The spectrum is whitened by its radial profile, so that the slope of natural images, about 1/f, makes no peaks. The
    profile has the lower quartiles of annuli, since a wave fills many bins of a small annulus. An edge or a line in
    the image makes a ridge in the spectrum, whose bins are higher than their surroundings across the ridge but not
    along it. So the prominence of a peak is its smallest height above the medians along 12 directions.

    Parameters
    ----------
    log_magnitude : ndarray of float32, shape (height, width // 2 + 1)
        ln |F| of the image under a Hann taper.
    width : int
        Width of the image in samples.
    least : float
        Least prominence in nepers.
    max_frequency : float
        Highest frequency of a peak, cycles per sample.
    leading : float
        Prominence that one of them must have; else there are none. Fitting them all is most of the cost.
    """
    height = log_magnitude.shape[0]
    bins = _bins(height, width, max_frequency)
    flat = log_magnitude.ravel()
    levels = np.array([np.partition(flat[ring], ring.size // 4)[ring.size // 4] for ring in bins.rings], np.float32)
    rise = np.diff(levels, append=levels[-1])
    white = log_magnitude - levels[bins.below] - rise[bins.below] * bins.part
    places = np.argwhere(bins.allowed & (white > least) & (white >= _highest_around(white, width)))
    if not len(places):
        return []
    white[bins.n_periods < 2.0] = -1.0  # the main lobe of the mean is no ridge
    above = np.argsort(-white[places[:, 0], places[:, 1]])[:N_CANDIDATES]
    highest = np.argsort(-log_magnitude[places[:, 0], places[:, 1]])[:N_HIGHEST]
    places = places[np.unique(np.concatenate([above, highest]))]
    lines = np.median(_take(white, places[:, None, None] + _lines(), width), axis=2)
    prominence = white[places[:, 0], places[:, 1]] - lines.max(axis=1)
    # Each wave is twice on the axis x = 0.
    kept = (prominence >= least) & ((places[:, 1] > 0) | (places[:, 0] <= height // 2))
    if prominence[kept].max(initial=-np.inf) < leading:
        return []
    peaks = _refine(log_magnitude, places[kept], width, prominence[kept]) if kept.any() else []
    return sorted(peaks, key=lambda peak: -peak.magnitude)


def _highest_around(spectrum: Float32, width: int) -> Float32:
    """Return the highest value of the 5 × 5 bins around each bin, over the borders of the half plane too."""
    import cv2

    mirrored = np.roll(spectrum[::-1], 1, axis=0)  # at −y
    last = spectrum.shape[1] - 1
    beyond = [width - last - 1, width - last - 2]  # columns whose mirror images follow the last
    wide = np.concatenate([mirrored[:, [2, 1]], spectrum, mirrored[:, beyond]], axis=1)
    wide = np.concatenate([wide[-2:], wide, wide[:2]])
    return np.asarray(cv2.dilate(wide, np.ones((5, 5), np.uint8)), np.float32)[2:-2, 2:-2]


@lru_cache(maxsize=1)
def _lines() -> Indices:
    angle = np.pi * np.arange(N_DIRECTIONS) / N_DIRECTIONS
    directions = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    return np.asarray(np.rint(LINE[:, None] * directions[:, None]), np.intp)


def _take(spectrum: Float64 | Float32, places: Indices, width: int) -> Float64:
    """Return the values at bins (y, x) anywhere in the plane; the magnitude at −(y, x) is the same."""
    height = spectrum.shape[0]
    y, x = places[..., 0], places[..., 1] % width
    mirrored = x > width // 2
    y, x = np.where(mirrored, -y, y) % height, np.where(mirrored, width - x, x)
    return np.asarray(spectrum[y, x], np.float64)


def _main_lobe(offset: Float64) -> Float64:
    """Return the spectrum of the Hann taper at an offset in bins, 1 at its maximum."""
    d = np.where(np.abs(np.abs(offset) - 1) < 1e-6, offset + 2e-6, offset)
    return np.asarray(np.sinc(d) / (1 - d * d), np.float64)


def _refine(log_magnitude: Float32, places: Indices, width: int, prominence: Float64) -> list[Peak]:
    """Fit the taper's main lobe to the magnitudes of the 3 × 3 bins around each maximum.

    The fit is generalised least squares with the covariance of the noise. So the covariance of the result,
    ``(Jᵀ C⁻¹ J)⁻¹``, is the Cramér–Rao bound of these nine magnitudes in Gaussian noise (S. M. Kay, Fundamentals of
    Statistical Signal Processing: Estimation Theory, 1993, eq. 3.31). C is half the noise power, the in-phase part.
    Where the lobe fits worse than noise explains, the period of the wave varies over the image; then the rms width of
    the peak in excess of the taper's is added to the covariance.
    """
    n = len(places)
    # On a steep slope, whitening moves a maximum by a bin; use the maximum of the spectrum itself.
    places = places + NEAR[np.argmax(_take(log_magnitude, places[:, None] + NEAR, width), axis=1)]
    observed = np.exp(_take(log_magnitude, places[:, None] + NEAR, width))  # shape (n, 9)
    far = np.median(_take(log_magnitude, places[:, None] + FAR, width), axis=1)
    power = np.exp(2 * far) / np.log(2)  # mean of the noise's |F|², which has an exponential distribution
    offset, magnitude = np.zeros((n, 2)), observed[:, 4].copy()
    for _ in range(N_STEPS):
        lobe, slopes = _lobes(offset)
        jacobian = np.concatenate([lobe[:, None], magnitude[:, None, None] * slopes], axis=1)  # shape (n, 3, 9)
        weighted = jacobian @ _WEIGHT
        residual = observed - magnitude[:, None] * lobe
        step = np.linalg.solve(weighted @ jacobian.transpose(0, 2, 1), weighted @ residual[..., None])[..., 0]
        magnitude = np.maximum(magnitude + step[:, 0], 0.5 * observed[:, 4])
        offset = np.clip(offset + step[:, 1:], -0.75, 0.75)
    lobe, slopes = _lobes(offset)
    jacobian = np.concatenate([lobe[:, None], magnitude[:, None, None] * slopes], axis=1)
    residual = observed - magnitude[:, None] * lobe
    information = jacobian @ _WEIGHT @ jacobian.transpose(0, 2, 1)
    covariance = np.linalg.inv(information)[:, 1:, 1:] * (power / 2)[:, None, None]
    misfit = np.einsum("ij,jk,ik->i", residual, _WEIGHT, residual) / (power / 2) / 6
    varies = (misfit > MISFIT)[:, None, None]
    wider = covariance * misfit[:, None, None] + _excess_width(log_magnitude, places, offset, width, power)
    covariance = np.where(varies, wider, covariance)
    sides = np.array([log_magnitude.shape[0], width])
    distance = 2 * np.hypot(*((places + sides // 2) % sides - sides // 2 + offset).T)
    covariance = covariance + ((MIRROR / distance**3) ** 2)[:, None, None] * np.eye(2)
    frequency = ((places + sides // 2) % sides - sides // 2 + offset) / sides
    covariance = covariance / np.outer(sides, sides)
    background = np.sqrt(power)
    return [
        Peak(frequency[i], covariance[i], float(magnitude[i]), float(background[i]), float(prominence[i]))
        for i in range(n)
        if np.hypot(*(frequency[i] * sides)) > 0.95 * MIN_PERIODS
    ]


def _lobes(offset: Float64) -> tuple[Float64, Float64]:
    """Return the main lobe at the 3 × 3 bins, shape (n, 9), and its derivative by the offset, shape (n, 2, 9)."""
    taps = np.array([-1.0, 0.0, 1.0]) - offset[..., None]  # shape (n, 2, 3)
    value = _main_lobe(taps)
    slope = (_main_lobe(taps - 1e-4) - _main_lobe(taps + 1e-4)) / 2e-4
    y, x = value[:, 0, :, None], value[:, 1, None, :]
    n = len(offset)
    slopes = np.stack([slope[:, 0, :, None] * x, y * slope[:, 1, None, :]], axis=1)
    return (y * x).reshape(n, 9), slopes.reshape(n, 2, 9)


def _excess_width(log_magnitude: Float32, places: Indices, offset: Float64, width: int, power: Float64) -> Float64:
    """Return the second moments of the peaks' power within 2 bins, minus those of the Hann taper (1/3 bin² each)."""
    around = np.exp(2 * _take(log_magnitude, places[:, None] + AROUND, width))
    weight = np.maximum(around - power[:, None], 0.0)
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-30)
    away = AROUND - offset[:, None]
    moments = np.einsum("pi,pij,pik->pjk", weight, away, away) - np.eye(2) / 3
    values, vectors = np.linalg.eigh(moments)
    return np.asarray((vectors * np.maximum(values, 0.0)[:, None]) @ vectors.transpose(0, 2, 1), np.float64)
