"""Sinks that users name, built in and of other packages."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamer.config import SinkSettings
from streamer.errors import StreamerError
from streamer.sinks.registry import PLUG_INS, make_sink
from tests.support.bands import run_here
from tests.support.messages import EVENT
from tests.support.plugins import install, look_again

BUILT_IN = "jsonl:PATH, log:PATH, mqtt:HOST[:PORT], notify:ADDRESS, prometheus[:HOST:PORT], webhook:URL"
MODULE = """
from streamer.config import Settings
from streamer.messages import Event
from streamer.sinks.registry import SinkKind

class CountSettings(Settings):
    step: int = 1

class Count:
    accepts = (Event,)
    n = 0

    def __init__(self, argument, settings):
        self.argument, self.step = argument, settings.step

    def write(self, message):
        self.n += self.step

    def close(self):
        pass

def locked(argument, settings):
    raise PermissionError(13, "Permission denied")

COUNT = SinkKind("[WORD]", Count, CountSettings)
FAILS = SinkKind("", lambda argument, settings: 1 / 0)
NOTHING = SinkKind("", lambda argument, settings: None)
LOCKED = SinkKind("PATH", locked)
JSONL = COUNT
"""


@pytest.fixture
def add_plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.syspath_prepend(tmp_path)

    def add(package: str, **entries: str) -> None:
        install(tmp_path, package, "streamer.sinks", entries, MODULE)
        look_again(monkeypatch, PLUG_INS)

    return add


def named(name: str, argument: str = "", **settings: Any) -> SinkSettings:
    return SinkSettings(name=name, argument=argument, settings=settings)


def test_a_plug_in_gets_its_argument_and_its_settings(add_plug_in: Callable[..., None]) -> None:
    add_plug_in("counts", count="COUNT")
    sink: Any = make_sink(named("count", "a:b", step=3))
    sink.write(EVENT)
    assert (sink.argument, sink.n) == ("a:b", 3)
    assert make_sink(named("count")).accepts == (type(EVENT),)


def test_a_built_in_sink_cannot_be_replaced(add_plug_in: Callable[..., None], tmp_path: Path) -> None:
    add_plug_in("replaces", jsonl="JSONL")
    sink = make_sink(named("jsonl", str(tmp_path / "a.jsonl")))
    assert type(sink).__name__ == "JsonLines"
    sink.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (named("cuont"), f"sink=cuont must be one of these: {BUILT_IN}, count[:WORD], fails, "),
        (named("jsonl"), "sink=jsonl must have the form jsonl:PATH"),
        (named("fails", "x"), "sink=fails:x must have the form fails"),
        (named("log", "x", scores=True), "settings of the sink=log:x: scores is not a setting"),
        (named("count", "", stepp=2), "settings of the sink=count: stepp is not a setting; did you mean step?"),
        (named("count", "", step="two"), "settings of the sink=count: step='two' must be"),
        (named("log", "/no/such/folder/x"), "sink=log:/no/such/folder/x must be usable; No such file or directory"),
        (named("locked", "x"), "sink=locked:x must be usable; Permission denied"),
        (
            named("fails"),
            "plug-in=fails of the package mistakes (streamer.sinks) failed: ZeroDivisionError: division by",
        ),
        (named("nothing"), "plug-in=nothing of the package mistakes (streamer.sinks) failed: TypeError: make returned"),
    ],
)
def test_what_cannot_be_made_is_told(add_plug_in: Callable[..., None], settings: SinkSettings, message: str) -> None:
    add_plug_in("mistakes", count="COUNT", fails="FAILS", nothing="NOTHING", locked="LOCKED")
    with pytest.raises(StreamerError, match=f"^{re.escape(message)}"):
        make_sink(settings)


def test_a_sink_that_does_not_exist_is_a_mistake_before_anything_starts(model: Path, sound: Path) -> None:
    done = run_here("run", sound, "-m", model, "--json", "--sink", "nowhere:x")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"sink=nowhere:x must be one of these: {BUILT_IN}; others come with the packages" in done.stderr
