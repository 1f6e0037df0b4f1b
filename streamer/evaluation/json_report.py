"""Write an evaluation as the documented JSON object."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamer.evaluation.clips import ClipEvaluation
from streamer.evaluation.detection import Detection, Matches
from streamer.evaluation.metrics import Evaluation, Rejection
from streamer.evaluation.operating import OperatingPoint, Rate, Share, operating_point
from streamer.evaluation.recordings import EventEvaluation
from streamer.evaluation.scorer import EvaluatedModel
from streamer.evaluation.unknown import UnknownEvaluation
from streamer.safe_text import json_line


def evaluation_json(
    data: Path | None, about: dict[str, Any], models: Sequence[tuple[EvaluatedModel, dict[str, Any]]]
) -> str:
    """Return the ``evaluation`` object as JSON text: the data, and the figures of each model.

    Parameters
    ----------
    data : Path or None
        Folder or file that the models were evaluated on; None: only on recordings of none of their labels.
    about : dict
        Further values about the data and the settings of the evaluation.
    models : sequence of (EvaluatedModel, dict)
        Each model with its figures, from :func:`clip_values`, :func:`event_values` and :func:`unknown_values`.
    """
    listed = [
        {
            "model": one.name,
            "path": str(one.model.path),
            "bytes": len(one.model.flatbuffer),
            "training_data": one.model.spec.card.training_data,
            "label_map": {to: list(of) for to, of in one.label_map.labels.items()} if one.label_map else None,
            **figures,
        }
        for one, figures in models
    ]
    values = {
        "type": "evaluation",
        "data": None if data is None else str(data),
        "task": models[0][0].task,
        **about,
        "models": listed,
    }
    return json_line(values)


def clip_values(outcome: ClipEvaluation) -> dict[str, Any]:
    """Return the figures on labelled files as JSON values."""
    return {
        **evaluation_dict(outcome.evaluation),
        **({} if outcome.tracks is None else _point_dict(operating_point(outcome.tracks))),
        "mistakes": [
            {"path": str(m.path), "label": m.label, "found": m.found, "score": rounded(m.score)}
            for m in outcome.mistakes
        ],
        "unreadable": _unreadable(outcome.unreadable),
    }


def event_values(outcome: EventEvaluation) -> dict[str, Any]:
    """Return the figures on annotated recordings as JSON values."""
    return {
        "recordings": outcome.n_recordings,
        "duration_s": rounded(outcome.duration_s),
        "windows": outcome.n_windows,
        "window_ms": None if outcome.window_ms is None else rounded(outcome.window_ms),
        "overall": detection_dict(outcome.overall),
        "labels": [{"label": label, **detection_dict(found)} for label, found in outcome.by_label.items()],
        "unreadable": _unreadable(outcome.unreadable),
    }


def unknown_values(outcome: UnknownEvaluation, curve: Sequence[OperatingPoint] = ()) -> dict[str, Any]:
    """Return the figures on recordings of none of the labels, and the curve if there is one, as JSON values."""
    unknown = {
        "files": outcome.labelled.n_all,
        "duration_s": rounded(outcome.duration_s),
        "exposed_hours": rounded(outcome.false.hours),
        **found_dict(outcome.false, outcome.labelled),
        "folders": [
            {
                "folder": one.name,
                "files": one.labelled.n_all,
                "exposed_hours": rounded(one.false.hours),
                **found_dict(one.false, one.labelled),
            }
            for one in outcome.folders
        ],
        "labels": [{"label": one.label, **found_dict(one.false, one.labelled)} for one in outcome.labels],
        "left_out": dict(outcome.left_out),
        "unreadable": _unreadable(outcome.unreadable),
    }
    points = [{"shift": point.shift, **rate_dict(point.false), **_point_dict(point)} for point in curve if point.false]
    return {"unknown": unknown, **({"curve": points} if points else {})}


def evaluation_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Return the figures of an evaluation as JSON values; unknown figures are None."""
    bins = evaluation.calibration
    rows = zip(
        evaluation.labels, evaluation.precision, evaluation.recall, evaluation.f1, evaluation.counts.sum(axis=1),
        strict=True,
    )  # fmt: skip
    return {
        "clips": evaluation.n_clips,
        "right": evaluation.n_right,
        "closed_set_accuracy": rounded(evaluation.accuracy),
        "closed_set_accuracy_95": [rounded(limit) for limit in evaluation.interval],
        **_rejection_dict(evaluation.rejection),
        "accuracy_among_labels": rounded(evaluation.accuracy_among),
        "top3": rounded(evaluation.top3),
        "macro_f1": rounded(evaluation.macro_f1),
        "calibration_error": rounded(evaluation.calibration_error),
        "calibration": [
            {"clips": int(n), "score": rounded(score), "right": rounded(right)}
            for n, score, right in zip(bins.n_clips, bins.score, bins.right, strict=True)
        ],
        "windows": evaluation.n_windows,
        "window_ms": None if evaluation.window_ms is None else rounded(evaluation.window_ms),
        "labels": [
            {
                "label": label,
                "clips": int(n),
                "precision": rounded(precision),
                "recall": rounded(recall),
                "f1": rounded(f1),
            }
            for label, precision, recall, f1, n in rows
        ],
        "confusion": evaluation.counts.tolist(),
        "others": dict(evaluation.others),
    }


def detection_dict(detection: Detection) -> dict[str, Any]:
    """Return the figures of one label's events, or of all events, as JSON values; unknown figures are None."""
    return {
        "events": _matches_dict(detection.events),
        "segments": _matches_dict(detection.segments),
        "heard": detection.n_overlapped,
        "false_alarms": detection.n_false_alarms,
        "false_alarms_per_hour": rounded(detection.false_alarms.per_hour),
        "false_alarms_per_hour_95": [finite(limit) for limit in detection.false_alarms.interval],
    }


def _rejection_dict(rejection: Rejection | None) -> dict[str, Any]:
    if rejection is None:
        return {"accuracy_with_rejection": None}
    return {
        "accuracy_with_rejection": rounded(rejection.accuracy),
        "accuracy_with_rejection_95": [rounded(limit) for limit in rejection.interval],
        "rejected": rejection.n_rejected,
        "wrong": rejection.n_wrong,
    }


def _point_dict(point: OperatingPoint) -> dict[str, Any]:
    return {
        "own_event": rounded(point.own.value),
        "own_event_95": [rounded(limit) for limit in point.own.interval],
        "wrong_event": rounded(point.wrong.value),
        "wrong_event_95": [rounded(limit) for limit in point.wrong.interval],
    }


def rate_dict(rate: Rate) -> dict[str, Any]:
    """Return a rate of false events as JSON values; unknown ones are None."""
    return {
        "false_events": rate.n,
        "false_events_per_hour": rounded(rate.per_hour),
        "false_events_per_hour_95": [finite(limit) for limit in rate.interval],
    }


def found_dict(false: Rate, labelled: Share) -> dict[str, Any]:
    """Return false events and files wrongly labelled."""
    return {
        **rate_dict(false),
        "labelled": labelled.n,
        "labelled_share": rounded(labelled.value),
        "labelled_share_95": [rounded(limit) for limit in labelled.interval],
    }


def _matches_dict(matches: Matches) -> dict[str, Any]:
    return {
        "true": matches.n_true,
        "found": matches.n_found,
        "right": matches.n_right,
        "precision": rounded(matches.precision),
        "recall": rounded(matches.recall),
        "f1": rounded(matches.f1),
    }


def rounded(value: float) -> float | None:
    """Round a figure to four decimals for JSON; None for an unknown one (NaN)."""
    return None if math.isnan(value) else round(float(value), 4)


def finite(value: float) -> float | None:
    """Round a limit to four decimals for JSON; None for one that is unknown or without bound."""
    return rounded(value) if math.isfinite(value) else None


def _unreadable(files: Sequence[tuple[Path, str]]) -> list[dict[str, str]]:
    return [{"path": str(path), "error": error} for path, error in files]
