"""An evaluation as the documented JSON object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamer.evaluation.clips import ClipEvaluation
from streamer.evaluation.examined import Examined
from streamer.evaluation.recordings import EventEvaluation
from streamer.evaluation.tables import detection_dict, rounded, to_dict


def document(data: Path, about: dict[str, Any], models: Sequence[tuple[Examined, dict[str, Any]]]) -> str:
    """Return the ``evaluation`` object: what was measured on, and the figures of each model.

    Parameters
    ----------
    data : Path
    about : dict
        Further values of the data and of the way of measuring.
    models : sequence of Examined and dict
        Each with its figures, from :func:`clip_values` or :func:`event_values`.
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
    values = {"type": "evaluation", "data": str(data), "task": models[0][0].task, **about, "models": listed}
    return json.dumps(values, ensure_ascii=False, allow_nan=False)


def clip_values(outcome: ClipEvaluation) -> dict[str, Any]:
    """Return the figures on labelled files as JSON values."""
    return {
        **to_dict(outcome.evaluation),
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
        "duration_s": rounded(3600 * outcome.overall.hours),
        "windows": outcome.n_windows,
        "window_ms": None if outcome.window_ms is None else rounded(outcome.window_ms),
        "overall": detection_dict(outcome.overall),
        "labels": [{"label": label, **detection_dict(found)} for label, found in outcome.by_label.items()],
        "unreadable": _unreadable(outcome.unreadable),
    }


def _unreadable(files: Sequence[tuple[Path, str]]) -> list[dict[str, str]]:
    return [{"path": str(path), "error": error} for path, error in files]
