"""How good a model is on recordings whose events are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from streamer.config import Config
from streamer.errors import UserError
from streamer.evaluation.annotations import Annotations
from streamer.evaluation.detection import COLLAR_S, SEGMENT_S, Detection, Recording, evaluate_events
from streamer.evaluation.label_map import LabelMap, check_known
from streamer.evaluation.scorer import FileScorer
from streamer.model.file import ModelFile


@dataclass(frozen=True, slots=True)
class EventEvaluation:
    """A model's figures on annotated recordings."""

    overall: Detection
    by_label: dict[str, Detection]
    n_recordings: int
    n_windows: int
    window_ms: float | None  # median time of the classifier for one window
    unreadable: tuple[tuple[Path, str], ...]  # files that could not be scored, and why


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
    """Run recordings through the pipeline that live streams use, and compare its events with those annotated.

    Parameters
    ----------
    model : ModelFile
    annotated : mapping of Path to tuple of Annotation
        The recordings, at least one, and what is in each.
    config : Config
        Its event settings override the model's.
    label_map : LabelMap, optional
        Events are those of its labels instead of the model's.
    n_jobs : int
        Files at a time; 0: one per core.
    advance : callable
        Called after every file.
    collar_s, segment_s : float
        See :func:`streamer.evaluation.detection.evaluate_events`.

    Raises
    ------
    UserError
        If the model, the map or the event settings do not fit, an annotation has a label that the model has not or
        lies outside its recording, no recording can be scored, or sed_eval is not installed.
    """
    files = list(annotated)
    scorer = FileScorer(model, files, config, label_map, n_jobs)
    said = sorted({annotation.label for annotations in annotated.values() for annotation in annotations})
    check_known(said, scorer.labels, model.spec.name, "annotations")
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
        recordings.append(Recording(annotated[result.path], tuple(result.events), result.duration_s))
        n_windows += len(result.scores)
    if not recordings:
        raise UserError(f"data must hold a recording that can be classified; {unreadable[0][1]}")
    overall, by_label = evaluate_events(recordings, collar_s, segment_s)
    return EventEvaluation(overall, by_label, len(recordings), n_windows, scorer.window_ms(), tuple(unreadable))
