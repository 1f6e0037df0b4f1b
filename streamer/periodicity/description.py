"""From a rhythm that was found to all that is said of it: place, span, waveform, kind and aliases."""

from __future__ import annotations

import math

import numpy as np

from streamer.messages import RhythmKind, TemporalComponent
from streamer.periodicity.aliases import likely_aliases, mains
from streamer.periodicity.search import FoundRhythm

N_PHASES = 64  # of a period, to find the peak of its waveform
PULSE = 0.3  # of its period, below which a pulse is short


def component_of(found: FoundRhythm) -> TemporalComponent:
    """Return a rhythm of the whole window with all that is known of it."""
    period, persistence, pyramid, sampling = found.period, found.persistence, found.pyramid, found.sampling
    fit = period.fit
    heat = pyramid.map(period.amplitude, period.carriers)
    heat /= max(float(heat.max()), 1e-20)
    hz, alias_hz, cut = likely_aliases(pyramid.series[:, period.members], period, sampling)
    rows = pyramid.rows_and_columns(period.members)[0]
    mains_hz = mains(hz, fit, rows, float(np.mean(heat > 0)), sampling)
    harmonics = np.zeros(max(period.harmonics), np.complex128)
    harmonics[np.array(period.harmonics) - 1] = fit.amplitude[:, int(np.argmax(fit.signal))]
    waveform = _waveform(harmonics)
    kind: RhythmKind = "steady" if persistence.is_steady else "drifting"
    if mains_hz is not None:
        kind = "mains"
    elif persistence.is_steady and _is_pulse(waveform):
        kind = "pulse_train"
    start_s = sampling.times_s[0]
    return TemporalComponent(
        hz=hz + persistence.hz - fit.hz,
        hz_sigma=persistence.hz_sigma,
        snr_db=10 * math.log10(max(float(fit.signal.sum()), 1e-30) / max(float(fit.noise.sum()), 1e-30)),
        n_cells=int(np.count_nonzero(heat)),
        heat=heat,
        what=kind,
        start_s=float(sampling.times_s[persistence.begin] - start_s),
        end_s=float(sampling.times_s[persistence.end - 1] - start_s),
        amplitude=float(np.abs(waveform).max()),
        harmonics=tuple(harmonics.tolist()),
        alias_hz=alias_hz,
        alias_cut=cut,
        mains_hz=mains_hz,
        track=persistence.track,
        rivals=period.rivals,
        seen_in=("grey",) if pyramid.counts[0] == pyramid.grid[0] * pyramid.grid[1] else ("flow",),
        coder_hz=found.types.rival_hz(hz, persistence.hz_sigma) if found.types is not None else None,
    )


def _waveform(harmonics: np.ndarray) -> np.ndarray:
    """Return one period of a rhythm from its harmonics."""
    turns = np.outer(np.arange(N_PHASES) / N_PHASES, np.arange(1, harmonics.size + 1))
    return np.asarray((np.exp(2j * np.pi * turns) @ harmonics).real)


def _is_pulse(waveform: np.ndarray) -> bool:
    """Return whether a waveform is near one level for most of its period, and far from it for a short part."""
    low, high = float(waveform.min()), float(waveform.max())
    away = float(np.mean(waveform > (low + high) / 2))
    return min(away, 1 - away) < PULSE
