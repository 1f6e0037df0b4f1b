"""JSON lines against golden files, and their files."""

import io
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streamer.errors import UserError
from streamer.messages import Scores
from streamer.sinks.jsonlines import JsonLines, to_json
from tests.support.bands import streamer
from tests.support.messages import CLOCK, EVENT, HEALTH, IMAGE_MESSAGES, MESSAGES, SCORES
from tests.support.paths import GOLDEN


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def test_json_lines_are_as_documented() -> None:
    stream = io.StringIO()
    sink = JsonLines(stream, scores=True)
    for message in MESSAGES:
        sink.write(message)
    golden("lines.jsonl", stream.getvalue())
    for line in stream.getvalue().splitlines():
        assert json.loads(line, parse_constant=pytest.fail)["type"]


def test_json_lines_of_images_are_as_documented() -> None:
    golden("lines_images.jsonl", "".join(to_json(message) + "\n" for message in IMAGE_MESSAGES))


def test_scores_are_read_back_bit_by_bit() -> None:
    values = np.random.default_rng(0).random(200).astype(np.float32)
    scores = replace(SCORES, labels=tuple(map(str, range(200))), values=values)
    read = np.array(list(json.loads(to_json(scores))["scores"].values()), np.float32)
    assert read.tobytes() == values.tobytes()


def test_scores_are_accepted_only_on_request() -> None:
    assert Scores not in JsonLines(io.StringIO()).accepts
    assert Scores in JsonLines(io.StringIO(), scores=True).accepts


def test_lines_are_appended_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for _ in range(2):
        sink = JsonLines.to_file(path)
        sink.write(EVENT)
        sink.close()
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_nobody_reads_is_told_and_holds_nothing_up(tmp_path: Path, model: Path, sound: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = streamer("run", sound, "-m", model, "--fast", "--json", "--jsonl", tmp_path / "pipe", timeout_s=60)
    assert "low" in done.stdout
    assert done.returncode == 1
    assert "pipe lost since" in done.stderr
    assert "nobody reads this pipe" in done.stderr


def test_a_jsonl_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"output.jsonl=.* must be a writable file"):
        JsonLines.to_file(tmp_path / "no" / "a.jsonl")


def test_a_file_is_kept_under_its_size_and_has_scores_on_request(tmp_path: Path) -> None:
    sink = JsonLines.to_file(tmp_path / "a.jsonl", scores=True, max_bytes=8000)
    for _ in range(100):
        sink.write(SCORES)
    sink.close()
    files = list(tmp_path.glob("a*.jsonl"))
    assert len(files) > 4
    assert sum(file.stat().st_size for file in files) <= 8000
    assert {json.loads(line)["type"] for file in files for line in file.read_text().splitlines()} == {"scores"}


def test_times_by_a_clock_that_was_not_set_say_so_until_it_is_set() -> None:
    stream = io.StringIO()
    sink = JsonLines(stream)
    other = replace(EVENT, stream="other")
    for message in (
        EVENT,
        replace(HEALTH, time_uncertain=True),
        EVENT,
        other,
        replace(CLOCK, is_uncertain=False),
        EVENT,
    ):
        sink.write(message)
    events = [line for line in map(json.loads, stream.getvalue().splitlines()) if line["type"] == "event"]
    assert [line.get("time_uncertain") for line in events] == [None, True, None, None]
    keys = list(events[1])
    assert keys[keys.index("time") + 1] == "time_uncertain"
    assert {key: value for key, value in events[1].items() if key != "time_uncertain"} == events[0]
