"""Tell the harmonics, divisors and remains of a rhythm from rhythms of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamer.messages import TemporalComponent
from streamer.periodicity.folding import EDGES, MAX_FOLDED, folded

MAX_DIVISOR = 8
MAX_MULTIPLE = 40
MISS = 0.1  # resolutions by which frequencies that belong together may miss each other, besides their uncertainties
SAME = 1.0  # resolutions within which two components in the same cells are one
RESIDUE = 0.05  # relative amplitude below which one there or beside is what subtraction or the coder has left
BESIDE, BESIDE_RESIDUE = 8.0, 0.2  # the same within so many resolutions, since what is left there is not noise
UNRESOLVED = 1.2  # resolutions within which folded harmonics pull each other
CODED_RESIDUE = 0.1  # the same of what the coder has made of one, mostly in its cells or beside them
SHARED = 0.5  # least fraction of the cells of one component that another has too


def without_related(
    components: Sequence[TemporalComponent], resolution_hz: float, fps: float
) -> list[TemporalComponent]:
    """Return the components without those that others explain, in the same order.

    Explained are: what is left of one that was measured before; in the cells of a rhythm, its multiples; and a rhythm
    in whose cells a slower one is found of which it is a multiple, since then that is its fundamental.
    """
    kept: list[TemporalComponent] = []
    for each in components:
        if any(_is_remainder(each, other, resolution_hz, fps) for other in kept):
            continue
        multiples = [k for k, other in enumerate(kept) if _is_multiple(other, each, resolution_hz, MAX_DIVISOR)]
        if multiples:  # the fundamental of what was found before takes its place
            kept = [other for k, other in enumerate(kept) if k not in multiples[1:]]
            kept[multiples[0]] = each
        else:
            kept.append(each)
    return kept


def without_sidebands(components: Sequence[TemporalComponent], resolution_hz: float) -> tuple[TemporalComponent, ...]:
    """Return the components without those that lie in pairs, equally far below and above a stronger one.

    A rhythm whose amplitude changes with a frequency of its own has such sidebands: cos a cos b = ½ cos(a − b) +
    ½ cos(a + b).
    """
    sidebands = set()
    for middle in components:
        for below in components:
            for above in components:
                weaker = max(below.amplitude, above.amplitude) < middle.amplitude
                miss_hz = abs(below.hz + above.hz - 2 * middle.hz)
                if below.hz < middle.hz < above.hz and weaker and miss_hz < resolution_hz:
                    shared = [_inside(each, middle) for each in (below, above)]
                    if min(shared) > SHARED:
                        sidebands |= {id(below), id(above)}
    return tuple(each for each in components if id(each) not in sidebands)


def without_coded_remains(components: Sequence[TemporalComponent]) -> tuple[TemporalComponent, ...]:
    """Return the components of a coded video without faint ones at or beside the cells of a strong one.

    A coder codes what moves anew in some images and not in others, in blocks that reach beyond it.
    """
    return tuple(
        each
        for each in components
        if not any(
            each.amplitude < CODED_RESIDUE * other.amplitude and _inside(each, other, beside=True) > SHARED
            for other in components
        )
    )


def _is_remainder(each: TemporalComponent, other: TemporalComponent, resolution_hz: float, fps: float) -> bool:
    away_hz = abs(each.hz - other.hz)
    if away_hz < SAME * resolution_hz + other.hz_sigma and _together(each, other):
        return True
    residue = BESIDE_RESIDUE if away_hz < BESIDE * resolution_hz else RESIDUE
    faint = each.amplitude < residue * other.amplitude and _inside(each, other, beside=True) > SHARED
    if faint or _is_folded(each, other, resolution_hz, fps):
        return True
    return _is_multiple(each, other, resolution_hz, MAX_MULTIPLE)


def _is_folded(each: TemporalComponent, other: TemporalComponent, resolution_hz: float, fps: float) -> bool:
    """Return whether a line lies where a high harmonic of a rhythm with edges folds to, and is no stronger than that.

    The power of the harmonics of pulses and edges falls with the square of their order.
    """
    harmonics = np.abs(other.harmonics)
    order = np.arange(1, harmonics.size + 1)
    if (
        np.count_nonzero(harmonics > EDGES * harmonics.max(initial=0.0)) < 2
        or _inside(each, other, beside=True) <= SHARED
    ):
        return False
    falling = float((order * harmonics)[harmonics > 0].max())
    return any(
        abs(each.hz - folded(k * other.hz, fps)) < UNRESOLVED * resolution_hz and each.amplitude < 2 * falling / k
        for k in range(2, MAX_FOLDED + 1)
        if k * other.hz > fps / 2
    )


def _is_multiple(fast: TemporalComponent, slow: TemporalComponent, resolution_hz: float, most: int) -> bool:
    """Return whether one component is a harmonic of another: a multiple of it, in cells and at times that it has."""
    order = round(fast.hz / slow.hz)
    miss_hz = abs(fast.hz - order * slow.hz)
    near = miss_hz < 3 * np.hypot(fast.hz_sigma, order * slow.hz_sigma) + MISS * resolution_hz
    if not (2 <= order <= most and near and _together(fast, slow)):
        return False
    return _inside(fast, slow) > SHARED


def _inside(one: TemporalComponent, other: TemporalComponent, *, beside: bool = False) -> float:
    """Return the fraction of the cells of one component that the other has too, or has beside them."""
    inside, has = one.heat > 0, other.heat > 0
    if beside:
        padded = np.pad(has, 1)
        rows, columns = has.shape
        has = np.logical_or.reduce([padded[r : r + rows, c : c + columns] for r in range(3) for c in range(3)])
    return float((has & inside).sum()) / max(int(inside.sum()), 1)


def _together(one: TemporalComponent, other: TemporalComponent) -> bool:
    """Return whether the spans of two components overlap by most of the shorter one."""
    shared_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    return shared_s > SHARED * min(one.end_s - one.start_s, other.end_s - other.start_s)
