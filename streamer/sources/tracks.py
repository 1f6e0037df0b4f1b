"""What a media file holds: images, sound or both; its suffix does not tell."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from streamer.system import native_name
from streamer.tasks import VIDEO_SUFFIXES


class Tracks(NamedTuple):
    """Which tracks a file has."""

    has_images: bool
    has_sound: bool


def tracks_of(path: Path) -> Tracks | None:
    """Return what a file of the kinds that can hold images and sound holds; None where that cannot be found out.

    Parameters
    ----------
    path : Path
        Any path, also one that does not exist.
    """
    try:
        path = path.expanduser()
        status = path.stat()
        if not path.is_file() or path.suffix.lower() not in VIDEO_SUFFIXES:
            return None
    except (OSError, RuntimeError, ValueError):  # no such ~user; a null byte
        return None
    return _read(native_name(path), status.st_size, status.st_mtime_ns)


def is_sound_only(path: Path) -> bool:
    """Return whether a file that could be a video has sound and no images; a picture of its cover is none."""
    tracks = tracks_of(path)
    return tracks is not None and tracks.has_sound and not tracks.has_images


@lru_cache(maxsize=4096)
def _read(name: str | bytes, size: int, mtime_ns: int) -> Tracks | None:
    import av

    from streamer.sources.container import open_bytes

    try:
        with open(name, "rb") as file, open_bytes(file) as container:  # noqa: PTH123
            covers = av.stream.Disposition.attached_pic
            images = [stream for stream in container.streams.video if not stream.disposition & covers]
            return Tracks(bool(images), bool(container.streams.audio))
    except (av.FFmpegError, OSError, ValueError):
        return None
