"""Evaluate a model on recordings with annotated events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from streamer.config import Config
from streamer.errors import UserError
from streamer.evaluation.annotations import Annotations
from streamer.evaluation.detection import COLLAR_S, SEGMENT_S, Detection, EvaluatedRecording, evaluate_events
from streamer.evaluation.label_map import LabelMap, check_known
from streamer.evaluation.scorer import FileScorer
from streamer.model.file import ModelFile


@dataclass(frozen=True, slots=True)
class EventEvaluation:
    """Figures of a model on annotated recordings."""

    overall: Detection
    by_label: dict[str, Detection]
    n_recordings: int
    duration_s: float  # of all recordings
    n_windows: int
    window_ms: float | None  # median time of the classifier for one window
    unreadable: tuple[tuple[Path, str], ...]  # files without scores, and why


def evaluate_recordings(
    model: ModelFile,
    annotated: Mapping[Path, Annotations],
    config: Config,
    label_map: LabelMap | None = None,
    n_jobs: int = 0,
    advance: Callable[[], None] = lambda: None,
    *,
    collar_s: float = COLLAR_S,
    segment_s: float = SEGMENT_S,
) -> EventEvaluation:
    """Run recordings through the pipeline of live streams, and compare its events with the annotated ones.

    Parameters
    ----------
    model : ModelFile
    annotated : mapping of Path to tuple of Annotation
        The recordings, at least one, with the events of each.
    config : Config
        Event settings in it override the model's.
    label_map : LabelMap, optional
        Maps the scores of the model's labels to those of other labels, before events are detected.
    n_jobs : int
        Number of files at the same time; 0: one per core.
    advance : callable
        Called after every file.
    collar_s, segment_s : float
        See :func:`streamer.evaluation.detection.evaluate_events`.

    Raises
    ------
    UserError
        If the model, the map or the event settings do not fit, an annotation has a label that the model lacks or lies
        outside its recording, no recording can be scored, or sed_eval is not installed.
    """
    files = list(annotated)
    scorer = FileScorer(model, files, config, label_map, n_jobs)
    annotated_labels = sorted({annotation.label for annotations in annotated.values() for annotation in annotations})
    check_known(annotated_labels, scorer.labels, model.spec.name, "annotations")
    spelling = {label.casefold(): label for label in scorer.labels}
    recordings, unreadable, n_windows = [], [], 0
    for result in scorer.results():
        advance()
        if result.error:
            unreadable.append((result.path, result.error))
            continue
        for annotation in annotated[result.path]:
            if annotation.onset_s >= result.duration_s:
                raise UserError(
                    f"annotation {annotation.label!r} at {annotation.onset_s:g} s must lie within {result.path}, which"
                    f" ends at {result.duration_s:.1f} s; check that the annotations belong to it"
                )
        annotations = tuple(replace(one, label=spelling[one.label.casefold()]) for one in annotated[result.path])
        exposed_s = scorer.exposure_s(result)
        recordings.append(EvaluatedRecording(annotations, tuple(result.events), result.duration_s, exposed_s))
        n_windows += len(result.scores)
    if not recordings:
        raise UserError(f"data must hold a recording that can be classified; {unreadable[0][1]}")
    overall, by_label = evaluate_events(recordings, collar_s, segment_s)
    duration_s = sum(recording.duration_s for recording in recordings)
    window_ms = scorer.window_ms()
    return EventEvaluation(overall, by_label, len(recordings), duration_s, n_windows, window_ms, tuple(unreadable))
