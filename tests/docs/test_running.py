"""The page on running for months names just the exit codes and the times that there are."""

from __future__ import annotations

import re
from pathlib import Path

from streamer.config import Config
from streamer.errors import ExitCode
from streamer.messages import State

PAGE = (Path(__file__).parents[2] / "docs" / "running.md").read_text(encoding="utf-8")


def test_the_exit_codes_are_those_of_the_program() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert codes == set(map(int, ExitCode))


def test_the_states_are_those_of_streams() -> None:
    table = PAGE.partition("## States")[2].partition("## Problems")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(map(str, State))


def test_every_time_is_a_setting_and_every_time_of_a_run_is_there() -> None:
    named = set(re.findall(r"`((?:source|images|runtime)\.\w+)`", PAGE))
    config = Config()
    sections = {"source": config.source, "images": config.images, "runtime": config.runtime}
    known = {f"{name}.{key}" for name, settings in sections.items() for key in type(settings).model_fields}
    assert named <= known
    missing = {key for key in known if key.startswith("runtime.")} - named
    assert missing <= {"runtime.grace_s"}  # which settings.md explains
