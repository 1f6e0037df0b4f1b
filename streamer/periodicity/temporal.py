"""Series of many cells → one period in time with its uncertainty, or none."""

from __future__ import annotations

import math
import sys

import numpy as np

from streamer.messages import Float32, Float64, Temporal
from streamer.periodicity import aliases
from streamer.periodicity.lines import GUARD, MIN_CYCLES, Lines, find_lines
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import SLOW_CYCLES, Fit, fit_harmonics

MIN_IMAGES = 16
FALSE_ALARMS = 0.002  # per window and level of the pyramid, in white noise
LEVEL_DOF = 40.0  # of the noise that a line is compared with
VOTE = 10.0  # excess from which a cell votes for a line that was found
HARMONIC = 12.0
MAX_HARMONICS = 8
MAX_SUBHARMONIC = 5
MAX_FITTED = 48
MAX_CANDIDATES = 8
LOCAL = 0.5
STEADY = 3.8
SLOW = 10.0
AGREE = 4
FAINT = 0.5  # grey levels
SHARP = 0.4


def measure_temporal(series: Float32, times_s: Float64, grid: tuple[int, int]) -> Temporal | None:
    """Measure what is periodic in time.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_series)
        Of all cells row by row, in grey levels; or of two quantities one after the other, as optical flow has.
    times_s : ndarray of float64, shape (n_images,)
        Capture times, strictly rising.
    grid : tuple of int
        Rows and columns of cells; ``n_series`` is their product or twice that.

    Returns
    -------
    Temporal or None
        None where nothing periodic stands out, or there are fewer than 16 images.
    """
    if series.shape[0] < MIN_IMAGES:
        return None
    sampling = Sampling.of(np.asarray(times_s, np.float64))
    blocks = _pyramid(series, grid)
    n_series = np.array([block.shape[1] for block in blocks])
    joined = np.concatenate(blocks, axis=1)
    lines = find_lines(sampling.evened(joined), sampling.fps)
    if lines.last <= lines.first + GUARD:
        return None
    n_bins = lines.last - lines.first
    limits = np.repeat([_threshold(n * n_bins) for n in n_series], n_series).astype(np.float32)[:, None]
    area = np.repeat(series.shape[1] / n_series, n_series).astype(np.float32)
    stands = lines.excess > limits
    agree = (lines.excess[: series.shape[1]] > VOTE).sum(axis=0)
    found = stands.any(axis=0)
    found[: 6 * lines.first] |= (agree >= AGREE)[: 6 * lines.first]
    found[: lines.first] = False
    found[lines.last :] = False
    power = np.einsum("s,sk,sk->k", area, lines.power, stands | (lines.excess > VOTE))
    slow = int(SLOW_CYCLES * lines.first / MIN_CYCLES)
    for _ in range(MAX_CANDIDATES):
        ahead = slow if found[slow:].any() else 0
        k = ahead + int(np.argmax(np.where(found, power, -1)[ahead:]))
        if not found[k]:
            return None
        result = _measure(joined, lines, sampling, limits[:, 0], k, grid, n_series)
        if isinstance(result, Temporal):
            return result
        spoilt = np.arange(1, 2 * lines.last / result) * result if result else np.array([k])
        for k in np.rint(spoilt).astype(int):
            found[max(0, k - GUARD) : k + GUARD + 1] = False
    return None


def _threshold(n_tests: int) -> float:
    """Excess that noise reaches with probability `FALSE_ALARMS` in so many bins: quantile of F(2, LEVEL_DOF)."""
    half = LEVEL_DOF / 2
    return half * ((n_tests / FALSE_ALARMS) ** (1 / half) - 1)


def _pyramid(series: Float32, grid: tuple[int, int]) -> list[Float32]:
    """Cells, and means over blocks of them: what many cells have in common stands out there."""
    n_images, n_series = series.shape
    levels = [series]
    for size in (2, 4, max(grid)):
        rows, columns = np.arange(0, grid[0], size), np.arange(0, grid[1], size)
        if levels[-1].shape[1] == n_series // (grid[0] * grid[1]):
            break
        cube = series.reshape(n_images, -1, *grid)
        sums = np.add.reduceat(np.add.reduceat(cube, rows, axis=2), columns, axis=3)
        counts = np.outer(np.diff(np.append(rows, grid[0])), np.diff(np.append(columns, grid[1])))
        levels.append((sums / counts.astype(np.float32)).reshape(n_images, -1))
    return levels


def _measure(
    joined: Float32, lines: Lines, sampling: Sampling, limits: Float32, k: int, grid: tuple[int, int],
    n_series: np.ndarray,
) -> Temporal | float:  # fmt: skip
    n_cells = int(n_series[0])
    strongest = _peak(lines, k)
    alone = _fit_harmonics_of(joined, lines, sampling, limits, strongest, 1, grid)
    if alone is None:
        return 0.0
    fit, members, height, harmonics = alone
    divisor = _subharmonic(lines, strongest, n_cells)
    if divisor > 1:
        lower = _fit_harmonics_of(joined, lines, sampling, limits, strongest, divisor, grid)
        # lines that merely lie near a common divisor are two periods
        if lower and abs(lower[0].hz * divisor - fit.hz) < 3 * math.hypot(lower[0].sigma_hz * divisor, fit.sigma_hz):
            fit, members, height, harmonics = lower
        else:
            divisor = 1
    if _is_coding(lines, fit, members, strongest / divisor, harmonics, sampling):
        return strongest / divisor
    heat = _heat(lines, height, strongest / divisor, harmonics, n_cells, grid)
    if not heat.any():
        heat[:] = 1.0
    return Temporal(
        hz=fit.hz,
        hz_sigma=fit.sigma_hz,
        snr_db=10 * math.log10(max(fit.signal.sum(), 1e-30) / max(fit.noise.sum(), 1e-30)),
        resolution_hz=1 / sampling.duration_s,
        fps=sampling.fps,
        alias_hz=_aliases(fit, harmonics, sampling),
        mains_hz=_mains(fit, members, heat, sampling),
        n_cells=int(np.count_nonzero(heat)),
        heat=heat,
    )


def _fit_harmonics_of(
    joined: Float32, lines: Lines, sampling: Sampling, limits: Float32, strongest: float, divisor: int, grid: tuple[int, int]
) -> tuple[Fit, np.ndarray, Float32, tuple[int, ...]] | None:
    hz = strongest * lines.bin_hz / divisor
    n_cells = grid[0] * grid[1]  # TODO flow
    heights = {j: _height(lines, j * strongest / divisor) for j in range(1, MAX_HARMONICS + 1)}
    height = np.maximum(heights[1], heights[divisor])
    members = np.flatnonzero(height[:n_cells] > VOTE)
    if not members.size:
        members = n_cells + np.flatnonzero(
            height[n_cells:] > np.minimum(limits[n_cells:], height[n_cells:].max() * 0.99)
        )
    members = members[np.argsort(-height[members])[:MAX_FITTED]]
    harmonics = tuple(
        j for j in heights
        if j * hz < 0.5 * sampling.fps and (j in (1, divisor) or heights[j][members].max() > 1.5 * HARMONIC)
    )  # fmt: skip
    fit, members = _fit_steady(joined, members, sampling, hz, harmonics, lines, grid)
    return None if fit is None else (fit, members, height, harmonics)


def _fit_steady(
    joined: Float32, members: np.ndarray, sampling: Sampling, hz: float, harmonics: tuple[int, ...], lines: Lines,
    grid: tuple[int, int],
) -> tuple[Fit | None, np.ndarray]:
    """Fit, leave out series in which drift rather than a period explains most, and fit again."""
    for _ in range(3):
        level = np.median(lines.power[members, lines.first :], axis=1).astype(np.float64) + 1e-9
        fit = fit_harmonics(joined[:, members], sampling.times_s, hz, harmonics, level)
        cycles = fit.hz * sampling.duration_s
        if "-v" in sys.argv: print("   cand",round(fit.hz,3),round(cycles,2),len(members),"ratio",np.round(np.percentile(fit.signal/fit.near,[10,50,90,100]),1),"amp",abs(fit.amplitude).max(),harmonics)
        if not math.isfinite(fit.sigma_hz) or abs(fit.hz - hz) * sampling.duration_s > 1 or cycles < MIN_CYCLES - 0.1:
            break
        ratio = fit.signal / fit.near
        steady = ratio > STEADY * max(1.0, SLOW / cycles)
        if cycles >= SLOW_CYCLES and np.mean(steady) < 0.25:
            relaxed = ratio > STEADY
            if "-c" in sys.argv: print("     compact",_spread(members[relaxed], grid), np.mean(relaxed))
            if _spread(members[relaxed], grid) < LOCAL:
                steady = relaxed
        if steady.all():
            if "-v" in sys.argv: print("       ok with", len(members))
            return fit, members
        if np.mean(steady) < 0.25:
            break
        members = members[steady]
    return None, members


def _spread(members: np.ndarray, grid: tuple[int, int]) -> float:
    """Area over which cells are scattered, against that of the whole grid if it were evenly covered."""
    cells = members[members < grid[0] * grid[1]]
    if cells.size < AGREE:
        return math.inf
    return 12 * float(np.std(cells // grid[1]) * np.std(cells % grid[1])) / (grid[0] * grid[1])


def _is_coding(
    lines: Lines, fit: Fit, members: np.ndarray, fundamental: float, harmonics: tuple[int, ...], sampling: Sampling
) -> bool:
    """Whether it is the blinking of a video's key images: a period of whole images, faint, and not smooth."""
    images = sampling.fps / fit.hz
    miss_hz = abs(fit.hz - sampling.fps / round(images))
    if lines.power.shape[0] < 16 or miss_hz > 3 * fit.sigma_hz  and miss_hz > 0.2 / sampling.duration_s:
        return False
    if np.abs(fit.amplitude).max() > FAINT:
        return False
    k = [round(j * fundamental) for j in range(1, int(lines.power.shape[1] / fundamental) + 1)]
    k = [min(j, lines.power.shape[1] - 1) for j in k]
    net = np.maximum(lines.power[members][:, k] - lines.noise[members][:, k], 0).sum(axis=0)
    return bool(net[1:].sum() > SHARP * net[0])


def _peak(lines: Lines, k: int) -> float:
    """Bin, and fraction of one, at which the series that carry a line put it."""
    carries = lines.excess[:, k] > VOTE
    weight = (lines.power[carries, k - 1 : k + 2] / lines.noise[carries, k : k + 1]).sum(axis=0)
    if not weight.any():
        return float(k)
    a, b, c = np.log(weight)
    curve = a - 2 * b + c
    return k + float(np.clip(0.5 * (a - c) / curve, -0.75, 0.75)) if curve < 0 else float(k)


def _height(lines: Lines, bin_: float) -> Float32:
    """Excess of all series near a bin, 0 outside the spectrum."""
    k = round(bin_)
    if not lines.first - 1 <= k < lines.power.shape[1] - 1:
        return np.zeros(lines.power.shape[0], np.float32)
    result: Float32 = lines.excess[:, k - 1 : k + 2].max(axis=1)
    return result


def _subharmonic(lines: Lines, strongest: float, n_cells: int) -> int:
    """Which harmonic the strongest line is: its cells must carry lines that only a lower fundamental explains."""
    carries = lines.excess[:n_cells, round(strongest)] > VOTE
    which = np.flatnonzero(carries) if carries.any() else np.arange(lines.power.shape[0])
    for divisor in range(MAX_SUBHARMONIC, 1, -1):
        if strongest / divisor < lines.first - 0.5:
            continue
        new = [j for j in range(1, 2 * divisor + 2) if math.gcd(j, divisor) == 1]
        heights = [_height(lines, j * strongest / divisor)[which].max(initial=0) for j in new]
        power = [lines.power[which, min(round(j * strongest / divisor), lines.power.shape[1]-1)].sum() for j in new]
        if "-v" in sys.argv: print("   sub",divisor, np.round(heights), np.round(np.array(power)/lines.power[which,round(strongest)].sum(),5))
        if max(heights) > _threshold(300 * which.size) and sum(power) > 0.01*(divisor-1)**2 * lines.power[which,round(strongest)].sum():
            return divisor
    return 1


def _heat(
    lines: Lines, height: Float32, fundamental: float, harmonics: tuple[int, ...], n_cells: int, grid: tuple[int, int]
) -> Float32:
    amplitude = np.zeros(n_cells, np.float32)
    for j in harmonics:
        k = round(j * fundamental)
        if k < lines.power.shape[1]:
            amplitude += lines.power[:n_cells, k]
    amplitude = np.sqrt(amplitude) * (height[:n_cells] > VOTE)
    heat = amplitude.reshape(-1, *grid).max(axis=0)
    result: Float32 = heat / max(float(heat.max()), 1e-20)
    return result


def _aliases(fit: Fit, harmonics: tuple[int, ...], sampling: Sampling) -> tuple[float, ...]:
    if any(j > 1 for j in harmonics):
        return ()
    return aliases.aliases(fit.hz, sampling.fps)


def _mains(fit: Fit, members: np.ndarray, heat: Float32, sampling: Sampling) -> int | None:
    first = fit.amplitude[0]
    in_phase = abs(first.sum()) > 0.8 * np.abs(first).sum()
    if not in_phase or np.count_nonzero(heat) < 0.5 * heat.size:
        return None
    return aliases.mains(fit.hz, fit.sigma_hz, sampling.fps, sampling.fps_sigma)
