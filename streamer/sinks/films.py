"""Events of a camera as short videos."""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path

import cv2
import numpy as np

from streamer.errors import StreamerError
from streamer.messages import Film, Message
from streamer.sinks.folder import drop_oldest, made, name_of, reason

SLOW_FPS = 25.0  # faster images are shown slowly, so that what a high-speed camera saw can be seen


class FilmFolder:
    """Write each event's images as an mp4 file, named by time and label, under a cap for the folder.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    max_bytes : int
        Of all clips in the folder; the oldest go first.

    Raises
    ------
    UserError
        If the folder cannot be made.
    """

    accepts: tuple[type, ...] = (Film,)

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = made(folder, "output.clips")
        self._max_bytes = max_bytes

    def write(self, message: Message) -> None:
        """Write one film and make room for it.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable; a file half written is removed.
        """
        assert isinstance(message, Film)
        event = message.event
        path = self._folder / f"{name_of(event.time, event.stream, event.label)}.mp4"
        unfinished = path.with_suffix(".part.mp4")  # OpenCV chooses the container by the suffix
        try:
            _write_video(unfinished, message)
            unfinished.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise StreamerError(f"clip {path.name} not written: {reason(error, path.parent)}") from None
        drop_oldest(path, self._max_bytes)

    def close(self) -> None:
        """Nothing is left open."""


def _write_video(path: Path, film: Film) -> None:
    first = cv2.imdecode(np.frombuffer(film.jpegs[0], np.uint8), cv2.IMREAD_COLOR)
    assert first is not None
    height, width = (n - n % 2 for n in first.shape[:2])  # MPEG-4 halves the colour planes
    span_s = film.times_s[-1] - film.times_s[0]
    fps = min(SLOW_FPS, max(1.0, (len(film.times_s) - 1) / span_s)) if span_s > 0 else 1.0
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
    if not writer.isOpened():
        raise OSError(errno.EIO, "the video cannot be opened for writing")
    try:
        for jpeg in film.jpegs:
            image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            assert image is not None
            writer.write(image[:height, :width])
    finally:
        writer.release()
    # OpenCV reports neither a full disk nor a vanished folder.
    shown = cv2.VideoCapture(str(path))
    is_whole = shown.isOpened() and int(shown.get(cv2.CAP_PROP_FRAME_COUNT)) == len(film.jpegs)
    shown.release()
    if not is_whole:
        raise OSError(errno.ENOSPC, "the video was not written whole")
