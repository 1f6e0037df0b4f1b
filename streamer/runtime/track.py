"""What the processing thread does with sound: ring → pipeline → results, clips, recording."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from streamer.config import SourceSettings
from streamer.messages import Chunk, Message, Recording, SoundFormat
from streamer.pipeline.clips import SoundCutter, asking
from streamer.pipeline.steps import SoundStep
from streamer.rings import SampleRing
from streamer.runtime.session import STEP_S, CaptureSession, Watcher
from streamer.sources import SoundSource


class SoundSteps(Protocol):
    """What is done with sound, step by step: :class:`streamer.pipeline.sound.SoundPipeline` tells how."""

    stream: str
    epoch_s: float

    def begin(self, sound_format: SoundFormat, start_s: float, epoch_s: float) -> Sequence[Message]:
        """Start on a newly opened source."""

    def step(self, chunk: Chunk) -> SoundStep:
        """Process one chunk."""

    def end_events(self) -> Sequence[Message]:
        """End what runs."""

    def finish(self) -> Sequence[Message]:
        """End the stream."""


class SoundTrack:
    """One source of sound with its pipeline; used by the processing thread alone.

    Parameters
    ----------
    source : SoundSource
    pipeline : SoundSteps
    monitor : Watcher
        Watches the same pipeline and source.
    settings : SourceSettings
    clip_cutter : SoundCutter or None
        Cuts the sound around events, where clips are wanted.
    record : bool
        Whether to pass on all captured sound as well.
    limit_s : float or None
        Seconds in the stream after which it ends.
    """

    def __init__(
        self,
        source: SoundSource,
        pipeline: SoundSteps,
        monitor: Watcher,
        settings: SourceSettings,
        *,
        clip_cutter: SoundCutter | None = None,
        record: bool = False,
        limit_s: float | None = None,
    ) -> None:
        self.name = pipeline.stream
        self.source = source
        self.monitor = monitor
        self.at_limit = False
        self._pipeline = pipeline
        self._settings = settings
        self._clip_cutter = clip_cutter
        self._record = record
        self._limit_s = limit_s

    def ring(self, sound_format: SoundFormat) -> SampleRing:
        """Return a ring for a newly opened source."""
        capacity = round(self._settings.ring_s * sound_format.sample_rate)
        return SampleRing(capacity, sound_format.n_channels, sound_format.sample_rate)

    def begin(self, opening: CaptureSession[SoundFormat, SampleRing]) -> list[Message]:
        """Go over to a newly opened source."""
        self.monitor.forget()
        self.monitor.device = opening.format.device
        messages = asking(self._clip_cutter, self._pipeline.begin(opening.format, opening.start_s, opening.epoch_s))
        if self._clip_cutter:
            messages += self._clip_cutter.ripe(at_end=True)
            self._clip_cutter.begin(opening.format.sample_rate, opening.start_s)
        return messages

    def step(self, opening: CaptureSession[SoundFormat, SampleRing], timeout_s: float) -> list[Message] | None:
        """Process what one step's time has brought; None if that is nothing."""
        n_step = max(1, round(STEP_S * opening.format.sample_rate))
        opening.ring.wait(timeout_s, n_step)
        chunk = opening.ring.read(n_step)
        if chunk is None or not (chunk := self._within_limit(chunk, opening)).samples.shape[0]:
            return None
        if self.source.is_live:  # the device's clock drifts against the wall's; capture times do not
            end_s = opening.start_s + (chunk.start + chunk.samples.shape[0]) / opening.format.sample_rate
            self._pipeline.epoch_s = opening.anchor_s + chunk.time_s - end_s
        began_s = time.perf_counter()
        step = self._pipeline.step(chunk)
        self.monitor.watch(chunk, step, time.perf_counter() - began_s)
        messages = asking(self._clip_cutter, step.messages)
        if self._clip_cutter:
            self._clip_cutter.push(step.mono, chunk.lost_before)
            messages += self._clip_cutter.ripe()
        if self._record:
            begun = opening.epoch_s + opening.start_s
            messages.append(Recording(self.name, opening.format, opening.start_s, begun, chunk.samples.copy()))
        return messages

    def interrupt(self) -> list[Message]:
        """End what waiting for the source must not keep open."""
        return asking(self._clip_cutter, self._pipeline.end_events())

    def finish(self) -> list[Message]:
        """End the stream."""
        messages = asking(self._clip_cutter, self._pipeline.finish())
        return messages + (self._clip_cutter.ripe(at_end=True) if self._clip_cutter else [])

    def _within_limit(self, chunk: Chunk, opening: CaptureSession[SoundFormat, SampleRing]) -> Chunk:
        """Cut the chunk at the stream's last second."""
        if self._limit_s is None:
            return chunk
        end = round((self._limit_s - opening.start_s) * opening.format.sample_rate) - chunk.start
        self.at_limit = end <= chunk.samples.shape[0]
        return replace(chunk, samples=chunk.samples[: max(0, end)])
