"""Write the images of events as short videos."""

from __future__ import annotations

from pathlib import Path

from streamer.messages import SoundClip, VideoClip
from streamer.sinks.clips import EventFolder
from streamer.sinks.video import write_video

SLOW_FPS = 25.0  # faster images are shown slowly, so that what a high-speed camera saw can be seen


class VideoClipFolder(EventFolder):
    """Write each event's images as an mp4 file."""

    accepts = (VideoClip,)
    suffix = ".mp4"

    def _write_file(self, path: Path, message: SoundClip | VideoClip) -> None:
        assert isinstance(message, VideoClip)
        span_s = message.times_s[-1] - message.times_s[0]
        fps = min(SLOW_FPS, max(1.0, (len(message.times_s) - 1) / span_s)) if span_s > 0 else 1.0
        write_video(path, message.jpegs, fps, "mp4v")
