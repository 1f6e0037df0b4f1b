"""MQTT against mosquitto with a password and TLS: what is published, kept, tried again and commanded."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streamer.config import validated
from streamer.errors import UserError
from streamer.messages import Command, Message, StreamSetup, Summary
from streamer.monitor.problems import Problems
from streamer.runtime import SinkThread
from streamer.sinks.mqtt import Mqtt, MqttSettings
from tests.runtime.test_sink_thread import until
from tests.support.broker import PASSWORD, PLAIN, TLS, USER, Broker, Subscriber, running_broker
from tests.support.home_assistant import faults
from tests.support.live import Start, start
from tests.support.messages import EVENT, HEALTH, IMAGE_MESSAGES, RUNNING, SCORES

__all__ = ["start"]
pytest.importorskip("paho.mqtt.client")

SETUP = StreamSetup("mic", "sound", ("dog", "rain"), (0.5, 0.6), ("sound", "sound"))


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    monkeypatch.setenv("MQTT_PASSWORD", PASSWORD)
    with running_broker(tmp_path / "mq") as broker:
        yield broker


@pytest.fixture
def subscriber(broker: Broker) -> Iterator[Subscriber]:
    with closing(Subscriber()) as subscriber:
        yield subscriber


class Linked:
    """What a sink may use of a run, of which the commands are kept."""

    def __init__(self) -> None:
        self.posted: list[Message] = []

    def post(self, message: Message) -> None:
        self.posted.append(message)

    def queue_lengths(self) -> dict[str, int]:
        return {}


def sink(address: str = PLAIN, **settings: Any) -> Mqtt:
    given = {"user": USER, "password": "${MQTT_PASSWORD}", "topic": "home/streamer", "device": "pi", **settings}
    return Mqtt(address, validated(MqttSettings, given, "mqtt"))


def test_results_reach_the_broker_over_tls(broker: Broker, subscriber: Subscriber) -> None:
    mqtt = sink(TLS, tls=True, ca=str(broker.authority), scores=True)
    messages = [SETUP, RUNNING, SCORES, EVENT, HEALTH, *IMAGE_MESSAGES, Summary(HEALTH, {"dog": (1, 1.25)})]
    for message in messages:
        mqtt.write(message)
    mqtt.close()
    subscriber.until(lambda: subscriber.payloads("home/streamer/status")[-1:] == ["offline"])
    assert [line["type"] for line in subscriber.lines("home/streamer/mic/event")] == ["event_start", "event"]
    assert subscriber.payloads("home/streamer/mic/label/dog") == ["OFF", "ON", "OFF"]
    assert subscriber.lines("home/streamer/mic/scores")[0]["scores"]["dog"] == 0.1
    measured = subscriber.lines("home/streamer/camera/measurement/temporal")
    assert [line["status"] for line in measured] == ["found", "none"]
    assert subscriber.lines("home/streamer/mic/health")[0]["state"] == "running"
    assert subscriber.lines("home/streamer/mic/summary")[0]["events"] == {"dog": {"n": 1, "total_s": 1.25}}
    found = {topic: json.loads(payload) for topic, payload, _ in subscriber.got if topic.startswith("homeassistant")}
    assert {topic: wrong for topic, values in found.items() if (wrong := faults(topic, values))} == {}
    assert "homeassistant/binary_sensor/pi/mic-label-dog/config" in found
    assert not any(topic.split("/")[1] in ("switch", "number", "button") for topic in found)


def test_what_is_kept_is_there_for_those_who_come_later_and_the_last_will_says_when_it_died(broker: Broker) -> None:
    mqtt = sink()
    for message in (SETUP, RUNNING):
        mqtt.write(message)
    with closing(Subscriber("home/#")) as late:
        late.until(lambda: len(late.got) >= 4)
        kept = {topic: payload for topic, payload, is_kept in late.got if is_kept}
        assert kept["home/streamer/status"] == "online"
        assert kept["home/streamer/mic/label/dog"] == "ON"
        assert json.loads(kept["home/streamer/mic/setup"])["thresholds"] == {"dog": 0.5, "rain": 0.6}
        mqtt._client.socket().close()  # type: ignore[union-attr]  # as when the process is killed
        late.until(lambda: "offline" in late.payloads("home/streamer/status"))
    mqtt.close()


def test_a_broker_that_was_killed_gets_what_it_missed_and_what_is_kept_when_it_is_back(broker: Broker) -> None:
    problems = Problems()
    thread = SinkThread(sink(), n_max=5, problems=problems, retry_s=(0.1, 0.5), look_s=0.1, name="mqtt")
    thread.put(SETUP, wait=True)
    thread.put(RUNNING, wait=True)
    with closing(Subscriber("home/#")) as before:
        before.until(lambda: before.payloads("home/streamer/mic/label/dog")[-1:] == ["ON"])
    broker.kill()
    for number in range(9):
        thread.put(replace(EVENT, label="rain", onset_s=float(number)), wait=True)
        until(lambda: bool(problems.now()))
    assert f"MQTT broker {PLAIN}" in problems.now()[0].text
    until(lambda: problems.n_unwritten == 3)  # one is being tried, five wait
    broker.start()
    with closing(Subscriber("home/#")) as after:
        after.until(lambda: len(after.payloads("home/streamer/mic/event")) >= 6)
        kept = {topic: payload for topic, payload, _ in after.got}
        assert kept["home/streamer/mic/label/dog"] == "ON"  # published again: the new broker knew nothing of it
        assert kept["home/streamer/status"] == "online"
        until(lambda: not problems.now())
        thread.close()
        onsets = [line["onset_s"] for line in after.lines("home/streamer/mic/event")]
        assert onsets == [0.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    assert problems.n_unwritten == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves a failed socket open
@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"password": "${WRONG}"}, "refuses the connection: .*authori.ed; check user and password"),
     ({"tls": True, "ca": ""}, "certificate")],
)  # fmt: skip
def test_a_broker_that_refuses_is_a_problem_with_its_reason(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], reason: str
) -> None:
    monkeypatch.setenv("WRONG", "nonsense")
    problems = Problems()
    thread = SinkThread(sink(TLS if "tls" in settings else PLAIN, **settings), problems=problems, retry_s=(0.1, 0.2))
    thread.put(EVENT, wait=True)
    import re

    until(lambda: any(re.search(reason, problem.text, re.IGNORECASE) for problem in problems.now()))
    assert "nonsense" not in problems.now()[0].text
    thread.close()
    assert problems.n_unwritten == 1


def test_commands_come_back_and_what_is_none_is_answered(broker: Broker, subscriber: Subscriber) -> None:
    mqtt, link = sink(commands=True), Linked()
    mqtt.connect(link)
    mqtt.write(SETUP)
    asked = {
        "pause": "ON",
        "threshold/dog": "0.85",
        "clip": "5",
        "mute/dog": "ON",
        "mute/rain": "OFF",
        "mute/cat": "ON",
        "mute/dog/": "ON",
        "threshold/cat": "0.5",
        "threshold/rain": "loud",
        "explode": "1",
    }
    for what, payload in asked.items():
        subscriber.publish(f"home/streamer/mic/set/{what}", payload)
    subscriber.publish("home/streamer/mic/set/mute/rain", "1")
    subscriber.publish("home/streamer/mic/set/mute", "ON")
    subscriber.publish("home/streamer/mic/set/pause", "OFF")
    until(lambda: len(link.posted) == 6)
    assert link.posted == [
        Command("mic", "pause"),
        Command("mic", "threshold", "dog", 0.85),
        Command("mic", "clip", value=5.0),
        Command("mic", "mute", "dog", 1.0),
        Command("mic", "mute", "rain", 0.0),
        Command("mic", "resume"),
    ]
    subscriber.until(lambda: len(subscriber.payloads("home/streamer/mic/refused")) == 5)
    assert subscriber.payloads("home/streamer/mic/refused") == [
        "label=cat must be one of dog, rain", "label=dog/ must be one of dog, rain",
        "label=cat must be one of dog, rain", "threshold=loud must be a number", "mute=1 must be ON or OFF",
    ]  # fmt: skip
    mqtt.close()


def test_a_label_is_off_even_if_the_end_of_its_event_was_among_the_lost(broker: Broker, subscriber: Subscriber) -> None:
    thread = SinkThread(sink(), n_max=2, problems=Problems(), retry_s=(0.1, 0.5), look_s=0.1)
    for message in (SETUP, RUNNING):
        thread.put(message, wait=True)
    subscriber.until(lambda: subscriber.payloads("home/streamer/mic/label/dog")[-1:] == ["ON"])
    broker.kill()
    thread.put(HEALTH, wait=True)
    until(lambda: bool(thread.problems.now()))
    thread.put(EVENT, wait=False)
    for _ in range(2):
        thread.put(HEALTH, wait=False)
    assert thread.problems.n_unwritten == 1
    broker.start()
    with closing(Subscriber("home/#")) as after:
        after.until(lambda: after.payloads("home/streamer/mic/label/dog")[-1:] == ["OFF"])
    thread.close()


def test_without_leave_no_command_is_heeded(broker: Broker, subscriber: Subscriber) -> None:
    mqtt, link = sink(), Linked()
    mqtt.connect(link)
    mqtt.write(SETUP)
    subscriber.publish("home/streamer/mic/set/pause", "ON")
    mqtt.write(RUNNING)  # confirmed after it
    mqtt.close()
    assert link.posted == []


def test_a_run_is_watched_paused_and_commanded_by_way_of_the_broker(
    broker: Broker, subscriber: Subscriber, start: Start, tmp_path: Path, model: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    config = tmp_path / "my.toml"
    settings = f'user = "{USER}", password = "${{file:{secret}}}", tls = true, ca = "{broker.authority}"'
    config.write_text(f"""[output]
        clips = "{tmp_path}/clips"
        save_s = 3.0
        health_s = 1.0
        [[output.sinks]]
        name = "mqtt"
        argument = "{TLS}"
        settings = {{{settings}, topic = "s", commands = true}}""")
    live = start("demo", "-c", config, "-m", model)
    base = "s/demo"
    subscriber.until(lambda: any(line["state"] == "running" for line in subscriber.lines(f"{base}/health")))
    live.wait_for(lambda line: line["type"] == "health" and line["position_s"] > 4.0)
    subscriber.publish(f"{base}/set/clip", "2")
    until(lambda: bool(list((tmp_path / "clips").rglob("*_saved.flac"))))
    import soundfile

    (clip,) = (tmp_path / "clips").rglob("*_saved.flac")
    assert soundfile.info(clip).duration == pytest.approx(3.0, abs=0.3)  # two seconds, and the post-roll
    subscriber.publish(f"{base}/set/threshold/low", "0.99")
    subscriber.until(lambda: any(s["thresholds"]["low"] == 0.99 for s in subscriber.lines(f"{base}/setup")))
    subscriber.publish(f"{base}/set/mute/low", "ON")
    subscriber.until(lambda: any(s["muted"] == ["low"] for s in subscriber.lines(f"{base}/setup")))
    subscriber.publish(f"{base}/set/mute/low", "OFF")
    subscriber.until(lambda: subscriber.lines(f"{base}/setup")[-1]["muted"] == [])
    subscriber.publish(f"{base}/set/pause", "ON")
    subscriber.until(lambda: any(s["paused"] for s in subscriber.lines(f"{base}/setup")))
    paused = live.wait_for(lambda line: line["type"] == "health" and line["state"] == "paused")
    again = live.wait_for(lambda line: line["type"] == "health" and line["state"] == "paused")
    assert again["windows"] == paused["windows"]
    subscriber.publish(f"{base}/set/clip", "2")
    subscriber.until(lambda: any("resume it first" in text for text in subscriber.payloads(f"{base}/refused")))
    subscriber.publish(f"{base}/set/pause", "OFF")
    running = live.wait_for(lambda line: line["type"] == "health" and line["windows"] > again["windows"])
    assert (running["state"], running["lost_samples"]) == ("running", 0)
    assert live.end()["state"] == "ended"
    subscriber.until(lambda: subscriber.payloads("s/status")[-1:] == ["offline"])


def test_what_cannot_be_used_is_refused_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for settings, message in (
        ({"password": "plain-secret"}, "no secret stands here itself"),
        ({"password": 12345}, "no secret stands here itself"),
        ({"password": "${NOT_SET_ANYWHERE}"}, "mqtt.password=.* must name a variable of the environment that is set"),
        ({"topic": "a/#"}, "topic='a/#' must"),
        ({"tls": True, "ca": "/no/such"}, "mqtt.ca=/no/such must be a file of certificates"),
    ):
        monkeypatch.delenv("NOT_SET_ANYWHERE", raising=False)
        monkeypatch.setenv("MQTT_PASSWORD", "x")
        with pytest.raises(UserError, match=message) as error:
            sink(**settings)
        assert "plain-secret" not in str(error.value)
        assert "12345" not in str(error.value)
    for address in ("", "a:b", "user@host", "host:99999", "a b", "http://x"):
        with pytest.raises(UserError, match="address= must be HOST or HOST:PORT"):
            sink(address)
    assert os.environ["MQTT_PASSWORD"] == "x"
