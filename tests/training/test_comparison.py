"""What got better and worse is counted on examples that are new to both models, and named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamer.config import EventSettings
from streamer.dataset.examples import Dataset, Example
from streamer.training import comparison
from streamer.training.comparison import Comparison, compare
from streamer.training.earlier import EarlierModel
from streamer.training.export import ExportedModel, ScoredDataset
from streamer.training.windows import TrainingWindows
from tests.support.tiny_models import log_mel_spec

LABELS = ("dog", "background")
EVENTS = EventSettings(on=0.5, off=0.4, confirm=1, confirm_of=1, smoothing_s=0.0, deny=("background",))


class _Task:
    task, labels = "sound", LABELS
    spec = log_mel_spec(16, 8, window={"n_frames": 16, "stride": 8}, events={"deny": ("background",)})


def _compared(monkeypatch: pytest.MonkeyPatch, known: frozenset[str], trained_on: frozenset[str] | None) -> Comparison:
    """Compare on a dog that only the old model misses, one that both find, a false alarm that ended, and a new one."""
    truths = ("dog", "dog", "background", "background")
    dog_before, dog_after = (0.1, 0.9, 0.9, 0.1), (0.9, 0.9, 0.1, 0.9)
    examples = tuple(Example(Path(f"{k}.wav"), label, f"g{k}") for k, label in enumerate(truths))
    dataset = Dataset(Path("data"), "sound", examples)
    windows = TrainingWindows(
        np.zeros((4, 16, 8), np.float16), np.zeros((4, 2), np.float32), np.arange(4, dtype=np.int32)
    )
    scores = np.array([(dog, 1 - dog) for dog in dog_after], np.float32)
    model = ExportedModel(b"", lambda _: scores, lambda _: scores)
    # The earlier model has its labels in another order, and one that is no more.
    old = np.array([(0.0, 1 - dog, dog) for dog in dog_before], np.float32)
    monkeypatch.setattr(comparison, "predictor", lambda *_: lambda _: old)
    spec = replace_events(_Task.spec, EVENTS)
    earlier = EarlierModel(Path("old.tflite"), spec, ("cat", "background", "dog"), b"", trained_on)
    facts: Any = dict.fromkeys(example.path for example in examples)
    return compare(_Task(), earlier, [ScoredDataset(model, windows, dataset, scores)], known, facts, EVENTS)  # type: ignore[arg-type]


def replace_events(spec: Any, events: EventSettings) -> Any:
    return spec.model_copy(update={"events": events})


def test_better_and_worse_are_counted_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = _compared(monkeypatch, frozenset(), frozenset())
    assert (compared.before.right, compared.before.n_false) == ((False, True, False, True), 1)
    assert (compared.after.right, compared.after.n_false) == ((True, True, True, False), 1)
    assert (compared.better, compared.worse) == ([0, 2], [3])
    first, *rest = compared.lines()
    assert first.startswith("Beside old.tflite, on 4 files kept aside that neither was trained on: right before 2 (")
    assert "wrong events before 1, now 1" in first
    assert "  dog: 1 of 2 right before, 2 now" in rest
    assert "  better: 2.wav (dog before, background now)" in rest
    assert "  worse: 3.wav (background before, dog now)" in rest
    assert compared.to_dict()["before"] == {"right": 2, "false_events": 1}


def test_what_the_earlier_model_was_trained_on_does_not_count_and_ignorance_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = _compared(monkeypatch, frozenset({"g0", "g3"}), frozenset({"x"}))
    assert [path.name for path in compared.paths] == ["1.wav", "2.wav"]
    unknown = _compared(monkeypatch, frozenset(), None).lines()
    assert "neither was trained on" not in unknown[0]
    assert unknown[1].startswith("What old.tflite was trained on is not known")
    none = replace(_compared(monkeypatch, frozenset({"g0", "g1", "g2", "g3"}), frozenset()))
    assert none.lines() == ["Whether it got better than old.tflite is not known: no example is new to both models."]
