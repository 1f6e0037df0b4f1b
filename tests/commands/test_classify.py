"""`streamer classify` on videos, pictures and folders of everything."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.support import bands, lamps
from tests.support.bands import run_here

KEYS = ["type", "path", "duration_s", "label", "score", "labels", "events", "temporal", "spatial", "note", "error"]


@pytest.fixture(scope="module")
def lamp_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lamps.write_model(tmp_path_factory.mktemp("model") / "lamps.tflite")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video, a picture, a sound, a damaged picture and a text."""
    folder = tmp_path_factory.mktemp("files")
    lamps.write_video(folder / "lamp.avi")
    rng = np.random.default_rng(0)
    wave = 128 + 60 * np.sin(2 * np.pi * np.arange(320) / 12.0) + 3 * rng.standard_normal((240, 320))
    cv2.imwrite(str(folder / "cloth.png"), np.rint(wave).astype(np.uint8))
    (folder / "damaged.jpg").write_bytes(b"\xff\xd8 no picture")
    (folder / "notes.txt").write_text("not a file to classify")
    bands.write_sound(folder / "sound.wav", bands.scene())
    return folder


def files(done: Any) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(line["path"]).name: line for line in found if line["type"] == "file"}


def test_a_video(folder: Path, lamp_model: Path) -> None:
    done = run_here("classify", folder / "lamp.avi", "-m", lamp_model, "--json")
    (line,) = files(done).values()
    assert list(line) == KEYS
    assert (line["label"], line["duration_s"], line["error"]) == ("flicker", pytest.approx(5.0, abs=0.01), None)
    assert line["temporal"]["hz"] == pytest.approx(3.0, abs=0.01)
    assert line["temporal"]["cells"]["box"] == [0, 0, 16, 9]
    assert line["temporal"]["resolution_hz"] == pytest.approx(0.2, rel=0.02)
    assert line["spatial"] is None
    (event,) = line["events"]
    assert list(event) == ["label", "score", "mean_score", "onset_s", "offset_s", "temporal"]


def test_the_true_rate_of_a_video(folder: Path, lamp_model: Path) -> None:
    done = run_here("classify", folder / "lamp.avi", "-m", lamp_model, "--json", "--fps", 600)
    (line,) = files(done).values()
    assert line["temporal"]["hz"] == pytest.approx(60.0, abs=0.2)
    assert line["duration_s"] == pytest.approx(0.25)


def test_a_region_of_a_video(folder: Path, lamp_model: Path) -> None:
    done = run_here("classify", folder / "lamp.avi", "-m", lamp_model, "--json", "--roi", "0,0,64,48")
    (line,) = files(done).values()
    assert line["temporal"]["cells"]["n"] == 32 * 18


def test_a_folder_of_everything_is_classified_by_the_shipped_models(folder: Path) -> None:
    done = run_here("classify", folder, "--json")
    assert done.returncode == 1  # for the damaged picture
    lines = files(done)
    assert sorted(lines) == ["cloth.png", "damaged.jpg", "lamp.avi", "sound.wav"]
    assert lines["cloth.png"]["label"] == "stripes"
    assert lines["cloth.png"]["spatial"]["period_px"] == pytest.approx(12.0, abs=0.05)
    assert lines["cloth.png"]["temporal"] is None
    assert lines["lamp.avi"]["label"] == "flicker"
    assert "temporal" not in lines["sound.wav"]
    assert "damaged.jpg" in lines["damaged.jpg"]["error"]
    assert lines["damaged.jpg"]["label"] is None


def test_a_named_model_chooses_the_files_of_a_folder(folder: Path, lamp_model: Path, model: Path) -> None:
    assert sorted(files(run_here("classify", folder, "-m", lamp_model, "--json"))) == ["lamp.avi"]
    assert sorted(files(run_here("classify", folder, "-m", model, "--json"))) == ["sound.wav"]
    assert sorted(files(run_here("classify", folder, "-m", "pattern", "--json"))) == [
        "cloth.png",
        "damaged.jpg",
        "lamp.avi",
    ]


def test_for_people(folder: Path, lamp_model: Path) -> None:
    out = run_here("classify", folder / "lamp.avi", "-m", lamp_model).stdout
    assert "lamp.avi  5.0 s  flicker" in out
    assert "± " in out
    assert " Hz\n" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--roi", "0,0,9999,9999"], "roi"),
        (["--roi", "a,b"], "roi='a,b' must be X,Y,WIDTH,HEIGHT"),
        (["--roi", "0,0,5,5"], "roi=[0, 0, 5, 5] must be at least 16 × 16 pixels"),
        (["-m", "ambient"], "model=ambient must be a pattern or motion model to classify images"),
    ],
)
def test_mistakes(folder: Path, arguments: list[str], message: str) -> None:
    done = run_here("classify", folder / "lamp.avi", *arguments)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_sound_and_images_side_by_side(folder: Path, tmp_path: Path, model: Path, lamp_model: Path) -> None:
    config = tmp_path / "both.toml"
    config.write_text(
        f'[[streams]]\nsource = "{folder}/sound.wav"\nname = "ear"\nmodel = "{model}"\n'
        f'[[streams]]\nsource = "{folder}/lamp.avi"\nname = "eye"\nmodel = "{lamp_model}"\n'
        '[events]\nallow = ["high", "flicker"]\n'
    )
    done = run_here("run", "-c", config, "--fast", "--json")
    assert done.returncode == 0, done.stderr
    events = bands.lines(done, "event")
    assert {(event["stream"], event["label"]) for event in events} == {("ear", "high"), ("eye", "flicker")}
