"""Cut the sound around ended events out of the recent past."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np

from streamer.arrays import Float32
from streamer.messages import Event, Message, SoundClip

Cut = TypeVar("Cut")


class Cutter(ABC, Generic[Cut]):
    """Base of clip cutters: keep the newest part of a stream and cut out events with their pre- and post-roll.

    Runs on the processing thread.

    Parameters
    ----------
    keep_s : float
        Time to keep, at least the longest event with both rolls; of a longer event the beginning is missing.
    pre_roll_s, post_roll_s : float
        Time wanted before the onset and after the offset.
    """

    def __init__(self, keep_s: float, pre_roll_s: float, post_roll_s: float) -> None:
        self._keep_s = keep_s
        self._pre_roll_s = pre_roll_s
        self._post_roll_s = post_roll_s
        self._wanted: list[Event] = []

    def want(self, event: Event) -> None:
        """Ask for the clip of an ended event."""
        self._wanted.append(event)

    def ripe(self, at_end: bool = False) -> list[Cut]:
        """Return the clips whose post-roll is complete; at the end of the stream, all that are wanted."""
        now_s = self._newest_s()
        ready = [e for e in self._wanted if at_end or (e.offset_s or 0.0) + self._post_roll_s <= now_s]
        self._wanted = [event for event in self._wanted if event not in ready]
        cuts = (
            self._cut(e, e.onset_s - self._pre_roll_s, (e.offset_s or e.onset_s) + self._post_roll_s) for e in ready
        )
        return [cut for cut in cuts if cut is not None]

    @abstractmethod
    def _newest_s(self) -> float:
        """Return the stream's second up to which it has been kept."""

    @abstractmethod
    def _cut(self, event: Event, first_s: float, last_s: float) -> Cut | None:
        """Return what is kept between two seconds of the stream; None if it is too little to write."""


def asking(cutter: Cutter[Cut] | None, results: Sequence[Message]) -> list[Message]:
    """Return the messages of a step, after asking the cutter, if there is one, for the clip of each event that
    ended.
    """
    for message in results:
        if cutter and isinstance(message, Event) and message.offset_s is not None:
            cutter.want(message)
    return list(results)


class SoundCutter(Cutter[SoundClip]):
    """Keep the newest sound of a stream; its memory is allocated when a source is opened."""

    def __init__(self, keep_s: float, pre_roll_s: float, post_roll_s: float) -> None:
        super().__init__(keep_s, pre_roll_s, post_roll_s)
        self.begin(1, 0.0)

    def begin(self, sample_rate: int, start_s: float) -> None:
        """Start on a newly opened source; what was kept is dropped."""
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

    def _cut(self, event: Event, first_s: float, last_s: float) -> SoundClip:
        capacity = self._kept.shape[0]
        first = self._position(first_s, max(0, self._n_samples - capacity))
        indices = np.arange(first, self._position(last_s, first)) % capacity
        return SoundClip(event, self._kept[indices], self._sample_rate, self._start_s + first / self._sample_rate)

    def _position(self, time_s: float, lowest: int) -> int:
        return min(max(lowest, round((time_s - self._start_s) * self._sample_rate)), self._n_samples)
