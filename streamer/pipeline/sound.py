"""One stream of sound as one synchronous, deterministic step: chunk → frames → windows → scores → events.

Live streams and files run this same code; whatever the chunks' sizes, the same samples give the same scores.
"""

from __future__ import annotations

import numpy as np
import soxr

from streamer.arrays import Float32, mono
from streamer.config import EventSettings
from streamer.errors import UserError
from streamer.events import EventDetector
from streamer.features.logmel import LogMel, LogMelSettings
from streamer.features.windows import Windows
from streamer.messages import Chunk, Event, Scores, SoundFormat
from streamer.model.classifier import Classifier
from streamer.model.spec import LogMelFrontEnd


class SoundPipeline:
    """Everything between a source's chunks and a stream's events.

    Parameters
    ----------
    stream : str
        Name put on scores and events.
    classifier : Classifier
        For this stream alone.
    events : EventSettings
        As resolved from model file and config.
    stride_s : float
        Seconds between windows; 0 for the model's own.

    Attributes
    ----------
    mono : ndarray, shape (n_samples,)
        The newest chunk mixed down, at the source's rate.
    heard : ndarray, shape (n_samples,)
        What it became at the model's rate.
    frames : ndarray, shape (n_frames, width)
        The frames that it completed: log-mel, or samples for a model that takes the waveform.
    position_s : float
        Seconds in the stream at the end of the newest chunk.
    epoch_s : float
        Wall clock at the stream's second 0, seconds since the epoch; may be set as the clocks drift.
    source_rate : int
        Samples per second of the source that was begun last.
    n_windows : int
        Windows classified so far.
    stride_s, max_event_s : float
        Seconds between windows; longest event.
    """

    def __init__(
        self,
        stream: str,
        classifier: Classifier,
        events: EventSettings,
        stride_s: float = 0.0,
    ) -> None:
        spec = classifier.spec
        if spec.task != "sound":
            raise UserError(f"model={spec.name} must be a sound model to classify sound; it is for {spec.task}")
        self.stream = stream
        self.classifier = classifier
        self.sample_rate = spec.sample_rate
        self._hop_length = spec.hop_length
        self._n_frames = spec.window.n_frames
        stride = round(stride_s * spec.sample_rate / spec.hop_length) if stride_s else spec.window.stride
        self._stride = max(1, stride)
        self.stride_s = self._stride * spec.hop_length / spec.sample_rate
        self._log_mel: LogMel | None = None
        if isinstance(spec.front_end, LogMelFrontEnd):
            self._log_mel = LogMel(spec.front_end.settings())
        self._windows = Windows(self._n_frames, self._stride, spec.width)
        self.max_event_s = events.max_length_s
        self.detector = EventDetector(stream, classifier.labels, events, self.stride_s)
        self.mono: Float32 = np.zeros(0, np.float32)
        self.heard: Float32 = self.mono
        self.frames: Float32 = np.zeros((0, spec.width), np.float32)
        self.position_s = 0.0
        self.source_rate = self.sample_rate
        self.epoch_s = 0.0
        self.n_windows = 0

    @property
    def display_settings(self) -> LogMelSettings:
        """The log-mel to draw: the model's own, or a common one for models that take the waveform."""
        if self._log_mel:
            return self._log_mel.settings
        return LogMelSettings(sample_rate=self.sample_rate, fmax_hz=min(7500.0, self.sample_rate / 2))

    @property
    def has_log_mel(self) -> bool:
        """Whether :attr:`frames` are log-mel frames."""
        return self._log_mel is not None

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
            Running events, ended where they were last heard.
        """
        ended = self.end_events()
        self.source_rate = sound_format.sample_rate
        self._capture_s = self.position_s = start_s
        self.epoch_s = epoch_s
        self._restart(start_s)
        return ended

    def step(self, chunk: Chunk) -> list[Scores | Event]:
        """Process one chunk.

        Returns
        -------
        list of Scores and Event
            In the order in which they came about.
        """
        if chunk.lost_before:
            self.detector.interrupt(chunk.lost_before)
            self._restart(self._capture_s + chunk.start / self.source_rate)
        samples = chunk.samples
        self.position_s = self._capture_s + (chunk.start + samples.shape[0]) / self.source_rate
        self.mono = mono(samples)
        return self._listen(self._resample(self.mono))

    def end_events(self) -> list[Event]:
        """End all running events where they were last heard."""
        return self.detector.finish()

    def finish(self) -> list[Scores | Event]:
        """End the stream: flush the resampler and end all events.

        A stream shorter than one window is padded with silence to one, so that short files get scores; no
        other window ever holds anything but sound.
        """
        messages = self._listen(self._resample(np.zeros(0, np.float32), last=True))
        if self._n_samples and not self._n_windows_here:
            missing = self.classifier.spec.window_samples - self._n_samples
            messages += self._listen(np.zeros(missing, np.float32))
        return [*messages, *self.end_events()]

    def _restart(self, start_s: float) -> None:
        """Make ready for sound that does not continue what came before."""
        self._start_s = start_s
        self._n_samples = 0  # at the model's rate, since start_s
        self._n_windows_here = 0
        self._resampler = None
        if self.source_rate != self.sample_rate:
            self._resampler = soxr.ResampleStream(self.source_rate, self.sample_rate, 1, dtype="float32", quality="HQ")
        if self._log_mel:
            self._log_mel.reset()
        self._windows.reset()

    def _resample(self, mono: Float32, last: bool = False) -> Float32:
        if self._resampler is None:
            return mono
        resampled: Float32 = self._resampler.resample_chunk(mono, last=last)
        return resampled

    def _listen(self, samples: Float32) -> list[Scores | Event]:
        self._n_samples += samples.shape[0]
        self.heard = samples
        self.frames = self._log_mel.push(samples) if self._log_mel else samples[:, None]
        messages: list[Scores | Event] = []
        for end, window in self._windows.push(self.frames):
            scores = self._score(end, window)
            messages += [scores, *self.detector.update(scores)]
        return messages

    def _score(self, end: int, window: Float32) -> Scores:
        """Classify the window whose last frame is the ``end``-th since the restart."""
        self.n_windows += 1
        self._n_windows_here += 1
        first_sample = (end - self._n_frames) * self._hop_length
        start_s = self._start_s + first_sample / self.sample_rate
        end_s = start_s + self.classifier.spec.window_s
        return Scores(
            stream=self.stream,
            labels=self.classifier.labels,
            values=self.classifier.classify(window),
            start_s=start_s,
            end_s=end_s,
            time=self.epoch_s + end_s,
        )
