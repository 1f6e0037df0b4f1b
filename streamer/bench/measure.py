"""Time candidates in turns, and describe the machine they ran on."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

import numpy as np

from streamer.arrays import Float32
from streamer.errors import StreamerError

SLICE_S = 0.004  # one candidate's turn: long against the clock's resolution, short against drifts of the machine
MIN_ROUNDS = 5
PACKAGES = (
    "numpy",
    "numba",
    "ai-edge-litert",
    "scipy",
    "librosa",
    "kaldi-native-fbank",
    "audioflux",
    "opencv-python-headless",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate's figures, in the table's unit."""

    name: str
    p10: float = float("nan")
    median: float = float("nan")
    p90: float = float("nan")
    ratio: float = float("nan")  # median over the rounds of its time against the first row's in the same round
    target: float | None = None  # the ratio to reach
    note: str = ""  # why there are no figures

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none, or no figures."""
        return None if self.target is None or self.note else self.ratio >= self.target


@dataclass(frozen=True, slots=True)
class Table:
    """One comparison; ratios are to its first row."""

    title: str
    unit: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to be timed: ``prepare`` imports and allocates, and returns the call to time."""

    name: str
    prepare: Callable[[], Callable[[], object]]
    per_call: float = 1.0  # the unit's worth of work in one call
    target: float | None = None


@dataclass(slots=True)
class _Contestant:
    candidate: Candidate
    call: Callable[[], object]
    n_calls: int = 1
    times: list[float] = field(default_factory=list)


def compare(title: str, unit: str, scale: float, candidates: Sequence[Candidate], budget_s: float) -> Table:
    """Time candidates in turns, in rotating order, so that other load on the machine affects all alike.

    Parameters
    ----------
    scale : float
        Units per second: 1e6 for µs.
    candidates : sequence of Candidate
        The first is what the others are compared with.
    budget_s : float
        Time for all rounds; there are at least ``MIN_ROUNDS``.
    """
    contestants, rows = [], {}
    for candidate in candidates:
        try:
            contestants.append(_Contestant(candidate, candidate.prepare()))
        except ImportError as error:
            missing = (error.name or str(error)).partition(".")[0]
            rows[candidate.name] = Row(candidate.name, note=f"{missing} not installed: pip install 'streamer[bench]'")
        except StreamerError as error:
            rows[candidate.name] = Row(candidate.name, note=str(error))
    for contestant in contestants:
        contestant.call()
        once_s = min(_time(contestant.call, 1), _time(contestant.call, 1))
        contestant.n_calls = max(1, int(SLICE_S / max(once_s, 1e-8)))
    _take_turns(contestants, budget_s)
    for contestant in contestants:
        rows[contestant.candidate.name] = _row(contestant, contestants[0], scale)
    return Table(title, unit, tuple(replace(rows[c.name], target=c.target) for c in candidates))


def _time(call: Callable[[], object], n_calls: int) -> float:
    begun_s = time.perf_counter()
    for _ in range(n_calls):
        call()
    return time.perf_counter() - begun_s


def _take_turns(contestants: list[_Contestant], budget_s: float) -> None:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        begun_s = time.perf_counter()
        n_rounds = 0
        while n_rounds < MIN_ROUNDS or time.perf_counter() - begun_s < budget_s:
            turn = n_rounds % len(contestants) if contestants else 0
            for contestant in contestants[turn:] + contestants[:turn]:
                n_calls = contestant.n_calls
                contestant.times.append(_time(contestant.call, n_calls) / n_calls / contestant.candidate.per_call)
            n_rounds += 1
    finally:
        if was_enabled:
            gc.enable()


def _row(contestant: _Contestant, first: _Contestant, scale: float) -> Row:
    times = np.array(contestant.times) * scale
    p10, median, p90 = (float(value) for value in np.percentile(times, [10, 50, 90]))
    ratio = statistics.median(np.array(contestant.times) / np.array(first.times))
    return Row(contestant.candidate.name, p10, median, p90, float(ratio))


def noise_and_tones(seconds: float, sample_rate: int) -> Float32:
    """Return noise, a tone and a rising tone, shape (n_samples,); the same at every call."""
    rng = np.random.default_rng(0)
    t = np.arange(round(seconds * sample_rate)) / sample_rate
    tones = 0.15 * np.sin(2 * np.pi * 440.0 * t) + 0.1 * np.sin(2 * np.pi * (300.0 + 200.0 * t) * t)
    return (0.05 * rng.standard_normal(t.size) + tones).astype(np.float32)


def describe_machine() -> str:
    """Return processor, cores, load, Python and the packages measured, on one line."""
    parts = [_processor(), f"{os.cpu_count()} cores"]
    if hasattr(os, "getloadavg"):
        parts.append(f"load {os.getloadavg()[0]:.1f}")
    parts.append(f"Python {platform.python_version()}")
    for package in PACKAGES:
        try:
            parts.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(parts)


def _processor() -> str:
    """Return the name of the processor; on ARM boards that of the board, as the kernel names no processor there."""
    for source, key in (("/proc/device-tree/model", ""), ("/proc/cpuinfo", "model name")):
        try:
            text = Path(source).read_text()
        except OSError:
            continue
        names = [line.partition(":")[2] if key else line for line in text.splitlines() if line.startswith(key)]
        if names:
            return names[0].strip(" \t\0")
    return platform.processor() or platform.machine()
