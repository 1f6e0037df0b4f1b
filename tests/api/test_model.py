"""Classifying arrays and files from Python gives what the command gives, and mistakes name the argument."""

import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

import streamer
from streamer.arrays import UInt8
from streamer.sinks.jsonlines import event_dict, measurement_dict
from tests.support import bands, lamps
from tests.support.image_models import striped
from tests.support.synthetic_videos import write_video


def told(path: Path, *options: object) -> dict[str, Any]:
    """Return what the command says of a file."""
    done = bands.run_here("classify", path, "--json", *options)
    assert done.returncode == 0, done.stderr
    line: dict[str, Any] = json.loads(done.stdout)
    return line


def assert_same(result: streamer.Classification, line: dict[str, Any]) -> None:
    assert (result.label, result.score) == (line["label"], line["score"])
    assert [list(pair) for pair in result.labels[:5]] == line["labels"]
    assert result.duration_s == pytest.approx(line["duration_s"], abs=1e-4)
    events = [event_dict(event) for event in result.events]
    assert [{key: event[key] for key in line["events"][i]} for i, event in enumerate(events)] == line["events"]
    assert len(events) == len(line["events"])
    for name, measured in (("temporal", result.temporal), ("spatial", result.spatial)):
        assert json.loads(json.dumps(measurement_dict(measured))) == line.get(name)
    assert result.note == line.get("note", "")


@pytest.mark.parametrize("named", [True, False])
def test_sound(sound: Path, model: Path, named: bool) -> None:
    line = told(sound, *(("-m", model) if named else ()))
    loaded = streamer.load_model(model) if named else None
    from_file = streamer.classify(sound, model=loaded)
    assert_same(from_file, line)
    samples, sample_rate = soundfile.read(sound, dtype="float32")
    from_array = streamer.classify(samples, sample_rate=sample_rate, model=loaded)
    assert_same(from_array, line)
    for one, other in zip(from_file.scores, from_array.scores, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    if named:
        assert [event.label for event in from_array.events] == ["low", "high"]


def test_sound_of_several_channels_and_other_floats(sound: Path, model: Path) -> None:
    samples, sample_rate = soundfile.read(sound, dtype="float32")
    loaded = streamer.load_model(str(model))
    expected = loaded.classify(sound).labels
    assert loaded.classify(np.stack([samples, samples], axis=1), sample_rate=float(sample_rate)).labels == expected
    assert loaded.classify(samples.astype(np.float64), sample_rate=np.int64(sample_rate)).labels == expected
    assert loaded.classify(samples.tolist(), sample_rate=sample_rate).labels == expected


def test_a_picture(tmp_path: Path) -> None:
    grey = striped(12.0, size=(200, 240)).astype(np.uint8)
    path = tmp_path / "stripes.png"
    cv2.imwrite(str(path), grey)
    line = told(path)
    assert line["label"] == "stripes"
    assert_same(streamer.classify(path), line)
    assert_same(streamer.classify(grey), line)
    assert_same(streamer.classify(np.repeat(grey[:, :, None], 3, axis=2)), line)
    assert_same(streamer.classify(grey / 255.0, model="pattern"), line)


@pytest.fixture(scope="module")
def lamp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lamps.write_video(tmp_path_factory.mktemp("lamp") / "lamp.avi")


def images_of(path: Path) -> UInt8:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    images = []
    while (read := capture.read())[0]:
        images.append(read[1])
    return np.asarray(images, np.uint8)


def test_a_video(lamp: Path) -> None:
    line = told(lamp)
    assert line["temporal"]["components"][0]["hz"] == pytest.approx(lamps.HZ, rel=0.01)
    assert_same(streamer.classify(str(lamp)), line)
    images = images_of(lamp)
    assert_same(streamer.classify(images, fps=lamps.FPS), line)
    times_s = 1000.0 + np.arange(images.shape[0]) / lamps.FPS
    assert_same(streamer.classify(images, times_s=times_s), line)


def test_the_true_rate_of_a_video(lamp: Path) -> None:
    assert_same(streamer.classify(lamp, fps=2 * lamps.FPS), told(lamp, "--fps", 2 * lamps.FPS))


def test_a_video_shorter_than_any_window(tmp_path: Path) -> None:
    path = write_video(tmp_path / "short.avi", [np.zeros((48, 64, 3), np.uint8)] * 3)
    result = streamer.classify(path)
    assert (result.label, result.score, result.events) == (None, 0.0, ())


def test_settings(sound: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[events]\ndeny = ["low"]')
    loaded = streamer.load_model(model, config=tmp_path / "config.toml")
    assert [event.label for event in loaded.classify(sound).events] == ["high"]
    assert (loaded.name, loaded.task, loaded.labels) == ("bands", "sound", ("low", "high"))
    assert loaded.settings.window.stride == bands.STRIDE


@pytest.mark.parametrize(
    ("data", "options", "text"),
    [
        (np.zeros(16000), {}, "sample_rate must be given for sound"),
        (np.zeros(16000, np.int16), {"sample_rate": 16000}, "samples.dtype=int16 must be float"),
        (np.full(16000, 3000.0), {"sample_rate": 16000}, "samples must be in the range −1…1, not 3000…3000"),
        (np.zeros((2, 16000)), {"sample_rate": 16000}, "samples.shape=(2, 16000) must be (n_samples, n_channels)"),
        (np.zeros((9, 9, 9)), {"sample_rate": 16000}, "samples.shape=(9, 9, 9) must be"),
        (np.zeros(0), {"sample_rate": 16000}, "samples.shape=(0,) must be"),
        (np.zeros(16000), {"sample_rate": 0}, "sample_rate=0 must be a whole number from 1000"),
        (np.zeros(16000), {"sample_rate": "16000"}, "sample_rate='16000' must be"),
        (np.zeros(16000), {"sample_rate": 16000, "fps": 3.0}, "sample_rate=16000 must be left out of images"),
        (np.zeros((40, 50, 60), np.uint8), {}, "fps or times_s must be given"),
        (np.zeros((40, 50), np.uint8), {"fps": 3.0}, "data.shape=(40, 50) must be (n_images, height, width)"),
        (np.zeros((40, 50, 60), np.uint8), {"fps": 0.0}, "fps=0.0 must be above 0"),
        (np.zeros((40, 50, 60), np.uint8), {"fps": 2.0, "times_s": range(40)}, "times_s or fps must be given, one"),
        (np.zeros((40, 50, 60), np.uint8), {"times_s": range(39)}, "times_s.shape=(39,) must be (40,)"),
        (np.zeros((40, 50, 60), np.uint8), {"times_s": [0] * 40}, "times_s must be finite and strictly increasing"),
        (np.zeros((40, 50), np.uint16), {}, "data.dtype=uint16 must be uint8, or float in the range 0…1; divide"),
        (np.full((40, 50), 200.0), {}, "data must be in the range 0…1 where it is float, not 200…200"),
        (np.full((40, 50), np.nan), {}, "data must be in the range 0…1 where it is float"),
        ("there-is-none.wav", {}, "file=there-is-none.wav must exist"),
        (Path("there-is-none.mp4"), {}, "file=there-is-none.mp4 must exist"),
        ("there-is-none.wav", {"sample_rate": 8000}, "sample_rate must be left out for a file"),
        ("there-is-none.wav", {"fps": 30.0}, "fps=30.0 must be left out for a file of sound"),
        (np.zeros((40, 50), np.uint8), {"model": "ambient"}, "sample_rate must be given for sound"),
        (np.zeros((40, 50, 3), np.uint8), {"model": "ambient"}, "model=ambient must be a pattern or motion model"),
        (np.zeros(16000), {"model": "nothing", "sample_rate": 8000}, "model=nothing must be a .tflite file or a"),
    ],
)
def test_mistakes_name_the_argument(data: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(streamer.UserError, match=re.escape(text)):
        streamer.classify(data, **options)


def test_a_model_that_is_damaged(model: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.tflite"
    data = bytearray(model.read_bytes())
    data[8:200] = bytes(192)
    damaged.write_bytes(data)
    with pytest.raises(streamer.UserError, match="model="):
        streamer.load_model(damaged)


def test_after_a_bad_file_the_model_works(sound: Path, model: Path, tmp_path: Path) -> None:
    loaded = streamer.load_model(model)
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(streamer.UserError, match="must be a sound file"):
        loaded.classify(tmp_path / "text.wav")
    assert [event.label for event in loaded.classify(sound).events] == ["low", "high"]
