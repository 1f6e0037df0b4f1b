"""What a stream of sound that is classified tells of itself: level, spectrogram, scores → Snapshot."""

from __future__ import annotations

from streamer.features.logmel import LogMel
from streamer.messages import Chunk, Event, Scores
from streamer.monitor.sound_watch import SoundWatch
from streamer.monitor.spectrogram import RollingSpectrogram
from streamer.pipeline.sound import SoundPipeline
from streamer.snapshot import Snapshot
from streamer.sources import SoundSource


class SoundMonitor(SoundWatch):
    """Watch one pipeline step by step and tell how it fares.

    Parameters
    ----------
    pipeline : SoundPipeline
    source : SoundSource
    """

    def __init__(self, pipeline: SoundPipeline, source: SoundSource) -> None:
        super().__init__(pipeline, source)
        self._pipeline = pipeline
        settings = pipeline.display_settings
        self._own_log_mel = None if pipeline.has_log_mel else LogMel(settings)
        self._spectrogram = RollingSpectrogram(settings)

    def watch(self, chunk: Chunk, news: list[Scores | Event], busy_s: float) -> None:
        """Take note of a chunk that the pipeline has just processed in ``busy_s`` seconds."""
        pipeline = self._pipeline
        self.hear(chunk, [message for message in news if isinstance(message, Scores)], busy_s)
        self._spectrogram.draw(self._own_log_mel.push(pipeline.heard) if self._own_log_mel else pipeline.frames)

    def forget(self) -> None:
        """Start a new picture: the sound to come does not continue the old one."""
        self.meter.clear()
        self._spectrogram.interrupt()
        if self._own_log_mel:
            self._own_log_mel.reset()

    def snapshot(self) -> Snapshot:
        """Return all that a dashboard needs to draw this instant."""
        pipeline = self._pipeline
        return Snapshot(
            health=self.health(),
            source=self._source.uri,
            device=self.device,
            model=pipeline.classifier.spec.name,
            labels=pipeline.classifier.labels,
            scores=pipeline.detector.smoothed,
            on=pipeline.detector.on,
            off=pipeline.detector.off,
            suppressed=pipeline.detector.suppressed(pipeline.position_s),
            running=pipeline.detector.running,
            past=tuple(self.past),
            spectrogram=self._spectrogram.newest(),
            column_s=self._spectrogram.column_s,
            column=self._spectrogram.n_pushed,
            mel_hz=self._spectrogram.mel_hz,
            level=self.meter.level(),
        )
