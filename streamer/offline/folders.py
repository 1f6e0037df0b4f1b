"""Find the files in folders, and say of everything else there why it is passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from streamer.errors import UserError
from streamer.messages import TaskName
from streamer.sources.times_file import times_path
from streamer.sources.tracks import probe, tracks_of
from streamer.system import is_folder
from streamer.tasks import SOUND_SUFFIXES, TASKS, VIDEO_SUFFIXES

_TEXT = (
    ".txt .csv .tsv .json .jsonl .md .rst .toml .ini .cfg .yaml .yml .xml .html .log .pdf .cue .m3u .m3u8 .nfo .lrc"
    " .srt .vtt .textgrid .py .sh .ipynb .db .sqlite .npy .npz .tflite .onnx .sha256 .md5 .torrent .url .lnk"
)
TEXT_SUFFIXES = frozenset(_TEXT.split())  # of files without sound and images: nothing is missed where they are
OWN_LISTS = ".streamer-"  # lists of what streamer wrote into a folder: nothing to tell of


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file or folder that is not classified though it lies in a folder that the user named."""

    path: Path
    reason: str  # for people; files with the same one are told together
    may_be_missed: bool = False  # whether it may hold what the user wanted to have classified


@dataclass(slots=True)
class Found:
    """What the paths that a user named come to."""

    files: list[Path] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)

    @property
    def may_miss(self) -> bool:
        """Whether something was passed over that may hold what the user wanted to have classified."""
        return any(each.may_be_missed for each in self.passed_over)


def find_files(paths: Sequence[Path], tasks: Sequence[TaskName] = (), *, as_sound: bool = False) -> Found:
    """Return the files named, and those in folders that models for some tasks take: of all kinds where none is given.

    Links to folders are followed, and no folder is entered twice. Hidden files and folders are passed over: unfinished
    files are hidden. A file that is named is taken whatever it is.

    Parameters
    ----------
    paths : sequence of Path
    tasks : sequence of {"sound", "pattern", "motion"}
        What the models are for.
    as_sound : bool
        Whether the sound of videos is asked for.

    Raises
    ------
    UserError
        If there is no file at all.
    """
    wanted = [TASKS[name] for name in dict.fromkeys(tasks)] or list(TASKS.values())
    suffixes = frozenset[str]().union(*(task.file_suffixes for task in wanted))
    what = " or ".join(task.file for task in wanted) if tasks else "sound, picture or video"
    rule = f"must hold {what} files ({' '.join(sorted(suffixes))})"
    found = Found()
    for path in paths:
        if not is_folder(path):
            found.files.append(path)
            continue
        inside = _inside(path, suffixes, as_sound=as_sound)
        found.files += inside.files
        found.passed_over += inside.passed_over
        if not inside.files:
            found.passed_over.append(PassedOver(path, f"folder without any {what} file", may_be_missed=True))
    if not found.files:
        raise UserError("\n".join(f"path={path} {rule}; it holds none{_why(path, found)}" for path in paths))
    return found


def _why(path: Path, found: Found) -> str:
    """Return what lies in a folder that holds nothing to classify, if it is not empty."""
    others = [each for each in found.passed_over if each.path != path and each.path.is_relative_to(path)]
    if not others:
        return ""
    return f": {len(others)} passed over, such as {others[0].path.name} ({others[0].reason})"


def _inside(folder: Path, suffixes: frozenset[str], *, as_sound: bool) -> Found:
    found = Found()
    every = list(_walk(folder, found.passed_over))
    takes_sound = suffixes >= SOUND_SUFFIXES
    if takes_sound:
        probe(path for path in every if as_sound or path.suffix.lower() not in suffixes)
    for path in every:
        suffix = path.suffix.lower()
        is_video = takes_sound and suffix in VIDEO_SUFFIXES and (as_sound or suffix not in suffixes)
        reason, may_be_missed = _unheard(path, as_sound=as_sound) if is_video else ("", suffix not in suffixes)
        if reason or may_be_missed:
            found.passed_over.append(PassedOver(path, reason, may_be_missed))
        else:
            found.files.append(path)
    found.files.sort()
    taken = {*found.files, *(path.with_suffix("") for path in found.files)}
    times = {times_path(path) for path in found.files}  # read with them
    found.passed_over = sorted(
        (each if each.reason else _described(each.path, taken) for each in found.passed_over if each.path not in times),
        key=lambda each: each.path,
    )
    return found


def _unheard(path: Path, *, as_sound: bool) -> tuple[str, bool]:
    """Return why the sound of a video is not classified, and whether it may be missed; an empty reason: it is."""
    tracks = tracks_of(path)
    if tracks is None:  # where sound is asked for, what is wrong with it is told as it is classified
        return ("", False) if as_sound else ("damaged, so that nobody knows if it has sound", True)
    if not tracks.has_sound:
        return "video without sound", False
    if tracks.has_images and not as_sound:
        return "video, whose sound is classified with --sound", False
    return "", False


def _described(path: Path, taken: set[Path]) -> PassedOver:
    """Return why a regular file whose suffix is none of the wanted ones is passed over."""
    suffix = path.suffix.lower()
    other = next((task for task in TASKS.values() if suffix in task.example_suffixes), None)
    if other:
        return PassedOver(path, f"{other.file_kind} file, which the model does not take")
    if suffix in TEXT_SUFFIXES:
        with_a_file = any(_without(path, n) in taken for n in range(1, 1 + len(path.suffixes)))
        return PassedOver(path, "belongs to a file of the same name" if with_a_file else "text or data")
    kind = f"file of an unknown kind ({suffix})" if suffix else "file without a suffix"
    return PassedOver(path, f"{kind}; name it to have it tried", may_be_missed=True)


def _without(path: Path, n_suffixes: int) -> Path:
    """Return a path without its last suffixes: of ``dog.wav.times.jsonl`` first ``dog.wav.times``, then ``dog.wav``."""
    for _ in range(n_suffixes):
        path = path.with_suffix("")
    return path


def _walk(root: Path, passed_over: list[PassedOver]) -> Iterator[Path]:
    """Yield the files below a folder that are neither hidden nor special; everything else is passed over.

    Links to folders come after all folders that are none, so that what can be reached without a link is.
    """
    folders, links = [root], list[Path]()
    entered: dict[tuple[int, int], Path] = {}
    while folders or links:
        folder = folders.pop() if folders else links.pop(0)
        try:
            place = folder.stat()
            first = entered.setdefault((place.st_dev, place.st_ino), folder)
            if first is not folder:
                passed_over.append(PassedOver(folder, f"link to a folder that is read already, {first}"))
                continue
            with os.scandir(folder) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            passed_over.append(PassedOver(folder, f"folder that cannot be read: {error.strerror}", may_be_missed=True))
            continue
        for entry in inside:
            path = folder / entry.name
            if entry.name.startswith(OWN_LISTS):
                continue
            if entry.name.startswith(".") and entry.name.endswith(".icloud"):
                reason = "in iCloud and not on this computer; download it"
                passed_over.append(PassedOver(path, reason, may_be_missed=True))
            elif entry.name.startswith("."):
                passed_over.append(PassedOver(path, "hidden"))
            elif entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif _is_folder(entry):
                links.append(path)
            elif _is_special(entry):
                passed_over.append(PassedOver(path, "no regular file"))
            else:
                yield path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _is_special(entry: os.DirEntry[str]) -> bool:
    """Return whether it is a pipe, socket or device, which may never end; no of a link that leads nowhere."""
    try:
        return not S_ISREG(entry.stat().st_mode)
    except OSError:
        return False
