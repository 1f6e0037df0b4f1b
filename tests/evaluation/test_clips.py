"""Labelled files are scored through the pipeline of live streams and counted by the label found."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streamer.config import Config
from streamer.dataset.examples import Dataset, find_examples
from streamer.errors import UserError
from streamer.evaluation.clips import evaluate_dataset
from streamer.evaluation.label_map import LabelMap
from streamer.model.file import ModelFile, read_model_file
from streamer.model.file_label import file_scores
from streamer.offline.pool import Pool
from tests.support.bands import write_model
from tests.support.labelled import write_folder

SWAPPED = LabelMap(model="bands", labels={"low": ("high",), "high": ("low",)})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    model = read_model_file(write_model(tmp_path_factory.mktemp("model") / "bands.tflite"))
    return replace(model, trusted=True)  # saves trying it in a child process again and again


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return find_examples(write_folder(tmp_path_factory.mktemp("data") / "bands"), "sound", r"^(\d)-")


def test_every_clip_counts_by_the_label_found_for_its_file(model: ModelFile, dataset: Dataset) -> None:
    calls: list[None] = []
    outcome = evaluate_dataset(model, dataset, Config(), n_jobs=2, advance=lambda: calls.append(None))
    evaluation = outcome.evaluation
    assert evaluation.labels == ("high", "low")
    assert evaluation.counts.tolist() == [[2, 1, 0], [0, 3, 0]]
    (mistake,) = outcome.mistakes
    assert (mistake.path.name, mistake.label, mistake.found) == ("0-2.wav", "high", "low")
    assert mistake.score > 0.5
    assert outcome.unreadable == ()
    results = Pool({"sound": [model]}, Config(), ["sound"], 1).classify([example.path for example in dataset])
    assert evaluation.n_windows == sum(len(result.scores) for (result,) in results) > 6
    assert evaluation.window_ms is not None
    assert evaluation.window_ms > 0.0
    assert len(calls) == 6


def test_the_same_whatever_the_number_of_threads(model: ModelFile, dataset: Dataset) -> None:
    one, three = (evaluate_dataset(model, dataset, Config(), n_jobs=n).evaluation for n in (1, 3))
    assert one.counts.tolist() == three.counts.tolist()
    assert one.calibration_error == three.calibration_error


def test_a_map_swaps_the_labels(model: ModelFile, dataset: Dataset) -> None:
    outcome = evaluate_dataset(model, dataset, Config(), SWAPPED)
    assert outcome.evaluation.counts.tolist() == [[1, 2, 0], [3, 0, 0]]


def test_only_labels_of_the_map_count(model: ModelFile, dataset: Dataset) -> None:
    high = dataset.with_examples(example for example in dataset if example.label == "high")
    assert evaluate_dataset(model, high, Config()).evaluation.others == (("low", 1),)
    only = evaluate_dataset(model, high, Config(), LabelMap(model="bands", labels={"high": ("low",)})).evaluation
    assert (only.n_right, only.others) == (3, ())


def test_the_scores_of_a_clip_follow_the_rule_for_files(model: ModelFile, dataset: Dataset) -> None:
    (first, *_) = dataset
    ((result,),) = Pool({"sound": [model]}, Config(), ["sound"], 1).classify([first.path])
    scores = file_scores(np.stack([window.values for window in result.scores]), model.labels)
    evaluation = evaluate_dataset(model, dataset.with_examples([first]), Config()).evaluation
    (place,) = np.flatnonzero(evaluation.calibration.n_clips)
    assert evaluation.calibration.score[place] == pytest.approx(scores.max())


def test_groups_can_be_measured_alone(model: ModelFile, dataset: Dataset) -> None:
    assert evaluate_dataset(model, dataset.of_groups(["1"]), Config()).evaluation.counts.tolist() == [
        [1, 0, 0],
        [0, 1, 0],
    ]


def test_labels_that_the_model_lacks_are_refused(tmp_path: Path, model: ModelFile) -> None:
    folder = write_folder(tmp_path / "data")
    (folder / "low").rename(folder / "deep")
    with pytest.raises(
        UserError, match=r"data=.* must have labels that bands has.*\n  'deep'\nits labels: 'low', 'high'"
    ):
        evaluate_dataset(model, find_examples(folder, "sound"), Config())


def test_unreadable_files_are_left_out_and_named(tmp_path: Path, model: ModelFile) -> None:
    folder = write_folder(tmp_path / "data")
    (folder / "low" / "bad.wav").write_text("no sound")
    (folder / "high" / "empty.wav").touch()
    outcome = evaluate_dataset(model, find_examples(folder, "sound"), Config())
    assert outcome.evaluation.n_clips == 6
    assert [path.name for path, _ in outcome.unreadable] == ["empty.wav", "bad.wav"]
    assert "must be a sound file" in outcome.unreadable[1][1]


def test_a_folder_without_a_readable_file_is_refused(tmp_path: Path, model: ModelFile) -> None:
    (tmp_path / "low").mkdir()
    (tmp_path / "low" / "bad.wav").write_text("no sound")
    with pytest.raises(
        UserError, match=r"must hold a file that can be classified; file=.*bad\.wav must be a sound file"
    ):
        evaluate_dataset(model, find_examples(tmp_path, "sound", n_labels=1), Config())
