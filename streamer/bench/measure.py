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
from streamer.installation import install_command

SLICE_S = 0.004  # a turn: long against the resolution of the clock, short against changes of the machine's speed
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
    """Times of one candidate, in the unit of the table."""

    name: str
    p10: float = float("nan")
    median: float = float("nan")
    p90: float = float("nan")
    ratio: float = float("nan")  # median over all rounds of its time / that of the first row in the same round
    target: float | None = None  # smallest ratio asked for
    note: str = ""  # why there are no times

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without a target or without times."""
        return None if self.target is None or self.note else self.ratio >= self.target


@dataclass(frozen=True, slots=True)
class Table:
    """One comparison; ratios are relative to its first row."""

    title: str
    unit: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way of doing something that is to be timed; ``prepare`` imports and allocates, and returns the call to time."""

    name: str
    prepare: Callable[[], Callable[[], object]]
    per_call: float = 1.0  # amount of work in one call: hops, images, seconds of sound …
    target: float | None = None


@dataclass(slots=True)
class _Timed:
    """A prepared candidate: calls in one turn, and seconds per unit of work in each round."""

    candidate: Candidate
    call: Callable[[], object]
    n_calls: int = 1
    times: list[float] = field(default_factory=list)


def compare(title: str, unit: str, scale: float, candidates: Sequence[Candidate], budget_s: float) -> Table:
    """Time candidates in turns, in rotating order, so that other load on the machine affects all alike.

    Parameters
    ----------
    title, unit : str
        Title of the table, and unit of its times.
    scale : float
        Units per second: 1e6 for µs.
    candidates : sequence of Candidate
        What to time; ratios are relative to the first.
    budget_s : float
        Time for all rounds, of which there are at least ``MIN_ROUNDS``.
    """
    timed, rows = [], {}
    for candidate in candidates:
        try:
            timed.append(_Timed(candidate, candidate.prepare()))
        except ImportError as error:
            missing = (error.name or str(error)).partition(".")[0]
            rows[candidate.name] = Row(candidate.name, note=f"{missing} not installed: {install_command('bench')}")
        except StreamerError as error:
            rows[candidate.name] = Row(candidate.name, note=str(error))
    for one in timed:
        one.call()
        once_s = min(_time(one.call, 1), _time(one.call, 1))
        one.n_calls = max(1, int(SLICE_S / max(once_s, 1e-8)))
    _take_turns(timed, budget_s)
    for one in timed:
        rows[one.candidate.name] = _row(one, timed[0], scale)
    return Table(title, unit, tuple(replace(rows[c.name], target=c.target) for c in candidates))


def _time(call: Callable[[], object], n_calls: int) -> float:
    begun_s = time.perf_counter()
    for _ in range(n_calls):
        call()
    return time.perf_counter() - begun_s


def _take_turns(timed: list[_Timed], budget_s: float) -> None:
    """Time all candidates round by round, without garbage collection, which would hit any of them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        begun_s = time.perf_counter()
        n_rounds = 0
        while n_rounds < MIN_ROUNDS or time.perf_counter() - begun_s < budget_s:
            turn = n_rounds % len(timed) if timed else 0
            for one in timed[turn:] + timed[:turn]:
                n_calls = one.n_calls
                one.times.append(_time(one.call, n_calls) / n_calls / one.candidate.per_call)
            n_rounds += 1
    finally:
        if was_enabled:
            gc.enable()


def _row(one: _Timed, first: _Timed, scale: float) -> Row:
    times = np.array(one.times) * scale
    p10, median, p90 = (float(value) for value in np.percentile(times, [10, 50, 90]))
    ratio = statistics.median(np.array(one.times) / np.array(first.times))
    return Row(one.candidate.name, p10, median, p90, float(ratio))


def noise_and_tones(seconds: float, sample_rate: int) -> Float32:
    """Return a sound of noise, a tone and a rising tone, shape (n_samples,); the same at every call."""
    rng = np.random.default_rng(0)
    t = np.arange(round(seconds * sample_rate)) / sample_rate
    tones = 0.15 * np.sin(2 * np.pi * 440.0 * t) + 0.1 * np.sin(2 * np.pi * (300.0 + 200.0 * t) * t)
    return (0.05 * rng.standard_normal(t.size) + tones).astype(np.float32)


def describe_machine() -> str:
    """Return processor, cores, load, and the versions of Python and of the compared packages, in one line."""
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
    """Return the name of the processor, or of an ARM board, whose kernel gives no name of the processor."""
    for source, key in (("/proc/device-tree/model", ""), ("/proc/cpuinfo", "model name")):
        try:
            text = Path(source).read_text()
        except OSError:
            continue
        names = [line.partition(":")[2] if key else line for line in text.splitlines() if line.startswith(key)]
        if names:
            return names[0].strip(" \t\0")
    return platform.processor() or platform.machine()
