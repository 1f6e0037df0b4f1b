"""Follow a fitted rhythm through the window: does it keep its frequency, and from when until when does it last?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import HarmonicFit

MAX_PARTS, MIN_PARTS = 8, 3
CYCLES_PER_PART = 1.25  # at least
IMAGES_PER_PART = 6  # at least
COHERENT = 0.7  # least correlation of a harmonic with the rhythm that it belongs to
ABSENT = 0.3  # strength, relative to the strongest parts, below which a rhythm is not there …
WEAK = 0.5  # … and below which its phase does not count
TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A rhythm in consecutive parts of the window, relative to the steady one that was fitted."""

    edges_s: Float64  # of the parts, one more than parts
    strength: NDArray[np.complex128]  # of the strongest harmonic in each part: 1 where it is as in the fit
    sigma: float  # standard uncertainty of its real and of its imaginary part
    order: int  # which harmonic that is
    coherent: tuple[int, ...]  # harmonics that keep in step with it

    @property
    def middle_s(self) -> Float64:
        """Middle of each part."""
        return np.asarray((self.edges_s[1:] + self.edges_s[:-1]) / 2)

    @property
    def reach(self) -> tuple[int, int]:
        """First part in which the rhythm is present, and the one after the last."""
        present = np.flatnonzero(np.abs(self.strength) > ABSENT * np.quantile(np.abs(self.strength), 0.9))
        return int(present[0]), int(present[-1]) + 1

    @property
    def is_throughout(self) -> bool:
        """Whether the rhythm is present in all parts."""
        return self.reach == (0, self.strength.size)

    @property
    def phase(self) -> Float64:
        """Phase of each part in cycles of the fundamental, by which it is ahead of the steady rhythm."""
        return np.asarray(np.unwrap(np.angle(self.strength)) / (2 * np.pi * self.order))

    def deviation(self) -> tuple[Float64, Float64, Float64]:
        """Return times, phases without their mean slope, and their σ, of the parts in which the rhythm is strong."""
        strength = np.abs(self.strength)
        strong = strength > WEAK * np.quantile(strength, 0.9)
        times_s, phase = self.middle_s[strong], self.phase[strong]
        sigma = self.sigma / strength[strong] / (2 * np.pi * self.order)
        if times_s.size >= 2:
            phase = phase - np.polyval(np.polyfit(times_s, phase, 1, w=1 / sigma), times_s)
        return times_s, phase, sigma


def follow(series: Float32, sampling: Sampling, fit: HarmonicFit, harmonics: tuple[int, ...]) -> Course | None:
    """Return how strong a fitted rhythm is in consecutive parts of the window, and how far ahead.

    This is complex demodulation (Bloomfield, Fourier Analysis of Time Series, 2000): in each part offset, slope and all
    harmonics are fitted to the sum of the series, turned and weighted for each harmonic as in the fit of the whole
    window.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_series)
        Those that were fitted.
    sampling : Sampling
        Capture times.
    fit : HarmonicFit
        Fit over the whole window.
    harmonics : tuple of int
        Multiples of the frequency that were fitted.

    Returns
    -------
    Course or None
        None where the window is too short for three parts.
    """
    times_s, n_orders = sampling.times_s, len(harmonics)
    n_columns = 2 * n_orders + 2
    cycles = fit.hz * sampling.duration_s
    n_parts = int(min(MAX_PARTS, cycles / CYCLES_PER_PART, times_s.size / max(IMAGES_PER_PART, n_columns + 2)))
    if n_parts < MIN_PARTS:
        return None
    weight = fit.amplitude.conj() / np.maximum(fit.noise, TINY)  # (n_orders, n_series)
    norm = np.sum(np.abs(fit.amplitude) ** 2 / np.maximum(fit.noise, TINY), axis=1)
    pooled = (series - series.mean(axis=0)).astype(np.float64) @ weight.T  # (n_images, n_orders)
    wave = np.exp(2j * np.pi * fit.hz * times_s[:, None] * np.array(harmonics, np.float64))
    edges_s = np.linspace(times_s[0], times_s[-1] + 1e-9, n_parts + 1)
    strength = np.zeros((n_orders, n_parts), np.complex128)
    variance = np.zeros((n_orders, n_parts))
    for part in range(n_parts):
        inside = slice(*np.searchsorted(times_s, edges_s[part : part + 2]))
        local = times_s[inside] - edges_s[part : part + 2].mean()
        if local.size < n_columns + 1:
            return None
        base = np.column_stack([np.ones_like(local), local, wave[inside], wave[inside].conj()])
        solved = np.linalg.lstsq(base, pooled[inside], rcond=1e-6)[0]
        rest = pooled[inside] - base @ solved
        # The positive frequency of Re(A e^{iωt}) holds half of A, times its weight.
        strength[:, part] = 2 * np.diagonal(solved[2 : 2 + n_orders]) / np.maximum(norm, TINY)
        variance[:, part] = np.sum(np.abs(rest) ** 2, axis=0) / (local.size - n_columns) / local.size
    # Variance of the real part: half of that of 2 · coefficient / norm.
    sigma = np.sqrt(2 * np.median(variance, axis=1)) / np.maximum(norm, TINY)
    which = int(np.argmax(np.sum(np.abs(fit.amplitude) ** 2, axis=1)))
    coherent = _coherent(strength, sigma, np.array(harmonics), which)
    return Course(edges_s, strength[which], float(max(sigma[which], TINY)), harmonics[which], coherent)


def _coherent(
    strength: NDArray[np.complex128], sigma: Float64, orders: NDArray[np.int64], which: int
) -> tuple[int, ...]:
    """Return the harmonics that are strong and weak, early and late in the same parts as the strongest one.

    Two rhythms whose frequencies are multiples of a third one are in step over the whole window, but not in its parts
    where one follows the other, or where their ratio is not quite exact.
    """
    reference = strength[which]
    phase = np.unwrap(np.angle(reference)) / orders[which]
    result = []
    for order, each, noise in zip(orders, strength, sigma, strict=True):
        expected = np.abs(reference) * np.exp(1j * phase * order)
        power = max(float(np.sum(np.abs(each) ** 2)) - 2 * each.size * noise**2, 0.0)
        product = abs(complex(np.vdot(expected, each)))
        if product > COHERENT * np.sqrt(power * float(np.sum(np.abs(expected) ** 2))):
            result.append(int(order))
    return tuple(result)
