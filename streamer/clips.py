"""Cut the sound around ended events out of the recent past."""

from __future__ import annotations

import numpy as np

from streamer.messages import Clip, Event, Float32


class ClipCutter:
    """Keep the newest sound of a stream and cut out events with their pre- and post-roll.

    Runs on the processing thread; the memory is allocated when a source is opened.

    Parameters
    ----------
    keep_s : float
        Sound to keep, at least the longest event with both rolls; of a longer event the beginning is missing.
    pre_roll_s, post_roll_s : float
        Sound wanted before the onset and after the offset.
    """

    def __init__(self, keep_s: float, pre_roll_s: float, post_roll_s: float) -> None:
        self._keep_s = keep_s
        self._pre_roll_s = pre_roll_s
        self._post_roll_s = post_roll_s
        self._wanted: list[Event] = []
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

    def want(self, event: Event) -> None:
        """Ask for the clip of an ended event."""
        self._wanted.append(event)

    def ripe(self, at_end: bool = False) -> list[Clip]:
        """Return the clips whose post-roll is complete; at the end of the sound, all that are wanted."""
        now_s = self._start_s + self._n_samples / self._sample_rate
        ready = [e for e in self._wanted if at_end or (e.offset_s or 0.0) + self._post_roll_s <= now_s]
        self._wanted = [event for event in self._wanted if event not in ready]
        return [self._cut(event) for event in ready]

    def _write(self, samples: Float32, n_samples: int) -> None:
        capacity = self._kept.shape[0]
        samples = samples[-capacity:]
        self._n_samples += n_samples
        place = (self._n_samples - samples.shape[0]) % capacity
        n_first = min(samples.shape[0], capacity - place)
        self._kept[place : place + n_first] = samples[:n_first]
        self._kept[: samples.shape[0] - n_first] = samples[n_first:]

    def _cut(self, event: Event) -> Clip:
        capacity = self._kept.shape[0]
        oldest = max(0, self._n_samples - capacity)
        first = self._position(event.onset_s - self._pre_roll_s, oldest)
        end = self._position((event.offset_s or event.onset_s) + self._post_roll_s, first)
        indices = np.arange(first, end) % capacity
        return Clip(event, self._kept[indices], self._sample_rate, self._start_s + first / self._sample_rate)

    def _position(self, time_s: float, lowest: int) -> int:
        return min(max(lowest, round((time_s - self._start_s) * self._sample_rate)), self._n_samples)
