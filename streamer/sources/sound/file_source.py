"""Source that plays a sound file."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from streamer.config import SourceSettings
from streamer.sources.base import BeginSound
from streamer.sources.sound.file import read_header
from streamer.sources.sound.playback import BLOCK_S, play_chunks
from streamer.sources.sound.recording import read_recording


class SoundFileSource:
    """Source that plays a sound file once.

    Parameters
    ----------
    path : str
        The file.
    settings : SourceSettings
        ``channel`` and ``realtime`` are used.

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
    note = ""
    stuck = False

    def __init__(self, path: str, settings: SourceSettings) -> None:
        self.uri = f"file:{path}"
        self._path = Path(path).expanduser()
        self._settings = settings
        self._channel = settings.channel_index
        self.sound_format, self.duration_s = read_header(self._path, self._channel)

    def capture(self, begin: BeginSound, stop: threading.Event) -> None:
        """Play the file into the ring, without the gaps of a recording; see :class:`streamer.sources.Source`."""
        sound_format, _, chunks = read_recording([self._path], BLOCK_S, self._channel)
        play_chunks(chunks, sound_format.sample_rate, begin(sound_format), stop, self._settings.realtime)
