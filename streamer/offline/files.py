"""Find the files that can be classified, and the kind of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from streamer.errors import UserError
from streamer.messages import Medium, TaskName
from streamer.tasks import PICTURE_SUFFIXES, SOUND_SUFFIXES, TASKS, VIDEO_SUFFIXES

FileKind = Literal["sound", "picture", "video"]
DEFAULT_TASK: dict[FileKind, TaskName] = {"sound": "sound", "picture": "pattern", "video": "motion"}


def file_kind(path: Path, task: TaskName | None) -> FileKind:
    """Return the kind of a file by its suffix; an unknown suffix counts as what the named model is for, else sound."""
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return "picture"
    if suffix in VIDEO_SUFFIXES or (task == "motion" and suffix not in SOUND_SUFFIXES):
        return "video"
    return "sound"


def medium_of_kind(kind: FileKind) -> Medium:
    """Return the medium of a kind of file."""
    return TASKS[DEFAULT_TASK[kind]].medium


def find_files(paths: Sequence[Path], task: TaskName | None) -> list[Path]:
    """Return the files named, and those in folders that a model for ``task`` takes: of all kinds where it is None.

    Raises
    ------
    UserError
        If a folder holds none.
    """
    suffixes = TASKS[task].file_suffixes if task else SOUND_SUFFIXES | PICTURE_SUFFIXES | VIDEO_SUFFIXES
    files = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
        if not found:
            what = TASKS[task].file if task else "sound, picture or video"
            kinds = " ".join(sorted(suffixes))
            raise UserError(f"path={path} must hold {what} files ({kinds}); it holds none")
        files += found
    return files
