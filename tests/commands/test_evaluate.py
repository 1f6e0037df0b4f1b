"""`streamer evaluate`, as a user runs it."""

import json
import os
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.support import lamps
from tests.support.bands import run_here, scene, write_model, write_sound
from tests.support.labelled import write_folder, write_recordings
from tests.support.paths import GOLDEN


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, labelled files and annotated recordings."""
    place = tmp_path_factory.mktemp("evaluate")
    write_model(place / "bands.tflite", card={"training_data": "sums of tones"})
    write_folder(place / "clips")
    write_recordings(place / "recordings")
    return place


@pytest.fixture(autouse=True)
def _there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "80")


def rounded(value: Any) -> Any:
    """Round all numbers in a JSON value to what is the same on every machine."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return round(value, 2) if isinstance(value, float) else value


def check_golden(name: str, values: dict[str, Any]) -> None:
    """Compare a JSON object with the documented one, but for times and sizes."""
    for model in values["models"]:
        assert model["window_ms"] > 0
        assert model["bytes"] > 0
        model |= {"window_ms": 0.0, "bytes": 0}
    path = GOLDEN / name
    text = json.dumps(rounded(values), indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def test_json_of_labelled_files() -> None:
    done = run_here("evaluate", "bands.tflite", "clips", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    check_golden("evaluation_clips.json", json.loads(done.stdout))


def test_json_of_recordings() -> None:
    pytest.importorskip("sed_eval")
    done = run_here("evaluate", "bands.tflite", "recordings", "--json", "--collar", "0.5")
    assert (done.returncode, done.stderr) == (0, "")
    check_golden("evaluation_events.json", json.loads(done.stdout))


def test_the_sidecar_of_a_config_file_is_for_the_model_that_the_file_names(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text('[model]\npath = "nowhere.tflite"\nsidecar = "nowhere.toml"\n')
    done = run_here("evaluate", "bands.tflite", "clips", "-c", tmp_path / "my.toml", "--json")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_page_for_a_person() -> None:
    done = run_here("evaluate", "bands.tflite", "clips")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[0] == "bands"
    assert "83.3 %  (5 of 6 clips; 95 %: 43.6 – 97.0 %)" in lines[1]
    assert "trained on           sums of tones" in lines
    assert ["high", "2", "1"] in [line.split() for line in lines]
    assert any(line.startswith("  high → low 1.00") and line.endswith(" high/0-2.wav") for line in lines)
    assert lines[-1].startswith("Figures on files that a model was trained on say little")


def test_several_models_stand_side_by_side(tmp_path: Path) -> None:
    write_model(tmp_path / "deaf.tflite", name="deaf", normalisation={"mean": 50.0, "std": 1.0})
    done = run_here("evaluate", "bands.tflite", tmp_path / "deaf.tflite", "clips", "--plot", tmp_path / "new" / "plots")
    assert done.returncode == 0
    table = done.stdout[done.stdout.index("\nmodel ") :].splitlines()
    assert [line.split()[:3] for line in table[2:4]] == [["bands", "83.3", "43.6"], ["deaf", "50.0", "18.8"]]
    names = sorted(path.name for path in (tmp_path / "new" / "plots").iterdir())
    drawn = ("confusion", "labels", "reliability")
    assert names == [f"{model}_{what}.png" for model in ("bands", "deaf") for what in drawn]


def test_test_groups_only() -> None:
    done = run_here("evaluate", "bands.tflite", "clips", "--json", "--groups", r"^(\d)-", "--test", "1")
    values = json.loads(done.stdout)
    assert values["groups"] == ["1"]
    assert values["models"][0]["clips"] == 2


def test_a_map_for_one_of_the_models(tmp_path: Path) -> None:
    path = tmp_path / "swapped.toml"
    path.write_text('model = "bands"\n[labels]\nlow = ["high"]\nhigh = ["low"]\n')
    done = run_here("evaluate", "bands.tflite", "clips", "--label-map", path, "--json")
    (model,) = json.loads(done.stdout)["models"]
    assert model["label_map"] == {"low": ["high"], "high": ["low"]}
    assert model["right"] == 1


def test_a_single_recording_with_a_table_and_a_figure(tmp_path: Path) -> None:
    pytest.importorskip("sed_eval")
    table = tmp_path / "street.csv"
    table.write_text("onset,offset,label\n1.0,2.5,low\n")
    done = run_here(
        "evaluate", "bands.tflite", "recordings/street.wav", "--annotations", table, "--plot", tmp_path / "plots"
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.strip()}
    assert rows["low"][:2] == ["1", "1.000"]
    assert rows["high"][:2] == ["0", "–"]
    assert (tmp_path / "plots" / "bands_events.png").is_file()


def test_settings_of_a_config_file_count(tmp_path: Path) -> None:
    pytest.importorskip("sed_eval")
    (tmp_path / "config.toml").write_text('[events]\nallow = ["high"]\n')
    done = run_here("evaluate", "bands.tflite", "recordings", "--json", "-c", tmp_path / "config.toml")
    found = {label["label"]: label["events"]["found"] for label in json.loads(done.stdout)["models"][0]["labels"]}
    assert found == {"low": 0, "high": 1}


def test_motion_is_measured_on_videos(tmp_path: Path) -> None:
    model = lamps.write_model(tmp_path / "lamps.tflite")
    for label in ("flicker", "still"):
        (tmp_path / "videos" / label).mkdir(parents=True)
    lamps.write_video(tmp_path / "videos" / "flicker" / "lamp.avi")
    (tmp_path / "videos" / "still" / "bad.avi").write_text("no video")
    done = run_here("evaluate", model, tmp_path / "videos", "--json")
    assert done.returncode == 1
    assert "bad.avi" in done.stderr
    assert "1 of the files could not be used and are in no figure" in done.stderr
    values = json.loads(done.stdout)
    assert (values["task"], values["models"][0]["clips"], values["models"][0]["right"]) == ("motion", 1, 1)
    assert [file["path"] for file in values["models"][0]["unreadable"]] == [str(tmp_path / "videos/still/bad.avi")]


def test_pattern_is_measured_on_pictures(tmp_path: Path) -> None:
    (tmp_path / "stripes").mkdir()
    wave = 128 + 60 * np.sin(2 * np.pi * np.arange(320) / 12.0) + np.zeros((240, 1))
    cv2.imwrite(str(tmp_path / "stripes" / "cloth.png"), np.rint(wave).astype(np.uint8))
    done = run_here("evaluate", "pattern", tmp_path, "--json")
    (model,) = json.loads(done.stdout)["models"]
    assert (model["right"], model["windows"]) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ambient", "clips"], r"data=clips must have labels that ambient has"),
        (["bands.tflite", "nowhere"], r"data=nowhere must exist"),
        (["bands.tflite", "motion", "clips"], r"models must be for the same kind of data"),
        (["bands.tflite", "clips", "--label-map", "nowhere"], r"label_map=nowhere must be a file or a shipped map"),
        (["bands.tflite", "clips", "--test", "9"], r"group='9' must be a group of clips"),
        (["bands.tflite", "recordings", "--test", "9"], r"groups=9 must be of labelled files"),
        (["bands.tflite", "clips", "--annotations", "clips"], r"file=clips/high/0-0\.wav must have annotations in"),
        (["bands.tflite", "clips", "--plot", "bands.tflite"], r"plot=bands\.tflite must be a folder"),
    ],
)
def test_mistakes(arguments: list[str], told: str) -> None:
    done = run_here("evaluate", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert re.search(told, done.stderr)


@pytest.fixture
def unknown(tmp_path: Path) -> Path:
    """Recordings that the model takes for its labels, silence, and a folder that is known to it."""
    for name in ("road", "night", "low"):
        (tmp_path / "world" / name).mkdir(parents=True)
    write_sound(tmp_path / "world" / "road" / "a.wav", scene())
    write_sound(tmp_path / "world" / "night" / "a.wav", 0 * scene())
    write_sound(tmp_path / "world" / "low" / "a.wav", scene())
    return tmp_path / "world"


def test_unknown_recordings_alone(unknown: Path) -> None:
    pytest.importorskip("scipy")
    done = run_here("evaluate", "bands.tflite", "--unknown", unknown)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].rstrip() == "bands"
    assert re.fullmatch(
        r"unknown recordings  2, in which an event could begin during 0\.003\d* h of 0\.00333 h *", lines[1]
    )
    assert "(95 %; 2 in all)" in lines[2]
    assert "50.0 %  (1 of 2; 95 %: 9.5 – 90.5 %) get one of the labels" in lines[3]
    assert "files or folders named like labels of the model: low 1" in lines[4]
    rows = [line.split()[:5] for line in lines]
    assert ["road", "1", "1", "0.00", "2"] in rows
    assert ["night", "1", "·", "0.00", "·"] in rows
    assert "thresholds moved" not in done.stdout


def test_unknown_recordings_beside_labelled_files_give_the_curve(unknown: Path, tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    done = run_here("evaluate", "bands.tflite", "clips", "--unknown", unknown, "--json", "--plot", tmp_path / "plots")
    assert (done.returncode, done.stderr) == (0, "")
    values = json.loads(done.stdout)
    (model,) = values["models"]
    assert (values["kind"], values["unknown"]) == ("clips", str(unknown))
    assert (model["unknown"]["files"], model["unknown"]["false_events"], model["unknown"]["labelled"]) == (2, 2, 1)
    assert model["unknown"]["left_out"] == {"low": 1}
    curve = {point["shift"]: point for point in model["curve"]}
    assert curve[0.0]["false_events"] == 2
    assert curve[0.0]["own_event"] == model["own_event"]
    assert curve[6.0]["own_event"] <= curve[0.0]["own_event"] <= curve[-4.0]["own_event"]
    assert curve[-4.0]["false_events_per_hour"] >= curve[6.0]["false_events_per_hour"]
    assert (tmp_path / "plots" / "open_set.png").stat().st_size > 1000


def test_thresholds_of_the_user_hold_for_unknown_recordings(unknown: Path, tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    (tmp_path / "my.toml").write_text('[events]\ndeny = ["high"]\n')
    done = run_here("evaluate", "bands.tflite", "--unknown", unknown, "-c", tmp_path / "my.toml", "--json")
    assert json.loads(done.stdout)["models"][0]["unknown"]["false_events"] == 1


def test_pictures_pass_no_time(unknown: Path) -> None:
    done = run_here("evaluate", "pattern", "--unknown", unknown)
    assert done.returncode == 2
    assert "must be for a model of sounds or movements; pattern is for pictures" in done.stderr


def test_a_model_alone_has_nothing_to_be_measured_on() -> None:
    done = run_here("evaluate", "bands.tflite")
    assert done.returncode == 2
    assert "DATA_DIR must follow MODEL=bands.tflite" in done.stderr
    done = run_here("evaluate", "bands.tflite", "--groups", "x", "--unknown", "clips")
    assert done.returncode == 2
