"""Source that plays a sound file."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from streamer.config import SourceSettings
from streamer.errors import UserError
from streamer.sources.base import BeginSound
from streamer.sources.sound.playback import BLOCK_S, play_chunks
from streamer.sources.sound.recording import SoundRecording
from streamer.sources.start_time import start_of_file


class SoundFileSource:
    """Source that plays a sound file once.

    Parameters
    ----------
    path : str
        The file.
    settings : SourceSettings
        ``channel``, ``realtime``, ``time_expansion`` and those of its time are used.

    Raises
    ------
    UserError
        When the file is missing, unreadable, empty or no sound.
    """

    medium: Final = "sound"
    is_live = False
    overflows = 0
    drift_ppm = 0.0
    backlog_s = 0.0
    stuck = False

    def __init__(self, path: str, settings: SourceSettings) -> None:
        self.uri = f"file:{path}"
        self._path = Path(path).expanduser()
        self._settings = settings
        self._recording = SoundRecording([self._path], settings.channel_index, time_expansion=settings.time_expansion)
        self.sound_format, self.duration_s = self._recording.sound_format, self._recording.stated_s
        self.is_paced, self.start_epoch_s = settings.realtime, start_of_file(self._path, settings)

    @property
    def note(self) -> str:
        """What is odd about the file, as far as it has been played."""
        return self._recording.note

    def capture(self, begin: BeginSound, stop: threading.Event) -> None:
        """Play the file into the ring, without the gaps of a recording; see :class:`streamer.sources.Source`."""
        recording, ring = self._recording, begin(self.sound_format)
        play_chunks(recording.chunks(BLOCK_S), self.sound_format.sample_rate, ring, stop, self._settings.realtime)
        if recording.damage and not stop.is_set():
            raise UserError(recording.damage)
