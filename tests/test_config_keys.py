"""Every key of the config, through the command line: each changes what it says it changes."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from streamer.config import Config, Settings, SourceSettings
from streamer.kernels.cache import cache_directory
from streamer.messages import Command, Health, Message
from streamer.sinks import RunLink
from streamer.sinks.history import EventHistory
from streamer.sinks.history_rows import HistoryChoice, HistoryRows
from tests import test_config_keys_images, test_config_keys_runtime
from tests.support import bands
from tests.support.bands import RATE, lines, run_here, streamer
from tests.support.manager import HANGS, ServiceManager, manager
from tests.support.messages import EVENT
from tests.support.stand_in_driver import install_driver
from tests.test_config_keys_runtime import Probe, sink

__all__ = ["manager", "sink"]  # a fixture

TESTED: set[str] = set()  # filled when the cases below are collected


def config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def run(tmp_path: Path, text: str, *arguments: object, model: Path | None = None) -> Any:
    named = ("-m", model) if model else ()
    return run_here("run", "-c", config(tmp_path, text), *named, "--json", *arguments)


def keys(*names: str) -> None:
    TESTED.update(names)


def spans(done: Any) -> list[tuple[str, float, float]]:
    return [(e["label"], round(e["onset_s"], 1), round(e["offset_s"], 1)) for e in lines(done, "event")]


LOW, HIGH = ("low", 1.0, 2.6), ("high", 3.5, 5.1)  # as heard by default

keys("events.on", "events.off", "events.confirm", "events.confirm_of", "events.smoothing_s", "events.min_length_s")
keys("events.max_length_s", "events.merge_gap_s", "events.cool_down_s", "events.allow", "events.deny", "events.labels")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [LOW, HIGH]),
        ("on = 0.9", [("low", 1.1, 2.6), ("high", 3.6, 5.1)]),
        ("off = 0.5", [("low", 1.0, 2.5), ("high", 3.5, 5.0)]),
        ("confirm = 3\nconfirm_of = 3\non = 1.0", []),
        ("confirm = 12\nconfirm_of = 12", [LOW, HIGH]),
        ("confirm = 18\nconfirm_of = 18", []),
        ("smoothing_s = 1.0", [("low", 1.1, 2.6), ("high", 3.6, 5.1)]),
        ("min_length_s = 2.0", []),
        ("max_length_s = 0.5", [("low", 1.0, 1.5), ("high", 3.5, 4.0)]),
        ("allow = ['high']", [HIGH]),
        ("deny = ['HIGH']", [LOW]),
        ("[events.labels.low]\non = 1.0", [HIGH]),
    ],
)
def test_events(tmp_path: Path, model: Path, sound: Path, text: str, expected: list[Any]) -> None:
    assert spans(run(tmp_path, f"[events]\n{text}", sound, "--fast", model=model)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("low", 1.0, 1.6), ("low", 2.0, 2.6)]),
        ("merge_gap_s = 0.6", [("low", 1.0, 2.6)]),
        ("cool_down_s = 1.0", [("low", 1.0, 1.6)]),
    ],
)
def test_pauses(tmp_path: Path, model: Path, text: str, expected: list[Any]) -> None:
    twice = bands.write_sound(tmp_path / "twice.wav", bands.tones(500.0, (1.0, 1.5), (2.0, 2.5), length_s=4.0))
    assert spans(run(tmp_path, f"[events]\n{text}", twice, "--fast", model=model)) == expected


keys("source.channel")


@pytest.mark.parametrize(("channel", "expected"), [('"mix"', ["low", "high"]), ("0", ["low"]), ("1", ["high"])])
@pytest.mark.parametrize("command", ["run", "classify"])
def test_channel(tmp_path: Path, model: Path, channel: str, expected: list[str], command: str) -> None:
    stereo = np.stack([bands.tones(500.0, (1.0, 2.5)), bands.tones(4000.0, (3.5, 5.0))], axis=1)
    path = bands.write_sound(tmp_path / "stereo.wav", stereo)
    settings = f"[source]\nchannel = {channel}"
    if command == "run":
        assert [label for label, *_ in spans(run(tmp_path, settings, path, "--fast", model=model))] == expected
        return
    (line,) = lines(run_here("classify", "-c", config(tmp_path, settings), "-m", model, path, "--json"), "file")
    assert [event["label"] for event in line["events"]] == expected
    (line,) = lines(run_here("classify", "--channel", channel.strip('"'), "-m", model, path, "--json"), "file")
    assert [event["label"] for event in line["events"]] == expected


def test_by_default_an_inverted_channel_is_turned(tmp_path: Path, model: Path) -> None:
    path = bands.write_sound(tmp_path / "stereo.wav", np.stack([bands.scene(), -bands.scene()], axis=1))
    assert spans(run(tmp_path, '[source]\nchannel = "mix"', path, "--fast", model=model)) == []
    done = run(tmp_path, "", path, "--fast", model=model)
    assert [label for label, *_ in spans(done)] == ["low", "high"]
    assert "channel 1 is inverted: its sign is turned before mixing" in lines(done, "summary")[0]["detail"]


@pytest.mark.parametrize("command", ["run", "classify"])
def test_a_channel_that_is_not_there_is_refused_with_those_that_are(
    tmp_path: Path, model: Path, sound: Path, command: str
) -> None:
    stereo = bands.write_sound(tmp_path / "stereo.wav", np.stack([bands.scene(), bands.scene()], axis=1))
    for path, told in ((stereo, "channel=7 must be 0 or 1, a channel of"), (sound, "channel=7 must be 0, the only")):
        done = run_here(command, path, "-m", model, "--channel", 7, *(["--fast"] if command == "run" else []))
        assert done.returncode != 0
        assert told in done.stderr


keys("source.time_expansion")


@pytest.mark.parametrize("expansion", [10.0, 0.1])
def test_time_expansion_gives_the_times_and_frequencies_of_life(tmp_path: Path, model: Path, expansion: float) -> None:
    path = bands.write_sound(tmp_path / "bat.wav", bands.scene(), round(RATE / expansion))
    text = f"[source]\ntime_expansion = {expansion}"
    assert spans(run(tmp_path, text, path, "--fast", model=model)) == [LOW, HIGH]
    done = run_here("classify", path, "-m", model, "-c", tmp_path / "config.toml", "--json")
    (line,) = lines(done, "file")
    assert line["duration_s"] == 6.0
    assert [(event["label"], round(event["onset_s"], 1)) for event in line["events"]] == [("low", 1.0), ("high", 3.5)]


keys("source.start", "source.time_pattern", "source.time_zone")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ('time_zone = "UTC"', "2024-01-31T05:30"),
        ('time_zone = "Asia/Tokyo"', "2024-01-30T20:30"),
        ('start = "2020-02-02T02:02:00+02:00"', "2020-02-02T00:02"),
        ('time_pattern = "%Y%d%m%H%M"\ntime_zone = "UTC"', "2021-12-11T10:09"),
    ],
)
def test_the_times_of_files(tmp_path: Path, model: Path, sound: Path, text: str, time: str) -> None:
    path = tmp_path / "SITE_20240131_053000_202111121009.wav"
    shutil.copy(sound, path)
    for events in (
        lines(run(tmp_path, f"[source]\n{text}", path, "--fast", model=model), "event"),
        lines(run_here("classify", path, "-m", model, "-c", tmp_path / "config.toml", "--json"), "file")[0]["events"],
    ):
        assert [event["time"][:16] for event in events] == [time, time]


keys("source.realtime")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ["low", "high"]), ("highpass_hz = 1000", ["high"]), ("gain_db = -60", [])],
)
def test_conditioning_holds_for_run_and_classify_alike(
    tmp_path: Path, model: Path, text: str, expected: list[str]
) -> None:
    deep = 0.3 * (bands.tones(250.0, (0.5, 1.5), length_s=4.0) + bands.tones(4000.0, (2.5, 3.5), length_s=4.0))
    sound = bands.write_sound(tmp_path / "deep.wav", deep)
    live = spans(run(tmp_path, f"[source]\n{text}", sound, "--fast", model=model))
    done = run_here("classify", "-c", config(tmp_path, f"[source]\n{text}"), "-m", model, "--json", sound)
    (line,) = lines(done, "file")
    assert [label for label, *_ in live] == expected
    assert [(e["label"], round(e["onset_s"], 1), round(e["offset_s"], 1)) for e in line["events"]] == live


def test_what_is_recorded_is_what_was_captured(tmp_path: Path, model: Path, sound: Path) -> None:
    run(
        tmp_path,
        "[source]\ngain_db = -20\nhighpass_hz = 100",
        sound,
        "--fast",
        "--record",
        tmp_path / "all",
        model=model,
    )
    (path,) = (tmp_path / "all").rglob("*.wav")
    kept, captured = (soundfile.read(each, dtype="float32")[0] for each in (path, sound))
    assert np.abs(kept - captured[: len(kept)]).max() < 1e-3


keys("source.highpass_hz", "source.gain_db")


def test_realtime_paces_files(tmp_path: Path, model: Path) -> None:
    path = bands.write_sound(tmp_path / "short.wav", bands.scene()[: 2 * RATE])
    began_s = time.monotonic()
    run(tmp_path, "[source]\nrealtime = true", path, model=model)
    assert time.monotonic() - began_s > 1.9  # never faster than the sound


def test_not_realtime_loses_nothing_however_small_the_ring(tmp_path: Path, model: Path, sound: Path) -> None:
    done = run(tmp_path, "[source]\nrealtime = false\nring_s = 1.0", sound, model=model)
    (summary,) = lines(done, "summary")
    assert (summary["lost_samples"], summary["position_s"]) == (0, 6.0)


keys("source.pcm_rate", "source.pcm_channels", "source.pcm_format")


def test_raw_pcm(tmp_path: Path, model: Path) -> None:
    samples = bands.scene()[::2]  # 8 kHz: half of the rate, so the tones sound where they were
    stereo = np.repeat((samples * 2**31).astype("<i4")[:, None], 2, axis=1)
    text = '[source]\npcm_rate = 8000\npcm_channels = 2\npcm_format = "s32le"'
    done = streamer("run", "-c", config(tmp_path, text), "-m", model, "--json", "-", stdin=stereo.tobytes())
    assert spans(done)[0] == LOW
    assert lines(done, "summary")[0]["position_s"] == 6.0


keys("source.retry_min_s", "source.retry_max_s", "source.latency_s", "source.stall_s")


@pytest.mark.parametrize(("least_s", "most_s"), [(0.1, 0.1), (3.0, 3.0)])
def test_retries_wait_as_long_as_asked(tmp_path: Path, model: Path, least_s: float, most_s: float) -> None:
    try:
        import sounddevice  # noqa: F401
    except OSError:
        pytest.skip("libportaudio2 is not installed")
    text = f"[source]\nretry_min_s = {least_s}\nretry_max_s = {most_s}\nlatency_s = 0.5\nstall_s = 5.0"
    done = run(tmp_path, text, "mic:no such microphone", "--seconds", 1, model=model)
    assert done.returncode == 1
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["state"] == "waiting"
    pause_s = float(summary["detail"].rsplit(" ", 2)[1])
    assert 0.45 * least_s <= pause_s <= 1.55 * most_s


keys("source.isolate")


@pytest.mark.parametrize("is_isolated", [False, True])
def test_isolated_capture_is_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path, sink: Callable[..., None], is_isolated: bool
) -> None:
    def until_it_has_run(message: Message) -> None:
        if isinstance(message, Health) and message.overflows == 3:
            raise BrokenPipeError  # nobody reads on: the run ends

    install_driver(tmp_path, monkeypatch)
    sink(probe=Probe(until_it_has_run))
    text = f"[source]\nisolate = {str(is_isolated).lower()}\n[output]\nhealth_s = 1.0"
    uri = f"stand-in:none:{tmp_path / 'pid'}"
    done = run(tmp_path, text, uri, "--seconds", 60, "--sink", "probe", model=model)
    assert lines(done, "summary")[0]["overflows"] == 3
    assert (int((tmp_path / "pid").read_text()) != os.getpid()) == is_isolated


keys("model.path", "model.sidecar", "model.runtime", "model.n_threads", "model.stride_s")


@pytest.mark.parametrize("n_fft", [512, 400])
def test_model_by_path_with_sidecar_threads_and_stride(tmp_path: Path, model: Path, sound: Path, n_fft: int) -> None:
    sidecar = write_sidecar(tmp_path / "other.toml", n_fft)
    text = f'[model]\npath = "{model}"\nsidecar = "{sidecar}"\nn_threads = 2\nstride_s = 0.2\nruntime = "litert"'
    done = run_here("run", "-c", config(tmp_path, text), sound, "--fast", "--json", "--scores")
    scores = lines(done, "scores")
    assert list(scores[0]["scores"]) == ["deep", "shrill"]
    assert scores[1]["start_s"] - scores[0]["start_s"] == pytest.approx(0.2)


def test_a_sidecar_describes_the_model_beside_which_it_is_named(tmp_path: Path, model: Path, sound: Path) -> None:
    sidecar = write_sidecar(tmp_path / "other.toml", 512)
    streams = f"""[source]
        realtime = false
        [output]
        scores = true
        [[streams]]
        source = "{sound}"
        name = "foreign"
        model = "{model}"
        sidecar = "{sidecar}"
        [[streams]]
        source = "{sound}"
        name = "own"
        model = "{model}" """
    of_stream = {line["stream"]: list(line["scores"]) for line in lines(run(tmp_path, streams), "scores")}
    assert of_stream == {"foreign": ["deep", "shrill"], "own": ["low", "high"]}
    text = f'[model]\npath = "nowhere.tflite"\nsidecar = "{sidecar}"'
    done = run(tmp_path, text, sound, "--fast", "--scores", model=model)  # another model than the file's
    assert list(lines(done, "scores")[0]["scores"]) == ["low", "high"]
    done = run(tmp_path, f'[model]\nsidecar = "{sidecar}"', sound, "--fast")
    assert done.returncode == 2
    assert "must describe the only model, and none is named" in done.stderr
    done = run(tmp_path, f'[[streams]]\nsource = "{sound}"\nsidecar = "{sidecar}"')
    assert "streams.sidecar=" in done.stderr


def write_sidecar(sidecar: Path, n_fft: int) -> Path:
    sidecar.write_text(
        'format = 1\nname = "other"\ntask = "sound"\nactivation = "sigmoid"\nlabels = ["deep", "shrill"]\n'
        f'[front_end]\nkind = "log_mel"\nsample_rate = {RATE}\nn_fft = {n_fft}\nframe_length = 400\nhop_length = 160\n'
        "n_mels = 16\nfmin_hz = 125.0\nfmax_hz = 7500.0\n[window]\nn_frames = 20\nstride = 10\n"
        "[normalisation]\nmean = -5.0\n"
    )
    return sidecar


def test_a_runtime_that_is_not_installed_is_named(tmp_path: Path, model: Path, sound: Path) -> None:
    done = run(tmp_path, '[model]\nruntime = "tflite-runtime"', sound, "--fast", model=model)
    if done.returncode == 0:
        pytest.skip("tflite-runtime is installed here")
    assert done.returncode == 2
    assert "tflite-runtime" in done.stderr


keys("output.jsonl", "output.scores", "output.health_s", "output.clips", "output.clips_max_mb", "output.pre_roll_s")
keys("output.post_roll_s", "output.record", "output.sinks", "output.jsonl_max_mb")
keys("output.record_file_mb", "output.record_max_mb", "output.clips_by_label")


def test_output(tmp_path: Path, model: Path, sound: Path) -> None:
    text = f"""[output]
        jsonl = "{tmp_path}/lines.jsonl"
        scores = true
        health_s = 1.0
        clips = "{tmp_path}/clips"
        pre_roll_s = 0.25
        post_roll_s = 0.5
        record = "{tmp_path}/record"
        [source]
        realtime = true"""
    done = run(tmp_path, text, sound, "--seconds", 3.2, model=model)
    assert len(lines(done, "health")) >= 3
    assert (tmp_path / "lines.jsonl").read_text() == done.stdout
    assert lines(done, "scores")
    (event,) = lines(done, "event")
    (clip,) = (tmp_path / "clips" / event["label"]).glob("*.flac")
    length_s = event["offset_s"] - event["onset_s"] + 0.25 + 0.5
    assert soundfile.info(clip).duration == pytest.approx(length_s, abs=0.001)
    (record,) = (tmp_path / "record").glob("*.wav")
    recorded, _ = soundfile.read(record, dtype="float32")
    assert recorded.tobytes() == bands.scene()[: round(3.2 * RATE)].tobytes()
    run(tmp_path, f'[output]\nclips = "{tmp_path}/flat"\nclips_by_label = false', sound, model=model)
    assert list((tmp_path / "flat").glob("*.flac"))


def test_the_cap_of_json_lines_and_of_further_files(tmp_path: Path, model: Path, sound: Path) -> None:
    settings = '{name = "jsonl", argument = "%s", settings = {scores = true, max_mb = 0.002}}' % (tmp_path / "s.jsonl")
    log = '{name = "log", argument = "%s", settings = {max_mb = 0.0004}}' % (tmp_path / "l.log")
    text = f'[output]\njsonl = "{tmp_path}/a.jsonl"\njsonl_max_mb = 0.004\nscores = true\nsinks = [{settings}, {log}]'
    lines(run(tmp_path, text, sound, "--fast", model=model), "event")
    assert len(list(tmp_path.glob("l*.log"))) > 2
    for name, max_bytes in (("a", 4000), ("s", 2000)):
        files = list(tmp_path.glob(f"{name}*.jsonl"))
        assert len(files) > 4
        assert sum(path.stat().st_size for path in files) <= max_bytes + 800  # a summary of 800 bytes is never cut


def test_home_folders_in_settings_options_and_sources(
    tmp_path: Path, model: Path, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMER_CACHE_DIR", str(cache_directory()[0]))  # not in that home
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    shutil.copy(sound, tmp_path / "scene.wav")
    shutil.copy(model, tmp_path / "bands.tflite")
    text = """[output]
        jsonl = "~/a.jsonl"
        clips = "~/clips"
        record = "~/record"
        sinks = ["log:~/a.log"]
        [model]
        path = "~/bands.tflite"
        [[streams]]
        source = "~/scene.wav"
        [[streams]]
        source = "file:~/scene.wav"
        name = "other" """
    path = config(tmp_path, text)
    done = run_here("run", "-c", path, "--json", "--fast")
    assert len(lines(done, "event")) == 4
    names = ["a.jsonl", "a.log", "bands.tflite", "clips", "config.toml", "record", "scene.wav"]
    assert sorted(each.name for each in tmp_path.iterdir()) == names
    done = run_here("run", "--config=~/config.toml", "--jsonl=~/b.jsonl", "--json", "--fast")
    assert (tmp_path / "b.jsonl").read_text() == done.stdout
    for argument in ("--clips=~nosuch/x", "--data=~nosuch/x"):
        done = run_here("record" if "data" in argument else "run", "mic", argument)
        assert (done.returncode, done.stdout) == (2, "")
        assert "~nosuch/x must begin with a home folder that is known" in done.stderr
    path = config(tmp_path, '[output]\nclips = "~nosuch/x"')
    done = run_here("run", "-c", path, "--json", "--fast")
    assert (done.returncode, "output.clips: path=~nosuch/x must begin with a home" in done.stderr) == (2, True)


def test_further_sinks(tmp_path: Path, model: Path, sound: Path) -> None:
    scores = f'{{name = "jsonl", argument = "{tmp_path}/scores.jsonl", settings = {{scores = true}}}}'
    text = f'[output]\nsinks = ["jsonl:{tmp_path}/lines.jsonl", "log:{tmp_path}/events.log", {scores}]'
    done = run(tmp_path, text, sound, "--fast", model=model)
    assert (tmp_path / "lines.jsonl").read_text() == done.stdout
    assert '"scores"' in (tmp_path / "scores.jsonl").read_text()
    assert "low begins at" in (tmp_path / "events.log").read_text()
    done = run(tmp_path, text, sound, "--fast", "--sink", f"log:{tmp_path}/other.log", model=model)
    assert (tmp_path / "lines.jsonl").read_text().count("summary") == 1  # the option replaces the list
    assert "low begins at" in (tmp_path / "other.log").read_text()


def test_the_cap_of_the_clip_folder(tmp_path: Path, model: Path, sound: Path) -> None:
    text = f'[output]\nclips = "{tmp_path}/clips"\nclips_max_mb = 0.05'
    lines(run(tmp_path, text, sound, "--fast", model=model), "event")
    (clip,) = (tmp_path / "clips").rglob("*.flac")
    assert clip.name.endswith("_high.flac")


def test_the_size_of_recordings(tmp_path: Path, model: Path, sound: Path) -> None:
    text = f'[output]\nrecord = "{tmp_path}/record"\nrecord_file_mb = 0.1'
    live = lines(run(tmp_path, text, sound, "--fast", "--scores", model=model), "scores")
    parts = sorted((tmp_path / "record").glob("*.wav"))
    assert len(parts) > 2
    assert all(path.stat().st_size <= 100_000 for path in parts)
    done = run_here("classify", tmp_path / "record", "-m", model, "--json", "--scores")
    again = [(line["end_s"], line["scores"]) for line in lines(done, "scores")]
    assert again == [(line["end_s"], line["scores"]) for line in live]
    assert [line["note"].split("; ")[0] for line in lines(done, "file")] == [
        f"with {len(parts) - 1} files that continue it"
    ]

    text = f'[output]\nrecord = "{tmp_path}/capped"\nrecord_max_mb = 0.2'
    run(tmp_path, text, sound, "--fast", model=model)
    assert 50_000 < sum(path.stat().st_size for path in (tmp_path / "capped").iterdir()) <= 200_000


keys("memory.buffers_mb")


def test_too_little_memory_for_clips_is_told(tmp_path: Path, model: Path, sound: Path) -> None:
    text = f'[memory]\nbuffers_mb = 0.1\n[output]\nclips = "{tmp_path}/clips"'  # 25 kB: 0.4 s
    done = run(tmp_path, text, sound, "--fast", model=model)
    assert done.returncode == 1
    assert "clips without their beginning; raise memory.buffers_mb" in done.stderr
    assert len(list((tmp_path / "clips").rglob("*.flac"))) == 2


keys("streams", "dashboard.enabled")


def test_streams_with_names_and_models_of_their_own(tmp_path: Path, model: Path, sound: Path) -> None:
    other = bands.write_model(tmp_path / "other.tflite", events={"on": 1.0, "off": 1.0})
    text = f"""[source]
        realtime = false
        [[streams]]
        source = "{sound}"
        name = "door"
        [[streams]]
        source = "file:{sound}"
        model = "{other}"
        [model]
        path = "{model}" """
    done = run(tmp_path, text)
    assert {line["stream"] for line in lines(done, "event")} == {"door"}
    assert {line["stream"] for line in lines(done, "summary")} == {"door", f"file:{sound}"}
    done = run(tmp_path, text, model=model)  # the command line comes before the file
    assert {line["stream"] for line in lines(done, "event")} == {"door", f"file:{sound}"}


def test_every_key_has_its_test() -> None:
    def leaves(settings: type[Settings], prefix: str = "") -> set[str]:
        found = set()
        for name, field in settings.model_fields.items():
            inner = field.annotation
            nested = isinstance(inner, type) and issubclass(inner, Settings)
            found |= leaves(inner, f"{prefix}{name}.") if nested else {prefix + name}  # type: ignore[arg-type]
        return found

    assert leaves(Config) == TESTED | test_config_keys_images.TESTED | test_config_keys_runtime.TESTED


keys("source.hang_s")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such sockets")
@pytest.mark.parametrize("hang_s", [2.0, 5.0])
def test_a_stream_hangs_after_the_time_asked(tmp_path: Path, manager: ServiceManager, hang_s: float) -> None:
    manager.start(
        "run", "demo", "--log", "-c", config(tmp_path, f"[source]\nhang_s = {hang_s}\nstall_s = 0.5"), before=HANGS
    )
    ready_s = manager.wait_for(lambda line: line == "READY=1")  # with the first window; it hangs in the fourth
    stalled_s = manager.wait_for(lambda line: line.startswith("STATUS=stalled"))
    assert hang_s < stalled_s - ready_s < SourceSettings().hang_s  # a busy machine takes some seconds more


keys("output.history", "output.history_every_s", "output.history_max_days", "output.history_max_mb")


@pytest.mark.parametrize(
    ("text", "n_events", "n_health"),
    [("", 2, 2), ("history_every_s = 0.0", 2, 4), ("history_max_days = 365.0", 2, 2), ("history_max_mb = 0.001", 0, 0)],
)
def test_the_history_and_its_limits(
    tmp_path: Path, model: Path, sound: Path, monkeypatch: pytest.MonkeyPatch, text: str, n_events: int, n_health: int
) -> None:
    monkeypatch.setattr("streamer.sinks.history.LIMITS_S", 0.0)
    old = EventHistory(tmp_path / "h.db")
    old.write(replace(EVENT, time=0.0))
    old.close()
    settings = f'[output]\nhistory = "{tmp_path}/h.db"\nhealth_s = 1.0\n{text}\n[source]\nrealtime = true'
    lines(run(tmp_path, settings, sound, "--seconds", 3.2, model=model), "summary")
    history = HistoryRows(tmp_path / "h.db")
    labels = [row["label"] for row in history.rows("events", HistoryChoice())]
    healths = list(history.rows("health", HistoryChoice()))
    history.close()
    has_old = "max" not in text
    assert labels == (["dog"] if has_old else []) + ["low", "high"][: max(0, n_events - 1)]
    assert len(healths) >= n_health if "every" in text else len(healths) <= 3


keys("on_event", "output.save_s")


@pytest.mark.parametrize("when", ["begin", "end", "clip"])
def test_programs_are_run_for_events(tmp_path: Path, model: Path, sound: Path, when: str) -> None:
    code = (
        "import os, sys; open(sys.argv[1], 'a').write(os.environ['STREAMER_LABEL'] + os.environ['STREAMER_CLIP'][-5:])"
    )
    program = json.dumps([sys.executable, "-c", code, str(tmp_path / "told")])
    text = f"""[output]
        clips = "{tmp_path}/clips"
        [[on_event]]
        run = {program}
        when = "{when}"
        labels = ["HIGH"]
        timeout_s = 60.0"""
    lines(run(tmp_path, text, sound, "--fast", model=model), "summary")
    assert (tmp_path / "told").read_text() == ("high.flac" if when == "clip" else "high")


def test_a_program_has_so_long(tmp_path: Path, model: Path, sound: Path) -> None:
    program = json.dumps([sys.executable, "-c", "import time; time.sleep(60)"])
    done = run(tmp_path, f"[[on_event]]\nrun = {program}\ntimeout_s = 0.2", sound, "--fast", model=model)
    assert done.returncode == 1
    assert "has not ended in 0.2 s and was killed; raise on_event.timeout_s" in done.stderr


@pytest.mark.parametrize("save_s", [0.0, 3.0])
def test_so_much_is_kept_for_a_clip_that_is_asked_for(
    tmp_path: Path, model: Path, sound: Path, sink: Callable[..., None], save_s: float
) -> None:
    class Asks(Probe):
        link: RunLink
        is_asked = False

        def connect(self, link: RunLink) -> None:
            self.link = link

        def write(self, message: Message) -> None:
            if isinstance(message, Health) and message.position_s > 4.0 and not self.is_asked:
                self.is_asked = True
                self.link.post(Command(message.stream, "clip", value=3.0))

    sink(asks=Asks())
    text = f"""[output]
        clips = "{tmp_path}/clips"
        save_s = {save_s}
        health_s = 1.0
        post_roll_s = 0.0
        [source]
        realtime = true"""
    lines(run(tmp_path, text, sound, "--sink", "asks", model=model), "summary")
    (clip,) = (tmp_path / "clips").glob("*_saved.flac")
    assert (soundfile.info(clip).duration > 2.9) is bool(save_s)


keys("output.labels")


@pytest.mark.parametrize("is_wanted", [True, False])
def test_labels_beside_the_recordings(tmp_path: Path, model: Path, sound: Path, is_wanted: bool) -> None:
    text = f'[output]\nrecord = "{tmp_path}/record"\nlabels = {str(is_wanted).lower()}'
    lines(run(tmp_path, text, sound, "--fast", model=model), "event")
    assert len(list((tmp_path / "record").glob("*.txt"))) == 2 * is_wanted


keys("rules", "place.latitude", "place.longitude")


@pytest.mark.parametrize(("latitude", "is_passed"), [(89.0, True), (-89.0, False)])
def test_rules_and_where_the_sun_is_looked_at(
    tmp_path: Path, model: Path, sound: Path, latitude: float, is_passed: bool
) -> None:
    pytest.importorskip("astral")
    in_june = tmp_path / "20260621_120000.wav"  # recorders name their files so
    shutil.copy(sound, in_june)
    text = f"""[output]
        sinks = ["jsonl:{tmp_path}/a.jsonl"]
        [place]
        latitude = {latitude}
        longitude = 0.0
        [[rules]]
        sinks = ["jsonl"]
        sun = "up" """
    lines(run(tmp_path, text, in_june, "--fast", model=model), "summary")
    assert ('"event"' in (tmp_path / "a.jsonl").read_text()) is is_passed
