"""Several models on one stream, through the command line."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from tests.support import bands, lamps
from tests.support.bands import lines, run_here, write_other_model


def test_sound_models_side_by_side_give_what_each_gives_alone(model: Path, sound: Path, tmp_path: Path) -> None:
    other = write_other_model(tmp_path / "other.tflite")
    alone = [run_here("run", sound, "--fast", "--json", "--scores", "-m", one) for one in (model, other)]
    both = run_here("run", sound, "--fast", "--json", "--scores", "-m", model, "-m", other)
    for kind in ("scores", "event_start", "event"):
        expected = [line for done in alone for line in lines(done, kind)]
        for line in expected + (together := lines(both, kind)):
            line.pop("time")
        assert sorted(map(str, together)) == sorted(map(str, expected))
    assert {line["label"] for line in lines(both, "event")} == {"low", "high", "deep", "shrill"}
    (summary,) = lines(both, "summary")
    assert set(summary["events"]) == {"low", "high", "deep", "shrill"}
    assert summary["windows"] == sum(lines(done, "summary")[0]["windows"] for done in alone)


def test_several_models_in_a_config_file(model: Path, sound: Path, tmp_path: Path) -> None:
    other = write_other_model(tmp_path / "other.tflite")
    config = tmp_path / "c.toml"
    config.write_text(f'[model]\npath = ["{model}", "{other}"]\n[events.labels]\nshrill = {{on = 1.0}}\n')
    done = run_here("run", sound, "--fast", "--json", "-c", config)
    assert {line["label"] for line in lines(done, "event")} == {"low", "high", "deep"}


@pytest.mark.parametrize(
    "events",
    [
        "max_length_s = 100.0",
        "merge_gap_s = 60.0\nmax_length_s = 60.0",
        "merge_gap_s = 40.0\nmax_length_s = 10.0",
        "smoothing_s = 60.0\non = 0.01\noff = 0.01\nmax_length_s = 5.0",
        "smoothing_s = 30.0\non = 0.01\noff = 0.01\nmax_length_s = 60.0",
        "min_length_s = 40.0\nmax_length_s = 60.0\nmerge_gap_s = 20.0",
        "confirm = 4\nconfirm_of = 100\nmin_length_s = 20.0\nmax_length_s = 80.0\nmerge_gap_s = 40.0",
    ],
)
def test_a_clip_holds_the_whole_event_however_late_it_is_known(model: Path, tmp_path: Path, events: str) -> None:
    spans_s = [(5.0 + 10 * k, 8.0 + 10 * k) for k in range(5)]
    sound = bands.write_sound(tmp_path / "long.wav", bands.tones(500.0, *spans_s, length_s=110.0))
    config = tmp_path / "c.toml"
    config.write_text(f'[events]\n{events}\n[output]\nclips = "{tmp_path}/clips"\npre_roll_s = 0.5\npost_roll_s = 1.5')
    done = run_here("run", sound, "--fast", "--json", "-c", config, "-m", model)
    ended = lines(done, "event")
    assert ended
    clips = sorted((tmp_path / "clips").rglob("*.flac"))
    samples, rate = soundfile.read(sound, dtype="float32")
    for event, path in zip(ended, clips, strict=True):
        first, last = round((event["onset_s"] - 0.5) * rate), round((event["offset_s"] + 1.5) * rate)
        assert np.abs(soundfile.read(path, dtype="float32")[0] - samples[max(0, first) : last]).max() < 1e-4


def test_a_clip_of_images_holds_the_whole_event_however_late_it_is_known(tmp_path: Path) -> None:
    model = lamps.write_model(tmp_path / "lamps.tflite")
    video = lamps.write_video(tmp_path / "lamp.avi", seconds=6.0)
    still = lamps.write_video(tmp_path / "still.avi", seconds=50.0, hz=0.0)
    both = join_videos(tmp_path / "both.avi", video, still)
    config = tmp_path / "c.toml"
    config.write_text(
        f'[events]\non = 0.9\noff = 0.85\nmerge_gap_s = 40.0\nmax_length_s = 10.0\n[output]\nclips = "{tmp_path}/clips"'
    )
    done = run_here("run", both, "--fast", "--json", "-c", config, "-m", model)
    (event,) = lines(done, "event")
    assert event["offset_s"] < 9.0
    (path,) = (tmp_path / "clips").rglob("*.mp4")
    clip = cv2.VideoCapture(str(path))
    length_s = clip.get(cv2.CAP_PROP_FRAME_COUNT) / clip.get(cv2.CAP_PROP_FPS)
    assert length_s == pytest.approx(event["offset_s"] + 1.0 - max(0.0, event["onset_s"] - 1.0), abs=0.15)


def join_videos(path: Path, *videos: Path) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), lamps.FPS, (lamps.WIDTH, lamps.HEIGHT))
    for each in videos:
        video = cv2.VideoCapture(str(each))
        while (frame := video.read()[1]) is not None:
            writer.write(frame)
    writer.release()
    return path


def test_each_source_takes_the_models_that_fit_it(model: Path, sound: Path) -> None:
    done = run_here(
        "run", sound, "demo:camera", "--fast", "--seconds", 5, "--json", "--scores", "-m", model, "-m", "pattern"
    )
    labels = {line["stream"]: set(line["scores"]) for line in lines(done, "scores")}
    assert labels[str(sound)] == set(bands.LABELS)
    assert "stripes" in labels["demo:camera"]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (["MODEL", "pattern"], "model=pattern must have a source that delivers images; none of these does"),
        (["pattern"], "model=pattern must be a sound model for source="),
        (["MODEL", "SAME"], "label=low must belong to one model of a stream, and bands and same both have it"),
    ],
)
def test_models_that_cannot_run_side_by_side(
    named: list[str], message: str, model: Path, sound: Path, tmp_path: Path
) -> None:
    same = write_other_model(tmp_path / "same.tflite", ("low", "loud"))
    paths = {"MODEL": str(model), "SAME": str(same)}
    options = [option for name in named for option in ("-m", paths.get(name, name))]
    done = run_here("run", sound, "--fast", *options)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_sidecar_is_for_one_model(model: Path, sound: Path) -> None:
    done = run_here("run", sound, "--fast", "-m", model, "-m", model, "--sidecar", "x.toml")
    assert done.returncode == 2
    assert "sidecar=x.toml must describe the only model, and 2 are named" in done.stderr


def test_the_common_background_label_is_no_conflict(model: Path, sound: Path, tmp_path: Path) -> None:
    silent = write_other_model(tmp_path / "silent.tflite", ("low", "loud"))
    config = tmp_path / "c.toml"
    config.write_text("[events]\ndeny = ['low']\n")
    done = run_here("run", sound, "--fast", "--json", "-c", config, "-m", model, "-m", silent)
    assert {line["label"] for line in lines(done, "event")} == {"high", "loud"}


def test_a_settings_file_with_a_password_that_all_may_read_is_pointed_out(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    for source, mode, is_pointed_out in (
        ("rtsp://admin:hunter2@10.0.0.1/live", 0o644, True),
        ("rtsp://admin:hunter2@10.0.0.1/live", 0o640, False),
        ("rtsp://admin:${HOME}@10.0.0.1/live", 0o644, False),
        ("rtsp://10.0.0.1/live", 0o644, False),
    ):
        config.write_text(f'[[streams]]\nsource = "{source}"\nmodel = "ambient"\n')
        config.chmod(mode)
        done = run_here("run", "-c", config)
        assert done.returncode == 2
        assert (f"chmod 600 {config}" in done.stderr) is is_pointed_out, source
        assert "hunter2" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_source_and_folders_whose_names_are_no_utf_8(model: Path, sound: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9\x1b[2J")
    source = tmp_path / f"{name}.wav"
    shutil.copy(sound, source)
    done = run_here(
        "run", source, "--fast", "--log", "-m", model, "--clips", tmp_path / name, "--record", tmp_path / name / "all",
        "--jsonl", tmp_path / f"{name}.jsonl", "--sink", f"log:{tmp_path / name}.log",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all(line.isprintable() for line in (done.stdout + done.stderr).split("\n"))
    texts = [path.read_bytes().decode() for path in tmp_path.rglob("*") if path.suffix in (".jsonl", ".log")]
    assert len(texts) >= 3  # results, log, and the times of the recording
    assert not any("\x1b" in text for text in texts)
    again = run_here("classify", tmp_path / name / "all", "-m", model, "--json")
    assert again.returncode == 0, again.stdout
    assert {event["label"] for event in json.loads(again.stdout)["events"]} == {"low", "high"}
