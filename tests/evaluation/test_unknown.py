"""Recordings of none of the labels: what is counted, and what is left out."""

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("scipy")

from streamer.config import Config
from streamer.errors import UserError
from streamer.evaluation.label_map import LabelMap
from streamer.evaluation.tracks import count_begun
from streamer.evaluation.unknown import UnknownEvaluation, evaluate_unknown, find_unknown
from streamer.model.file import ModelFile, read_model_file
from tests.support.bands import scene, tones, write_model, write_sound


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    model = read_model_file(write_model(tmp_path_factory.mktemp("model") / "bands.tflite"))
    return replace(model, trusted=True)  # saves trying it in a child process again and again


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recordings in which the model finds something, one in which it does not, and one that is known to it."""
    folder = tmp_path_factory.mktemp("unknown")
    for name in ("road/a.wav", "road/b.wav", "sub/night/a.wav", "High/a.wav"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    write_sound(folder / "road" / "a.wav", scene())
    write_sound(folder / "road" / "b.wav", 0 * scene())
    write_sound(folder / "sub" / "night" / "a.wav", 0 * scene())
    write_sound(folder / "High" / "a.wav", scene())
    write_sound(folder / "a.wav", tones(500.0, (1.0, 2.0)))
    write_sound(folder / "LOW.wav", scene())
    (folder / "notes.txt").write_text("no recording")
    return folder


def evaluated(model: ModelFile, folder: Path, label_map: LabelMap | None = None) -> UnknownEvaluation:
    return evaluate_unknown(model, folder, find_unknown(folder, model), Config(), label_map, 1)


def test_false_events_and_files_labelled_are_counted_by_folder_and_label(model: ModelFile, folder: Path) -> None:
    outcome = evaluated(model, folder)
    assert outcome.left_out == (("high", 1), ("low", 1))
    assert (outcome.false.n, outcome.labelled.n, outcome.labelled.n_all) == (3, 2, 4)
    assert outcome.false.hours == pytest.approx(4 * outcome.folders[0].false.hours / 2)
    assert outcome.false.per_hour == pytest.approx(3 / outcome.false.hours)
    assert [(one.name, one.false.n, one.labelled.n, one.labelled.n_all) for one in outcome.folders] == [
        ("road", 2, 1, 2),
        (".", 1, 1, 1),
        ("sub/night", 0, 0, 1),
    ]
    assert {one.label: one.false.n for one in outcome.labels} == {"low": 2, "high": 1}
    assert sum(one.labelled.n for one in outcome.labels) == 2
    assert outcome.duration_s == pytest.approx(24.0)


def test_the_kept_scores_hold_the_same_events_as_the_pipeline_found(model: ModelFile, folder: Path) -> None:
    outcome = evaluated(model, folder)
    tracks = outcome.tracks
    begun = sum(int(count_begun(track, tracks.labels, tracks.events).sum()) for track in tracks.tracks)
    assert begun == outcome.false.n


def test_the_labels_of_a_map_are_what_is_known(model: ModelFile, folder: Path) -> None:
    outcome = evaluated(model, folder, LabelMap(model="bands", labels={"road": ("low",)}))
    assert outcome.left_out == (("road", 2),)
    assert outcome.labelled.n_all == 4
    assert {one.label for one in outcome.labels} == {"road"}


def test_a_folder_of_known_sounds_only_is_refused(model: ModelFile, folder: Path) -> None:
    with pytest.raises(UserError, match=r"must hold recordings of something that bands does not know; all 1 are named"):
        evaluate_unknown(model, folder, [folder / "High" / "a.wav"], Config())
