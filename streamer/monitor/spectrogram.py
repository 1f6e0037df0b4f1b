"""The rolling spectrogram of a stream of sound, as it is drawn."""

from __future__ import annotations

import numpy as np

from streamer.features.logmel import LogMelSettings
from streamer.messages import Float32
from streamer.monitor.columns import Columns

COLUMN_S = 0.05
N_COLUMNS = 400  # 20 s: more than the widest terminal shows
DB_PER_NEPER = 10 / np.log(10)


class RollingSpectrogram(Columns):
    """Frames reduced to columns of a twentieth of a second, in dB.

    Parameters
    ----------
    settings : LogMelSettings
        Of the frames to come.
    """

    def __init__(self, settings: LogMelSettings) -> None:
        super().__init__(N_COLUMNS, settings.n_mels)
        self.mel_hz = settings.mel_hz
        self._to_db = DB_PER_NEPER if settings.log == "ln" else 1.0
        self._n_frames = max(1, round(COLUMN_S * settings.sample_rate / settings.hop_length))
        self.column_s = self._n_frames * settings.hop_length / settings.sample_rate
        self._pending: Float32 = np.zeros((0, settings.n_mels), np.float32)

    def interrupt(self) -> None:
        """Let no column hold frames from before and after a gap."""
        self._pending = self._pending[:0]

    def draw(self, frames: Float32) -> None:
        """Reduce frames to columns: the maximum, so that a click of one frame stays visible."""
        frames = np.concatenate([self._pending, frames]) if self._pending.shape[0] else frames
        n_new = frames.shape[0] // self._n_frames
        used = n_new * self._n_frames
        self._pending = frames[used:].copy()
        columns = frames[:used].reshape(n_new, self._n_frames, frames.shape[1]).max(axis=1) * self._to_db
        for column in columns[-N_COLUMNS:]:
            self.push(column)
