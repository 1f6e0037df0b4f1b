"""Figures become JSON values, without NaN."""

import json

import numpy as np

from streamer.evaluation.json_report import evaluation_dict
from streamer.evaluation.metrics import evaluate_scores


def test_unknown_figures_are_null() -> None:
    never_found = evaluate_scores(("a", "b"), np.array([0]), np.array([[0.25, 0.75]], np.float32))
    values = json.loads(json.dumps(evaluation_dict(never_found), allow_nan=False))
    assert values["closed_set_accuracy"] == 0.0
    assert values["accuracy_with_rejection"] is None
    assert values["labels"] == [
        {"label": "a", "clips": 1, "precision": None, "recall": 0.0, "f1": 0.0},
        {"label": "b", "clips": 0, "precision": 0.0, "recall": None, "f1": 0.0},
    ]
    assert values["confusion"] == [[0, 1, 0], [0, 0, 0]]
    assert values["calibration"][11] == {"clips": 1, "score": 0.75, "right": 0.0}
    assert values["calibration_error"] == 0.75
    assert values["window_ms"] is None
