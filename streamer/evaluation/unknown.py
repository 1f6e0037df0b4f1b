"""Measure what a model makes of recordings that are none of its labels: false events an hour, labels wrongly given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from streamer.config import Config
from streamer.errors import UserError
from streamer.evaluation.label_map import LabelMap
from streamer.evaluation.operating import Rate, Share
from streamer.evaluation.scorer import FileScorer, mapped
from streamer.evaluation.tracks import NO_LABEL, ScoreTrack, TrackSet
from streamer.model.file import ModelFile
from streamer.offline.folders import find_files
from streamer.tasks import TASKS


@dataclass(frozen=True, slots=True)
class UnknownFolder:
    """What became of the files of one folder."""

    name: str  # its path in the whole folder; "." for that itself
    false: Rate  # events
    labelled: Share  # files that get one of the labels


@dataclass(frozen=True, slots=True)
class UnknownLabel:
    """How often one label was found where it is not."""

    label: str
    false: Rate  # events
    labelled: Share  # files that get it


@dataclass(frozen=True, slots=True)
class UnknownEvaluation:
    """Figures of a model on recordings of none of its labels."""

    false: Rate  # events of all labels
    labelled: Share  # files that get a label other than the background's
    folders: tuple[UnknownFolder, ...]  # most false events first
    labels: tuple[UnknownLabel, ...]  # those found anywhere, most false events first
    duration_s: float
    left_out: tuple[tuple[str, int], ...]  # labels that folders or files are named like, with their number of files
    unreadable: tuple[tuple[Path, str], ...]
    tracks: TrackSet


def evaluate_unknown(
    model: ModelFile,
    folder: Path,
    files: Sequence[Path],
    config: Config,
    label_map: LabelMap | None = None,
    n_jobs: int = 0,
    advance: Callable[[], None] = lambda: None,
) -> UnknownEvaluation:
    """Run recordings that hold none of the model's labels through the pipeline of live streams.

    Files that are named like a label of the model, or lie in a folder so named, are left out: it knows their sounds.

    Parameters
    ----------
    model : ModelFile
        For a task whose examples last.
    folder : Path
        What the files lie in.
    files : sequence of Path
        See :func:`find_unknown`.
    config : Config
        Event settings in it override the model's.
    label_map : LabelMap, optional
        Maps the scores of the model's labels to those of other labels, before events are detected.
    n_jobs : int
        Number of files at the same time; 0: one per core.
    advance : callable
        Called after every file.

    Raises
    ------
    UserError
        If the model, the map or the event settings do not fit, or no file is left that can be scored.
    """
    left_out: Counter[str] = Counter()
    task = TASKS[model.spec.task]
    names = {label.casefold() for label in mapped(model, label_map).labels if not task.is_background(label)}
    chosen = []
    for path in files:
        parts = [part.casefold() for part in path.relative_to(folder).with_suffix("").parts]
        if known := next((part for part in parts if part in names), None):
            left_out[known] += 1
            advance()
        else:
            chosen.append(path)
    if not chosen:
        raise UserError(
            f"unknown={folder} must hold recordings of something that {model.spec.name} does not know; all"
            f" {len(files)} are named like its labels ({', '.join(sorted(left_out)[:6])})"
        )
    scorer = FileScorer(model, chosen, config, label_map, n_jobs)
    rows, tracks, unreadable, duration_s = [], [], [], 0.0
    for result in scorer.results():
        advance()
        if result.error:
            unreadable.append((result.path, result.error))
            continue
        track = ScoreTrack.of(result.scores, NO_LABEL, result.duration_s)
        given = None if result.label is None or task.is_background(result.label) else result.label
        rows.append(
            _Row(
                result.path.relative_to(folder).parent.as_posix(),
                Counter(event.label for event in result.events),
                track.exposure_s(scorer.events) / 3600.0,
                given,
            )
        )
        tracks.append(track)
        duration_s += result.duration_s
    if not rows:
        raise UserError(f"unknown={folder} must hold a file that can be classified; {unreadable[0][1]}")
    return UnknownEvaluation(
        *_sums(rows),
        folders=_by_folder(rows),
        labels=_by_label(rows),
        duration_s=duration_s,
        left_out=tuple(sorted(left_out.items())),
        unreadable=tuple(unreadable),
        tracks=TrackSet(scorer.labels, scorer.events, tuple(tracks)),
    )


def find_unknown(folder: Path, model: ModelFile) -> list[Path]:
    """Return all files under a folder that a model takes.

    Raises
    ------
    UserError
        If there is none, or the model is for single pictures, in which no time passes.
    """
    task = TASKS[model.spec.task]
    if not task.is_timed:
        raise UserError(
            f"unknown={folder} must be for a model of sounds or movements; {model.spec.name} is for pictures"
        )
    return find_files([folder], [task.name]).files


@dataclass(frozen=True, slots=True)
class _Row:
    """What became of one file."""

    folder: str
    events: Counter[str]
    hours: float
    given: str | None  # label that it gets


def _sums(rows: Sequence[_Row]) -> tuple[Rate, Share]:
    n_events = sum(row.events.total() for row in rows)
    return (
        Rate(n_events, sum(row.hours for row in rows)),
        Share(sum(row.given is not None for row in rows), len(rows)),
    )


def _by_folder(rows: Sequence[_Row]) -> tuple[UnknownFolder, ...]:
    names = sorted({row.folder for row in rows})
    found = [UnknownFolder(name, *_sums([row for row in rows if row.folder == name])) for name in names]
    return tuple(sorted(found, key=lambda one: (-one.false.n, -one.labelled.n)))


def _by_label(rows: Sequence[_Row]) -> tuple[UnknownLabel, ...]:
    events: Counter[str] = sum((row.events for row in rows), Counter())
    given = Counter(row.given for row in rows if row.given is not None)
    hours = sum(row.hours for row in rows)
    found = [
        UnknownLabel(label, Rate(events[label], hours), Share(given[label], len(rows)))
        for label in sorted(events.keys() | given.keys())
    ]
    return tuple(sorted(found, key=lambda one: (-one.false.n, -one.labelled.n)))
