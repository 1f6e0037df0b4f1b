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
from tests.support.bands import run_here, write_model
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
    assert "trained on         sums of tones" in lines
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
