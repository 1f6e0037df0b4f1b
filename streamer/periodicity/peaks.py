"""Find the peaks of a tapered image's log-magnitude that stand out of their surroundings, with their uncertainties."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64

MIN_PERIODS = 3.0  # in the shorter side; below, the taper's main lobes of a wave and of the mean overlap
MAX_FREQUENCY = 0.4  # cycles per sample: a period of 2.5 samples
N_CANDIDATES = 20  # maxima that stand out most of the radial profile
N_HIGHEST = 8  # and highest ones: a fundamental among many harmonics
N_DIRECTIONS = 12
MIRROR = 0.8  # bins, over distance³: what the side lobes of a peak's mirror image shift it by (rms over the phase)
N_STEPS = 5  # of Gauss and Newton: converges to 1e-6 bins from half a bin
LINE = np.r_[-10:-2, 3:11]  # bins to either side of a peak: beyond the taper's main lobe, within the neighbourhood
NEAR = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1], indexing="ij"), axis=-1).reshape(9, 2)
AROUND = np.stack(np.meshgrid(np.r_[-2:3], np.r_[-2:3], indexing="ij"), axis=-1).reshape(25, 2)
_square = np.stack(np.meshgrid(np.r_[-10:11], np.r_[-10:11], indexing="ij"), axis=-1).reshape(-1, 2)
FAR = _square[(np.abs(_square) > 1).all(axis=1) & (np.abs(_square) > 4).any(axis=1)]  # off the taper's side lobes
MISFIT = 4.0  # reduced χ² of 6 degrees of freedom that noise exceeds once in 2000
# In-phase noise of neighbouring bins of a Hann spectrum: correlation 1, 2/3, 1/6 along either axis (the spectrum of
# the squared taper, 3/8, 1/4, 1/16), once the wave's own change of sign from bin to bin is taken out.
_TOEPLITZ = np.array([[1, 2 / 3, 1 / 6], [2 / 3, 1, 2 / 3], [1 / 6, 2 / 3, 1]])
_WEIGHT = np.linalg.inv(np.kron(_TOEPLITZ, _TOEPLITZ))

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Peak:
    """A peak of the spectrum: one wave in the image."""

    frequency: Float64  # (y, x) in cycles per sample, y downwards
    covariance: Float64  # shape (2, 2), of the above
    magnitude: float  # |F| at its top: half the wave's amplitude
    background: float  # rms |F| of the spectrum around it
    prominence: float  # ln |F| above the median along the direction in which its surroundings are strongest


@dataclass(frozen=True, slots=True, eq=False)
class _Bins:
    """Geometry of a spectrum's half plane."""

    radius: Float64  # shape (height, width // 2 + 1), cycles in the shorter side
    log_radius: Float64  # the same, its logarithm
    rings: tuple[Indices, ...]  # flat indices of each annulus
    ring_log_radius: Float64  # (n_rings,)


@lru_cache(maxsize=4)
def _bins(height: int, width: int) -> _Bins:
    side = min(height, width)
    radius = side * np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    edges = np.geomspace(1.5, side / 2, 15)
    rings = [np.flatnonzero((radius >= low) & (radius < high)) for low, high in pairwise(edges)]
    centres = np.log(np.sqrt(edges[1:] * edges[:-1]))
    kept = [i for i, ring in enumerate(rings) if ring.size]
    log_radius = np.log(np.maximum(radius, 1.0))
    return _Bins(radius, log_radius, tuple(rings[i] for i in kept), centres[kept])


def find_peaks(log_magnitude: Float32, width: int, least: float) -> list[Peak]:
    """Return the peaks that rise above their surroundings in every direction, the strongest first.

    The spectrum is whitened by its radial profile (lower quartiles of annuli: in a small one a wave fills many bins),
    so that the slope of natural images, near 1/f, makes no peaks. An edge or a line in the image makes a ridge: its
    bins stand out across the ridge, but not along it; so what counts is the smallest height above the medians along
    12 directions.

    Parameters
    ----------
    log_magnitude : array
        Shape (height, width // 2 + 1): ln |F| of the image under a Hann taper.
    width : int
        Of the image, in samples.
    least : float
        Smallest prominence, in nepers.
    """
    height = log_magnitude.shape[0]
    bins = _bins(height, width)
    flat = log_magnitude.ravel()
    levels = [np.partition(flat[ring], ring.size // 4)[ring.size // 4] for ring in bins.rings]
    white = log_magnitude - np.interp(bins.log_radius, bins.ring_log_radius, levels)
    allowed = (bins.radius >= MIN_PERIODS) & (bins.radius <= MAX_FREQUENCY * min(height, width)) & (white > least)
    places = np.argwhere(allowed)
    places = places[np.argsort(-white[allowed])[: 40 * N_CANDIDATES]]
    around = _take(white, places[:, None] + AROUND, width)
    places = places[around.max(axis=1) <= white[places[:, 0], places[:, 1]]]
    if not len(places):
        return []
    white[bins.radius < 2.0] = -1.0  # the mean's main lobe is no ridge
    highest = np.argsort(-log_magnitude[places[:, 0], places[:, 1]])[:N_HIGHEST]
    places = places[np.unique(np.concatenate([np.arange(min(N_CANDIDATES, len(places))), highest]))]
    lines = np.median(_take(white, places[:, None, None] + _lines(), width), axis=2)
    prominence = white[places[:, 0], places[:, 1]] - lines.max(axis=1)
    # the axis x = 0 holds each wave twice
    kept = (prominence >= least) & ((places[:, 1] > 0) | (places[:, 0] <= height // 2))
    peaks = _refine(log_magnitude, places[kept], width, prominence[kept]) if kept.any() else []
    return sorted(peaks, key=lambda peak: -peak.magnitude)


@lru_cache(maxsize=1)
def _lines() -> Indices:
    angle = np.pi * np.arange(N_DIRECTIONS) / N_DIRECTIONS
    directions = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    return np.asarray(np.rint(LINE[:, None] * directions[:, None]), np.intp)


def _take(spectrum: Float64 | Float32, places: Indices, width: int) -> Float64:
    """Return values at bins (y, x) anywhere in the plane: a real image's spectrum is the same at −(y, x)."""
    height = spectrum.shape[0]
    y, x = places[..., 0], places[..., 1] % width
    mirrored = x > width // 2
    y, x = np.where(mirrored, -y, y) % height, np.where(mirrored, width - x, x)
    return np.asarray(spectrum[y, x], np.float64)


def _main_lobe(offset: Float64) -> Float64:
    """Return the spectrum of the Hann taper at an offset in bins, 1 at its top."""
    d = np.where(np.abs(np.abs(offset) - 1) < 1e-6, offset + 2e-6, offset)
    return np.asarray(np.sinc(d) / (1 - d * d), np.float64)


def _refine(log_magnitude: Float32, places: Indices, width: int, prominence: Float64) -> list[Peak]:
    """Fit the taper's main lobe to the magnitudes of the 3 × 3 bins around each maximum.

    Generalised least squares with the noise's covariance, so that the covariance of the result,
    ``(Jᵀ C⁻¹ J)⁻¹``, is the Cramér–Rao bound of these nine magnitudes in Gaussian noise (S. M. Kay, Fundamentals of
    Statistical Signal Processing: Estimation Theory, 1993, eq. 3.31). C is half the noise power, the in-phase part.
    A lobe that fits worse than noise allows belongs to a wave whose period varies over the image: the rms width of the
    peak beyond the taper's then joins the covariance.
    """
    n = len(places)  # whitening moves a maximum on a steep slope by a bin; back to the spectrum's own
    places = places + NEAR[np.argmax(_take(log_magnitude, places[:, None] + NEAR, width), axis=1)]
    seen = np.exp(_take(log_magnitude, places[:, None] + NEAR, width))  # shape (n, 9)
    far = np.median(_take(log_magnitude, places[:, None] + FAR, width), axis=1)
    power = np.exp(2 * far) / np.log(2)  # mean of the noise's |F|², which is exponential
    offset, magnitude = np.zeros((n, 2)), seen[:, 4].copy()
    for _ in range(N_STEPS):
        lobe, slopes = _lobes(offset)
        jacobian = np.concatenate([lobe[:, None], magnitude[:, None, None] * slopes], axis=1)  # shape (n, 3, 9)
        weighted = jacobian @ _WEIGHT
        residual = seen - magnitude[:, None] * lobe
        step = np.linalg.solve(weighted @ jacobian.transpose(0, 2, 1), weighted @ residual[..., None])[..., 0]
        magnitude = np.maximum(magnitude + step[:, 0], 0.5 * seen[:, 4])
        offset = np.clip(offset + step[:, 1:], -0.75, 0.75)
    lobe, slopes = _lobes(offset)
    jacobian = np.concatenate([lobe[:, None], magnitude[:, None, None] * slopes], axis=1)
    residual = seen - magnitude[:, None] * lobe
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
        if min(sides) * np.hypot(*frequency[i]) > 0.95 * MIN_PERIODS
    ]


def _lobes(offset: Float64) -> tuple[Float64, Float64]:
    """Return the main lobe at the 3 × 3 bins, shape (n, 9), and its slopes over the offset (y, x), shape (n, 2, 9)."""
    taps = np.array([-1.0, 0.0, 1.0]) - offset[..., None]  # shape (n, 2, 3)
    value = _main_lobe(taps)
    slope = (_main_lobe(taps - 1e-4) - _main_lobe(taps + 1e-4)) / 2e-4
    y, x = value[:, 0, :, None], value[:, 1, None, :]
    n = len(offset)
    slopes = np.stack([slope[:, 0, :, None] * x, y * slope[:, 1, None, :]], axis=1)
    return (y * x).reshape(n, 9), slopes.reshape(n, 2, 9)


def _excess_width(log_magnitude: Float32, places: Indices, offset: Float64, width: int, power: Float64) -> Float64:
    """Return the second moments of the peaks' power within 2 bins, less the Hann taper's own (1/3 bin² along
    either axis).
    """
    around = np.exp(2 * _take(log_magnitude, places[:, None] + AROUND, width))
    weight = np.maximum(around - power[:, None], 0.0)
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-30)
    away = AROUND - offset[:, None]
    moments = np.einsum("pi,pij,pik->pjk", weight, away, away) - np.eye(2) / 3
    values, vectors = np.linalg.eigh(moments)
    return np.asarray((vectors * np.maximum(values, 0.0)[:, None]) @ vectors.transpose(0, 2, 1), np.float64)
