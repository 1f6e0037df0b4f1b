"""What a stream of sound that is cut into examples tells of itself → Snapshot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from streamer.features.logmel import STANDARD, LogMel, LogMelSettings
from streamer.messages import Chunk, RecordedTake
from streamer.monitor.snapshot import Snapshot, SoundView, TakesView
from streamer.monitor.sound import RollingSpectrogram, _SoundMonitorBase
from streamer.pipeline.steps import SoundStep
from streamer.recording.segmenter import Segmenter
from streamer.recording.sound import SoundTakes
from streamer.sources import SoundSource


class Shelf(Protocol):
    """Where the examples go; what it tells may be read from any thread."""

    label: str
    folder: Path
    n_before: int
    n_lost: int
    taken: tuple[RecordedTake, ...]
    problem: str


def takes_view(segmenter: Segmenter, shelf: Shelf) -> TakesView:
    """Return what a dashboard shows of the examples at this instant."""
    onset_s = segmenter.onset_s
    return TakesView(
        label=shelf.label,
        folder=shelf.folder,
        by=segmenter.settings.by,
        n_before=shelf.n_before,
        taken=shelf.taken,
        n_lost=shelf.n_lost,
        longest_s=segmenter.settings.longest_s,
        running_s=None if onset_s is None else max(segmenter.now_s - onset_s, 0.0),
        level_db=segmenter.level_db,
        trigger_db=segmenter.gate.trigger_db,
        release_db=segmenter.gate.release_db,
        is_paused=segmenter.is_paused,
        problem=shelf.problem,
    )


FRAME_S, HOP_S = 0.025, 0.01
FFT_SIZES = (256, 512, 1024, 2048)  # that there are kernels for


class SoundTakesMonitor(_SoundMonitorBase):
    """StreamMonitor one stream of takes; the spectrogram is of the source's own rate, as no model asks for another.

    Parameters
    ----------
    takes : SoundTakes
    source : SoundSource
    shelf : Shelf
        Where the takes go.
    draws : bool
        Whether anybody looks.
    """

    def __init__(self, takes: SoundTakes, source: SoundSource, shelf: Shelf, draws: bool) -> None:
        super().__init__(takes, source)
        self._takes = takes
        self._shelf = shelf
        self._draws = draws
        self._log_mel: LogMel | None = None
        self._spectrogram = RollingSpectrogram(STANDARD)

    def watch(self, chunk: Chunk, step: SoundStep, busy_s: float) -> None:
        """Take note of a chunk that has just been processed in ``busy_s`` seconds."""
        self.hear(chunk, step, busy_s)
        if not self._draws:
            return
        if chunk.lost_before:
            self.forget()
        if self._log_mel is None or self._log_mel.settings.sample_rate != self._takes.source_rate:
            settings = settings_at(self._takes.source_rate)
            self._log_mel, self._spectrogram = LogMel(settings), RollingSpectrogram(settings)
        self._spectrogram.draw(self._log_mel.push(step.mono))

    def forget(self) -> None:
        """Start a new picture: the sound to come does not continue the old one."""
        self.meter.clear()
        self._spectrogram.interrupt()
        if self._log_mel:
            self._log_mel.reset()

    def snapshot(self) -> Snapshot:
        """Return all that a dashboard needs to draw this instant."""
        nothing = np.zeros(0, np.float32)
        return Snapshot(
            health=self.health(),
            source=self._source.uri,
            device=self.device,
            model="",
            labels=(),
            scores=nothing,
            on=nothing,
            off=nothing,
            view=SoundView(
                spectrogram=self._spectrogram.newest().copy(),
                column_s=self._spectrogram.column_s,
                column=self._spectrogram.n_pushed,
                mel_hz=self._spectrogram.mel_hz,
                level=self.meter.level(),
            ),
            takes=takes_view(self._takes.segmenter, self._shelf),
        )


def settings_at(sample_rate: int) -> LogMelSettings:
    """Return the log-mel to draw of sound at any rate."""
    frame_length = min(max(2, round(FRAME_S * sample_rate)), FFT_SIZES[-1])
    return replace(
        STANDARD,
        sample_rate=sample_rate,
        n_fft=next(size for size in FFT_SIZES if size >= frame_length),
        frame_length=frame_length,
        hop_length=max(1, round(HOP_S * sample_rate)),
        fmin_hz=min(125.0, sample_rate / 8),
        fmax_hz=min(7500.0, sample_rate / 2),
    )
