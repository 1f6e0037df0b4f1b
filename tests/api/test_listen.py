"""Live events in Python: they are those of a file, errors reach the caller, and no thread is left behind."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import streamer
from streamer.errors import SourceUnavailable
from streamer.messages import Event, Message, Scores, SoundFormat, State, Summary
from streamer.rings import SampleRing
from tests.support import bands
from tests.support.fake_source import FakeSoundSource


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread.name for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    assert left == []


def test_the_events_of_a_file_as_an_iterator(sound: Path, model: Path) -> None:
    expected = streamer.classify(sound, model=model).events
    live = streamer.listen(sound, model=model, realtime=False)
    events = list(live)
    assert [event.offset_s is None for event in events] == [True, False, True, False]
    ended = [(event.label, event.onset_s, event.offset_s) for event in events if event.offset_s is not None]
    assert ended == [(event.label, event.onset_s, event.offset_s) for event in expected]
    assert live.summary is not None
    assert live.summary.health.state is State.ENDED


def test_callbacks(sound: Path, model: Path) -> None:
    events: list[Event] = []
    scores: list[Scores] = []
    loaded = streamer.load_model(model)
    options: dict[str, Any] = {"model": loaded, "realtime": False}
    with streamer.listen(sound, on_event=events.append, on_scores=scores.append, **options) as live:
        assert live.wait(30.0)
    assert [event.label for event in events if event.offset_s] == ["low", "high"]
    expected = loaded.classify(sound).scores
    np.testing.assert_array_equal([one.values for one in scores], [one.values for one in expected])


def test_images() -> None:
    labels = []
    with streamer.listen("demo:camera", realtime=False, seconds=16.0) as live:
        labels = [event.label for event in live if event.offset_s is not None]
    assert "rotation" in labels


def test_a_region_is_set_while_images_come() -> None:
    found: list[streamer.Periodicity] = []

    def measured(measurement: streamer.Periodicity) -> None:
        if not found:
            live.set_region("fan", (0, 0, 320, 240))
            live.set_region("beyond", (600, 0, 320, 240))
        found.append(measurement)

    with streamer.listen("demo:camera", seconds=8, realtime=False, on_event=print, on_measurement=measured) as live:
        live.wait()
    assert {m.region.name if m.region else None for m in found} == {None, "fan"}  # what does not fit is not measured
    (region,) = {m.region for m in found if m.region}
    assert region.box == (0, 0, 320, 240)
    assert [each.region for each in live.summary.regions] == [region]  # type: ignore[union-attr]


def test_a_region_that_is_set_before_the_source_opens_ends_nothing() -> None:
    found: list[streamer.Periodicity] = []
    live = streamer.listen("demo:camera", seconds=2, realtime=False, on_event=print, on_measurement=found.append)
    live.set_region("tall", (0, 0, 160, 4800))
    live.set_region("left", (0, 0, 160, 240))
    with live:
        live.wait()
    assert {m.region.name if m.region else None for m in found} == {None, "left"}


def test_left_early(sound: Path, model: Path) -> None:
    began_s = time.monotonic()
    with streamer.listen(sound, model=model) as live:
        for event in live:
            assert event.label == "low"
            break
    assert time.monotonic() - began_s < 30.0
    assert live.summary is not None
    assert live.summary.health.position_s < 5.0
    for _ in streamer.listen(sound, model=model, realtime=False):
        break


def test_a_callback_stops_the_stream(model: Path) -> None:
    with streamer.listen("demo", model=model, on_scores=lambda scores: live.stop()) as live:
        assert live.wait(30.0)


def test_what_a_callback_raises_is_raised_in_the_caller(sound: Path, model: Path) -> None:
    def fail(event: Event) -> None:
        raise KeyError(event.label)

    with (
        pytest.raises(KeyError, match="low"),
        streamer.listen(sound, on_event=fail, model=model, realtime=False) as live,
    ):
        live.wait(30.0)


def test_an_error_inside_the_context_comes_first(sound: Path, model: Path) -> None:
    with pytest.raises(ZeroDivisionError), streamer.listen(sound, model=model):
        raise ZeroDivisionError


class Collecting:
    accepts: tuple[type, ...] = (Event, Summary)

    def __init__(self, failure: Exception | None = None) -> None:
        self.messages: list[Message] = []
        self.is_closed = False
        self._failure = failure

    def write(self, message: Message) -> None:
        if self._failure:
            raise self._failure
        self.messages.append(message)

    def close(self) -> None:
        self.is_closed = True


def test_sinks(sound: Path, model: Path) -> None:
    sink = Collecting()
    events = list(streamer.listen(sound, model=model, realtime=False, sinks=[sink]))
    assert sink.messages[:-1] == events
    assert isinstance(sink.messages[-1], Summary)
    assert sink.is_closed


def test_what_goes_wrong_in_a_sink_is_told(sound: Path, model: Path) -> None:
    for failure, text in ((OSError("disk full"), "disk full"), (KeyError("x"), "Collecting.write failed: KeyError")):
        with pytest.raises(streamer.StreamerError, match=text):
            list(streamer.listen(sound, model=model, realtime=False, sinks=[Collecting(failure)]))


class Device(FakeSoundSource):
    """A live source that delivers a second of silence, if it opens at all."""

    note = ""

    def __init__(self, failure: Exception | None, *, opens: bool = True) -> None:
        self._failure, self._opens = failure, opens
        self.n_attempts = 0

    def capture(self, begin: Callable[[SoundFormat], SampleRing], stop: threading.Event) -> None:
        self.n_attempts += 1
        if self._opens:
            ring = begin(SoundFormat(16000, 1, "device"))
            ring.write(np.zeros((16000, 1), np.float32), time.monotonic())
            time.sleep(0.2)
        if self._failure:
            raise self._failure


def test_a_device_that_is_not_there_is_raised_at_once(model: Path) -> None:
    device = Device(SourceUnavailable("device=x must be plugged in"), opens=False)
    with pytest.raises(SourceUnavailable, match="must be plugged in"), streamer.listen(device, model=model):
        raise AssertionError("the context must not be entered")
    with pytest.raises(SourceUnavailable, match="must be plugged in"):
        list(streamer.listen(device, model=model))
    assert device.n_attempts == 2


def test_a_device_that_is_lost_is_opened_again(model: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[source]\nretry_min_s = 0.05\nretry_max_s = 0.05")
    device = Device(SourceUnavailable("device=x was unplugged"))
    with streamer.listen(device, model=model, config=tmp_path / "config.toml") as live:
        while device.n_attempts < 3:
            time.sleep(0.05)
        assert not live.wait(0.01)


@pytest.mark.parametrize("failure", [streamer.UserError("channel=9 must be below 2"), RuntimeError("a bug")])
def test_a_source_that_fails_raises_in_the_caller(failure: Exception, model: Path) -> None:
    for opens in (True, False):
        with pytest.raises(type(failure), match=re.escape(str(failure))):
            list(streamer.listen(Device(failure, opens=opens), model=model))
        with (
            pytest.raises(type(failure), match=re.escape(str(failure))),
            streamer.listen(Device(failure, opens=opens), model=model) as live,
        ):
            live.wait()


@pytest.mark.parametrize(
    ("source", "options", "text"),
    [
        ("no-such-file.wav", {}, "file=no-such-file.wav must exist"),
        (3, {}, "source=3 must be a URI"),
        ("demo", {"model": "motion"}, "model=motion must be a sound model"),
        ("demo", {"seconds": 0}, "seconds=0 must be above 0"),
        ("demo", {"config": "no-such.toml"}, "config=no-such.toml must be an existing file"),
    ],
)
def test_mistakes_name_the_argument(source: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(streamer.UserError, match=re.escape(text)):
        streamer.listen(source, **options)


def test_wrong_use(sound: Path, model: Path) -> None:
    with pytest.raises(streamer.UserError, match="on_event must be left out to iterate"):
        next(iter(streamer.listen(sound, model=model, on_event=print)))
    live = streamer.listen(sound, model=model, realtime=False)
    with pytest.raises(streamer.UserError, match="must be entered before wait"):
        live.wait()
    assert len(list(live)) == 4
    assert list(live) == []
    with pytest.raises(streamer.UserError, match="must be entered once"), live:
        pass


def test_two_at_once(sound: Path, model: Path) -> None:
    other = bands.write_model(sound.parent / "other.tflite")
    with (
        streamer.listen(sound, model=model, realtime=False) as one,
        streamer.listen(sound, model=other, realtime=False) as two,
    ):
        assert [event.label for event in one] == [event.label for event in two] == ["low", "low", "high", "high"]
