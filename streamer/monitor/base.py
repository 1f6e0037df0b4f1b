"""What every stream tells of itself: state, latency, load → Health."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from streamer.arrays import Float32
from streamer.messages import Event, Health, State
from streamer.pipeline.stage import Stage
from streamer.system import ProcessMeter

RATE_S = 10.0  # time constant of the rates shown


class StreamMonitor:
    """Figures that a stream of any kind has.

    Everything here runs on the processing thread and costs a few µs a step; only the frozen values go elsewhere.
    """

    def __init__(self) -> None:
        self.state = State.STARTING
        self.detail = ""
        self.problem = ""  # of a sink, shown where nothing more urgent is to be told
        self.device = ""
        self.n_sessions = 0
        self.past: deque[Event] = deque(maxlen=200)  # ended events, newest last
        self._latencies_s: deque[float] = deque(maxlen=512)
        self._busy_s = self._elapsed_s = self._recent_windows = 0.0  # decaying with RATE_S
        self._process = ProcessMeter()

    def note(self, latencies_s: Sequence[float], elapsed_s: float, busy_s: float) -> None:
        """Take note of ``elapsed_s`` of the stream, processed in ``busy_s``, and of its windows' latencies."""
        self._latencies_s.extend(latencies_s)
        decay = math.exp(-elapsed_s / RATE_S)
        self._busy_s = (self._busy_s + busy_s) * decay
        self._elapsed_s = (self._elapsed_s + elapsed_s) * decay
        self._recent_windows = (self._recent_windows + len(latencies_s)) * decay

    def figures(self, **figures: Any) -> Health:
        """Return the figures of this instant, with those that only this kind of stream has."""
        latencies_s = sorted(self._latencies_s) or [0.0]
        self._process.measure()
        return Health(
            state=self.state,
            real_time_factor=self._busy_s / self._elapsed_s if self._elapsed_s else 0.0,
            latency_p50_s=latencies_s[len(latencies_s) // 2],
            latency_p99_s=latencies_s[len(latencies_s) * 99 // 100],
            windows_per_s=self._recent_windows / self._elapsed_s if self._elapsed_s else 0.0,
            reconnects=max(0, self.n_sessions - 1),
            cpu_fraction=self._process.cpu_fraction,
            memory_bytes=self._process.memory_bytes,
            temperature_c=self._process.temperature_c,
            **figures,
        )


class Classification(TypedDict):
    """The part of a Snapshot that models give."""

    model: str
    labels: tuple[str, ...]
    scores: Float32
    on: Float32
    off: Float32
    suppressed: dict[str, str]
    running: tuple[Event, ...]


def classification(stages: Sequence[Stage], now_s: float) -> Classification:
    """Return what the models of a stream give at this instant, their labels one after the other."""
    none = np.zeros(0, np.float32)
    return Classification(
        model=", ".join(stage.spec.name for stage in stages),
        labels=tuple(label for stage in stages for label in stage.detector.labels),
        scores=np.concatenate([none, *(stage.detector.smoothed for stage in stages)]),
        on=np.concatenate([none, *(stage.detector.on for stage in stages)]),
        off=np.concatenate([none, *(stage.detector.off for stage in stages)]),
        suppressed={k: v for stage in stages for k, v in stage.detector.suppressed(now_s).items()},
        running=tuple(event for stage in stages for event in stage.running(now_s)),
    )
