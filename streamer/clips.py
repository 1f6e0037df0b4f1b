"""Cut the sound around ended events out of the recent past."""

from __future__ import annotations

import numpy as np

from streamer.cutter import Cutter
from streamer.messages import Clip, Event, Float32


class ClipCutter(Cutter[Clip]):
    """Keep the newest sound of a stream; its memory is allocated when a source is opened."""

    def __init__(self, keep_s: float, pre_roll_s: float, post_roll_s: float) -> None:
        super().__init__(keep_s, pre_roll_s, post_roll_s)
        self.begin(1, 0.0)

    def begin(self, sample_rate: int, start_s: float) -> None:
        """Start on a newly opened source: what was kept is forgotten."""
        self._sample_rate = sample_rate
        self._start_s = start_s
        self._kept: Float32 = np.zeros(max(1, round(self._keep_s * sample_rate)), np.float32)
        self._n_samples = 0  # written since the beginning, lost ones included

    def push(self, mono: Float32, lost_before: int) -> None:
        """Keep a chunk; lost samples become silence, so that positions stay true."""
        if lost_before:
            self._write(np.zeros(min(lost_before, self._kept.shape[0]), np.float32), lost_before)
        self._write(mono, mono.shape[0])

    def _newest_s(self) -> float:
        return self._start_s + self._n_samples / self._sample_rate

    def _write(self, samples: Float32, n_samples: int) -> None:
        capacity = self._kept.shape[0]
        samples = samples[-capacity:]
        self._n_samples += n_samples
        place = (self._n_samples - samples.shape[0]) % capacity
        n_first = min(samples.shape[0], capacity - place)
        self._kept[place : place + n_first] = samples[:n_first]
        self._kept[: samples.shape[0] - n_first] = samples[n_first:]

    def _cut(self, event: Event, first_s: float, last_s: float) -> Clip:
        capacity = self._kept.shape[0]
        first = self._position(first_s, max(0, self._n_samples - capacity))
        indices = np.arange(first, self._position(last_s, first)) % capacity
        return Clip(event, self._kept[indices], self._sample_rate, self._start_s + first / self._sample_rate)

    def _position(self, time_s: float, lowest: int) -> int:
        return min(max(lowest, round((time_s - self._start_s) * self._sample_rate)), self._n_samples)
