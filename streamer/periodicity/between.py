"""Lines between the multiples of a rhythm, in what is left of the series without it: those of a slower fundamental."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from streamer.arrays import Bool, Float32, Float64
from streamer.periodicity.folding import folded
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import SLOW_CYCLES
from streamer.periodicity.waveform import without_drift

MAX_DIVISOR = 8  # blades of a fan, cylinders of an engine, teeth of a small wheel
MAX_OWN = 40  # harmonics of the rhythm itself that are taken out, folded …
MAX_BEYOND = 400  # higher ones that may be there
OWN_PRESENT = 12.0  # … if one of the series has them with so many times the power of the noise …
OWN_POOLED = 4.0  # … or all together have them, with so many standard deviations …
OWN_PLACE = 0.6  # … within so many resolutions of which nothing else is seen
BENDING = 3  # degree of the polynomial by which the strongest harmonics may change
PADDING = 8  # bins per resolution
LOWER, RISING = 3, 2.0  # harmonics down to this part of an order let expect how strong it is, times this at most
MIN_HIDDEN = 2  # lines that may be its own or those of a slower one, from which that is named, if few others would show
MAIN_LOBE = 2.0  # resolutions from a line to where the Hann taper's main lobe ends
AROUND = np.concatenate([np.arange(-9.0, -1.0), np.arange(2.0, 10.0)])  # where the noise is measured
N_FREEDOM = 8  # half the degrees of freedom of that noise
MIN_VARIANCE = 1e-6  # of a sum of series relative to the strongest, below which it is rounding
COMMON = 0.1  # the same of a sum that the rhythm itself is in
SCALES = np.logspace(-1, 7, 25)  # power of a line relative to the noise
PLACE_SIGMA = 0.55  # resolutions by which the place of a line is uncertain, times the root of its power to noise
PRESENT = 8.0  # log odds from which a line is there
ALONE = 40.0  # log odds from which one line at the half shows a fundamental twice as slow
LIKELY = 6.0  # log odds of a slower fundamental from which it is named although too few lines show it
EXACT = 0.03  # resolutions by which a line may miss its place, besides three standard uncertainties
ITSELF = 4.0  # log odds before any evidence that there is no slower fundamental


@dataclass(frozen=True, slots=True)
class Slower:
    """A fundamental of which a rhythm is a multiple, as weak lines show."""

    divisor: int
    log_odds: float  # against there being none
    present: tuple[int, ...]  # its harmonics that are there, besides those of the rhythm
    is_shown: bool  # by enough lines; else it is only another explanation


def slower(
    series: Float32, sampling: Sampling, hz: float, harmonics: tuple[int, ...], known_hz: Float64
) -> list[Slower]:
    """Return the divisors of a rhythm's frequency that lines between its multiples show, the most probable first.

    The blades of a fan differ by a few per cent, so its shaft has faint lines between the strong ones. They are looked
    for in what a fit of the rhythm leaves, since its harmonics fold, and its side lobes and the jitter of the times
    fill the spectrum. The remains of the series are made uncorrelated (their principal components), so that the light
    that all cells share counts once. Each line has a power of its own, of unknown size, or is not there; so one that is
    not speaks against a divisor, but little.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_series)
        Those that carry the rhythm.
    sampling : Sampling
        Capture times.
    hz : float
        Fitted frequency of the rhythm.
    harmonics : tuple of int
        Its multiples that were fitted.
    known_hz : ndarray
        Where rhythms have been taken out before; what is there is their remains.
    """
    resolution_hz = 1 / sampling.duration_s
    lowest_hz = max(SLOW_CYCLES, 2 * MAIN_LOBE) * resolution_hz
    divisors = [d for d in range(2, MAX_DIVISOR + 1) if hz / d > lowest_hz]
    if not divisors:
        return []
    rest, own = _without_rhythm(series, sampling, hz, harmonics)
    spectrum = _Spectrum(rest, without_drift(series.astype(np.float64), sampling.times_s), sampling)
    lines: dict[tuple[int, int], _Line] = {}
    found = []
    for divisor in divisors:
        log_odds, present, n_hidden, seen = -ITSELF, [], 0, []
        places_hz: list[float] = []
        for j in range(1, 3 * divisor):
            key = (j // math.gcd(j, divisor), divisor // math.gcd(j, divisor))
            place_hz = folded(j * hz / divisor, sampling.fps)
            # Lines that fold to one place are one piece of evidence.
            if key[1] == 1 or any(abs(place_hz - other) < OWN_PLACE * resolution_hz for other in places_hz):
                continue
            places_hz.append(place_hz)
            if key not in lines:
                lines[key] = spectrum.line(j * hz / divisor, own, known_hz)
            line = lines[key]
            log_odds += line.log_odds
            present += [j] if line.is_there else []
            n_hidden += line.is_hidden and key[1] == divisor
            seen += [j] if line.is_seen and key[1] == divisor else []
        # Two rhythms may have a common divisor by chance; it takes another line to show that it is their fundamental.
        needed = 1 if divisor == 2 and log_odds > ALONE else max(2, divisor // 2)
        # Of its lines those below the rhythm are the stronger ones, unless they cannot be seen.
        is_seen = math.gcd(divisor, *present) == 1 and (min(present) < divisor or all(j > divisor for j in seen))
        is_unseen = n_hidden > 2 * len(seen)
        if is_seen and len(present) >= needed:
            found.append(Slower(divisor, log_odds, tuple(present), is_shown=True))
        elif (is_seen and log_odds > LIKELY) or (is_unseen and n_hidden >= MIN_HIDDEN):
            found.append(Slower(divisor, max(log_odds, 0.0), tuple(present), is_shown=False))
    return sorted(found, key=lambda each: (not each.is_shown, -each.log_odds))


class _Line(NamedTuple):
    """What a spectrum shows at the place of a line."""

    log_odds: float  # that it is there
    is_there: bool  # and just there
    is_seen: bool = True  # whether it would show
    is_hidden: bool = False  # by one of the harmonics of the rhythm


class _Own(NamedTuple):
    """Where the harmonics of a rhythm appear."""

    hz: Float64  # of those that were taken out
    beyond_hz: Float64  # of higher ones …
    power: Float64  # … and the squares of the amplitudes that they may have, in all series together

    def beyond(self, hz: float, reach_hz: float) -> float:
        """Return the greatest of these near a frequency."""
        return float(self.power[np.abs(self.beyond_hz - hz) < reach_hz].max(initial=0.0))


class _Spectrum:
    """Spectrum of what is left of series, with the odds that there is a line at a frequency.

    There are two groups of sums of the series, since the cells may show one waveform or each its own: the few that the
    rhythm itself is in, and all principal components of what is left.
    """

    def __init__(self, rest: Float64, rhythm: Float64, sampling: Sampling) -> None:
        sums = [rest @ _directions(rhythm, COMMON), rest @ _directions(rest, MIN_VARIANCE)]
        evened = sampling.evened(np.concatenate(sums, axis=1).astype(np.float32)).astype(np.float64)
        n = evened.shape[0]
        taper = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
        power = np.abs(np.fft.rfft(evened * taper[:, None], PADDING * n, axis=0)) ** 2
        self._groups = np.split(power, [sums[0].shape[1]], axis=1)
        self._bin_hz = sampling.fps / (PADDING * n)
        self._fps = sampling.fps
        self._unit = n**2 / 16  # power of a sinusoid of amplitude 1 under this taper

    def line(self, hz: float, own: _Own, known_hz: Float64) -> _Line:
        """Return what there is at a frequency, between harmonics that were taken out and what was known before."""
        place_hz = folded(hz, self._fps)
        k, n_bins = round(place_hz / self._bin_hz), self._groups[0].shape[0]
        resolution_hz = PADDING * self._bin_hz
        away = float(np.abs(own.hz - place_hz).min(initial=math.inf)) / resolution_hz
        if away < OWN_PLACE:
            return _Line(0.0, is_there=False, is_seen=False, is_hidden=True)
        is_known = bool((np.abs(known_hz - place_hz) < resolution_hz).any())
        if is_known or not 3 * PADDING < k < n_bins - 3 * PADDING:
            return _Line(0.0, is_there=False, is_seen=False)
        if float(self._groups[1][k].sum()) < RISING**2 * self._unit * own.beyond(place_hz, OWN_PLACE * resolution_hz):
            return _Line(0.0, is_there=False)
        around = np.rint(k + PADDING * AROUND).astype(np.int64)
        around = around[(around > 2 * PADDING) & (around < n_bins - PADDING)]
        found = []
        for power in self._groups:
            noise = np.median(power[around], axis=0) / math.log(2) + 1e-30
            usual = float(np.median((power[around] / noise).sum(axis=1)))
            relative = (power[k - PADDING : k + PADDING + 1] / noise).sum(axis=1) * power.shape[1] / usual
            found.append((_log_odds(float(relative[PADDING]), power.shape[1]), relative))
        log_odds, relative = max(found, key=lambda each: each[0])
        total = float(np.logaddexp(0.0, np.logaddexp(found[0][0], found[1][0]) - math.log(2)) - math.log(2))
        if log_odds < PRESENT:
            return _Line(total, is_there=False)
        sigma = PLACE_SIGMA / math.sqrt(float(relative.max()))
        best = min(max(int(np.argmax(relative)), 1), relative.size - 2)
        a, b, c = np.log(relative[best - 1 : best + 2] + 1e-30).tolist()
        curve = a - 2 * b + c
        miss = best - PADDING + (0.5 * (a - c) / curve if curve < 0 else 0.0) + k - place_hz / self._bin_hz
        is_exact = abs(miss) <= PADDING * (EXACT + 3 * sigma)
        if is_exact:
            return _Line(total, is_there=True)
        if away < MAIN_LOBE:  # what was taken out beside it may have shifted it
            return _Line(0.0, is_there=False, is_seen=False)
        return _Line(-ITSELF, is_there=False)


def _directions(columns: Float64, least: float) -> Float64:
    """Return the principal components of columns, without those far below the strongest in variance."""
    power, turn = np.linalg.eigh(columns.T @ columns)
    return np.asarray(turn[:, power > least * max(float(power[-1]), 1e-30)])


def _log_odds(height: float, n_sums: int) -> float:
    """Return the log odds of a line from the sum of its powers relative to the noise, one in each sum of series.

    Against a mean of ``n_sums``, it has one of ``n_sums`` (1 + s), s unknown; noise that was measured makes it an F.
    """
    wide = 1 + SCALES
    freedom = n_sums * N_FREEDOM
    ratio = np.log1p(height / freedom) - np.log1p(height / (wide * freedom))
    gain = n_sums * ((N_FREEDOM + 1) * ratio - np.log(wide))
    return float(np.logaddexp.reduce(gain)) - math.log(SCALES.size)


def _without_rhythm(series: Float32, sampling: Sampling, hz: float, harmonics: tuple[int, ...]) -> tuple[Float64, _Own]:
    """Return series without drift, a rhythm and its harmonics, and where these lie."""
    times_s, fps = sampling.times_s, sampling.fps
    y = without_drift(series.astype(np.float64), times_s)
    places: dict[int, float] = {j: folded(j * hz, fps) for j in harmonics}
    room = times_s.size // 6
    strong = max(harmonics, key=lambda j: float(np.sum(np.abs(_transform(y, times_s, j * hz)) ** 2)))
    for j in dict.fromkeys([*range(1, MAX_OWN + 1), *(strong * k for k in range(1, MAX_OWN + 1))]):
        place = folded(j * hz, fps)
        apart = all(abs(place - other) * sampling.duration_s > OWN_PLACE for other in places.values())
        if len(places) < room and apart and place * sampling.duration_s > MAIN_LOBE:
            places[j] = place
    orders = np.array(sorted(places))
    waves = without_drift(_waves(hz * times_s, orders), times_s)
    base, triangle = np.linalg.qr(waves)
    rest = y - base @ (base.T @ y)
    amplitude = np.linalg.lstsq(triangle, base.T @ y, rcond=1e-9)[0]
    power = (amplitude[: orders.size] ** 2 + amplitude[orders.size :] ** 2) * times_s.size / 4
    freedom = max(times_s.size - 2 * orders.size - BENDING - 1, 1)
    relative = power / np.maximum(np.sum(rest**2, axis=0) / freedom, 1e-12)
    pooled = relative.sum(axis=1) > y.shape[1] + OWN_POOLED * math.sqrt(y.shape[1])
    stands: Bool = (relative.max(axis=1) > OWN_PRESENT) | pooled
    stands = (stands & _falls(orders, np.sqrt(power.sum(axis=1)))) | np.isin(orders, harmonics)
    orders = orders[stands]
    # Where the amplitude changes slowly, the skirts of the strongest lines are taken out with them.
    bending = np.polynomial.legendre.legvander(times_s / np.abs(times_s).max(), BENDING)
    strongest = orders[np.argsort(-power[stands].max(axis=1))[:3]]
    main = _waves(hz * times_s, strongest)
    terms = [_waves(hz * times_s, orders), *(main * bending[:, [k]] for k in range(1, BENDING + 1))]
    terms_ = without_drift(np.concatenate(terms, axis=1), times_s)
    base, values, _ = np.linalg.svd(terms_, full_matrices=False)
    base = base[:, values > 1e-3 * values[0]]
    high = orders * LOWER > orders.max()
    edge = 4 / times_s.size * float(np.median((orders**2 * power[stands].sum(axis=1))[high]))
    if orders.max() * LOWER < MAX_OWN:  # its harmonics end before
        edge = 0.0
    beyond = np.arange(MAX_OWN + 1, MAX_BEYOND + 1, dtype=np.float64)
    far_hz = np.abs((beyond * hz + fps / 2) % fps - fps / 2)
    own = _Own(np.array([folded(j * hz, fps) for j in orders]), far_hz, edge / beyond**2)
    return y - base @ (base.T @ y), own


def _falls(orders: np.ndarray, amplitude: Float64) -> Bool:
    """Return which harmonics are no stronger than those below let expect: k times the k-th no longer rises.

    What is stronger where a high harmonic folds to is a line of something else.
    """
    result: Bool = np.ones(orders.size, np.bool_)
    for k in range(1, orders.size):
        below = result[:k] & (orders[:k] * LOWER >= orders[k])
        below = below if below.any() else result[:k]
        result[k] = orders[k] * amplitude[k] < RISING * float((orders[:k] * amplitude[:k])[below].max())
    return result


def _transform(y: Float64, times_s: Float64, hz: float) -> np.ndarray:
    """Return the Fourier transform of columns at a frequency."""
    return np.asarray(np.exp(-2j * np.pi * hz * times_s) @ y)


def _waves(turns: Float64, orders: np.ndarray) -> Float64:
    phase = 2 * np.pi * turns[:, None] * orders
    return np.concatenate([np.cos(phase), np.sin(phase)], axis=1)
