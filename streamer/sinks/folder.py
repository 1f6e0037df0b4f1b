"""Folders of clips: file names, the size cap, and why a file could not be written."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

from streamer.errors import UserError

FULL_BYTES = 1_000_000  # a disk with less is full for our purposes
CLIP_SUFFIXES = (".flac", ".mp4")


def made(folder: Path, key: str) -> Path:
    """Create a folder where it does not exist.

    Raises
    ------
    UserError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{key}={folder} must be a folder that can be written; {error.strerror}") from None
    return folder


def safe(name: str) -> str:
    """Return a part of a file name that every file system takes."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "stream"


def name_of(epoch_s: float, *names: str) -> str:
    """Return a file name without suffix that sorts by time and that every file system takes."""
    stamp = datetime.fromtimestamp(epoch_s, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
    return "_".join([stamp, *map(safe, names)])


def drop_oldest(newest: Path, max_bytes: int) -> None:
    """Delete the oldest clips of a folder until all fit under the cap; never the newest."""
    clips = sorted(
        (p.stat().st_mtime_ns, p.name, p, p.stat().st_size)
        for p in newest.parent.iterdir()
        if p.suffix in CLIP_SUFFIXES
    )
    excess = sum(size for *_, size in clips) - max_bytes
    for _, _, path, size in clips:
        if excess <= 0 or path == newest:
            break
        path.unlink(missing_ok=True)
        excess -= size


def reason(error: Exception, folder: Path, remedy: str = "make room or lower output.clips_max_mb") -> str:
    """Return why writing failed; libsndfile itself does not report a full disk."""
    if shutil.disk_usage(folder).free < FULL_BYTES:
        return f"no space left in {folder}; {remedy}"
    return getattr(error, "strerror", None) or str(error)
