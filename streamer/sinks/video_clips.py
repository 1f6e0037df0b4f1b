"""Write the images of events as video files; apart from sound clips, so that only this file needs OpenCV."""

from __future__ import annotations

from pathlib import Path

from streamer.messages import SoundClip, VideoClip
from streamer.sinks.folder import EventFolder
from streamer.sinks.video import write_video

_MOST_FPS = 25.0  # of the video: images that came faster are played in slow motion


class VideoClipFolder(EventFolder):
    """Sink that writes the images of each event as an mp4 file."""

    accepts = (VideoClip,)
    suffix = ".mp4"

    def _write_file(self, path: Path, message: SoundClip | VideoClip) -> None:
        assert isinstance(message, VideoClip)
        span_s = message.times_s[-1] - message.times_s[0]
        fps = min(_MOST_FPS, max(1.0, (len(message.times_s) - 1) / span_s)) if span_s > 0 else 1.0
        write_video(path, message.jpegs, fps, "mp4v")
