"""Write a take as one file: flac, png or avi."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np

from streamer.features.level import level_of
from streamer.messages import ImageTake, RecordedTake, SoundTake
from streamer.sources.times_file import VideoLine, utc, write_video_times
from streamer.system import native_name
from streamer.tasks import TASKS

FLAC_CHANNELS = 8  # the most that flac holds
SUFFIXES = (".flac", ".wav", ".avi", ".png")  # of the files that hold takes


def suffix_of(take: SoundTake | ImageTake) -> str:
    """Return the suffix of the file that holds a take."""
    if isinstance(take, SoundTake):
        return ".flac" if take.samples.shape[1] <= FLAC_CHANNELS else ".wav"
    return ".avi" if TASKS[take.task].is_timed else ".png"


def write_take(path: Path, take: SoundTake | ImageTake) -> RecordedTake:
    """Write a take to a path that has the suffix of :func:`suffix_of`.

    Sound is written at its own rate with all its channels and in 24 bits: no microphone gives more, and float32 holds
    them exactly. The images of a video are coded one by one (MJPG): MPEG-4 removes a fifth of a faint flicker.

    Raises
    ------
    OSError
        If it cannot be written whole.
    """
    if isinstance(take, SoundTake):
        return _write_sound(path, take)
    fps = 0.0
    if TASKS[take.task].is_timed:
        from streamer.sinks.video import even_times, write_video

        fps, shown = even_times(take.times_s)
        write_video(path, [take.images[k] for k in shown], fps, "MJPG")
    else:
        path.write_bytes(take.images[0])
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


def write_times(path: Path, take: SoundTake | ImageTake) -> None:
    """Write the times file beside a video; other takes need none.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if isinstance(take, SoundTake) or not TASKS[take.task].is_timed:
        return
    from streamer.sinks.video import even_times

    _, shown = even_times(take.times_s)
    skipped = take.skipped_before or (0,) * len(take.images)
    times_s: list[float | None] = []
    skipped_before: list[int] = []
    before = -1  # the image shown last
    for index in shown:
        if index == before:
            times_s.append(None)
            continue
        times_s.append(take.times_s[index] - take.times_s[shown[0]])
        # Two images that came too close for the video's rate share a place: one of them is not in the file.
        is_first = before < 0
        skipped_before.append(0 if is_first else sum(skipped[before + 1 : index + 1]) + index - before - 1)
        before = index
    line = VideoLine(
        stream=take.stream,
        start_s=take.start_s,
        time=utc(take.time),
        times_s=tuple(times_s),
        skipped_before=tuple(skipped_before),
    )
    write_video_times(path, line)


def _write_sound(path: Path, take: SoundTake) -> RecordedTake:
    import soundfile

    samples, n_samples = take.samples, take.samples.shape[0]
    # libsndfile itself would scale by 2²³ − 1, and what is read back would differ from what was captured.
    whole = np.clip(np.rint(samples.astype(np.float64) * 2**23), -(2**23), 2**23 - 1).astype(np.int32) << 8
    try:
        soundfile.write(native_name(path), whole, take.sample_rate, subtype="PCM_24")
        n_written = soundfile.info(native_name(path)).frames
    except soundfile.LibsndfileError as error:
        raise OSError(errno.EIO, error.error_string) from None
    if n_written != n_samples:  # libsndfile does not always report a full disk
        raise OSError(errno.ENOSPC, "No space left on device")
    length_s = n_samples / take.sample_rate
    return RecordedTake(path, take.start_s, take.time, length_s, level_of(samples), is_cut=take.is_cut)
