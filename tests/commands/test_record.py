"""`streamer record` on files: an existing recording cut into examples, and every mistake reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

from streamer.arrays import Float32
from tests.support.bands import run_here, streamer

RATE = 22_050


def claps(at_s: tuple[float, ...] = (0.5, 2.0, 3.5), length_s: float = 5.0) -> Float32:
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 1e-3, round(length_s * RATE))
    for first_s in at_s:
        n = round(0.3 * RATE)
        samples[round(first_s * RATE) :][:n] += 0.5 * rng.uniform(-1, 1, n) * np.exp(-np.arange(n) / (0.1 * RATE))
    return np.asarray(np.rint(samples * 2**15) / 2**15, np.float32)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "claps.wav"
    soundfile.write(path, claps(), RATE)
    return path


def record(*arguments: object, code: int = 0) -> list[dict[str, Any]]:
    done = run_here("record", *arguments, "--json")
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def taken(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["type"] == "take"]


def test_a_recording_is_cut_into_its_sounds(recording: Path, tmp_path: Path) -> None:
    lines = record("clap", "-s", recording, "-o", tmp_path / "data", "--fast")
    takes = taken(lines)
    assert [take["start_s"] for take in takes] == pytest.approx([0.25, 1.75, 3.25], abs=0.011)
    for take in takes:
        samples, sample_rate = soundfile.read(take["path"], dtype="float32")
        first = round(take["start_s"] * RATE)
        assert sample_rate == RATE
        assert np.array_equal(samples, claps()[first : first + samples.size])
        assert take["length_s"] == pytest.approx(samples.size / RATE, abs=1e-4)
        assert not take["cut"]
    assert lines[-1] == {
        "type": "summary", "label": "clap", "folder": str(tmp_path / "data" / "clap"), "taken": 3, "lost": 0,
        "examples": 3,
    }  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "data" / "clap").iterdir()) == [
        Path(take["path"]).name for take in takes
    ]
    again = record("clap", "-s", recording, "-o", tmp_path / "data", "--fast")
    assert again[-1]["examples"] == 6


def test_options_reach_the_cutter(recording: Path, tmp_path: Path) -> None:
    data = ("-s", recording, "-o", tmp_path, "--fast")
    assert len(taken(record("a", *data, "--count", 2))) == 2
    assert len(taken(record("b", *data, "--seconds", 1.2))) == 1
    assert taken(record("c", *data, "--trigger", 55)) == []
    (whole,) = taken(record("d", *data, "--pause", 3))
    assert whole["length_s"] > 3.0
    assert [take["length_s"] for take in taken(record("e", *data, "--by", "time", "--length", 2))] == [2.0, 2.0]
    tight = taken(record("f", *data, "--pre-roll", 0))
    assert tight[0]["start_s"] == pytest.approx(0.5, abs=0.011)
    (start,) = taken(record("g", *data, "--count", 1))
    assert start["start_s"] == pytest.approx(0.25, abs=0.011)


def test_lines_for_people_and_a_hint_where_nothing_was_loud(recording: Path, tmp_path: Path) -> None:
    done = run_here("record", "clap", "-s", recording, "-o", tmp_path / "data", "--fast")
    assert done.stdout.splitlines()[-1] == f"3 taken; 3 examples in {tmp_path / 'data' / 'clap'}"
    assert done.stdout.count(".flac, 0.") == 3
    done = run_here("record", "clap", "-s", recording, "-o", tmp_path / "none", "--fast", "--trigger", 55)
    assert "a lower --trigger takes quieter ones" in done.stderr
    assert not (tmp_path / "none").exists()


def test_raw_pcm_on_standard_input(tmp_path: Path) -> None:
    samples = (claps() * 2**15).astype("<i2")
    done = streamer("record", "clap", "-s", "-", "--rate", RATE, "-o", tmp_path, "--json", stdin=samples.tobytes())
    takes = taken([json.loads(line) for line in done.stdout.splitlines()])
    assert len(takes) == 3
    assert soundfile.info(takes[0]["path"]).samplerate == RATE


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A square that rests, moves from 2 to 3.5 s, and rests."""
    path = tmp_path_factory.mktemp("video") / "scene.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (160, 120))
    for k in range(150):
        image = np.full((120, 160, 3), 60, np.uint8)
        left = round(40 * min(max(k / 25 - 2.0, 0.0), 1.5))
        image[40:80, left : left + 40] = 220
        writer.write(image)
    writer.release()
    return path


def test_videos_and_pictures_of_a_video(video: Path, tmp_path: Path) -> None:
    (take,) = taken(record("slide", "-s", video, "-o", tmp_path / "motion", "--task", "motion", "--fast"))
    assert take["start_s"] == pytest.approx(1.75, abs=0.1)
    assert take["length_s"] == pytest.approx(2.0, abs=0.25)
    assert take["fps"] == pytest.approx(25.0)
    (take,) = taken(record("square", "-s", video, "-o", tmp_path / "pattern", "--fast"))
    picture = cv2.imread(take["path"])
    assert picture is not None
    assert picture[60, 80].mean() > 200  # where the square came to rest
    assert len(taken(record("x", "-s", video, "-o", tmp_path / "p", "--fast", "--by", "time", "--length", 2))) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a/b", "-s", "{wav}"), "label='a/b' must name a folder"),
        (("..", "-s", "{wav}"), "label='..' must name a folder"),
        (("dog", "-s", "{wav}", "--by", "key"), "by=key must have a terminal for its keys"),
        (("dog", "-s", "{wav}", "--task", "motion"), "task=motion must fit the source"),
        (("dog", "-s", "camera"), "by=key must have a terminal for its keys"),
        (("dog", "-s", "demo:camera", "--task", "sound"), "task=sound must fit the source"),
        (("dog", "-s", "missing.wav"), "missing.wav"),
        (("dog", "-s", "{wav}", "--length", "1e6"), "length=1000000.0 must be 0.1 … 600 s"),
    ],
)
def test_mistakes_are_reported(recording: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    words = [word.format(wav=recording) for word in arguments]
    done = run_here("record", *words, "-o", tmp_path / "data", "--fast")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_folder_that_is_a_file_is_a_mistake(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    done = run_here("record", "dog", "-s", recording, "-o", tmp_path / "data")
    assert done.returncode == 2
    assert "must be a folder that can be written" in done.stderr
