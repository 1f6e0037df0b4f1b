"""The kind of each file that can be classified, and the models that take it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streamer.build import default_models
from streamer.errors import UserError
from streamer.messages import Medium, TaskName
from streamer.model.file import ModelFile
from streamer.sources.images.page_count import n_pages
from streamer.sources.tracks import tracks_of
from streamer.tasks import ANIMATED_SUFFIXES, TASKS, task_of_kind
from streamer.tasks.base import FileKind


def file_kind(path: Path, tasks: Sequence[TaskName] = ()) -> FileKind:
    """Return the kind of a file by its suffix; an unknown suffix counts as what the first named model is for.

    A picture file that holds several images is a video.

    Parameters
    ----------
    path : Path
    tasks : sequence of {"sound", "pattern", "motion"}
        What the named models are for; an unknown suffix counts as sound where none is named.
    """
    suffix = path.suffix.lower()
    known = (task.file_kind for task in TASKS.values() if suffix in task.example_suffixes)
    kind = next(known, TASKS[tasks[0]].file_kind if tasks else "sound")
    if kind == "sound":
        return kind
    if suffix in ANIMATED_SUFFIXES or kind == "picture":
        return "video" if n_pages(path) > 1 else "picture"
    return kind


def file_kinds(path: Path, tasks: Sequence[TaskName] = (), *, as_sound: bool = False) -> tuple[FileKind, ...]:
    """Return as what a file is classified: its kind, and of a video with sound also or only that.

    A file without images is sound, whatever its suffix. The sound of a video is classified in the place of its images
    where that is asked for, or no model for images is named; beside them where models for both are named.

    Parameters
    ----------
    path : Path
    tasks : sequence of {"sound", "pattern", "motion"}
        What the named models are for.
    as_sound : bool
        Whether the sound of videos is asked for.
    """
    kind = file_kind(path, tasks)
    if kind != "video":
        return (kind,)
    media = {TASKS[task].medium for task in tasks}
    tracks = tracks_of(path)
    if tracks is None or not tracks.has_sound:
        return ("sound",) if as_sound else (kind,)
    if as_sound or not tracks.has_images or media == {"sound"}:
        return ("sound",)
    return ("video", "sound") if len(media) > 1 else (kind,)


def medium_of_kind(kind: FileKind) -> Medium:
    """Return the medium of a kind of file."""
    return task_of_kind(kind).medium


def models_for_kinds(kinds: Sequence[FileKind], named: Sequence[ModelFile]) -> dict[FileKind, list[ModelFile]]:
    """Return the models for each kind of file: those named that take it, else the shipped one.

    A kind that no named model takes gets the first one, which the pipeline then refuses with the reason.

    Parameters
    ----------
    kinds : sequence of {"sound", "picture", "video"}
        Kinds of the files to classify.
    named : sequence of ModelFile
        Models that the user named; may be empty.

    Raises
    ------
    UserError
        If several models are named and one of them takes none of the files.
    """
    if not named:
        return {kind: default_models([task_of_kind(kind)]) for kind in kinds}
    models = {
        kind: [model for model in named if _takes(model, kind)] or _of_medium(medium_of_kind(kind), named) or [named[0]]
        for kind in kinds
    }
    for model in named:
        if not any(model is one for several in models.values() for one in several):
            wanted = TASKS[model.spec.task].file
            raise UserError(f"model={model.spec.name} must have {wanted} files to classify; none of these is one")
    return models


def _takes(model: ModelFile, kind: FileKind) -> bool:
    return task_of_kind(kind).example_suffixes <= TASKS[model.spec.task].file_suffixes


def _of_medium(medium: Medium, named: Sequence[ModelFile]) -> list[ModelFile]:
    return [model for model in named if TASKS[model.spec.task].medium == medium]
