"""Write the sound of events, and all captured sound, as sound files."""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path

import numpy as np
import soundfile

from streamer.errors import StreamerError
from streamer.messages import Message, Recording, SoundClip
from streamer.sinks.folder import EventFolder, file_name, make_folder, write_failure
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


class RecordingFolder:
    """Sink that writes all captured sound as wav files of float32, one for each capture session.

    `streamer classify` gives the live scores again on these files, bit by bit.

    Parameters
    ----------
    folder : Path
        Created if it does not exist.

    Raises
    ------
    UserError
        If the folder cannot be created.
    """

    accepts: tuple[type, ...] = (Recording,)

    def __init__(self, folder: Path) -> None:
        self._folder = make_folder(folder, "output.record")
        self._open: dict[str, tuple[float, soundfile.SoundFile]] = {}  # by stream: start of the capture session, file

    def write(self, message: Message) -> None:
        """Append a chunk to the file of its capture session.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable.
        """
        assert isinstance(message, Recording)
        start_s, file = self._open.get(message.stream, (None, None))
        try:
            if file is None or start_s != message.start_s:
                if file is not None:
                    file.close()
                path = self._folder / f"{file_name(message.time, message.stream)}.wav"
                shape = message.sound_format
                file = soundfile.SoundFile(native_name(path), "w", shape.sample_rate, shape.n_channels, "FLOAT")
                self._open[message.stream] = (message.start_s, file)
            file.write(message.samples)
        except (OSError, soundfile.LibsndfileError) as error:
            raise StreamerError(
                f"recording {message.stream} not written: {write_failure(error, self._folder)}"
            ) from None

    def close(self) -> None:
        """Close all files."""
        for _, file in self._open.values():
            file.close()
