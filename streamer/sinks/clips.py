"""Write the sound of events as sound files."""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path

import numpy as np
import soundfile

from streamer.messages import SoundClip
from streamer.sinks.folder import EventFolder
from streamer.system import native_name

_UNKNOWN_FRAMES = 1 << 62  # libsndfile's number of frames of a flac file that was not closed is above
_SALVAGE_SAMPLES = 4096  # read at once of a file that was cut off: so many at most are missing at its end


class SoundClipFolder(EventFolder[SoundClip]):
    """Sink that writes the sound of each event as a flac file of 16 bits."""

    clip = SoundClip
    suffix = ".flac"

    def _write_file(self, path: Path, clip: SoundClip) -> None:
        try:
            soundfile.write(native_name(path), np.clip(clip.samples, -1, 1), clip.sample_rate, subtype="PCM_16")
            n_written = soundfile.info(native_name(path)).frames
        except soundfile.LibsndfileError as error:
            raise OSError(errno.EIO, error.error_string) from None
        if n_written != len(clip.samples):  # libsndfile does not always report a full disk
            raise OSError(errno.ENOSPC, "No space left on device")

    def _salvage(self, path: Path) -> None:
        """Write anew what can be read: the length of a flac file is known only where it was closed."""
        blocks = []
        try:
            with soundfile.SoundFile(native_name(path)) as file:
                if file.frames < _UNKNOWN_FRAMES:
                    return
                sample_rate, n_channels = file.samplerate, file.channels
                with contextlib.suppress(soundfile.LibsndfileError):  # at the end, where it was cut off
                    while block := bytes(file.buffer_read(_SALVAGE_SAMPLES, dtype="int16")):
                        blocks.append(block)
            samples = np.frombuffer(b"".join(blocks), np.int16).reshape(-1, n_channels)
            if not samples.size:
                raise OSError(errno.ENODATA, "no sound in it")
            soundfile.write(native_name(path), samples, sample_rate, subtype="PCM_16")
        except soundfile.LibsndfileError as error:
            raise OSError(errno.EIO, error.error_string) from None
