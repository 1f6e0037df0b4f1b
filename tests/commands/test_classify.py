"""`streamer classify` on videos, pictures and folders of everything."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

from streamer.arrays import UInt8
from tests.support import bands, lamps, sound_files
from tests.support.bands import lines, run_here, streamer, write_other_model
from tests.support.fatal_files import fatal_environment
from tests.support.movements import sliding, swinging, turning
from tests.support.paths import SHARED
from tests.support.synthetic_videos import write_video

KEYS = [
    "type",
    "path",
    "duration_s",
    "label",
    "score",
    "labels",
    "events",
    "direction",
    "temporal",
    "spatial",
    "regions",
    "note",
    "error",
]


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


def written(path: Path, images: UInt8) -> Path:
    return write_video(path, [np.repeat(image[:, :, None], 3, axis=2) for image in images], 30.0)


MOVEMENTS: dict[str, tuple[UInt8, str, str, float | str]] = {
    "swing.avi": (swinging(30), "oscillation", "axis", 30),
    "swing_mirrored.avi": (swinging(30)[:, :, ::-1], "oscillation", "axis", -30),
    "swing_turned.avi": (np.rot90(swinging(30, size=(192, 192)), 1, (1, 2)), "oscillation", "axis", -60),
    "wheel.avi": (turning(1), "rotation", "rotation", "clockwise"),
    "wheel_mirrored.avi": (turning(1)[:, :, ::-1], "rotation", "rotation", "counter-clockwise"),
    "belt.avi": (sliding(-150), "drift", "travel", -150),
    "belt_turned.avi": (sliding(-150)[:, ::-1, ::-1], "drift", "travel", 30),
}


@pytest.mark.parametrize("name", MOVEMENTS)
def test_a_movement_has_its_direction_beside_the_label(name: str, tmp_path: Path) -> None:
    images, label, what, expected = MOVEMENTS[name]
    path = written(tmp_path / name, images)
    (line,) = files(run_here("classify", path, "-m", "motion", "--json")).values()
    assert line["label"] == label
    direction = line["direction"]
    assert direction["what"] == what
    (event,) = [event for event in line["events"] if event["label"] == label]
    assert event["direction"]["what"] == what
    text = run_here("classify", path, "-m", "motion").stdout
    if isinstance(expected, str):
        assert (direction["sense"], direction["deg"], direction["deg_sigma"]) == (expected, None, None)
        assert f"  {expected}\n" in text
        return
    turn = 180 if what == "axis" else 360
    assert abs((direction["deg"] - expected + turn / 2) % turn - turn / 2) < 3 * direction["deg_sigma"]
    assert direction["sense"] is None
    assert f"{'along' if what == 'axis' else 'towards'} {round(direction['deg'])}" in text


def passed_over(done: Any) -> dict[str, str]:
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(line["path"]).name: line["reason"] for line in found if line["type"] == "passed_over"}


def test_a_video(folder: Path, lamp_model: Path) -> None:
    done = run_here("classify", folder / "lamp.avi", "-m", lamp_model, "--json")
    (line,) = files(done).values()
    assert list(line) == KEYS
    assert (line["label"], line["duration_s"], line["error"]) == ("flicker", pytest.approx(5.0, abs=0.01), None)
    (rhythm,) = line["temporal"]["components"]
    assert rhythm["hz"] == pytest.approx(3.0, abs=0.01)
    assert rhythm["cells"]["box"] == [0, 0, 16, 9]
    assert line["temporal"]["resolution_hz"] == pytest.approx(0.2, rel=0.02)
    assert (line["spatial"]["status"], line["spatial"]["components"]) == ("none", [])
    (event,) = line["events"]
    assert list(event) == [
        "label", "score", "mean_score", "onset_s", "offset_s", "time", "direction", "region", "temporal",
    ]  # fmt: skip


def test_compiling_kernels_that_only_a_model_needs_is_announced(folder: Path, tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    runs = []
    for n_fft in (512, 400, 400):
        model = bands.write_model(tmp_path / f"bands_{n_fft}.tflite", n_fft=n_fft)
        runs.append(streamer("classify", folder / "sound.wav", "-m", model, "--json", STREAMER_CACHE_DIR=cache))
    assert [files(done)["sound.wav"]["error"] for done in runs] == 3 * [None]
    assert ["compiling kernels (first run only" in done.stderr for done in runs] == [True, True, False]


def test_the_true_rate_of_a_video(folder: Path, lamp_model: Path) -> None:
    done = run_here("classify", folder / "lamp.avi", "-m", lamp_model, "--json", "--fps", 600)
    (line,) = files(done).values()
    assert line["temporal"]["components"][0]["hz"] == pytest.approx(60.0, abs=0.2)
    assert line["duration_s"] == pytest.approx(0.25)


def test_a_region_of_a_video(folder: Path, lamp_model: Path) -> None:
    done = run_here("classify", folder / "lamp.avi", "-m", lamp_model, "--json", "--roi", "0,0,64,48")
    (line,) = files(done).values()
    assert line["temporal"]["components"][0]["cells"]["n"] == 32 * 18


def test_a_folder_of_everything_is_classified_by_the_shipped_models(folder: Path) -> None:
    done = run_here("classify", folder, "--json")
    assert done.returncode == 1  # for the damaged picture
    lines = files(done)
    assert sorted(lines) == ["cloth.png", "damaged.jpg", "lamp.avi", "sound.wav"]
    assert passed_over(done) == {"notes.txt": "text or data"}
    assert lines["cloth.png"]["label"] == "stripes"
    assert lines["cloth.png"]["spatial"]["components"][0]["period_px"] == pytest.approx(12.0, abs=0.05)
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


def of_model(done: Any, name: str) -> list[dict[str, Any]]:
    """Return the ``file`` lines of one model, without its name."""
    found = [line for line in lines(done, "file") if line["model"] == name]
    return [{key: value for key, value in line.items() if key != "model"} for line in found]


def test_models_side_by_side_give_a_line_each_with_what_each_gives_alone(
    folder: Path, model: Path, tmp_path: Path
) -> None:
    other = write_other_model(tmp_path / "other.tflite")
    both = run_here("classify", folder / "sound.wav", "-m", model, "-m", other, "--json", "--scores")
    for path in (model, other):
        alone = run_here("classify", folder / "sound.wav", "-m", path, "--json", "--scores")
        assert of_model(both, path.stem) == lines(alone, "file")
        scores = lines(alone, "scores")
        assert [line for line in lines(both, "scores") if line["scores"].keys() == scores[0]["scores"].keys()] == scores


def test_each_file_goes_to_the_models_that_take_it(folder: Path, model: Path, lamp_model: Path) -> None:
    done = run_here("classify", folder, "-m", model, "-m", lamp_model, "-m", "pattern", "--json")
    found = [line for line in map(json.loads, done.stdout.splitlines()) if line["type"] == "file"]
    assert [(Path(line["path"]).name, line["model"], line["label"]) for line in found] == [
        ("cloth.png", "pattern", "stripes"),
        ("damaged.jpg", None, None),
        ("lamp.avi", "lamps", "flicker"),
        ("lamp.avi", "pattern", "none"),
        ("sound.wav", "bands", found[-1]["label"]),
    ]
    assert done.returncode == 1
    assert found[2]["temporal"] == found[3]["temporal"]
    assert [event["label"] for event in found[2]["events"]] == ["flicker"]


def test_models_side_by_side_for_people(folder: Path, lamp_model: Path) -> None:
    out = run_here("classify", folder / "lamp.avi", "-m", lamp_model, "-m", "pattern").stdout
    assert "lamp.avi  5.0 s  lamps: flicker" in out
    assert "lamp.avi  5.0 s  pattern: none" in out
    assert out.count(" Hz\n") == 1


@pytest.mark.parametrize(
    ("labels", "events", "message"),
    [
        (("low", "loud"), "", "label=low must belong to one model of a stream, and bands and same both have it"),
        (("low", "high"), "[events]\ndeny = ['low', 'high']\n", "model=same must have other labels than bands"),
    ],
)
def test_models_whose_results_could_not_be_told_apart(
    folder: Path, model: Path, tmp_path: Path, labels: tuple[str, str], events: str, message: str
) -> None:
    same = write_other_model(tmp_path / "same.tflite", labels)
    (tmp_path / "c.toml").write_text(events)
    done = run_here("classify", folder / "sound.wav", "-m", model, "-m", same, "-c", tmp_path / "c.toml")
    assert done.returncode == 2
    assert message in done.stderr


def test_a_model_that_takes_none_of_the_files(folder: Path, model: Path) -> None:
    done = run_here("classify", folder / "sound.wav", "-m", model, "-m", "pattern")
    assert done.returncode == 2
    assert "model=pattern must have picture or video files to classify; none of these is one" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_no_utf_8_and_steer_terminals(
    folder: Path, model: Path, lamp_model: Path, tmp_path: Path
) -> None:
    for inside, name in ((b"plain", b"caf\xe9\x1b[2J"), (b"d\xe9", b"plain"), (b"d\xe9", b"\xff\x9b\n")):
        place = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), b"files", inside)))  # noqa: PTH118
        place.mkdir(parents=True, exist_ok=True)
        for source in (folder / "sound.wav", folder / "lamp.avi", folder / "cloth.png", folder / "damaged.jpg"):
            shutil.copy(source, place / (os.fsdecode(name) + source.suffix))
    strict = "utf-8:strict"
    done = streamer(
        "classify",
        tmp_path / "files",
        "--json",
        "-m",
        model,
        "-m",
        lamp_model,
        "-m",
        "pattern",
        PYTHONIOENCODING=strict,
    )
    assert done.returncode == 1, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    found = {Path(result["path"]): result["error"] for result in results}
    assert set(found) == {path for path in (tmp_path / "files").rglob("*") if path.is_file()}
    assert {path.suffix for path, error in found.items() if error} == {".jpg"}
    people = streamer(
        "classify", tmp_path / "files", "-m", model, "-m", lamp_model, "-m", "pattern", PYTHONIOENCODING=strict
    )
    assert people.returncode == 1
    assert r"caf\xe9\x1b[2J.avi  5.0 s" in people.stdout
    assert all(line.isprintable() for line in (people.stdout + people.stderr).split("\n"))


def test_an_output_that_lacks_characters_gets_lines_that_are_right(folder: Path) -> None:
    shown = streamer("classify", folder / "lamp.avi", PYTHONIOENCODING="ascii:strict")
    assert shown.returncode == 0, shown.stderr
    done = streamer("run", folder / "lamp.avi", "--fast", "--json", PYTHONIOENCODING="ascii:strict")
    assert done.returncode == 0, done.stderr
    assert all(json.loads(line)["type"] for line in done.stdout.splitlines())


def test_what_was_found_before_the_damage_is_kept_and_the_exit_code_says_that_it_is_not_all(
    model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "cut.flac"
    quiet = np.random.default_rng(0).normal(0.0, 0.001, 20 * bands.RATE).astype(np.float32)
    soundfile.write(path, np.concatenate([bands.scene(), quiet]), bands.RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 9 // 10])
    done = run_here("classify", path, "-m", model, "--json")
    assert done.returncode == 1
    (line,) = files(done).values()
    assert [event["label"] for event in line["events"]] == ["low", "high"]
    assert "must be readable to its end; damaged after" in line["error"]
    for_people = run_here("classify", path, "-m", model)
    assert "high" in for_people.stdout
    assert "damaged after" in for_people.stderr


@pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="needs the shared cases")
@pytest.mark.parametrize(
    ("name", "begins_s", "code"),
    [
        ("dog.m4a", 0.0, 0),
        ("dog_flac.ogg", 0.0, 0),
        ("chained.ogg", 5.0, 0),
        ("cat.mp3", 5.0, 0),
        ("hdr_data0.wav", 0.0, 0),
        ("f32_int16scale.wav", 0.0, 0),
        ("st_inverted.wav", 0.0, 0),
        ("st_right_noise.wav", 0.0, 0),
    ],
)
def test_both_animals_are_heard_in_whatever_file(name: str, begins_s: float, code: int) -> None:
    done = run_here("classify", SHARED / "cases" / "sound" / name, "--json")
    assert done.returncode == code
    (line,) = files(done).values()
    heard = {event["label"]: event["onset_s"] - begins_s for event in line["events"]}
    assert heard["dog"] == pytest.approx(2.1, abs=1.0)
    assert heard["rooster"] == pytest.approx(5.3, abs=1.0)
    assert ("rain" in heard) == bool(begins_s)
    told = {
        "f32_int16scale.wav": "its numbers are integers of 16 bits",
        "st_inverted.wav": "channel 1 is inverted",
        "st_right_noise.wav": "channel 1 from 2 s on holds nothing but steady noise: left out",
    }
    assert told.get(name, "") in line["note"]


@pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="needs the shared cases")
def test_events_before_and_after_damage_are_kept() -> None:
    done = run_here("classify", SHARED / "cases" / "sound" / "two_min_bad.flac", "--json")
    assert done.returncode == 1
    (line,) = files(done).values()
    onsets = [event["onset_s"] for event in line["events"] if event["label"] == "dog"]
    assert any(abs(onset_s - 32.0) < 2.0 for onset_s in onsets)
    assert any(onset_s > 90.0 for onset_s in onsets)
    assert "damaged at 89.93 s, where 0.07 s are missing" in line["error"]
    assert line["duration_s"] == 120.0


def test_a_file_without_an_event_gets_no_label_of_a_model_without_background(folder: Path, tmp_path: Path) -> None:
    model = bands.write_model(tmp_path / "bands.tflite", events={"deny": ["low", "high"]})
    done = run_here("classify", folder / "sound.wav", "-m", model, "--json")
    (line,) = files(done).values()
    assert (line["label"], line["score"], line["events"]) == (None, None, [])
    assert [label for label, _ in line["labels"]] == ["low", "high"]  # the closed-set choice can still be read
    text = run_here("classify", folder / "sound.wav", "-m", model).stdout
    assert "  no label  (best scores: low 0." in text


def test_thresholds_of_the_user_decide_the_label_of_a_file(folder: Path, tmp_path: Path) -> None:
    model = bands.write_model(tmp_path / "bands.tflite")
    (tmp_path / "my.toml").write_text('[events]\nallow = ["high"]\n')
    for options, label in (((), "low"), (("-c", tmp_path / "my.toml"), "high")):
        (line,) = files(run_here("classify", folder / "sound.wav", "-m", model, "--json", *options)).values()
        assert line["label"] == label


@pytest.fixture(scope="module")
def with_sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video whose sound is that of `bands`, and its sound alone in a file of the same kind."""
    folder = tmp_path_factory.mktemp("tracks")
    sound = bands.scene()[:, None]
    sound_files.encoded("aac", "mp4", bands.RATE, "mono", images=True, sound=sound)(folder / "video.mp4")
    sound_files.encoded("aac", "mp4", bands.RATE, "mono", sound=sound)(folder / "memo.mp4")
    return folder


def onsets(line: dict[str, Any]) -> list[tuple[str, float]]:
    return [(event["label"], round(event["onset_s"], 1)) for event in line["events"]]


BOTH = [("low", 1.0), ("high", 3.5)]


def test_a_file_without_images_is_sound_and_the_sound_of_a_video_is_classified_where_asked_for(
    with_sound: Path, model: Path, lamp_model: Path
) -> None:
    memo = with_sound / "memo.mp4"
    assert onsets(files(run_here("classify", memo, "-m", model, "--json"))["memo.mp4"]) == BOTH
    assert "spatial" not in files(run_here("classify", memo, "--json"))["memo.mp4"]
    video = with_sound / "video.mp4"
    assert "spatial" in files(run_here("classify", video, "--json"))["video.mp4"]
    assert "spatial" not in files(run_here("classify", video, "--sound", "--json"))["video.mp4"]
    assert onsets(files(run_here("classify", video, "-m", model, "--json"))["video.mp4"]) == BOTH


def test_the_sound_of_the_videos_in_a_folder(with_sound: Path, folder: Path, tmp_path: Path, model: Path) -> None:
    for path in (with_sound / "memo.mp4", with_sound / "video.mp4", folder / "lamp.avi"):
        shutil.copy(path, tmp_path)
    plain = run_here("classify", tmp_path, "-m", model, "--json")
    assert list(files(plain)) == ["memo.mp4"]
    assert passed_over(plain) == {
        "video.mp4": "video, whose sound is classified with --sound",
        "lamp.avi": "video without sound",
    }
    for named in (["-m", model], []):
        done = run_here("classify", "--sound", tmp_path, *named, "--json")
        assert (done.returncode, list(files(done))) == (0, ["memo.mp4", "video.mp4"])
        assert passed_over(done) == {"lamp.avi": "video without sound"}
    (tmp_path / "cut.mp4").write_bytes((with_sound / "video.mp4").read_bytes()[:2000])
    done = run_here("classify", "--sound", tmp_path, "-m", model, "--json")
    assert done.returncode == 1
    assert files(done)["cut.mp4"]["error"]


def test_sound_and_images_of_a_video_are_classified_side_by_side(
    with_sound: Path, model: Path, lamp_model: Path
) -> None:
    done = run_here("classify", with_sound / "video.mp4", "-m", model, "-m", lamp_model, "--json")
    images, sound = lines(done, "file")
    assert (images["model"], sound["model"]) == ("lamps", "bands")
    assert "temporal" in images
    assert "temporal" not in sound
    assert onsets(sound) == BOTH


def test_the_sound_of_a_video_without_any_is_an_error(folder: Path) -> None:
    done = run_here("classify", folder / "lamp.avi", "--sound")
    assert done.returncode == 1
    assert "lamp.avi must be a sound file, or a video with sound; it holds no sound" in done.stderr


def test_what_is_passed_over_is_told_and_the_exit_code_says_whether_something_may_be_missed(
    tmp_path: Path, model: Path
) -> None:
    bands.write_sound(tmp_path / "a.wav", bands.scene())
    (tmp_path / ".b.wav").touch()
    plain = run_here("classify", tmp_path, "-m", model)
    assert plain.returncode == 0
    assert f"streamer: passed over 1: hidden: {tmp_path / '.b.wav'}\n" in plain.stderr
    for i in range(7):
        (tmp_path / f"evil\x1b[2J{i}.abc").touch()
    plain = run_here("classify", tmp_path, "-m", model)
    assert plain.returncode == 1
    assert "passed over 7: file of an unknown kind (.abc); name it to have it tried: " in plain.stderr
    assert plain.stderr.rstrip().endswith("evil\\x1b[2J4.abc and 2 more")
    done = run_here("classify", tmp_path, "-m", model, "--json")
    assert done.returncode == 1
    assert len(passed_over(done)) == 8
    assert "\x1b" not in done.stdout + done.stderr + plain.stderr


def test_a_damaged_video_may_have_sound_that_is_missed(tmp_path: Path, model: Path) -> None:
    bands.write_sound(tmp_path / "a.wav", bands.scene())
    (tmp_path / "memo.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(100))
    done = run_here("classify", tmp_path, "-m", model, "--json")
    assert done.returncode == 1
    assert passed_over(done) == {"memo.mp4": "damaged, so that nobody knows if it has sound"}


def test_a_file_of_a_kind_that_no_model_takes_ends_no_batch(folder: Path, model: Path) -> None:
    done = run_here("classify", folder / "sound.wav", folder / "cloth.png", "-m", model, "--json")
    assert done.returncode == 1
    found = files(done)
    assert found["sound.wav"]["error"] is None
    assert "must be a pattern or motion model" in found["cloth.png"]["error"]


def test_scores_that_are_no_numbers_are_null(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = bands.write_sound(tmp_path / "a.wav", bands.scene())
    monkeypatch.setattr("streamer.offline.decision.file_scores", lambda rows, labels: np.full(2, np.nan, np.float32))
    (line,) = files(run_here("classify", sound, "-m", model, "--json")).values()
    assert line["score"] is None
    assert line["labels"] == [["low", None], ["high", None]]


def test_a_name_as_long_as_names_may_be(tmp_path: Path, model: Path) -> None:
    sound = bands.write_sound(tmp_path / ("x" * 250 + ".wav"), bands.scene())
    (line,) = files(run_here("classify", sound, "-m", model, "--json")).values()
    assert line["error"] is None


BAD = {
    "empty.wav": b"",
    "text.wav": b"this is no sound",
    "riff.wav": b"RIFF\xff\xff\xff\xffWAVE",
    "no_data.wav": b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0",
    "flac.flac": b"fLaC" + bytes(100),
    "ogg.ogg": b"OggS" + bytes(100),
    "zeros.mp3": bytes(5000),
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
    "video.mp4": b"\0\0\0\x18ftypisom" + bytes(400),
    "caf\udce9.wav": b"caf",
    "esc\x1b[2J.wav": b"\x1b[2J",
}


def test_a_batch_with_bad_files_of_all_kinds(tmp_path: Path, model: Path, lamp_model: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(200):
        bands.write_sound(tmp_path / f"good{i:03}.wav", rng.uniform(-0.1, 0.1, 4000).astype(np.float32))
    for i, (name, content) in enumerate(BAD.items()):
        (tmp_path / f"good{i * 17:03}_{name}").write_bytes(content)  # spread among the others
    (tmp_path / "good050_gone.wav").symlink_to(tmp_path / "gone")
    (tmp_path / "good060_folder.wav").mkdir()
    done = run_here("classify", tmp_path, "-m", model, "-m", lamp_model, "-m", "pattern", "--json")
    done.stdout.encode()  # valid UTF-8
    assert done.returncode == 1
    found = files(done)
    assert len(found) == 200 + len(BAD) + 1
    assert {name for name, line in found.items() if line["error"]} == {
        *(f"good{i * 17:03}_{name}" for i, name in enumerate(BAD)),
        "good050_gone.wav",
    }
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr


def test_files_that_crash_their_decoder_fail_alone(tmp_path: Path, model: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    fatal = ["fatal-SIGKILL-.wav", "fatal-SIGSEGV-.wav"]
    good = ["a.wav", "e.wav", "g.wav", "h.wav"]
    for name in good + fatal:
        bands.write_sound(folder / name, bands.scene())
    patched = fatal_environment(tmp_path / "patch")
    done = streamer("classify", folder, "-m", model, "--json", "--jobs", 2, timeout_s=300, PYTHONPATH=patched)
    assert done.returncode == 1
    found = files(done)
    assert len(done.stdout.splitlines()) == len(found) == 6
    for name in good:
        assert [event["label"] for event in found[name]["events"]] == ["low", "high"], name
    for name in fatal:
        assert "it crashes its decoder" in found[name]["error"], name
    assert "SIGKILL, as the system does when memory runs out" in found[fatal[0]]["error"]
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="needs the shared cases")
@pytest.mark.parametrize(
    ("name", "expected_hz"),
    [
        ("v_doubleflash.mp4", [0.8333]),
        ("v_fan4_2.5m.mp4", [2.5]),
        ("v_switch3to5.mp4", [3.0, 5.0]),
        ("v_breath_pulse.mp4", [0.25, 1.2]),
        ("v_shake.mp4", []),
        ("led9.avi", [9.0]),
        ("inter.mp4", [2.3]),
    ],
)
def test_what_people_film_with_the_types_of_the_coder(name: str, expected_hz: list[float]) -> None:
    """As a user measures it: what decoders know of the images takes part."""
    done = run_here("classify", SHARED / "cases" / "images" / name, "--json")
    for line in map(json.loads, done.stdout.splitlines()):
        found = [component["hz"] for component in line["temporal"]["components"]]
        assert sorted(found) == pytest.approx(expected_hz, abs=0.01)
