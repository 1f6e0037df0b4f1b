"""When a file begins: which of the times that are known of it counts, and in which zone it is."""

import json
import math
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import streamer
from streamer.arrays import Float32
from streamer.config import SourceSettings
from streamer.errors import UserError
from streamer.sources.start_time import start_of_file
from streamer.sources.times_file import BeginLine, ClockMark, times_path, utc
from tests.support import bands
from tests.support.bands import lines, run_here
from tests.support.timed_files import bext, exif, guano, wav, with_exif

pytestmark = pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system's zone cannot be changed in a process")


@pytest.fixture(autouse=True)
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The local time is five hours behind UTC."""
    with monkeypatch.context() as context:
        context.setenv("TZ", "EST5EDT")
        time.tzset()
        yield
    time.tzset()


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


DAWN = epoch("2024-01-31T05:30:00Z")
LOCAL_DAWN = DAWN + 5 * 3600


def start(path: Path, **settings: Any) -> float:
    return start_of_file(path, SourceSettings(**settings))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("20240131_053000.WAV", DAWN),  # AudioMoth
        ("20240131_053000T.WAV", DAWN),
        ("65B9DAD8.WAV", DAWN),
        ("SITE_20240131_053000.wav", LOCAL_DAWN),  # Song Meter
        ("SITE_20240131$053000.wav", LOCAL_DAWN),
        ("2024-01-31_05-30-00.wav", LOCAL_DAWN),
        ("20240131T053000Z.wav", DAWN),
        ("SITE_20240131_053000+0100.wav", DAWN - 3600),
        ("SITE_20240731_053000.wav", epoch("2024-07-31T05:30:00-04:00")),  # summer time
    ],
)
def test_a_name_without_a_zone_is_local_but_that_of_an_audiomoth(tmp_path: Path, name: str, expected: float) -> None:
    assert start(wav(tmp_path / name)) == expected


@pytest.mark.parametrize("name", ["20240131_053000.WAV", "SITE_20240131_053000.wav"])
@pytest.mark.parametrize(("zone", "hours"), [("local", 5), ("UTC", 0), ("utc", 0), ("Asia/Kolkata", -5.5)])
def test_a_zone_that_is_set_holds_for_all_names_without_one(tmp_path: Path, name: str, zone: str, hours: float) -> None:
    assert start(wav(tmp_path / name), time_zone=zone) == DAWN + hours * 3600


def test_the_order_of_what_is_known(tmp_path: Path) -> None:
    name = "SITE_20240131_053000.wav"
    assert start(wav(tmp_path / "x.wav", after=bext("2023-01-01", "00:00:00"))) == epoch("2023-01-01T00:00:00-05:00")
    both = bext("2023-01-01", "00:00:00") + guano("2022-02-02T02:02:02")
    assert start(wav(tmp_path / "y.wav", after=both)) == epoch("2022-02-02T02:02:02-05:00")
    assert start(wav(tmp_path / name, after=both)) == LOCAL_DAWN
    zoned = wav(tmp_path / name, after=guano("2024-01-31T05:30:00+09:00"))  # which zone the name is in
    assert start(zoned) == epoch("2024-01-31T05:30:00+09:00")
    assert start(zoned, start="2021-01-01T00:00:00Z") == epoch("2021-01-01T00:00:00Z")


def test_of_a_recording_its_times_file_counts_with_the_clock_as_it_was_set_later(tmp_path: Path) -> None:
    path = wav(tmp_path / "19700101T000012.000Z-uncertain_mic.wav")
    begin = BeginLine(stream="mic", device="x", sample_rate=16_000, channels=1, start_s=0.0, time=utc(12.0))
    mark = ClockMark(at=8000, time=utc(DAWN + 0.5), offset_s=DAWN - 12.0, suspended_s=0.0)
    times_path(path).write_text(f"{begin.model_dump_json()}\n{mark.model_dump_json()}\n")
    assert start(path) == DAWN


def test_nothing_is_invented(tmp_path: Path) -> None:
    path = wav(tmp_path / "dog.wav")
    os.utime(path, (DAWN, DAWN))  # when it was copied says nothing
    assert math.isnan(start(path))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "20240131_053000.WAV")
    assert math.isnan(start(tmp_path / "20240131_053000.WAV"))


@pytest.mark.parametrize(
    "settings",
    [{"start": "dawn"}, {"start": "05:30"}, {"time_zone": "Mars/Base"}, {"time_zone": "../x"}, {"time_pattern": "%H"}],
)
def test_settings_that_are_no_time_are_refused(tmp_path: Path, settings: dict[str, str]) -> None:
    (key,) = settings
    with pytest.raises(UserError, match=key):
        start(wav(tmp_path / "dog.wav"), **settings)


ARCHIVES = {
    "AudioMoth": ("20240131_053000.WAV", b""),
    "Song Meter": ("SITE_20240131_003000.wav", b""),
    "GUANO": ("bat.wav", guano("2024-01-31T06:30:00+01:00")),
    "bext": ("scene-1.wav", bext("2024-01-31", "00:30:00", 1800 * bands.RATE)),
    "hexadecimal": ("65B9DAD8.WAV", b""),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_events_and_clips_of_archives_have_their_true_times(tmp_path: Path, model: Path, kind: str) -> None:
    name, chunks = ARCHIVES[kind]
    path = wav(tmp_path / name, bands.scene(), after=chunks)
    done = run_here("run", path, "--fast", "--json", "--scores", "-m", model, "--clips", tmp_path / "clips")
    low, high = lines(done, "event")
    for line, onset_s in ((low, 1.0), (high, 3.5)):
        assert epoch(line["time"]) == pytest.approx(DAWN + onset_s, abs=0.1)
        assert epoch(line["time"]) == pytest.approx(DAWN + line["onset_s"], abs=0.001)
    assert all(epoch(s["time"]) == pytest.approx(DAWN + s["end_s"], abs=0.001) for s in lines(done, "scores"))
    clips = sorted(clip.name for clip in (tmp_path / "clips").rglob("*.flac"))
    assert [clip[:15] for clip in clips] == ["20240131T053000", "20240131T053003"]  # at the onset
    (line,) = lines(run_here("classify", path, "--json", "-m", model), "file")
    assert [event["time"] for event in line["events"]] == [low["time"], high["time"]]


def test_a_file_of_which_no_time_is_known_has_none(tmp_path: Path, model: Path) -> None:
    path = wav(tmp_path / "dog.wav", bands.scene())
    done = run_here("run", path, "--fast", "--json", "--scores", "-m", model, "--clips", tmp_path / "clips",
                    "--record", tmp_path / "all", "--sink", f"log:{tmp_path / 'log'}")  # fmt: skip
    assert done.returncode == 0, done.stderr
    every = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["time"] for line in every if "time" in line} == {None}
    health = lines(done, "summary")[0]
    assert health["latency_p50_s"] is None
    assert health["latency_p99_s"] is None
    clips = sorted(clip.name for clip in (tmp_path / "clips").rglob("*.flac"))
    assert [clip[:7] for clip in clips] == ["000000.", "000003."]  # by the onset, as with a time
    log = (tmp_path / "log").read_text()
    assert "--:--:-- " in log
    (recording,) = (tmp_path / "all").glob("*.wav")
    assert recording.name.startswith("000000.000s_")
    begin = json.loads(times_path(recording).read_text().splitlines()[0])
    assert begin["time"] is None
    for each in (path, recording):
        (line,) = lines(run_here("classify", each, "--json", "-m", model), "file")
        assert [event["time"] for event in line["events"]] == [None, None]


def test_start_wins_for_run_and_classify(tmp_path: Path, model: Path) -> None:
    path = wav(tmp_path / "20240131_053000.WAV", bands.scene())
    option = ("--start", "2020-02-02T02:02:00", "-m", model, "--json")
    for done in (run_here("run", path, "--fast", *option), run_here("run", path, "--seconds", 3, *option)):
        time_s = epoch(lines(done, "event")[0]["time"])
        assert time_s == pytest.approx(epoch("2020-02-02T07:02:01Z"), abs=0.1)
    (line,) = lines(run_here("classify", path, *option), "file")
    assert epoch(line["events"][0]["time"]) == time_s


def test_one_start_for_several_files_is_refused(tmp_path: Path, model: Path) -> None:
    for name in ("a.wav", "b.wav"):
        wav(tmp_path / name)
    done = run_here("classify", tmp_path, "--start", "2020-02-02T02:02:00", "-m", model)
    assert done.returncode == 2
    assert "start=2020-02-02T02:02:00 must" in done.stderr


def test_a_file_that_is_played_in_real_time_has_latency_and_its_own_time(tmp_path: Path, model: Path) -> None:
    path = wav(tmp_path / "20240131_053000.WAV", bands.scene())
    done = run_here("run", path, "--json", "--seconds", 3, "-m", model)
    assert epoch(lines(done, "event")[0]["time"]) == pytest.approx(DAWN + 1.0, abs=0.1)
    assert 0.0 <= lines(done, "summary")[0]["latency_p99_s"] < 5.0


def test_a_copy_under_another_name_loses_its_time(tmp_path: Path) -> None:
    path = wav(tmp_path / "20240131_053000.WAV")
    assert math.isnan(start(Path(shutil.copy(path, tmp_path / "x.wav"))))


def test_the_api_gives_events_of_files_their_times(tmp_path: Path, model: Path) -> None:
    timed = wav(tmp_path / "20240131_053000.WAV", bands.scene())
    untimed = wav(tmp_path / "dog.wav", bands.scene())
    loaded = streamer.load_model(model)
    for event, onset_s in zip(loaded.classify(timed).events, (1.0, 3.5), strict=True):
        assert event.time == pytest.approx(DAWN + onset_s, abs=0.1)
    assert all(math.isnan(event.time) for event in loaded.classify(untimed).events)


def piped(samples: Float32, *arguments: object) -> subprocess.CompletedProcess[str]:
    data = np.round(samples * 32_000).astype("<i2").tobytes()
    return bands.streamer("run", "-", "--rate", bands.RATE, "--json", *arguments, stdin=data, timeout_s=200)


def test_a_pipe_is_live_unless_it_is_said_or_seen_that_it_is_not(model: Path) -> None:
    began = time.time()
    live = lines(piped(bands.scene(), "-m", model), "event")
    assert all(began < epoch(line["time"]) - line["onset_s"] < time.time() for line in live)
    fast = lines(piped(bands.scene(), "-m", model, "--fast"), "event")
    assert [line["time"] for line in fast] == [None, None]
    stated = lines(piped(bands.scene(), "-m", model, "--start", "2024-01-31T05:30:00Z"), "event")
    for line in stated:
        assert epoch(line["time"]) == pytest.approx(DAWN + line["onset_s"], abs=0.001)
    done = piped(np.tile(bands.scene(), 10), "-m", model)
    assert len(lines(done, "event")) == 20
    assert lines(done, "event")[-1]["time"] is None
    assert "faster than it can be captured" in lines(done, "summary")[0]["detail"]


def test_what_people_read_has_the_local_time_of_events(tmp_path: Path, model: Path) -> None:
    path = wav(tmp_path / "20240131_053000.WAV", bands.scene())
    low, high = (line for line in run_here("classify", path, "-m", model).stdout.splitlines() if "–" in line)
    assert "low" in low
    assert "  2024-01-31 00:30:0" in low  # 05:30 in UTC
    assert "  2024-01-31 00:30:03" in high
    plain = wav(tmp_path / "dog.wav", bands.scene())
    assert "2024" not in run_here("classify", plain, "-m", model).stdout


def test_a_picture_has_the_time_at_which_it_was_taken(tmp_path: Path) -> None:
    path = tmp_path / "IMG_1.JPG"
    path.write_bytes(
        with_exif(cv2.imencode(".jpg", np.zeros((8, 8), np.uint8))[1].tobytes(), exif("2024:01:31 05:30:00"))
    )
    assert start(path) == LOCAL_DAWN
    assert start(path, time_zone="UTC") == DAWN
