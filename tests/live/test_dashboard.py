"""`streamer run` on a terminal: its keys reach the streams and what is on the disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from streamer.sinks.clip_marks import ClipMarks
from tests.support import bands
from tests.support.virtual_mic import VirtualMic, virtual_mic

__all__ = ["virtual_mic"]
pytest.importorskip("pty")
from tests.support.terminal import TerminalSession

Run = Callable[..., TerminalSession]


@pytest.fixture
def run() -> Iterator[Run]:
    """Function that starts `streamer run` on a pseudo-terminal."""
    sessions: list[TerminalSession] = []

    def started(*words: object, columns: int = 80, lines: int = 24) -> TerminalSession:
        arguments = json.dumps(["streamer", "run", *map(str, words)])
        code = f"import sys; sys.argv = {arguments}; from streamer.__main__ import main; sys.exit(main())"
        sessions.append(TerminalSession(code, columns, lines))
        return sessions[-1]

    yield started
    for each in sessions:
        each.close()


@pytest.fixture
def tones(tmp_path: Path) -> Path:
    """A low tone from second 1 to 2, and silence to the end of a minute."""
    return bands.write_sound(tmp_path / "tones.wav", bands.tones(500.0, (1.0, 2.0), length_s=60.0))


def marked(folder: Path) -> list[tuple[str, Any]]:
    return [(each.label, each.listed.mark) for each in ClipMarks(folder).clips()]


def test_the_chosen_event_is_marked_while_the_stream_goes_on(
    run: Run, tones: Path, model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "clips"
    shown = run(tones, "-m", model, "--clips", folder)
    shown.until(lambda: folder.is_dir() and list(folder.rglob("low/*.flac")), "a clip")
    shown.press(b"\x1b[B")
    shown.until(lambda: shown.shows("wrong"), "the keys of an event")
    shown.press(b"n")
    shown.until(lambda: shown.shows("wrong: background/"), "it is marked")
    assert marked(folder) == [("background", "wrong")]
    shown.press(b"u")
    shown.until(lambda: shown.shows("taken back: low"), "it is no longer")
    assert marked(folder) == [("low", "")]
    shown.press(b"l")
    shown.until(lambda: shown.shows("low was") and shown.shows("1 high"), "labels to choose from")
    shown.press(b"quiet\r")
    shown.until(lambda: shown.shows("another label: quiet/"), "it has another label")
    assert marked(folder) == [("quiet", "label")]
    position = shown.screen.display[0]
    shown.until(lambda: shown.screen.display[0] != position, "the stream goes on")
    shown.press(b"q")
    assert shown.ends() == 0
    shown.assert_restored()


def test_a_region_chosen_by_key_is_measured_on_its_own(run: Run, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    shown = run("demo:camera", "--jsonl", lines, columns=120, lines=40)
    shown.until(lambda: shown.shows("images/s") and shown.shows("px"), "images")
    shown.press(b"r\x1b[C\x1b[C]")
    shown.until(lambda: shown.shows("region 1: "), "a region to choose")
    shown.press(b"\r")

    def boxes() -> list[Any]:
        found = [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []
        return [each["region_px"] for each in found if each["type"] == "periodicity" and each["region"] == "region 1"]

    shown.until(boxes, "it is measured")
    assert boxes()[0][0] == 121  # of 320 pixels: a third, two steps to the right, and half a step wider
    shown.until(lambda: shown.shows("region 1 is measured") and shown.shows("╭region 1"), "its frame over the image")
    shown.press(b"r\tx")
    shown.until(lambda: shown.shows("region 1 is measured no longer") and not shown.shows("╭region 1"), "it is gone")
    shown.press(b"q")
    assert shown.ends() == 0
    shown.assert_restored()


def test_without_clips_the_setting_to_make_is_said(run: Run, tones: Path, model: Path) -> None:
    shown = run(tones, "-m", model)
    shown.until(lambda: shown.shows("▸"), "an event")
    shown.press(b"\x1b[B")
    for key in (b" ", b"y"):
        shown.press(key)
        shown.until(lambda: shown.shows("no clips are written; set output.clips, or run with --clips DIR"), "why not")
        shown.press(b"\x1b[A")
    shown.press(b"q")
    assert shown.ends() == 0


def test_a_threshold_is_tried_and_then_written_to_the_settings_file(
    run: Run, tones: Path, model: Path, tmp_path: Path
) -> None:
    config = tmp_path / "my.toml"
    config.write_text("# mine\n[events]\nmerge_gap_s = 0.5  # pauses\n")
    shown = run(tones, "-m", model, "-c", config, columns=160)
    shown.until(lambda: shown.shows("▸"), "an event")
    shown.press(b"\x1b[B++")
    shown.until(lambda: shown.shows("low: begins at 0.70"), "the threshold")
    shown.press(b"w")
    shown.until(lambda: shown.shows(f"[events.labels.low] on = 0.7 written to {config}"), "it is written")
    shown.press(b"q")
    assert shown.ends() == 0
    assert config.read_text() == ("# mine\n[events]\nmerge_gap_s = 0.5  # pauses\n\n[events.labels.low]\non = 0.7\n")
    bare = run(tones, "-m", model, columns=160)
    bare.until(lambda: bare.shows("▸"), "an event")
    bare.press(b"w")
    bare.until(lambda: bare.shows("no settings file is in force to write to; run with -c FILE"), "why not")


def test_what_was_no_event_or_reached_no_sink_is_listed_with_the_reason(run: Run, model: Path, tmp_path: Path) -> None:
    sound = bands.write_sound(tmp_path / "two.wav", bands.tones(500.0, (1.0, 2.0), (6.0, 7.0), length_s=60.0))
    config = tmp_path / "my.toml"
    config.write_text('[[on_event]]\nrun = ["true"]\n[[rules]]\nsinks = ["on_event"]\nlabels = ["high"]\n')
    shown = run(sound, "-m", model, "-c", config, columns=120, lines=30)
    shown.until(lambda: shown.shows("▸"), "an event")
    shown.press(b"me")
    shown.until(lambda: shown.shows("on_event: no rule"), "no rule lets it pass")
    shown.until(lambda: any("low" in line and "muted" in line[70:] for line in shown.screen.display), "it is muted")
    shown.press(b"e")
    shown.until(lambda: shown.shows(" events "), "the events again")
    shown.press(b"q")
    assert shown.ends() == 0


@pytest.mark.virtual_mic
def test_a_clip_is_played_by_the_sound_card_while_its_microphone_goes_on(
    virtual_mic: VirtualMic, run: Run, model: Path, tmp_path: Path
) -> None:
    """What this sound server plays is what its microphone captures, so that the clip is an event of its own."""
    kept, folder = tmp_path / "lines.jsonl", tmp_path / "clips"

    def found(kind: str) -> list[Any]:
        return [each for each in map(json.loads, kept.read_text().splitlines()) if each["type"] == kind]

    shown = run("mic", "-m", model, "--clips", folder, "--jsonl", kept)
    shown.until(lambda: shown.shows("RUNNING") and kept.exists(), "the microphone")
    virtual_mic.play(bands.write_sound(tmp_path / "tone.wav", bands.tones(500.0, (0.5, 1.5), length_s=2.5))).wait(20)
    shown.until(lambda: list(folder.rglob("low/*.flac")), "a clip")
    shown.press(b"\x1b[B ")
    shown.until(lambda: shown.shows("playing low: "), "it is played")
    shown.until(
        lambda: len([each for each in found("event") if each["label"] == "low"]) > 1, "its microphone captures it"
    )
    shown.press(b"q")
    assert shown.ends() == 0
    (summary,) = found("summary")
    assert (summary["lost_samples"], summary["reconnects"], summary["overflows"]) == (0, 0, 0)
