"""One example as one file: flac, png or avi."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np

from streamer.features.level import FULL_SCALE, level_of
from streamer.messages import ImageTake, RecordedTake, SoundTake

FLAC_CHANNELS = 8  # the most that flac holds


def suffix_of(take: SoundTake | ImageTake) -> str:
    """Return the suffix of the file that holds a take."""
    if isinstance(take, SoundTake):
        return ".flac" if take.samples.shape[1] <= FLAC_CHANNELS else ".wav"
    return ".png" if take.task == "pattern" else ".avi"


def write_take(path: Path, take: SoundTake | ImageTake) -> RecordedTake:
    """Write a take to a path with the suffix that :func:`suffix_of` says.

    Sound has 24 bits, all that microphones give and what float32 holds of it, at its own rate with all its channels.
    A video's images stand on their own (MJPG): MPEG-4 takes a fifth of a faint flicker away.

    Raises
    ------
    OSError
        If it cannot be written whole.
    """
    if isinstance(take, SoundTake):
        return _write_sound(path, take)
    fps = 0.0
    if take.task == "pattern":
        path.write_bytes(take.images[0])
    else:
        from streamer.sinks.video import even_times, write_video

        fps, shown = even_times(take.times_s)
        write_video(path, [take.images[k] for k in shown], fps, "MJPG")
    return RecordedTake(
        path,
        take.start_s,
        take.time,
        take.times_s[-1] - take.times_s[0],
        n_images=len(take.images),
        fps=fps,
        n_lost=take.n_lost,
        is_cut=take.is_cut,
    )


def _write_sound(path: Path, take: SoundTake) -> RecordedTake:
    import soundfile

    from streamer.arrays import mono

    samples, n_samples = take.samples, take.samples.shape[0]
    # libsndfile itself would scale by 2²³ − 1, so that nothing is read back as it was.
    whole = np.clip(np.rint(samples.astype(np.float64) * 2**23), -(2**23), 2**23 - 1).astype(np.int32) << 8
    try:
        soundfile.write(path, whole, take.sample_rate, subtype="PCM_24")
        n_written = soundfile.info(path).frames
    except soundfile.LibsndfileError as error:
        raise OSError(errno.EIO, error.error_string) from None
    if n_written != n_samples:  # libsndfile does not always report a full disk
        raise OSError(errno.ENOSPC, "No space left on device")
    mixed, peak = mono(samples), float(np.abs(samples).max(initial=0.0))
    level = level_of(n_samples, float(np.dot(mixed, mixed)), peak, peak >= FULL_SCALE)
    return RecordedTake(path, take.start_s, take.time, n_samples / take.sample_rate, level, is_cut=take.is_cut)
