from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.dataset.examples import Dataset, Example
from streamer.dataset.file_stats import FileStats
from streamer.features.settings import MotionSettings
from streamer.model.file_label import file_label
from streamer.model.spec import ModelSpec, WindowSettings
from streamer.training.scoring import ExampleScores, by_example, calibration_error, evaluate, score_tracks, window_ms
from streamer.training.windows import TrainingWindows
from tests.support.tiny_models import log_mel_spec

LABELS = ("bell", "door", "background")
BELL, DOOR = (Example(Path(label, "a.wav"), label, label) for label in ("bell", "door"))


def _scores(*rows: tuple[float, float, float]) -> Float32:
    return np.array(rows, np.float32)


def test_scores_are_sorted_by_the_example_of_their_window() -> None:
    scores = _scores((0.1, 0.0, 0.0), (0.2, 0.0, 0.0), (0.3, 0.0, 0.0))
    windows = TrainingWindows(
        np.zeros((3, 1, 1), np.float16), np.zeros((3, 3), np.float32), np.array([1, 0, 1], np.int32)
    )
    third = Example(Path("door/b.wav"), "door", "b")
    examples = by_example(scores, windows, Dataset(Path("data"), "sound", (BELL, DOOR, third)))
    assert [one.example for one in examples] == [BELL, DOOR]  # of the third there is no window
    np.testing.assert_array_equal(examples[1].scores, scores[[0, 2]])


def test_files_are_labelled_by_the_rule_of_classify() -> None:
    examples = [
        ExampleScores(BELL, _scores((0.9, 0.1, 0.1), (0.0, 0.3, 0.1))),
        ExampleScores(BELL, _scores((0.1, 0.1, 0.9), (0.1, 0.1, 0.95))),  # background alone
        ExampleScores(DOOR, _scores((0.4, 0.5, 0.1))),
    ]
    assert [file_label(one.scores, LABELS)[0] for one in examples] == ["bell", "background", "door"]
    evaluation = evaluate(examples, LABELS, ("bell", "door"))
    assert evaluation.counts.tolist() == [[1, 0, 1], [0, 1, 0]]
    assert evaluation.others == (("background", 1),)


def test_labels_of_the_data_may_come_in_another_order_than_those_of_the_model() -> None:
    evaluation = evaluate([ExampleScores(DOOR, _scores((0.9, 0.2, 0.1)))], ("door", "bell", "none"), ("bell", "door"))
    assert evaluation.accuracy == 1.0


def test_calibration_error_of_windows() -> None:
    scores = _scores((0.8, 0.1, 0.1), (0.8, 0.1, 0.1), (0.8, 0.1, 0.1), (0.8, 0.1, 0.1), (0.9, 0.0, 0.0))
    targets = np.eye(3, dtype=np.float32)[[0, 0, 1, 1, 2]]
    targets[4] = np.nan  # whose label is unknown
    assert calibration_error(scores, targets) == pytest.approx(0.3)
    assert np.isnan(calibration_error(scores[4:], targets[4:]))


def test_tracks_of_sounds_have_the_stride_of_the_model() -> None:
    spec = log_mel_spec(16, 8, window={"n_frames": 16, "stride": 8})
    (track,) = score_tracks(
        [ExampleScores(DOOR, _scores((0, 1, 0)))], LABELS, spec, {DOOR.path: FileStats(duration_s=5.0)}
    )
    assert track.label == 1
    assert track.stride_s == pytest.approx(8 * 160 / 16_000)


def test_strides_of_videos_follow_their_images() -> None:
    spec = ModelSpec(
        format=1,
        name="m",
        task="motion",
        front_end=MotionSettings(n_rows=2, n_columns=2, n_images=32),
        window=WindowSettings(n_frames=32, stride=16),
    )
    facts = {BELL.path: FileStats(duration_s=10.0, n_images=500)}
    (track,) = score_tracks([ExampleScores(BELL, _scores((1, 0, 0)))], LABELS, spec, facts)
    assert track.stride_s == pytest.approx(16 / 50.0)


def test_the_time_of_a_window_is_that_of_one_call() -> None:
    shapes = []

    def predict(features: NDArray[np.floating]) -> Float32:
        shapes.append(features.shape)
        return np.zeros((1, 3), np.float32)

    assert 0.0 <= window_ms(predict, np.zeros((3, 4, 2), np.float16)) < 1000.0
    assert set(shapes) == {(1, 4, 2)}
