"""One stream of sound as one synchronous, deterministic step: chunk → frames → windows → scores → events.

Live streams and files run this same code; the same samples give the same scores, whatever the chunks' sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import soxr

from streamer.arrays import Float32, mono
from streamer.features.base import SoundFrontEnd, SoundFrontEndSettings, sound_front_end
from streamer.features.logmel import STANDARD, LogMelSettings
from streamer.features.windows import Windows
from streamer.messages import Chunk, Event, Scores, SoundFormat
from streamer.pipeline.stage import Stage, check_medium
from streamer.pipeline.steps import SoundStep

NO_SAMPLES: Float32 = np.zeros(0, np.float32)
DISPLAY_FMAX_HZ = 7500.0


class SoundPipeline:
    """Everything between a source's chunks and a stream's events.

    Models of one sample rate share the resampling; models of one front end share its frames.

    Parameters
    ----------
    stream : str
        Name of the stream.
    stages : sequence of Stage
        Sound models, at least one, for this stream alone.

    Attributes
    ----------
    display : LogMelSettings
        Log-mel to show: that of the first model with one, else a common one at the first model's rate.
    position_s : float
        Seconds in the stream at the end of the newest chunk.
    epoch_s : float
        Wall clock at the stream's second 0, seconds since the epoch; may be set as the clocks drift.
    source_rate : int
        Samples per second of the source that was begun last.

    Raises
    ------
    UserError
        If a model is not for sound.
    """

    medium: Literal["sound"] = "sound"

    def __init__(self, stream: str, stages: Sequence[Stage]) -> None:
        self.stream = stream
        self.stages = tuple(stages)
        self._resamplers: dict[int, _Resampler] = {}
        self._front_ends: dict[SoundFrontEndSettings, _FrontEnd] = {}
        self._inputs = [self._input(stage) for stage in self.stages]
        log_mels = [settings for settings in self._front_ends if isinstance(settings, LogMelSettings)]
        if log_mels:
            self.display = log_mels[0]
        else:
            sample_rate = self._inputs[0].front_end.resampler.sample_rate
            self.display = replace(STANDARD, sample_rate=sample_rate, fmax_hz=min(DISPLAY_FMAX_HZ, sample_rate / 2))
        self.position_s = self.epoch_s = 0.0
        self.source_rate = self.display.sample_rate

    @property
    def n_windows(self) -> int:
        """Windows classified so far, over all models."""
        return sum(stage.n_windows for stage in self.stages)

    def begin(self, sound_format: SoundFormat, start_s: float = 0.0, epoch_s: float = 0.0) -> list[Event]:
        """Start on a newly opened source; nothing from before it enters a window.

        Parameters
        ----------
        sound_format : SoundFormat
            Rate and channels of the chunks to come.
        start_s : float
            Seconds in the stream of the first sample to come.
        epoch_s : float
            Wall clock at the stream's second 0, seconds since the epoch.

        Returns
        -------
        list of Event
            Running events, ended at the last window that held them.
        """
        ended = self.end_events()
        self.source_rate = sound_format.sample_rate
        self._capture_s = self.position_s = start_s
        self.epoch_s = epoch_s
        self._restart(start_s)
        return ended

    def step(self, chunk: Chunk) -> SoundStep:
        """Process one chunk."""
        if chunk.lost_before:
            for stage in self.stages:
                stage.detector.interrupt(chunk.lost_before)
            self._restart(self._capture_s + chunk.start / self.source_rate)
        self.position_s = self._capture_s + (chunk.start + chunk.samples.shape[0]) / self.source_rate
        mixed = mono(chunk.samples)
        samples, frames = self._push(mixed)
        shown = self._front_ends.get(self.display)
        return SoundStep(
            messages=[message for each in self._inputs for message in self._classify(each, frames[each.front_end])],
            mono=mixed,
            samples=samples[self.display.sample_rate],
            frames=frames[shown] if shown else None,
        )

    def end_events(self) -> list[Event]:
        """End all running events at the last window that held them."""
        return [event for stage in self.stages for event in stage.finish(self.position_s)]

    def finish(self) -> list[Scores | Event]:
        """End the stream: flush the resamplers and end all events.

        A stream shorter than a model's window is padded with silence to one, so that short files get scores; no
        other window ever holds anything but sound.
        """
        _, frames = self._push(NO_SAMPLES, last=True)
        messages = [message for each in self._inputs for message in self._classify(each, frames[each.front_end])]
        for front_end in self._front_ends.values():
            short = [each for each in self._inputs if each.front_end is front_end and not each.n_windows]
            if not short or not front_end.resampler.n_samples:
                continue
            n_missing = max(each.stage.spec.window_samples for each in short) - front_end.resampler.n_samples
            padding = front_end.push(np.zeros(n_missing, np.float32))
            for each in short:
                messages += self._classify(each, padding[: each.n_missing])
        return [*messages, *self.end_events()]

    def _input(self, stage: Stage) -> _Input:
        """Connect a stage with the front end that it shares with others."""
        spec = stage.spec
        check_medium(spec, "sound")
        resampler = self._resamplers.setdefault(spec.sample_rate, _Resampler(spec.sample_rate))
        settings = spec.sound_front_end
        if settings not in self._front_ends:
            self._front_ends[settings] = _FrontEnd(resampler, sound_front_end(settings))
        stage.set_row_rate(spec.sample_rate / spec.hop_length)
        return _Input(stage, self._front_ends[settings])

    def _restart(self, start_s: float) -> None:
        """Prepare for sound that does not continue what came before."""
        self._start_s = start_s
        for resampler in self._resamplers.values():
            resampler.reset(self.source_rate)
        for front_end in self._front_ends.values():
            front_end.reset()
        for each in self._inputs:
            each.reset()

    def _push(self, mixed: Float32, last: bool = False) -> tuple[dict[int, Float32], dict[_FrontEnd, Float32]]:
        """Return the samples by rate and the frames by front end that a chunk completes."""
        samples = {rate: resampler.push(mixed, last) for rate, resampler in self._resamplers.items()}
        frames = {front: front.push(samples[front.resampler.sample_rate]) for front in self._front_ends.values()}
        return samples, frames

    def _classify(self, each: _Input, frames: Float32) -> list[Scores | Event]:
        """Return the results of the windows that new frames complete."""
        stage, spec = each.stage, each.stage.spec
        messages: list[Scores | Event] = []
        for end, window in each.push(frames):
            start_s = self._start_s + (end - spec.window.n_frames) * spec.hop_length / spec.sample_rate
            messages += stage.classify(window, start_s, start_s + spec.window_s, self.epoch_s)
        return messages


class _Resampler:
    """Resample sound from the source's rate to a model's rate."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.n_samples = 0  # given since the reset
        self._stream: soxr.ResampleStream | None = None

    def reset(self, source_rate: int) -> None:
        self.n_samples = 0
        self._stream = None
        if source_rate != self.sample_rate:
            self._stream = soxr.ResampleStream(source_rate, self.sample_rate, 1, dtype="float32", quality="HQ")

    def push(self, mixed: Float32, last: bool) -> Float32:
        samples: Float32 = self._stream.resample_chunk(mixed, last=last) if self._stream else mixed
        self.n_samples += samples.shape[0]
        return samples


class _FrontEnd:
    """A front end and the resampler that feeds it."""

    def __init__(self, resampler: _Resampler, front_end: SoundFrontEnd) -> None:
        self.resampler = resampler
        self.reset = front_end.reset
        self.push = front_end.push


class _Input:
    """Windows of one stage, cut from the frames of its front end."""

    def __init__(self, stage: Stage, front_end: _FrontEnd) -> None:
        self.stage = stage
        self.front_end = front_end
        self._windows = Windows(stage.spec.window.n_frames, stage.stride, stage.spec.width)
        self.reset()

    def reset(self) -> None:
        self.n_windows = self._n_frames = 0
        self._windows.reset()

    @property
    def n_missing(self) -> int:
        """Frames that the first window lacks."""
        return max(0, self.stage.spec.window.n_frames - self._n_frames)

    def push(self, frames: Float32) -> Iterator[tuple[int, Float32]]:
        self._n_frames += frames.shape[0]
        for end, window in self._windows.push(frames):
            self.n_windows += 1
            yield end, window
