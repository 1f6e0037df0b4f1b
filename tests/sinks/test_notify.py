"""Notifications by way of apprise to a server that runs here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from streamer.config import validated
from streamer.errors import StreamerError, Undelivered, UserError
from streamer.messages import ClipWritten, Withheld
from streamer.monitor.problems import Problems
from streamer.runtime import SinkThread
from streamer.runtime.link import Link
from streamer.sinks.notify import Notify, NotifySettings
from tests.support.bands import lines, run_here
from tests.support.messages import EVENT, MOTION, RUNNING
from tests.support.receiver import Receiver, http_receiver

pytest.importorskip("apprise")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of modules that apprise uses


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with http_receiver() as receiver:
        yield receiver


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 10_000.0
        self.day = datetime(2026, 11, 28)
        monkeypatch.setattr("streamer.sinks.notify.time.monotonic", lambda: self.now_s)
        monkeypatch.setattr("streamer.sinks.notify.time.time", lambda: self.day.timestamp())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def notify(receiver: Receiver, **settings: Any) -> Notify:
    address = receiver.url.replace("http:", "json:")
    return Notify(address, validated(NotifySettings, settings, "notify"))


@pytest.mark.usefixtures("utc")
def test_an_event_is_told_of_in_the_words_of_the_templates(receiver: Receiver, clock: Clock) -> None:
    sink = notify(receiver, title="{label}!", body="{time} {stream} {score}\n{measured}", group_s=0.0)
    assert sink.write(MOTION) is False  # it has ended; told of are beginnings
    assert sink.due_s == float("inf")
    assert sink.write(RUNNING) is False
    assert sink.due_s <= clock.now_s
    assert sink.tick()
    (told,) = receiver.bodies()
    assert (told["title"], told["message"]) == ("dog!", "2023-11-14 22:13:21 mic 0.91")
    assert sink.due_s == float("inf")


def test_events_that_come_together_are_told_of_at_once(receiver: Receiver, clock: Clock) -> None:
    sink = notify(receiver, group_s=30.0, labels=["dog", "rain"])
    for k in range(12):
        sink.write(replace(RUNNING, label="Rain" if k else "dog"))
        sink.write(replace(RUNNING, label="cat"))
    assert sink.due_s == clock.now_s + 30.0
    clock.now_s += 30.0
    sink.tick()
    (told,) = receiver.bodies()
    assert told["title"] == "12 events"
    assert told["message"].count("Rain") == 9
    assert told["message"].endswith("… and 2 more")


def test_no_more_than_so_many_in_an_hour_and_nothing_is_left_out(receiver: Receiver, clock: Clock) -> None:
    sink = notify(receiver, group_s=0.0, per_hour=2, body="{onset_s}")
    for k in range(2):
        sink.write(replace(RUNNING, onset_s=k))
        assert sink.tick()
        clock.now_s += 60.0
    for k in range(2, 5):
        sink.write(replace(RUNNING, onset_s=k))
        assert not sink.tick()
    assert sink.due_s == 10_000.0 + 3600.0
    clock.now_s = sink.due_s
    assert sink.tick()
    assert [told["message"] for told in receiver.bodies()] == ["0.000", "1.000", "2.000\n3.000\n4.000"]


@pytest.mark.parametrize(
    ("quiet", "hour", "is_told"),
    [("22:00-07:00", 23, False), ("22:00-07:00", 6, False), ("22:00-07:00", 7, True), ("12:00-14:00", 13, False),
     ("12:00-14:00", 14, True)],
)  # fmt: skip
def test_in_quiet_hours_nobody_is_told(receiver: Receiver, clock: Clock, quiet: str, hour: int, is_told: bool) -> None:
    sink = notify(receiver, quiet=quiet, group_s=0.0)
    clock.day = clock.day.replace(hour=hour)
    posted: list[object] = []
    link = Link()
    link.post = posted.append  # type: ignore[method-assign, assignment]
    sink.connect(link)
    sink.write(RUNNING)
    assert (sink.due_s <= clock.now_s) is is_told
    assert posted == ([] if is_told else [Withheld(RUNNING, "notify", "quiet hours")])
    if not is_told:
        clock.day = clock.day.replace(hour=10)
        sink.write(RUNNING)
        sink.tick()
        assert receiver.bodies()[0]["message"].endswith("1 more in the quiet hours")


def test_the_clip_is_attached(receiver: Receiver, clock: Clock, tmp_path: Path) -> None:
    clip = tmp_path / "a.flac"
    clip.write_bytes(b"fLaC of a dog")
    sink = notify(receiver, when="clip", group_s=0.0, body="{clip}")
    sink.write(EVENT)
    sink.write(ClipWritten(EVENT, clip))
    sink.write(ClipWritten(EVENT, tmp_path / "removed meanwhile.flac"))
    sink.tick()
    (told,) = receiver.bodies()
    assert [each["filename"] for each in told["attachments"]] == ["a.flac"]
    assert told["message"] == "a.flac\nremoved meanwhile.flac"


def test_of_images_a_picture_is_attached_where_it_is_asked_for(
    receiver: Receiver, clock: Clock, tmp_path: Path
) -> None:
    import base64

    import cv2
    import numpy as np

    from streamer.sinks.video import write_video

    jpegs = [cv2.imencode(".jpg", np.full((48, 64, 3), level, np.uint8))[1].tobytes() for level in range(0, 250, 10)]
    write_video(tmp_path / "film.mp4", jpegs, 10.0, "mp4v")
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "dog.flac").write_bytes(b"fLaC of a dog")
    sink = notify(receiver, when="clip", attach="picture", group_s=0.0)
    for name in ("film.mp4", "broken.mp4", "dog.flac"):
        sink.write(ClipWritten(EVENT, tmp_path / name))
    sink.tick()
    (told,) = receiver.bodies()
    film, broken, dog = told["attachments"]
    assert [film["filename"], broken["filename"], dog["filename"]] == ["film.jpg", "broken.mp4", "dog.flac"]
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(film["base64"]), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (48, 64, 3)
    assert abs(int(shown.mean()) - 120) < 25  # of the middle of the clip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.mp4", "dog.flac", "film.mp4"]


def test_what_the_service_does_not_take_is_told_of_later(receiver: Receiver, clock: Clock) -> None:
    receiver.answers = [500, 500]
    sink = notify(receiver, group_s=0.0)
    sink.write(RUNNING)
    for pause_s in (2.0, 4.0):
        with pytest.raises(Undelivered, match=r"notification not sent: .*500"):
            sink.tick()
        assert sink.due_s == clock.now_s + pause_s
        clock.now_s = sink.due_s
    assert sink.tick()
    assert len(receiver.posts) == 3


def test_what_waits_at_the_end_is_told_of_then(receiver: Receiver) -> None:
    problems = Problems()
    thread = SinkThread(notify(receiver, group_s=3600.0), problems=problems)
    thread.put(RUNNING, wait=True)
    thread.close()
    assert len(receiver.posts) == 1
    receiver.answers = [500]
    thread = SinkThread(notify(receiver, group_s=3600.0), problems=problems)
    thread.put(RUNNING, wait=True)
    thread.close()
    assert "notify: 1 events not told of: notification not sent" in problems.now()[0].text


def test_so_many_wait_and_the_oldest_are_lost(
    receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamer.sinks.notify.MOST_WAITING", 3)
    sink = notify(receiver, body="{onset_s}")
    for k in range(3):
        sink.write(replace(RUNNING, onset_s=k))
    with pytest.raises(StreamerError, match="more than 3 events wait"):
        sink.write(replace(RUNNING, onset_s=3))
    sink.tick()
    assert receiver.bodies()[0]["message"] == "1.000\n2.000\n3.000"


@pytest.mark.parametrize(
    ("address", "settings", "message"),
    [
        ("nosuch://token-secret", {}, "notify=nosuch:… must be an address of a service that apprise knows"),
        ("json://${NOT_SET_ANYWHERE}", {}, "notify=.* must name a variable of the environment"),
        ("json://x", {"title": "{labl}"}, "notify.title='{labl}' must name only these in braces: label, stream"),
        ("json://x", {"quiet": "22-7"}, "quiet: 22-7 must be two times of day"),
    ],
)
def test_what_cannot_be_used_is_refused(address: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        Notify(address, validated(NotifySettings, settings, "notify"))
    assert "token-secret" not in str(error.value)


def test_a_run_tells_of_its_events(receiver: Receiver, tmp_path: Path, model: Path, sound: Path) -> None:
    address = receiver.url.replace("http:", "json:")
    done = run_here("run", sound, "-m", model, "--fast", "--json", "--sink", f"notify:{address}")
    assert lines(done, "event")
    (told,) = receiver.bodies()
    assert told["title"] == "2 events"
