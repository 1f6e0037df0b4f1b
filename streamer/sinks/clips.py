"""Write the sound of events as sound files."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from streamer.messages import SoundClip
from streamer.sinks.folder import EventFolder
from streamer.system import native_name

_SALVAGE_SAMPLES = 4096  # read at once of a file that was cut off: so many at most are missing at its end
_LONGEST_SILENCE_S = 60.0  # in the place of parts that the full queue has dropped


class SoundClipFolder(EventFolder[SoundClip]):
    """Sink that writes the sound of each event as a flac file of 16 bits."""

    clip = SoundClip
    suffix = ".flac"

    def _start_s(self, clip: SoundClip) -> float | None:
        return clip.start_s if clip.samples.size else None

    def _new_file(self, path: Path, clip: SoundClip) -> FlacFile:
        return FlacFile(path, clip.sample_rate, clip.start_s)

    def _salvage(self, path: Path) -> None:
        """Write anew what can be read: the length of a flac file is known only where it was closed."""
        blocks, n_read = [], 0
        with _os_errors():
            with soundfile.SoundFile(native_name(path)) as file:
                sample_rate = file.samplerate
                with contextlib.suppress(soundfile.LibsndfileError):  # at the end, where it was cut off
                    while block := bytes(file.buffer_read(_SALVAGE_SAMPLES, dtype="int16")):
                        blocks.append(block)
                        n_read += len(block) // 2
                if n_read == file.frames:
                    return
            if not n_read:
                raise OSError(errno.ENODATA, "no sound in it")
            samples = np.frombuffer(b"".join(blocks), np.int16)
            soundfile.write(native_name(path), samples, sample_rate, subtype="PCM_16")


class FlacFile:
    """A flac file that grows.

    Parameters
    ----------
    path : Path
        The file.
    sample_rate : int
        Samples per second.
    start_s : float
        Seconds in the stream of its first sample.
    """

    def __init__(self, path: Path, sample_rate: int, start_s: float) -> None:
        self._path = path
        self._rate = sample_rate
        self._start_s = start_s
        self._n_samples = 0
        with _os_errors():
            self._file = soundfile.SoundFile(native_name(path), "w", sample_rate, 1, subtype="PCM_16")

    def append(self, clip: SoundClip) -> None:
        """Write the next part; where parts are missing before it, there is silence."""
        with _os_errors():
            n_missing = round((clip.start_s - self._start_s) * self._rate) - self._n_samples
            if clip.samples.size and n_missing > 0:
                self._write(np.zeros(min(n_missing, round(_LONGEST_SILENCE_S * self._rate)), np.float32))
            self._write(np.clip(clip.samples, -1, 1))

    def close(self) -> None:
        """Complete and check the file."""
        with _os_errors():
            self._file.close()
            n_written = soundfile.info(native_name(self._path)).frames
        if n_written != self._n_samples:  # libsndfile does not always report a full disk
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _write(self, samples: np.ndarray) -> None:
        self._file.write(samples)
        self._n_samples += samples.shape[0]


@contextlib.contextmanager
def _os_errors() -> Iterator[None]:
    """Turn errors of libsndfile into those of the system."""
    try:
        yield
    except soundfile.LibsndfileError as error:
        raise OSError(errno.EIO, error.error_string) from None
