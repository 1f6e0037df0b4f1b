"""`streamer review`: the least sure first, every key a mark that is kept, and the same without a screen."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.commands.player import Player
from streamer.commands.review_clip import PLAYED_RATE, read_clip
from streamer.commands.review_queue import ScoredClip, with_scores
from streamer.commands.review_session import ReviewSession
from streamer.config import Config
from streamer.model.file import read_model_file
from streamer.sinks.clip_marks import ClipMarks
from streamer.sinks.clips import SoundClipFolder
from tests.sinks.test_clips import clip
from tests.support import bands
from tests.support.bands import run_here
from tests.support.terminal import TerminalSession

RATE = 16_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Clips by their events, the first the surest."""
    from dataclasses import replace

    folder = tmp_path / "clips"
    sink = SoundClipFolder(folder, 10**9)
    for k, label in enumerate(("dog", "dog", "cat")):
        made = clip(float(k), label, 8000)
        sink.write(replace(made, event=replace(made.event, score=0.95 - 0.1 * k)))
    return folder


class Silent(Player):
    """A player that keeps what it was asked to play."""

    def __init__(self) -> None:
        self.failure, self.played = "", []  # type: ignore[var-annotated]

    @property
    def played_s(self) -> float | None:
        return None

    def play(self, samples: object, sample_rate: int) -> None:
        self.played.append(sample_rate)

    def stop(self) -> None:
        pass


def session_of(folder: Path) -> tuple[ReviewSession, ClipMarks, Silent]:
    kept, player = ClipMarks(folder), Silent()
    return ReviewSession(kept, with_scores(kept.clips(), [], Config()), player), kept, player


def press(session: ReviewSession, keys: str) -> None:
    for key in keys:
        session.press(key)


def choices(session: ReviewSession) -> list[str]:
    entry = session.view().entry
    assert entry is not None
    return entry.choices


def said(folder: Path) -> dict[str, tuple[str, str]]:
    return {each.path.name[9:15]: (each.label, each.listed.mark) for each in ClipMarks(folder).clips()}


def test_those_that_the_model_is_least_sure_of_come_first(tmp_path: Path, model: Path) -> None:
    """The bands model scores 0.998 at full level, and begins events at 0.6, a third of full scale."""
    folder = tmp_path / "clips"
    (folder / "low").mkdir(parents=True)
    seconds = np.arange(2 * bands.RATE) / bands.RATE
    for name, level in {"above": 1.0, "near": 0.3, "below": 0.03, "none": 0.0}.items():
        soundfile.write(folder / "low" / f"{name}.wav", level * np.sin(2 * np.pi * 500 * seconds), bands.RATE)
    (folder / "low" / "broken.wav").write_bytes(b"RIFF")
    found = with_scores(ClipMarks(folder).clips(), [read_model_file(model)], Config())
    assert found[0].clip.path.name == "near.wav"
    assert {each.clip.path.name for each in found[1:3]} == {"above.wav", "below.wav"}
    assert [each.clip.path.name for each in found[3:]] == ["none.wav", "broken.wav"]
    assert found[0].score is not None
    assert found[0].score[0] == pytest.approx(0.67, abs=0.02)
    assert found[0].score[1] == pytest.approx(0.6)
    shown = run_here("review", folder, "-m", model, "--list", "--json")
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [Path(line["path"]).name for line in lines] == [each.clip.path.name for each in found]


def test_without_a_model_the_events_that_hardly_began_come_first(folder: Path) -> None:
    lines = run_here("review", folder, "--list").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["0.750", "cat"], ["0.850", "dog"], ["0.950", "dog"]]


def test_marking_without_a_screen_moves_the_clip_and_lists_it_no_more(folder: Path) -> None:
    first = run_here("review", folder, "--list", "--json").stdout.splitlines()[0]
    name = json.loads(first)["path"]
    done = run_here("review", folder, "--mark", name, "wrong", "--json")
    assert json.loads(done.stdout)["clip"] == str(folder / "background" / Path(name).name)
    assert len(run_here("review", folder, "--list").stdout.splitlines()) == 2
    assert len(run_here("review", folder, "--list", "--all").stdout.splitlines()) == 3
    refused = run_here("review", folder, "--mark", "nothing.flac", "wrong")
    assert refused.returncode == 2
    assert "mark=nothing.flac must be a clip in" in refused.stderr
    for arguments, message in (
        (("review", folder / "none"), "must be a folder that exists"),
        (("review", folder, "--db", folder / "h.db"), "must be an existing file"),
        (("review", folder), "must be on a terminal"),
    ):
        done = run_here(*arguments)
        assert (done.returncode, message in done.stderr) == (2, True)


def test_each_key_is_kept_at_once_and_undo_goes_back_to_the_clip(folder: Path) -> None:
    session, _, player = session_of(folder)
    press(session, "y")
    assert said(folder)["221322"] == ("cat", "right")
    press(session, "n")
    assert said(folder)["221321"] == ("background", "wrong")
    press(session, "lfox\r")
    assert said(folder)["221320"] == ("fox", "label")
    assert session.view().question == "all clips have been shown"
    press(session, "uu")
    assert said(folder) == {"221322": ("cat", "right"), "221321": ("dog", ""), "221320": ("dog", "")}
    press(session, "sun")  # back from a skip no mark is taken back
    assert said(folder)["221321"] == ("background", "wrong")
    press(session, "uu")
    assert said(folder)["221322"] == ("cat", "")
    assert session.view().said == "taken back"
    press(session, "u")
    assert session.view().said == "there is nothing to undo"
    assert set(player.played) == {PLAYED_RATE}
    press(session, "q")
    assert session.has_ended


def test_a_number_takes_a_known_label_and_enter_alone_goes_back(folder: Path) -> None:
    (folder / "owl").mkdir()
    session, _, _ = session_of(folder)
    press(session, "l")
    assert choices(session) == ["dog", "owl"]
    press(session, "o")
    assert choices(session) == ["owl"]
    press(session, "\x7f\r")
    assert session.view().entry is None
    assert said(folder)["221322"] == ("cat", "")
    press(session, "l2")
    assert said(folder)["221322"] == ("owl", "label")


def test_a_clip_that_somebody_has_removed_is_told_and_the_review_goes_on(folder: Path) -> None:
    session, kept, _ = session_of(folder)
    next(each.path for each in kept.clips() if each.label == "cat").unlink()
    press(session, "n")
    assert "not moved" in session.view().said
    press(session, "sn")
    assert said(folder)["221321"] == ("background", "wrong")


def test_what_a_clip_holds_is_shown_and_a_damaged_one_says_so(folder: Path) -> None:
    first = ClipMarks(folder).clips()[0]
    content = read_clip(first)
    assert content.seconds == pytest.approx(0.5, abs=0.01)
    assert content.spectrogram is not None
    assert content.spectrogram.shape[1] == 64
    first.path.write_bytes(b"fLaC")
    assert first.path.name in read_clip(first).failure


@pytest.fixture
def terminal(folder: Path) -> Iterator[TerminalSession]:
    program = f"from streamer.__main__ import main; import sys; sys.argv[1:] = ['review', {str(folder)!r}]; main()"
    session = TerminalSession(program)
    yield session
    if session.process.poll() is None:
        session.process.kill()
    session.process.wait()
    os.close(session.master)
    os.close(session.slave)


def test_on_a_terminal_the_keys_mark_and_the_screen_is_restored(folder: Path, terminal: TerminalSession) -> None:
    terminal.until(lambda: terminal.shows("cat?"), "the clip that is least sure")
    terminal.press(b"n")
    terminal.until(lambda: terminal.shows("1 marked"), "the mark")
    terminal.press(b"q")
    assert terminal.ends() == 0
    terminal.assert_restored()
    assert said(folder)["221322"] == ("background", "wrong")


def test_killed_after_a_key_the_mark_is_there(folder: Path, terminal: TerminalSession) -> None:
    terminal.until(lambda: terminal.shows("cat?"), "the clip that is least sure")
    terminal.press(b"n")
    terminal.until(lambda: terminal.shows("1 marked"), "the mark")
    terminal.process.send_signal(signal.SIGKILL)
    terminal.process.wait()
    assert said(folder) == {"221322": ("background", "wrong"), "221321": ("dog", ""), "221320": ("dog", "")}


def test_doubt_is_the_distance_from_the_threshold_on_the_scale_of_logits(folder: Path) -> None:
    found = ClipMarks(folder).clips()[0]
    near, far, nothing = (
        ScoredClip(found, scores) for scores in ((("cat", 0.79, 0.8),), (("cat", 0.99, 0.8), ("dog", 0.8, 0.8)), ())
    )
    assert near.doubt < far.doubt < nothing.doubt
