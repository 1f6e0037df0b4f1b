import dataclasses
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from streamer.commands.train_result import show
from streamer.config import EventSettings
from streamer.dataset.balance import LabelCount
from streamer.dataset.examples import Dataset, Example
from streamer.dataset.inspection import Inspection
from streamer.evaluation.metrics import Rejection, evaluate_scores
from streamer.evaluation.operating import Rate, Share
from streamer.evaluation.tracks import TrackSet
from streamer.evaluation.unknown import UnknownEvaluation, UnknownFolder, UnknownLabel
from streamer.model.spec import Card
from streamer.training.card import MARK, card_page, replace_measured
from streamer.training.folds import Fold, Split
from streamer.training.learn import Alarms, Learned, Quantisation
from streamer.training.leave_out import LeftOut
from streamer.training.options import TrainingOptions
from streamer.training.report import TrainingReport
from streamer.training.thresholds import Threshold
from streamer.training.world import WorldEvidence
from tests.support.paths import GOLDEN
from tests.support.tiny_models import log_mel_spec

LABELS = ("bell", "door")


OPTIONS = TrainingOptions("sound", Path("data"), Path("my.tflite"))


def _report(options: TrainingOptions = OPTIONS, **changed: Any) -> TrainingReport:
    """Return a report on ten files of two labels, one of which was mistaken for background."""
    examples = [Example(Path("data", label, f"{i}.wav"), label, f"{i}") for label in LABELS for i in range(5)]
    dataset = Dataset(Path("data"), options.task, ()).with_examples(examples)
    counts = tuple(LabelCount(label, 5, 5, 0, 25.0, 0) for label in LABELS)
    scores = np.tile(np.array([0.7, 0.2, 0.1], np.float32), (10, 1))
    scores[5:] = 0.1, 0.8, 0.3
    scores[9] = 0.1, 0.2, 0.6
    evaluation = evaluate_scores(LABELS, np.repeat([0, 1], 5), scores, ("background",))
    parts = tuple(dataset.of_groups(groups) for groups in (("0", "1"), ("2", "3", "4")))
    events = EventSettings(deny=("background",))
    learned = Learned(
        flatbuffer=b"",
        labels=(*LABELS, "background"),
        events=events,
        split=Split(parts, (Fold((0,), 1), Fold((1,), 0)), None),
        evaluation=dataclasses.replace(evaluation, n_windows=120, window_ms=0.42),
        thresholds=(
            Threshold("bell", 0.6, 0.4, 0, 25 / 3600, 431.4, 0.0, True),
            Threshold("door", 0.84, 0.56, 1, 25 / 3600, 683.1, 0.4, False),
        ),
        alarms=None,
        world=None,
        left_out=None,
        comparison=None,
        error_before=0.123,
        error_after=0.045,
        quantisation=None,
        n_sampled=4000,
        epochs=(("embedding", 30), ("", 4)),
        interrupted=False,
    )
    inspection = Inspection(dataset, dataset, counts, (), {})
    return TrainingReport(options, inspection, dataclasses.replace(learned, **changed), "2.0")


def test_the_card_reports_everything() -> None:
    report = _report()
    spec = report.spec(log_mel_spec(16, 8, card=Card(attribution="Began from the weights of another.")))
    page = card_page(report, spec, 1234).rpartition("Made with ")[0]  # versions change
    golden = GOLDEN / "training_card.md"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(page)
    assert page == golden.read_text()
    assert page.startswith(MARK)


def test_the_file_has_a_short_description() -> None:
    spec = _report().spec(log_mel_spec(16, 8, card=Card(attribution="Began elsewhere.", licence="X")))
    assert spec.name == "my"
    assert spec.events.deny == ("background",)
    assert spec.card.attribution == "Began elsewhere."
    assert spec.card.licence == "X"
    assert spec.card.accuracy["right"] == 0.9
    assert spec.card.training_data.startswith("10 sound files of 5 groups, 2 labels")
    assert "too kind" in spec.card.limits
    type(spec).model_validate(spec.model_dump())  # it can be read again


def test_names_and_commands_may_have_any_characters() -> None:
    report = _report(TrainingOptions("sound", Path("a\nb"), Path("my\x1b[31m.tflite")))
    spec = report.spec(log_mel_spec(16, 8))
    type(spec).model_validate(spec.model_dump())
    assert "\x1b" not in card_page(report, spec, 1)


def test_a_test_int8_and_an_interruption_are_reported() -> None:
    report = _report(alarms=Alarms(2, 0.5, 0.25), quantisation=Quantisation(0.9, 0.8, 0.012, 0.3), interrupted=True)
    page = card_page(report, report.spec(log_mel_spec(16, 8)), 1)
    assert "On the test: 2 wrong events in 30.0 min" in page
    assert "no event of its own label begins in 25.0 % of the examples" in page
    assert (
        "In int8 80.0 % of the files are right, 90.0 % before; a score moves by 0.012 on average, 0.300 at most."
        in page
    )
    assert "Training was stopped by hand." in page


def test_pictures_have_shares_where_streams_have_rates() -> None:
    one = Threshold("bell", 0.6, 0.4, 1, 40, 0.11, math.nan, True)
    report = _report(dataclasses.replace(OPTIONS, task="pattern"), thresholds=(one,))
    head, row = report.threshold_rows()
    assert head[4:6] == ("pictures without it", "at most (95 %)")
    assert row == ("bell", "0.6", "0.4", "1", "40", "11.0 %", "–")
    assert "at most 1.0 % of the pictures, all labels together" in report.thresholds_text()
    assert report.run_command == "streamer run -s camera -m"


def test_programs_get_values_that_json_knows() -> None:
    report = _report(error_after=math.nan)
    values = report.to_dict(9)
    assert json.loads(json.dumps(values, allow_nan=False))["calibration_error"] == {"before": 0.123, "after": None}


WORLD = WorldEvidence(40, (("wood", 30), ("street", 10)), Rate(3, 2.0))


def _unknown() -> UnknownEvaluation:
    """Return what was found in ten unknown recordings."""
    rate, labelled = Rate(4, 0.5), Share(2, 10)
    return UnknownEvaluation(
        false=rate,
        labelled=labelled,
        folders=(UnknownFolder("road", rate, labelled),),
        labels=(UnknownLabel("door", Rate(3, 0.5), labelled), UnknownLabel("bell", Rate(1, 0.5), Share(0, 10))),
        duration_s=2000.0,
        left_out=(("bell", 7),),
        unreadable=(),
        tracks=TrackSet(LABELS, EventSettings(), ()),
    )


def test_false_events_on_what_was_never_taught_come_first() -> None:
    one = Threshold("bell", 0.95, 0.63, 0, 25 / 3600, 431.4, 0.6, True, 1, 2.0, 2.4)
    report = _report(dataclasses.replace(OPTIONS, unknown=Path("world")), world=WORLD, thresholds=(one,))
    report = dataclasses.replace(report, unknown=_unknown())
    spec = report.spec(log_mel_spec(16, 8))
    page = card_page(report, spec, 1)
    first, second = (
        page.index("**8.0 (2.2 – 20.5) false events an hour (95 %) on the recordings in world"),
        page.index("1.5 (0.3 – 4.4) false events an hour (95 %) in the world that comes with streamer: 3 in 2 h of 40"),
    )
    assert (
        page.index("```sh") < first < second < page.index("## How it was made") < page.index("**90.0 %** of 10 files")
    )
    assert "4 in 30 min of 10 recordings (door 3, bell 1); 20.0 % of these files get one of the labels" in page
    assert "Left out as known to it: bell." in page
    assert "from wood (30), street (10). Thresholds are chosen by this part of the world; no training" in page
    assert "and, by itself, on 40 recordings of the world" in page
    assert "| bell | 0.95 | 0.63 | 0 | 25 s | 431 | 1 in 2.0 h | 2.4 | 60.0 % |" in page
    assert "At thresholds that the world allows most examples of bell are missed" in page
    assert "--unknown world" in page
    assert list(spec.card.accuracy)[:2] == ["false_events_per_hour", "false_events_per_hour_95_high"]
    assert spec.card.accuracy["false_events_per_hour"] == 8.0
    values = json.loads(json.dumps(report.to_dict(1), allow_nan=False))["open_set"]
    assert (values["world"]["false_events"], values["unknown"]["false_events"]) == (3, 4)
    assert values["world"]["origins"] == {"wood": 30, "street": 10}


def test_without_any_such_measurement_the_card_says_so_first() -> None:
    report = _report()
    page = card_page(report, report.spec(log_mel_spec(16, 8)), 1)
    assert page.index("is not known: it was measured on examples of its labels alone") < page.index(
        "## How it was made"
    )
    assert report.to_dict(1)["open_set"] == {"world": None, "left_out": None, "unknown": None}
    pictures = _report(dataclasses.replace(OPTIONS, task="pattern"))
    assert "everything else" not in card_page(pictures, pictures.spec(log_mel_spec(16, 8)), 1)


def test_labels_left_out_are_told() -> None:
    left_out = LeftOut(
        n_groups=5,
        false=Rate(4, 0.5),
        labelled=Share(2, 10),
        labels=(UnknownFolder("door", Rate(4, 0.25), Share(2, 5)), UnknownFolder("bell", Rate(0, 0.25), Share(0, 5))),
    )
    report = _report(dataclasses.replace(OPTIONS, leave_labels_out=True), left_out=left_out)
    (line,) = report.open_set.lines()
    assert line.startswith("8.0 (2.2 – 20.5) false events an hour (95 %) with labels left out: 5 models")
    assert "4 in 30 min (of door 4); 20.0 % of the 10 files get another label." in line
    assert "--leave-labels-out" in report.options.command
    values = json.loads(json.dumps(report.to_dict(1), allow_nan=False))["open_set"]["left_out"]
    assert (values["models"], values["false_events"], values["labels"][0]["label"]) == (5, 4, "door")


def test_both_accuracies_are_named() -> None:
    rejection = Rejection(10, 7, 2)
    evaluation = dataclasses.replace(_report().learned.evaluation, rejection=rejection)
    report = _report(evaluation=evaluation)
    text = report.accuracy_text()
    assert "have their own label as the best-scoring one (closed-set accuracy)" in text
    assert "With rejection" in text
    assert "70.0 % get their own (39.7 % to 89.2 %), 10.0 % a wrong one, the rest none." in text
    assert report.spec(log_mel_spec(16, 8)).card.accuracy["right_with_rejection"] == 0.7
    assert report.to_dict(1)["evaluation"]["accuracy_with_rejection"] == 0.7


@pytest.mark.parametrize("width", [60, 100])
def test_the_terminal_shows_it_within_its_width(
    width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my.tflite").write_bytes(bytes(1500))
    monkeypatch.chdir(tmp_path)
    show(_report(), Console(width=width, legacy_windows=False))
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= width for line in lines)
    text = " ".join(" ".join(lines).split())
    assert "90.0 % of 10 files (95 % interval 59.6 % to 98.2 %) have their own label as the best-scoring one" in text
    assert "my.tflite: 2 kB, 0.42 ms a window; its card: my.md" in text
    assert "put examples of it into data/background, and train again" in text
    assert lines[-1] == "try it:  streamer run -m my.tflite"


def test_the_measured_part_of_a_page_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "motion.md"
    path.write_text("before\n<!-- measured -->\nold\n<!-- /measured -->\nafter\n")
    for _ in range(2):
        replace_measured(path, "| new |")
        assert path.read_text() == "before\n<!-- measured -->\n| new |\n<!-- /measured -->\nafter\n"
