"""Recordings are run through the pipeline of live streams and compared with their annotations."""

from dataclasses import replace
from pathlib import Path

import pytest

from streamer.config import Config
from streamer.errors import UserError
from streamer.evaluation.annotations import Annotation, find_annotations
from streamer.evaluation.label_map import LabelMap
from streamer.evaluation.recordings import evaluate_recordings
from streamer.model.file import ModelFile, read_model_file
from tests.support.bands import write_model
from tests.support.labelled import write_recordings

pytest.importorskip("sed_eval")


N_DECIDING = 58  # of the 59 windows of 0.2 s, every 0.1 s of a recording, the first cannot confirm an event


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    model = read_model_file(write_model(tmp_path_factory.mktemp("model") / "bands.tflite"))
    return replace(model, trusted=True)  # saves trying it in a child process again and again


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, tuple[Annotation, ...]]:
    folder = write_recordings(tmp_path_factory.mktemp("data") / "recordings")
    return find_annotations(sorted(folder.glob("*.wav")), folder, folder)


def test_the_events_of_the_live_pipeline(model: ModelFile, recordings: dict[Path, tuple[Annotation, ...]]) -> None:
    outcome = evaluate_recordings(model, recordings, Config())
    assert (outcome.n_recordings, outcome.unreadable) == (2, ())
    assert list(outcome.by_label) == ["high", "low"]
    assert outcome.overall.events.f1 == 1.0
    assert outcome.overall.n_overlapped == 2
    assert outcome.duration_s == 12.0
    assert outcome.overall.hours == pytest.approx(2 * N_DECIDING * 0.1 / 3600)
    assert outcome.overall.false_alarms.per_hour == 0.0
    assert outcome.window_ms is not None


def test_an_event_without_annotation_is_a_false_alarm(
    model: ModelFile, recordings: dict[Path, tuple[Annotation, ...]]
) -> None:
    outcome = evaluate_recordings(model, dict.fromkeys(recordings, ()), Config())
    assert outcome.overall.n_false_alarms == 2
    assert outcome.overall.false_alarms.per_hour == pytest.approx(2 * 3600 / (2 * N_DECIDING * 0.1))


def test_settings_decide_what_is_an_event(model: ModelFile, recordings: dict[Path, tuple[Annotation, ...]]) -> None:
    config = Config.model_validate({"events": {"deny": ["high"]}})
    outcome = evaluate_recordings(model, recordings, config)
    assert outcome.by_label["high"].n_overlapped == 0
    assert outcome.by_label["low"].n_overlapped == 1


def test_a_map_leads_to_other_labels(model: ModelFile, recordings: dict[Path, tuple[Annotation, ...]]) -> None:
    label_map = LabelMap(model="bands", labels={"loud": ("low", "high")})
    loud = {path: tuple(Annotation(a.onset_s, a.offset_s, "loud") for a in said) for path, said in recordings.items()}
    outcome = evaluate_recordings(model, loud, Config(), label_map)
    assert list(outcome.by_label) == ["loud"]
    assert outcome.overall.n_overlapped == 2


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Annotation(0.0, 1.0, "deep"), r"annotations must have labels that bands has.*\n  'deep'"),
        (Annotation(60.0, 61.0, "low"), r"annotation 'low' at 60 s must lie within .*night\.wav, which ends at 6\.0 s"),
    ],
)
def test_annotations_that_do_not_fit(
    model: ModelFile, recordings: dict[Path, tuple[Annotation, ...]], annotation: Annotation, message: str
) -> None:
    night, street = recordings
    with pytest.raises(UserError, match=message):
        evaluate_recordings(model, {night: (annotation,), street: ()}, Config())


def test_unreadable_recordings(
    tmp_path: Path, model: ModelFile, recordings: dict[Path, tuple[Annotation, ...]]
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("no sound")
    outcome = evaluate_recordings(model, {**recordings, bad: ()}, Config())
    assert outcome.n_recordings == 2
    assert [path for path, _ in outcome.unreadable] == [bad]
    with pytest.raises(UserError, match="must hold a recording that can be classified"):
        evaluate_recordings(model, {bad: ()}, Config())
