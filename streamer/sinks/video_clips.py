"""Write the images of events as video files; apart from sound clips, so that only this file needs OpenCV."""

from __future__ import annotations

import errno
from pathlib import Path

from streamer.messages import VideoClip
from streamer.sinks.folder import EventFolder
from streamer.sinks.video import count_images, write_video

_MOST_FPS = 25.0  # of the video: images that came faster are played in slow motion


class VideoClipFolder(EventFolder[VideoClip]):
    """Sink that writes the images of each event as an mp4 file."""

    clip = VideoClip
    suffix = ".mp4"

    def _write_file(self, path: Path, clip: VideoClip) -> None:
        span_s = clip.times_s[-1] - clip.times_s[0]
        fps = min(_MOST_FPS, max(1.0, (len(clip.times_s) - 1) / span_s)) if span_s > 0 else 1.0
        write_video(path, clip.jpegs, fps, "mp4v")

    def _salvage(self, path: Path) -> None:
        if not count_images(path):  # an mp4 file that was not closed cannot be read
            raise OSError(errno.ENODATA, "no images in it")
