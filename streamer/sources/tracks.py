"""What a media file holds: images, sound or both; its suffix does not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from streamer.system import native_name
from streamer.tasks import VIDEO_SUFFIXES
from streamer.worker import map_in_child

Version: TypeAlias = tuple[str | bytes, int, int]  # name, bytes, and time of its last change, nanoseconds


class Tracks(NamedTuple):
    """Which tracks a file has."""

    has_images: bool
    has_sound: bool


_known: dict[Version, Tracks | None] = {}


def probe(paths: Iterable[Path]) -> None:
    """Find out what several files hold, in a child process, for later questions: one that crashes it is unknown."""
    versions = [version for path in paths if (version := _version(path)) and version not in _known]
    if len(versions) > 1:  # a single file harms no other
        _known.update(zip(versions, map_in_child(_reader, versions, _unknown), strict=True))


def tracks_of(path: Path) -> Tracks | None:
    """Return what a file of the kinds that can hold images and sound holds; None where that cannot be found out.

    Parameters
    ----------
    path : Path
        Any path, also one that does not exist.
    """
    version = _version(path)
    if version is None:
        return None
    if version not in _known:
        _known[version] = _read(version)
    return _known[version]


def is_sound_only(path: Path) -> bool:
    """Return whether a file that could be a video has sound and no images; a picture of its cover is none."""
    tracks = tracks_of(path)
    return tracks is not None and tracks.has_sound and not tracks.has_images


def _version(path: Path) -> Version | None:
    """Return what tells a file, as it is now, from all others; None of one that cannot hold images and sound."""
    try:
        path = path.expanduser()
        status = path.stat()
        if not path.is_file() or path.suffix.lower() not in VIDEO_SUFFIXES:
            return None
    except (OSError, RuntimeError, ValueError):  # no such ~user; a null byte
        return None
    return native_name(path.absolute()), status.st_size, status.st_mtime_ns


def _reader() -> Callable[[Version], Tracks | None]:
    return _read


def _unknown(version: Version, reason: str) -> None:
    """Nothing is known of a file that crashes its reader; why is said when it is classified."""


def _read(version: Version) -> Tracks | None:
    import av

    from streamer.sources.container import open_bytes

    try:
        with open(version[0], "rb") as file, open_bytes(file) as container:  # noqa: PTH123
            covers = av.stream.Disposition.attached_pic
            images = [stream for stream in container.streams.video if not stream.disposition & covers]
            return Tracks(bool(images), bool(container.streams.audio))
    except (av.FFmpegError, OSError, ValueError):
        return None
