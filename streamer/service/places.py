"""Folders in which running instances keep their status files."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from streamer.errors import StreamerError


def own_folder() -> Path:
    """Return the folder for the status of this process, created if missing.

    ``$RUNTIME_DIRECTORY``, which systemd makes for a service, else ``$XDG_RUNTIME_DIR/streamer``, else a folder of this
    user alone where the system has temporary files.

    Raises
    ------
    StreamerError
        If it cannot be made, or belongs to somebody else.
    """
    if of_service := _of_service():
        return of_service
    folder = _of_session() or _temporary()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise StreamerError(f"status file={folder} must be writable; {error.strerror}") from None
    if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
        raise StreamerError(f"status file={folder} must be a folder of this user; remove what is there")
    return folder


def folders() -> list[Path]:
    """Return the folders in which instances that this user may see have their status files."""
    wanted = [_of_service(), _of_session(), _temporary()]
    if hasattr(os, "getuid"):
        wanted += [Path(f"/run/user/{os.getuid()}/streamer"), Path("/run/streamer")]
    found: list[Path] = []
    for folder in wanted:
        found += [folder, *(inner for inner in sorted(folder.glob("*")) if inner.is_dir())] if folder else []
    return list(dict.fromkeys(found))


def _of_service() -> Path | None:
    named = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(named) if named else None


def _of_session() -> Path | None:
    named = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(named) / "streamer" if named else None


def _temporary() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    return Path(tempfile.gettempdir()) / f"streamer-{user}"
