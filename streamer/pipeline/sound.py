"""One stream of sound as one synchronous, deterministic step: chunk → frames → windows → scores → events.

Live streams and files run this same code; the same samples give the same scores, whatever the chunks' sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import soxr

from streamer.arrays import Float32
from streamer.features.base import SoundFrontEndSettings, sound_front_end
from streamer.features.channels import ChannelMix
from streamer.features.conditioning import Conditioning
from streamer.features.logmel_settings import STANDARD, LogMelSettings
from streamer.features.windows import Windows
from streamer.messages import Chunk, Event, Message, SoundFormat
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
    conditioning : Conditioning, optional
        Applied to the mixed sound before everything else; for this stream alone.
    looks : bool
        Whether to look what is in several channels before they are mixed; False: their plain mean.

    Attributes
    ----------
    mix : ChannelMix
        How the channels of the source that was begun last are mixed.
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

    def __init__(
        self, stream: str, stages: Sequence[Stage], conditioning: Conditioning | None = None, *, looks: bool = True
    ) -> None:
        self.stream = stream
        self._conditioning = conditioning or Conditioning()
        self._looks = looks
        self.mix = ChannelMix(1, 1)
        self.stages = tuple(stages)
        self._resamplers: dict[int, _Resampler] = {}
        self._inputs = [self._input(stage) for stage in self.stages]
        front_ends = [front_end for each in self._resamplers.values() for front_end in each.front_ends.values()]
        self._shown = next((each for each in front_ends if isinstance(each.settings, LogMelSettings)), None)
        if self._shown and isinstance(self._shown.settings, LogMelSettings):
            self.display = self._shown.settings
        else:
            sample_rate = self.stages[0].spec.sample_rate
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
            Seconds in the stream of the first sample to come. 0: another stream, which inherits no cool-down.
        epoch_s : float
            Wall clock at the stream's second 0, seconds since the epoch.

        Returns
        -------
        list of Event
            Running events, ended at the last window that held them.
        """
        ended = self.end_events()
        if not start_s:
            for each in self._inputs:
                each.has_had_window = False
                each.stage.detector.reset()
        self.source_rate = sound_format.sample_rate
        self._conditioning.begin(self.source_rate)
        self.mix = ChannelMix(sound_format.sample_rate, sound_format.n_channels, looks=self._looks)
        self._capture_s = self.position_s = start_s
        self.epoch_s = epoch_s
        self._restart(start_s)
        return ended

    def step(self, chunk: Chunk) -> SoundStep:
        """Process one chunk."""
        if chunk.lost_before:
            for stage in self.stages:
                stage.detector.interrupt(chunk.lost_before)
            self._conditioning.interrupt()
            self.mix.interrupt()
            self._restart(self._capture_s + chunk.start / self.source_rate)
        self.position_s = self._capture_s + (chunk.start + chunk.samples.shape[0]) / self.source_rate
        return self._push(self.mix.push(chunk.samples))

    def due_s(self) -> float:
        """Return the seconds of the source's sound until the next window of any model may be complete."""
        return min(
            (each.n_due(front_end.settings) - resampler.n_samples) / resampler.sample_rate
            for resampler in self._resamplers.values()
            for front_end in resampler.front_ends.values()
            for each in front_end.inputs
        )

    def widen(self, factor: int) -> None:
        """Make the strides of all models so many times their own, while the machine cannot keep up."""
        for stage in self.stages:
            stage.widen(factor)

    def end_events(self) -> list[Event]:
        """End all running events at the last window that held them."""
        return [event for stage in self.stages for event in stage.finish(self.position_s)]

    def finish(self) -> list[Message]:
        """End the stream: flush the resamplers and end all events.

        A stream that has had no window of a model is padded with silence to one, so that short files get scores; no
        other window ever holds anything but sound.
        """
        messages = [*self._push(NO_SAMPLES, last=True).messages]
        for resampler in self._resamplers.values():
            for front_end in resampler.front_ends.values():
                short = [each for each in front_end.inputs if not each.has_had_window]
                if short and resampler.n_samples:
                    n_missing = max(each.stage.spec.window_samples for each in short) - resampler.n_samples
                    padding = front_end.push(np.zeros(n_missing, np.float32))
                    for each in short:
                        self._classify(each, padding[: each.n_missing], messages)
        return [*messages, *self.end_events()]

    def _input(self, stage: Stage) -> _SoundInput:
        """Connect a stage with the front end that it shares with others."""
        spec = stage.spec
        check_medium(spec, "sound")
        resampler = self._resamplers.setdefault(spec.sample_rate, _Resampler(spec.sample_rate))
        settings = spec.sound_front_end
        if settings not in resampler.front_ends:
            resampler.front_ends[settings] = _SharedFrontEnd(settings)
        stage.set_row_rate(spec.sample_rate / spec.hop_length)
        each = _SoundInput(stage)
        resampler.front_ends[settings].inputs.append(each)
        return each

    def _restart(self, start_s: float) -> None:
        """Prepare for sound that does not continue what came before."""
        self._start_s = start_s
        for resampler in self._resamplers.values():
            resampler.reset(self.source_rate)
            for front_end in resampler.front_ends.values():
                front_end.reset()
        for each in self._inputs:
            each.reset()

    def _push(self, mixed: Float32, last: bool = False) -> SoundStep:
        """Resample once for each rate, compute frames once for each front end, classify the windows they complete."""
        messages: list[Message] = []
        conditioned = self._conditioning.push(mixed)
        shown, shown_samples = None, conditioned
        for rate, resampler in self._resamplers.items():
            samples = resampler.push(conditioned, last)
            if rate == self.display.sample_rate:
                shown_samples = samples
            for front_end in resampler.front_ends.values():
                frames = front_end.push(samples)
                if front_end is self._shown:
                    shown = frames
                for each in front_end.inputs:
                    self._classify(each, frames, messages)
        kept = conditioned if self._conditioning.changes else None
        return SoundStep(messages, mixed, shown_samples, shown, kept, self.mix.remark)

    def _classify(self, each: _SoundInput, frames: Float32, messages: list[Message]) -> None:
        """Append the results of the windows that new frames complete."""
        each.n_frames += frames.shape[0]
        each.windows.stride = each.stage.stride
        for end, window in each.windows.push(frames):
            each.has_had_window = True
            start_s = self._start_s + (end - each.n_window) * each.hop_length / each.sample_rate
            messages += each.stage.classify(window, start_s, start_s + each.window_s, self.epoch_s)


class _Resampler:
    """Resample sound from the source's rate to a model's rate."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.front_ends: dict[SoundFrontEndSettings, _SharedFrontEnd] = {}
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


class _SharedFrontEnd:
    """A front end and the stages that take its frames."""

    def __init__(self, settings: SoundFrontEndSettings) -> None:
        self.settings = settings
        front_end = sound_front_end(settings)
        self.reset = front_end.reset
        self.push = front_end.push
        self.inputs: list[_SoundInput] = []


class _SoundInput:
    """Windows of one stage, cut from the frames of its front end."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        spec = stage.spec  # read once: its properties look the front end up each time
        self.n_window, self.hop_length, self.sample_rate = spec.window.n_frames, spec.hop_length, spec.sample_rate
        self.window_s = spec.window_s
        self.windows = Windows(self.n_window, stage.stride, spec.width)
        self.has_had_window = False  # of the present stream
        self.reset()

    def reset(self) -> None:
        self.n_frames = 0  # since then
        self.windows.reset()

    def n_due(self, settings: SoundFrontEndSettings) -> int:
        """Return how many samples since the reset complete the next window."""
        return (self.windows.next_end - 1) * settings.hop_length + settings.frame_length

    @property
    def n_missing(self) -> int:
        """Frames that the first window lacks."""
        return max(0, self.n_window - self.n_frames)
