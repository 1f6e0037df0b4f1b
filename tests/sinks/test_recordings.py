"""Recordings: nothing of the time is lost, and `classify` gives on them what was given live."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.arrays import Float32
from streamer.config import Config, EventSettings
from streamer.errors import StreamerError
from streamer.messages import Chunk, ClockChange, Event, Message, Recording, Scores, SoundFormat
from streamer.offline.chains import chained
from streamer.offline.pool import Pool
from streamer.offline.sound import classify_sound
from streamer.pipeline.sound import SoundPipeline
from streamer.sinks.recordings import RecordingFolder
from streamer.sources.times_file import read_times, times_path
from tests.support.loudness import sound_pipeline

RATE = 16_000  # twice the model's: resampled
STEP = 800
FORMAT = SoundFormat(RATE, 2, "x")
EPOCH_S = 1.7e9
EVENTS = EventSettings(on=0.6, off=0.4, confirm=1, confirm_of=1, merge_gap_s=0.3)


def scene(n_samples: int) -> Float32:
    """Noise that is loud in every other half second."""
    noise = np.random.default_rng(0).standard_normal((n_samples, 2)) * 0.1
    loud = np.arange(n_samples) // 8000 % 2
    return np.asarray(noise * (0.001 + loud[:, None]), np.float32)


def live(folder: Path, lost: dict[int, int], n_samples: int = 64_000, file_bytes: float = 1e9) -> list[Message]:
    """Record and classify a scene of which samples are lost, given by first one and number."""
    pipeline, recorder = pipeline_of(), RecordingFolder(folder, file_bytes)
    samples = scene(n_samples)
    pipeline.begin(FORMAT, 0.0, EPOCH_S)
    messages: list[Message] = []
    at = lost_before = 0
    while at < n_samples:
        if at in lost:
            lost_before = lost[at]
            at += lost_before
            continue
        end = min(at + STEP, *(first for first in [*lost, n_samples] if first > at))
        chunk = Chunk(samples[at:end], at, lost_before, 0.0)
        messages += pipeline.step(chunk).messages
        recorder.write(Recording("mic", FORMAT, 0.0, EPOCH_S + at / RATE, chunk.samples, at, lost_before))
        at, lost_before = end, 0
    messages += pipeline.finish()
    recorder.close()
    return messages


def pipeline_of() -> SoundPipeline:
    return sound_pipeline(events=EVENTS, stream="s")


def scores(messages: list[Message]) -> list[tuple[float, bytes]]:
    return [(m.end_s, m.values.tobytes()) for m in messages if isinstance(m, Scores)]


def events(messages: list[Message]) -> list[Event]:
    return [replace(m, time=0.0) for m in messages if isinstance(m, Event) and m.offset_s is not None]


def what_of(event: Event) -> tuple[str, float, float, int]:
    return event.label, event.score, event.mean_score, event.n_lost


def recorded(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.wav"))


@pytest.mark.parametrize(
    "lost",
    [
        {},
        {9_000: 1},
        {20_000: 4_000},
        {800: 160, 8_800: 7_999, 60_000: 2_000},
        {100: 100, 300: 100},
        {0: 500, 32_000: 800, 40_000: 16_000},
        {63_000: 1_000},
    ],
    ids=str,
)
def test_classify_gives_on_a_recording_with_gaps_what_was_given_live(tmp_path: Path, lost: dict[int, int]) -> None:
    given = live(tmp_path, lost)
    (path,) = recorded(tmp_path)
    (result,) = classify_sound(path, pipeline_of())
    first_s = lost.get(0, 0) / RATE  # sound that was lost before the first is not in the file
    assert [values for _, values in scores(list(result.scores))] == [values for _, values in scores(given)]
    assert [m.end_s + first_s for m in result.scores] == pytest.approx([end_s for end_s, _ in scores(given)])
    assert [what_of(event) for event in result.events] == [what_of(event) for event in events(given)]
    times_s = [(event.onset_s + first_s, (event.offset_s or 0.0) + first_s) for event in result.events]
    assert np.array(times_s) == pytest.approx(np.array([(event.onset_s, event.offset_s) for event in events(given)]))
    assert len(times_s) >= 2


def test_a_second_in_the_file_is_a_second_in_the_stream_and_the_times_file_has_each_gap(tmp_path: Path) -> None:
    live(tmp_path, {20_000: 4_000, 40_000: 100})
    (path,) = recorded(tmp_path)
    assert path.name == "20231114T221320.000Z_mic.wav"
    samples, _ = soundfile.read(path, dtype="float32")
    expected = scene(64_000)
    expected[20_000:24_000] = expected[40_000:40_100] = 0
    assert samples.tobytes() == expected.tobytes()
    lines = [json.loads(line) for line in path.with_name(path.name + ".times.jsonl").read_text().splitlines()]
    assert [line["type"] for line in lines] == ["recording", "gap", "gap", "end"]
    assert lines[0]["time"] == "2023-11-14T22:13:20Z"
    assert (lines[1]["at"], lines[1]["samples"], lines[1]["why"]) == (20_000, 4_000, "lost")
    assert lines[1]["time"] == "2023-11-14T22:13:21.500000Z"
    assert (lines[-1]["samples"], lines[-1]["is_last"]) == (64_000, True)
    (result,) = classify_sound(path, pipeline_of())
    assert (result.note, result.duration_s) == ("2 gaps of 0.256 s in all left out", 4.0)


def test_a_gap_of_more_than_a_minute_begins_a_file_that_continues_the_other(tmp_path: Path) -> None:
    n_long = 61 * RATE
    given = live(tmp_path, {30_000: n_long}, 30_000 + n_long + 30_000)
    paths = recorded(tmp_path)
    assert [soundfile.info(path).frames for path in paths] == [30_000, 30_000]
    assert paths[1].name == "20231114T221422.875Z_mic.wav"
    assert chained(paths) == [paths]
    (result,) = classify_sound(paths[0], pipeline_of(), paths[1:])
    assert scores(list(result.scores)) == scores(given)
    assert [replace(event, time=0.0) for event in result.events] == events(given)
    assert result.note == "with 1 file that continues it; 1 gap of 61 s in all left out"


def test_a_lost_session_begins_a_file_and_nothing_is_made_of_the_end_of_the_one_before(tmp_path: Path) -> None:
    pipeline, recorder = pipeline_of(), RecordingFolder(tmp_path)
    given: list[list[Message]] = []
    for session_s, n_samples in ((0.0, 20_345), (7.5, 11_111)):
        messages: list[Message] = [*pipeline.begin(FORMAT, session_s, EPOCH_S)]
        if given:
            given[-1] += messages
            messages = []
        samples = scene(n_samples)
        messages += pipeline.step(Chunk(samples, 0, 0, 0.0)).messages
        recorder.write(Recording("mic", FORMAT, session_s, EPOCH_S + session_s, samples))
        given.append(messages)
    given[-1] += pipeline.finish()
    recorder.close()
    paths = recorded(tmp_path)
    assert [path.name for path in paths] == ["20231114T221320.000Z_mic.wav", "20231114T221327.500Z_mic.wav"]
    assert chained(paths) == [[path] for path in paths]
    for path, session_s, messages in zip(paths, (0.0, 7.5), given, strict=True):
        (result,) = classify_sound(path, pipeline_of())
        assert [values for _, values in scores(list(result.scores))] == [values for _, values in scores(messages)]
        assert [e.onset_s for e in result.events] == [pytest.approx(e.onset_s - session_s) for e in events(messages)]
        assert [e.offset_s for e in result.events] == [
            pytest.approx(e.offset_s - session_s) for e in events(messages) if e.offset_s is not None
        ]


@pytest.mark.parametrize("lost", [{}, {20_000: 4_000, 50_000: 1}], ids=str)
def test_classify_takes_the_files_of_one_recording_as_one(tmp_path: Path, lost: dict[int, int]) -> None:
    given = live(tmp_path, lost, file_bytes=100_000)
    paths = recorded(tmp_path)
    assert len(paths) == 6
    assert all(path.stat().st_size <= 100_000 for path in paths)
    ((result,),) = Pool({"sound": []}, Config(), (), 1, lambda *_: pipeline_of()).classify(paths)
    assert scores(list(result.scores)) == scores(given)
    assert [replace(event, time=0.0, stream="s") for event in result.events] == events(given)
    assert result.note.startswith("with 5 files that continue it")


def test_a_day_ends_a_file(tmp_path: Path) -> None:
    recorder = RecordingFolder(tmp_path)
    midnight_s = 1_700_006_400.0  # 2023-11-15 00:00 UTC
    for k in range(4):
        recorder.write(Recording("mic", FORMAT, 0.0, midnight_s + (k - 2) * STEP / RATE, scene(STEP), k * STEP))
    recorder.close()
    paths = recorded(tmp_path)
    assert [path.name for path in paths] == ["20231114T235959.900Z_mic.wav", "20231115T000000.000Z_mic.wav"]
    assert [soundfile.info(path).frames for path in paths] == [2 * STEP, 2 * STEP]
    assert chained(paths) == [paths]


def test_only_recordings_that_streamer_wrote_and_nobody_changed_make_room(tmp_path: Path) -> None:
    (tmp_path / "mine.wav").write_bytes(b"x" * 10_000)
    live(tmp_path, {}, file_bytes=100_000)
    first, second, *rest = recorded(tmp_path)[:-1]
    (changed, kept), size = (first, rest[-1]), sum(path.stat().st_size for path in tmp_path.iterdir())
    changed.write_bytes(b"y" * 100_000)
    RecordingFolder(tmp_path, max_bytes=160_000).close()
    assert not second.exists()
    assert not times_path(second).exists()
    assert changed.read_bytes() == b"y" * 100_000
    assert (tmp_path / "mine.wav").exists()
    assert kept.exists() or sum(path.stat().st_size for path in tmp_path.iterdir()) < size


def test_recordings_stay_under_their_cap_with_several_streams(tmp_path: Path) -> None:
    recorder = RecordingFolder(tmp_path, max_bytes=400_000)
    for k in range(100):
        for stream in ("a", "b"):
            recorder.write(Recording(stream, FORMAT, 0.0, EPOCH_S + k * STEP / RATE, scene(STEP), k * STEP))
            assert sum(path.stat().st_size for path in tmp_path.glob("*.wav*")) <= 400_000
    recorder.close()
    assert sum(path.stat().st_size for path in tmp_path.glob("*.wav*")) > 200_000


def test_what_another_process_is_writing_is_not_removed_but_what_a_dead_one_left_is_counted(tmp_path: Path) -> None:
    alive = RecordingFolder(tmp_path)
    alive.write(Recording("alive", FORMAT, 0.0, EPOCH_S, scene(60_000)))
    code = (
        "import os, numpy as np, pathlib\n"
        "from streamer.messages import Recording, SoundFormat\n"
        "from streamer.sinks.recordings import RecordingFolder\n"
        "folder = RecordingFolder(pathlib.Path('.'))\n"
        "samples = np.zeros((60_000, 2), np.float32)\n"
        "folder.write(Recording('dead', SoundFormat(16_000, 2, 'x'), 0.0, 1.7e9, samples))\n"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    (dead,) = tmp_path.glob("*_dead.wav")
    RecordingFolder(tmp_path, max_bytes=100_000).close()
    assert not dead.exists()
    assert len(recorded(tmp_path)) == 1
    alive.close()


def test_what_could_not_be_written_is_silence_with_a_mark_and_later_sound_is_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = RecordingFolder(tmp_path)
    samples = scene(3 * STEP)
    parts = [Recording("mic", FORMAT, 0.0, EPOCH_S, samples[at : at + STEP], at) for at in (0, STEP, 2 * STEP)]
    recorder.write(parts[0])
    with monkeypatch.context() as patch:
        patch.setattr("streamer.sinks.wave_file.WaveFile._put", _full)
        with pytest.raises(StreamerError, match="recording mic not written: No space left on device"):
            recorder.write(parts[1])
    recorder.write(parts[2])
    recorder.close()
    (path,) = recorded(tmp_path)
    samples[STEP : 2 * STEP] = 0
    assert soundfile.read(path, dtype="float32")[0].tobytes() == samples.tobytes()
    times = read_times(path)
    assert times is not None
    assert [(gap.at, gap.samples, gap.why) for gap in times.gaps] == [(STEP, STEP, "not written")]


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_no_file_is_ever_replaced_where_the_clock_was_set_back(tmp_path: Path) -> None:
    for _ in range(2):
        recorder = RecordingFolder(tmp_path)
        recorder.write(Recording("mic", FORMAT, 0.0, EPOCH_S, scene(STEP)))
        recorder.close()
    assert [path.name for path in recorded(tmp_path)] == [
        "20231114T221320.000Z_mic-2.wav",
        "20231114T221320.000Z_mic.wav",
    ]


def test_a_recording_that_is_cut_off_by_a_power_cut_can_be_read(tmp_path: Path) -> None:
    recorder = RecordingFolder(tmp_path)
    samples = scene(2 * RATE + 500)
    recorder.write(Recording("mic", FORMAT, 0.0, EPOCH_S, samples[: 2 * RATE]))
    recorder.write(Recording("mic", FORMAT, 0.0, EPOCH_S, samples[2 * RATE :]))
    shutil.copytree(tmp_path, tmp_path / "after")
    recorder.close()
    (path,) = recorded(tmp_path / "after")
    sidecar = path.with_name(path.name + ".times.jsonl")
    sidecar.write_bytes(sidecar.read_bytes() + b'{"type": "gap", "at": 3')
    assert soundfile.read(path, dtype="float32")[0].tobytes() == samples[: 2 * RATE].tobytes()
    (result,) = classify_sound(path, pipeline_of())
    assert result.scores


def test_a_disk_that_is_really_full(full_disk: Path) -> None:
    recorder = RecordingFolder(full_disk)
    noise = np.random.default_rng(0).standard_normal((50_000, 1)).astype(np.float32)
    recorder.write(Recording("mic", SoundFormat(8000, 1, "x"), 0.0, 1.7e9, noise[:100]))
    with pytest.raises(StreamerError, match="recording mic not written: no space left in"):
        recorder.write(Recording("mic", SoundFormat(8000, 1, "x"), 0.0, 1.7e9, noise[100:], 100))
    recorder.close()
    (path,) = recorded(full_disk)
    assert soundfile.read(path, dtype="float32", always_2d=True)[0].tobytes() == noise[:100].tobytes()


def test_a_disk_that_is_full_at_the_start_is_recorded_on_when_there_is_room(full_disk: Path) -> None:
    with (full_disk / "of_the_user").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            if not shutil.disk_usage(full_disk).free:
                break
    recorder = RecordingFolder(full_disk)
    samples = scene(STEP)
    with pytest.raises(StreamerError, match="no space left in"):
        recorder.write(Recording("mic", FORMAT, 0.0, EPOCH_S, samples, 0, 0))
    (full_disk / "of_the_user").unlink()
    recorder.write(Recording("mic", FORMAT, 0.0, EPOCH_S + STEP / RATE, samples, STEP, 0))
    recorder.close()
    (recorded,) = full_disk.glob("*.wav")
    assert soundfile.info(recorded).frames >= STEP


def test_what_happens_to_the_clock_is_in_the_times_file_of_its_stream(tmp_path: Path) -> None:
    recorder = RecordingFolder(tmp_path)
    change = ClockChange("mic", 0.05, EPOCH_S + 100.0, 100.0, 0.0, is_uncertain=False)
    assert recorder.write(change) is False  # before any sound: nothing to correct
    recorder.write(Recording("mic", FORMAT, 0.0, EPOCH_S, scene(STEP), 0, 0))
    assert recorder.write(replace(change, stream="other")) is False
    assert recorder.write(replace(change, offset_s=0.0)) is False  # it is only certain now
    assert recorder.write(change) is not False
    assert recorder.write(replace(change, offset_s=0.0, suspended_s=60.0)) is not False
    recorder.close()
    (path,) = recorded(tmp_path)
    lines = [json.loads(line) for line in times_path(path).read_text().splitlines()]
    marks = [(line["at"], line["offset_s"], line["suspended_s"]) for line in lines if line["type"] == "clock"]
    assert marks == [(STEP, 100.0, 0.0), (STEP, 0.0, 60.0)]
