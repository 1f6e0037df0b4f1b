"""Clip cutters: keep the newest part of a stream and cut out what is around events that have ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np

from streamer.arrays import Float32
from streamer.messages import Chunk, Event, SoundClip, SoundFormat
from streamer.pipeline.steps import SoundStep

FormatT = TypeVar("FormatT")
PartT = TypeVar("PartT")  # Chunk or Image
StepT = TypeVar("StepT")
ClipT_co = TypeVar("ClipT_co", covariant=True)  # SoundClip or VideoClip


class Cutter(ABC, Generic[FormatT, PartT, StepT, ClipT_co]):
    """Keep the newest part of a stream and cut clips out of it; the base for sound and images.

    Runs on the processing thread.

    Parameters
    ----------
    keep_s : float
        Seconds to keep, at least the longest event with both rolls; of a longer event the beginning is missing.
    pre_roll_s, post_roll_s : float
        Seconds of a clip before the onset and after the offset.
    """

    def __init__(self, keep_s: float, pre_roll_s: float, post_roll_s: float) -> None:
        self._keep_s = keep_s
        self._pre_roll_s = pre_roll_s
        self._post_roll_s = post_roll_s
        self._requested: list[Event] = []

    @abstractmethod
    def begin(self, opened: FormatT, start_s: float) -> None:
        """Start on a newly opened source, at second ``start_s`` of the stream; what was kept is dropped."""

    @abstractmethod
    def push(self, part: PartT, step: StepT) -> None:
        """Keep a chunk or image that the pipeline has processed."""

    def request(self, event: Event) -> None:
        """Request a clip of an event that has ended."""
        self._requested.append(event)

    def change_clock(self, offset_s: float) -> None:
        """Correct the times of requested clips: the wall clock was set forward by so many seconds."""
        self._requested = [replace(event, time=event.time + offset_s) for event in self._requested]

    def finished(self, at_end: bool = False) -> list[ClipT_co]:
        """Return the requested clips whose post-roll is complete; at the end of the stream, all of them."""
        now_s = self._newest_s()
        ready = [e for e in self._requested if at_end or (e.offset_s or 0.0) + self._post_roll_s <= now_s]
        self._requested = [event for event in self._requested if event not in ready]
        clips = (
            self._cut(e, e.onset_s - self._pre_roll_s, (e.offset_s or e.onset_s) + self._post_roll_s) for e in ready
        )
        return [clip for clip in clips if clip is not None]

    @abstractmethod
    def _newest_s(self) -> float:
        """Return the second of the stream up to which it has been kept."""

    @abstractmethod
    def _cut(self, event: Event, first_s: float, last_s: float) -> ClipT_co | None:
        """Return what is kept between two seconds of the stream; None if that is nothing."""


class SoundCutter(Cutter[SoundFormat, Chunk, SoundStep, SoundClip]):
    """Keep the newest sound of a stream; its memory is allocated when a source is opened."""

    def __init__(self, keep_s: float, pre_roll_s: float, post_roll_s: float) -> None:
        super().__init__(keep_s, pre_roll_s, post_roll_s)
        self.begin(SoundFormat(1, 1, ""), 0.0)

    def begin(self, opened: SoundFormat, start_s: float) -> None:
        """Start on a newly opened source, at second ``start_s`` of the stream; what was kept is dropped."""
        self._sample_rate = opened.sample_rate
        self._start_s = start_s
        self._kept: Float32 = np.zeros(max(1, round(self._keep_s * opened.sample_rate)), np.float32)
        self._n_samples = 0  # written since the beginning, lost ones included

    def push(self, part: Chunk, step: SoundStep) -> None:
        """Keep a chunk mixed down; lost samples become silence, so that positions stay true."""
        if part.lost_before:
            self._write(np.zeros(min(part.lost_before, self._kept.shape[0]), np.float32), part.lost_before)
        self._write(step.mono, step.mono.shape[0])

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
