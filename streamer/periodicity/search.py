"""Search series for rhythms, one after the other: measure the strongest, take it out, and look again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamer.arrays import Bool, Float32
from streamer.periodicity.cells import Pyramid
from streamer.periodicity.coded_types import CodedTypes
from streamer.periodicity.coding import coding_bin
from streamer.periodicity.fundamental import MIN_VOTES, Period, find_fundamental
from streamer.periodicity.lines import GUARD, MIN_CYCLES, PADDING, VOTE_EXCESS, find_lines, threshold
from streamer.periodicity.persistence import Persistence, is_doubtful, judge
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import SLOW_CYCLES
from streamer.periodicity.subtraction import harmonic_places, subtract

MAX_CANDIDATES = 8  # number of lines that are tried
MAX_VOTED_CYCLES = 12.0  # up to here votes of cells suffice, since their noise is drift
AFTER = 20  # times as strong is the evidence that is demanded of what is found after another, in a few cells
BESIDE = 3.0  # resolutions beside a rhythm within which what is left of it is no other one …
BESIDE_HARMONIC = 1.0  # … and beside one of its harmonics


@dataclass(frozen=True, slots=True, eq=False)
class FoundRhythm:
    """A rhythm with the series in which it was found."""

    period: Period
    persistence: Persistence
    pyramid: Pyramid
    sampling: Sampling
    types: CodedTypes | None = None  # of the images, where the coder tells


class Search:
    """The series that are left, with their spectra, and the lines in them that are known.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_series)
        Series of all cells, row by row; or of two quantities, one after the other, as of optical flow.
    sampling : Sampling
        Capture times.
    grid : tuple of int
        Rows and columns of cells.
    n_windows : int
        How many windows are searched; so many times as strong is the evidence that is demanded.
    min_cycles : float
        Least number of cycles in the window.
    types : CodedTypes, optional
        How each image was coded.

    Attributes
    ----------
    is_unsteady : bool
        Whether something repeats, but too unsteadily for its frequency to be stated.
    coder_hz : list of float
        Frequencies, with their multiples, that the video coder made.
    of_coder : list of FoundRhythm
        The rhythms that were taken for the coder's.
    """

    def __init__(
        self,
        series: Float32,
        sampling: Sampling,
        grid: tuple[int, int],
        *,
        n_windows: int = 1,
        min_cycles: float = MIN_CYCLES,
        types: CodedTypes | None = None,
    ) -> None:
        self._types = types
        self._sampling = sampling
        self._pyramid = Pyramid.of(series, grid)
        self._lines = find_lines(sampling.evened(self._pyramid.series), sampling.fps)
        self._first = max(self._lines.first, int(min_cycles * PADDING))
        self._limits = self._limits_of(n_windows)
        self._strict_limits = self._limits_of(AFTER * n_windows)
        self._is_first = True
        self._known: Bool = np.zeros(self._lines.power.shape[1], np.bool_)  # bins that are no rhythm
        self.is_unsteady = False
        self.coder_hz: list[float] = []
        self.of_coder: list[FoundRhythm] = []

    def _limits_of(self, n_windows: int) -> Float32:
        """Return from which ratio of power to noise a line is significant in each series."""
        counts, n_bins = self._pyramid.counts, max(self._lines.last - self._lines.first, 1)
        return np.repeat([threshold(n_windows * n * n_bins) for n in counts], counts).astype(np.float32)

    @property
    def series(self) -> Float32:
        """The series of cells without the rhythms that were found, shape (n_images, n_series)."""
        return self._pyramid.series[:, : self._pyramid.counts[0]]

    def next(self) -> FoundRhythm | None:
        """Return the most significant rhythm that is left, and take it out; None where there is none."""
        lines, pyramid, sampling = self._lines, self._pyramid, self._sampling
        if lines.last <= lines.first + GUARD:
            return None
        found, power = self._found()
        slow = int(lines.first * SLOW_CYCLES / MIN_CYCLES)
        for _ in range(MAX_CANDIDATES):
            begin = slow if found[slow:].any() else 0
            k = begin + int(np.argmax(np.where(found[begin:], power[begin:], -1.0)))
            if not found[k]:
                return None
            period = find_fundamental(pyramid, lines, sampling, self._limits, k)
            spoilt = [float(k)]
            if period is not None and self._is_sure(period, k):
                comb = coding_bin(lines, period, sampling, pyramid.counts[0], pyramid.series, self._types)
                persistence = judge(period.fit, period.course, sampling) if comb is None else None
                if persistence is not None and not (self.is_unsteady and is_doubtful(period.fit, sampling)):
                    self._take_out(period, persistence)
                    return FoundRhythm(period, persistence, pyramid, sampling, self._types)
                self._is_first = False
                if comb is None:
                    self.is_unsteady = True
                    spoilt += [k + side * 2 * GUARD for side in (-1.0, 1.0)]
                else:
                    self.coder_hz.append(comb * lines.bin_hz)
                    whole = Persistence(True, period.fit.hz, period.fit.hz_sigma, 0, sampling.times_s.size)
                    self.of_coder.append(FoundRhythm(period, whole, pyramid, sampling, self._types))
                    spoilt += list(np.arange(1, lines.power.shape[1] / comb) * comb)
            for bin_ in spoilt:
                self._known[max(0, round(bin_) - GUARD) : round(bin_) + GUARD + 1] = True
            found &= ~self._known
        return None

    def _found(self) -> tuple[Bool, Float32]:
        """Return in which bins there is a line, and how much power lies in it."""
        lines, counts = self._lines, self._pyramid.counts
        votes = lines.excess > VOTE_EXCESS
        found: Bool = np.any(lines.excess > self._limits[:, None], axis=0)
        few = int(lines.first * MAX_VOTED_CYCLES / MIN_CYCLES)
        found[:few] |= np.count_nonzero(votes[: counts[0], :few], axis=0) >= MIN_VOTES
        found[: self._first] = False
        found[lines.last :] = False
        power = np.einsum("s,sk,sk->k", self._pyramid.area, lines.power, votes)
        return found & ~self._known, power

    def _is_sure(self, period: Period, k: int) -> bool:
        """Return whether a line is sure enough: the more are looked for, the more likely is one by chance."""
        cells = np.count_nonzero(period.carriers < self._pyramid.counts[0])
        strict = self._lines.excess[:, max(k - 1, 0) : k + 2].max(axis=1) > self._strict_limits
        return self._is_first or bool(cells >= MIN_VOTES) or bool(strict[period.carriers].any())

    def _take_out(self, period: Period, persistence: Persistence) -> None:
        """Subtract a rhythm from the cells, and compute the spectra of those that had it anew."""
        sampling, lines, grid = self._sampling, self._lines, self._pyramid.grid
        self._is_first = False
        leading = period.harmonics[int(np.argmax(np.sum(np.abs(period.fit.amplitude) ** 2, axis=1)))]
        left, has = subtract(self.series, sampling, period.fit.hz, period.harmonics, leading, persistence)
        self._pyramid = Pyramid.of(left, grid)
        changed = np.flatnonzero(Pyramid.of(has[None].astype(np.float32), grid).series[0])
        if not changed.size:
            self._known[max(0, round(period.bin) - GUARD) : round(period.bin) + GUARD + 1] = True
            return
        anew = find_lines(sampling.evened(self._pyramid.series[:, changed]), sampling.fps)
        lines.power[changed], lines.noise[changed], lines.excess[changed] = anew.power, anew.noise, anew.excess
        touched = np.union1d(changed, period.carriers)
        for j, hz in harmonic_places(period.fit.hz, sampling.fps, sampling.duration_s).items():
            reach = round((BESIDE if j in period.harmonics else BESIDE_HARMONIC) * PADDING)
            place = round(hz / lines.bin_hz)
            lines.excess[touched, max(place - reach, 0) : place + reach + 1] = 0
