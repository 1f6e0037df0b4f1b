"""Pages and comparisons fit a terminal of 80 columns."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from streamer.evaluation.clips import ClipEvaluation, Mistake
from streamer.evaluation.detection import Detection, Matches
from streamer.evaluation.label_map import LabelMap
from streamer.evaluation.metrics import evaluate_scores
from streamer.evaluation.recordings import EventEvaluation
from streamer.evaluation.report import clip_comparison, clip_page, event_comparison, event_page
from streamer.evaluation.scorer import EvaluatedModel
from streamer.model.file import read_model_file
from tests.support.bands import write_model

LABELS = tuple(f"a very long label, number {i}" for i in range(12))
FOUND = Detection(Matches(1000, 900, 800), Matches(5000, 4000, 3000), 950, 2000, 10.0)


@pytest.fixture
def one(tmp_path: Path) -> EvaluatedModel:
    path = write_model(tmp_path / "bands.tflite", card={"training_data": "many long words " * 20})
    label_map = LabelMap(model="bands", labels=dict.fromkeys(LABELS, ("low",)))
    return EvaluatedModel("a model of a long name", read_model_file(path), label_map)


@pytest.fixture
def clips() -> ClipEvaluation:
    rng = np.random.default_rng(0)
    scores = rng.uniform(0, 1, (3000, 14)).astype(np.float32)
    evaluation = evaluate_scores(LABELS, rng.integers(0, 12, 3000), scores, ("speech", "noise"))
    mistakes = tuple(Mistake(Path(f"/data/{LABELS[0]}/{i}.wav"), LABELS[0], LABELS[1], 0.9) for i in range(9))
    return ClipEvaluation(replace(evaluation, n_windows=123_456, window_ms=0.1234), mistakes, ())


def shown(renderable: Any) -> list[str]:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(renderable)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_the_page_of_labelled_files_fits_80_columns(one: EvaluatedModel, clips: ClipEvaluation) -> None:
    lines = shown(clip_page(one, clips, 80))
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert "0.123 ms  (median of the model alone; 123,456 windows)" in text
    assert "labels               1 of its 2, mapped to 12" in text
    assert "mistakes, surest first (5 of 9)" in text
    assert text.count(".wav") == 5
    assert "other: " in text


def test_the_page_of_recordings_fits_80_columns(one: EvaluatedModel) -> None:
    pytest.importorskip("scipy")  # comes with the extra train, as sed_eval
    outcome = EventEvaluation(FOUND, dict.fromkeys(LABELS, FOUND), 7, 36000.0, 1000, None, ())
    lines = shown(event_page(one, outcome, 80))
    assert max(map(len, lines)) <= 80
    assert lines[1].split()[1:] == ["7,", "600.0", "minutes", "in", "all"]
    assert lines[-1].split() == ["all", "1000", "0.950", "0.842", "0.667", "200", "(191", "–", "209)"]
    table = shown(event_comparison([(one, outcome)]))
    assert table[1].split()[-8:-3] == ["0.667", "200", "(191", "–", "209)"]


def test_models_side_by_side_fit_80_columns(one: EvaluatedModel, clips: ClipEvaluation) -> None:
    perfect = evaluate_scores(LABELS, np.arange(12), np.eye(12, dtype=np.float32))
    second = ClipEvaluation(perfect, (), ())
    lines = shown(clip_comparison([(one, clips), (one, second)]))
    assert max(map(len, lines)) <= 80
    assert lines[2].split()[-10:-3] == ["100.0", "75.8", "–", "100.0", "100.0", "1.000", "0.000"]
