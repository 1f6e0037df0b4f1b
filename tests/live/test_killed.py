"""A run that is killed while it writes: the next one saves what can be saved, and nothing of the user's is touched."""

from __future__ import annotations

import json
import time
from pathlib import Path

import soundfile

from tests.support import bands
from tests.support.bands import run_here
from tests.support.live import Start, start

__all__ = ["start"]


def test_the_clip_of_an_event_in_which_a_run_was_killed_is_saved(start: Start, tmp_path: Path, model: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / "own.flac").write_text("of the user")
    config = tmp_path / "config.toml"
    output = f'clips = "{folder}"\njsonl = "{tmp_path}/a.jsonl"\nhistory = "{tmp_path}/events.db"'
    config.write_text(f"[events]\nmax_length_s = 60.0\n[output]\n{output}")
    sound = bands.write_sound(tmp_path / "long.wav", bands.tones(500.0, (1.0, 59.0), length_s=60.0))
    live = start(sound, "-c", config, "-m", model)
    deadline_s = time.monotonic() + 40
    while not any(each.stat().st_size > 100_000 for each in folder.rglob(".*.part.flac")):
        assert time.monotonic() < deadline_s, list(folder.iterdir())
        time.sleep(0.1)
    assert not list(folder.rglob("[!.]*_low.flac"))
    live.close()  # by SIGKILL
    silent = bands.write_sound(tmp_path / "silent.wav", bands.tones(500.0, (0.0, 0.0), length_s=1.0))
    done = run_here("run", silent, "--fast", "-c", config, "-m", model, "--log")
    assert done.returncode == 0, done.stderr
    assert not list(folder.rglob(".*.part.*"))
    (saved,) = folder.rglob("[!.]*_low.flac")
    assert soundfile.info(saved).duration > 2.0
    assert (folder / "own.flac").read_text() == "of the user"
    told = run_here("history", "--db", tmp_path / "events.db", "--json").stdout.splitlines()
    assert [json.loads(line)["clips"] for line in told] == [[str(saved)]]
