"""Write the images of events as video files; apart from sound clips, so that only this file needs OpenCV."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from streamer.messages import VideoClip
from streamer.sinks.folder import EventFolder
from streamer.sinks.mp4 import Mp4Writer
from streamer.sinks.video import count_images

_MOST_FPS = 25.0  # of the video: images that came faster are played in slow motion
_N_FIRST = 8  # images from which the rate of a video is found
_LONGEST_STILL_S = 5.0  # that the video shows one image where others were lost


class VideoClipFolder(EventFolder[VideoClip]):
    """Sink that writes the images of each event as an mp4 file."""

    clip = VideoClip
    suffix = ".mp4"

    def _start_s(self, clip: VideoClip) -> float | None:
        return clip.times_s[0] if clip.times_s else None

    def _new_file(self, path: Path, clip: VideoClip) -> Mp4File:
        return Mp4File(path)

    def _salvage(self, path: Path) -> None:
        if not count_images(path):  # nothing of it had been written yet
            raise OSError(errno.ENODATA, "no images in it")


class Mp4File:
    """An mp4 file that grows, at a constant rate that is found from the first images.

    Every image is shown at its time to half an interval, until the next; images above 25 a second are shown one by one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Mp4Writer | None = None
        self._first: list[tuple[float, bytes]] = []  # images that wait until the rate is known
        self._fps = 1.0
        self._is_slowed = False
        self._start_s = 0.0
        self._place = -1  # of the newest image

    def append(self, clip: VideoClip) -> None:
        """Write the next part."""
        images = list(zip(clip.times_s, clip.jpegs, strict=True))
        if self._writer is None:
            self._first += images
            if len(self._first) >= _N_FIRST:
                self._begin()
        else:
            self._write(self._writer, images)

    def close(self) -> None:
        """Complete and check the file."""
        if self._writer is None:
            self._begin()
        assert self._writer
        self._writer.close()
        if count_images(self._path) != self._writer.n_images:  # on a full disk not all errors are reported
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _begin(self) -> None:
        self._start_s, last_s = self._first[0][0], self._first[-1][0]
        if last_s > self._start_s:
            rate = (len(self._first) - 1) / (last_s - self._start_s)
            self._is_slowed = rate > _MOST_FPS
            self._fps = min(_MOST_FPS, max(1.0, rate))
        self._writer = Mp4Writer(self._path, self._fps)
        self._write(self._writer, self._first)
        self._first = []

    def _write(self, writer: Mp4Writer, images: list[tuple[float, bytes]]) -> None:
        for time_s, jpeg in images:
            place = self._place + 1 if self._is_slowed else round((time_s - self._start_s) * self._fps)
            if (n_shown := min(place - self._place, round(_LONGEST_STILL_S * self._fps))) > 0:
                writer.write(jpeg, n_shown)
            self._place = max(self._place, place)
