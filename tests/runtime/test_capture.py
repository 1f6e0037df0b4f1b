"""The capture thread: how long it waits for a source that is away."""

import threading

import pytest

from streamer.config import SourceSettings
from streamer.errors import SourceUnavailable
from streamer.messages import SoundFormat
from streamer.rings import SampleRing
from streamer.runtime.capture import Capture
from streamer.sources.base import BeginSound
from streamer.wall_clock import WallClock
from tests.support.fake_source import FakeSoundSource

FORMAT = SoundFormat(8000, 1, "test")


class ComingAndGoing(FakeSoundSource):
    """A source whose attempts open, or fail, in a given order; it ends after them."""

    def __init__(self, *opens: bool) -> None:
        self._opens = list(opens)

    def capture(self, begin: BeginSound, stop: threading.Event) -> None:
        if self._opens:
            if self._opens.pop(0):
                begin(FORMAT)
            raise SourceUnavailable("it is away")


def pauses_of(monkeypatch: pytest.MonkeyPatch, source: ComingAndGoing, signs: list[bool]) -> list[float]:
    """Run a source to its end; return the pauses after its attempts, each relative to the longest random one."""
    pauses: list[float] = []

    def await_return(asked: object, pause_s: float, stop: threading.Event) -> bool:
        if asked is not source:  # a thread that another test has left behind
            return stop.wait(pause_s)
        pauses.append(pause_s)
        return bool(signs) and signs.pop(0)

    monkeypatch.setattr("streamer.runtime.capture.await_return", await_return)
    monkeypatch.setattr("streamer.runtime.capture.random.uniform", lambda least, most: most)
    settings = SourceSettings(retry_min_s=1.0, retry_max_s=5.0)
    capture = Capture(
        source,
        lambda _: SampleRing(10, 1, 8000),
        settings,
        threading.Event(),
        lambda *_: None,
        lambda _: None,
        WallClock(),
    )
    capture.start()
    assert capture.join(60.0)
    return pauses


def test_pauses_double_up_to_the_longest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pauses_of(monkeypatch, ComingAndGoing(*[False] * 5), []) == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_pauses_begin_anew_once_the_source_has_run(monkeypatch: pytest.MonkeyPatch) -> None:
    source = ComingAndGoing(False, False, False, True, False)
    assert pauses_of(monkeypatch, source, []) == [1.0, 2.0, 4.0, 1.0, 2.0]


def test_pauses_begin_anew_after_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pauses_of(monkeypatch, ComingAndGoing(*[False] * 4), [False, False, True]) == [1.0, 2.0, 4.0, 1.0]
