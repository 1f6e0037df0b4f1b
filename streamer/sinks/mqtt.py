"""Mqtt: a sink that publishes results to an MQTT broker, and hands commands from there to the streams."""

from __future__ import annotations

import contextlib
import json
import platform
import secrets
import sys
import threading
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import Field

from streamer.config import PathText, SecretText, Settings
from streamer.errors import Undelivered, UserError
from streamer.installation import needed
from streamer.messages import (
    ClockChange,
    Command,
    Event,
    Health,
    Message,
    Periodicity,
    Scores,
    StreamSetup,
    Summary,
)
from streamer.placeholders import filled
from streamer.safe_text import json_line
from streamer.sinks import RunLink
from streamer.sinks.clock_state import ClockState
from streamer.sinks.home_assistant import Topics, discovery, part_of_topic, setup_values
from streamer.sinks.host_and_port import host_and_port
from streamer.sinks.jsonlines import as_dict, marked

if TYPE_CHECKING:
    from paho.mqtt.client import Client

ANSWER_S = 5.0  # for the broker to confirm a message
CONNECT_S = 2.0  # that the first message waits for the connection
KEEPALIVE_S = 30  # after one and a half of this without a sign of life the broker sends the last will
PORTS = {False: 1883, True: 8883}


class MqttSettings(Settings):
    """Settings of the sink `mqtt`."""

    user: str = ""  # name at the broker; empty: none
    password: SecretText = ""  # ${NAME} of the environment, or ${file:PATH}
    tls: bool = False  # encrypted, and the broker's certificate is checked
    ca: PathText = ""  # file of the authority that signed it; empty: those that the system trusts
    topic: Annotated[str, Field(pattern=r"^([^#+]*[^#+/])?$")] = ""  # all topics begin so; empty: streamer/MACHINE
    device: str = ""  # name in Home Assistant; empty: that of the machine
    discovery: str = "homeassistant"  # prefix under which Home Assistant looks for devices; empty: none is named
    scores: bool = False  # also publish the scores of every window
    commands: bool = False  # whether whoever publishes at the broker may pause, mute, set thresholds and save clips
    clip_s: Annotated[float, Field(gt=0.0, le=600.0)] = 10.0  # seconds that Home Assistant's button saves


class Publication(NamedTuple):
    """What is published of a message."""

    topic: str
    payload: str
    retain: bool = False  # whether the broker keeps it for those who come later


class Mqtt:
    """Sink that publishes events, measurements and health, and scores on request, each confirmed by the broker.

    What is retained is published again whenever the broker is back, as one that was started anew knows nothing of it.

    Parameters
    ----------
    address : str
        ``HOST`` or ``HOST:PORT``.
    settings : MqttSettings

    Raises
    ------
    UserError
        If paho-mqtt is not installed, or the address, a secret or the file of an authority cannot be used.
    """

    def __init__(self, address: str, settings: MqttSettings) -> None:
        self._settings = settings
        self._address = address
        self._host, self._port = host_and_port(address, PORTS[settings.tls])
        self._device = settings.device or platform.node() or "streamer"
        self._topics = Topics(settings.topic or f"streamer/{part_of_topic(self._device)}")
        self._client = self._new_client(settings)
        self._clock = ClockState()
        self._link: RunLink | None = None
        self._streams: dict[str, StreamSetup] = {}  # by their part of a topic
        self._retained: dict[str, str] = {}  # by topic, as the broker has confirmed it
        self._missed: dict[str, str] = {}  # the same of labels, of which it could not be told
        self._lock = threading.Condition()
        self._is_begun = self._is_connected = False
        self._reason = "it does not answer"
        self._confirmed: set[int] = set()  # numbers of messages
        self._message: Message | None = None  # that is being published
        self._left: list[Publication] = []  # of it
        self._number: int | None = None  # of the one that waits to be confirmed

    @property
    def accepts(self) -> tuple[type, ...]:
        """All that is published, and what is said of the streams."""
        scores = (Scores,) if self._settings.scores else ()
        return (Event, Periodicity, Health, Summary, ClockChange, StreamSetup, *scores)

    def connect(self, link: RunLink) -> None:
        """Take over where commands go, and connect to the broker."""
        self._link = link
        self._begin()

    def write(self, message: Message) -> None:
        """Publish a message, and wait until the broker has confirmed it.

        Raises
        ------
        Undelivered
            If it is not connected; what of the message has been confirmed is not published again.
        """
        self._begin()
        if message is not self._message:
            self._clock.update(message)
            with self._lock:
                missed = [Publication(topic, payload, retain=True) for topic, payload in self._missed.items()]
                self._missed.clear()
            self._message, self._left, self._number = message, [*missed, *self._publications(message)], None
        while self._left:
            publication = self._left[0]
            if self._number is None:
                self._wait(lambda: self._is_connected, CONNECT_S)
                with self._lock:
                    self._confirmed.clear()
                self._number = self._client.publish(*publication[:2], qos=1, retain=publication.retain).mid
            self._wait(lambda: self._number in self._confirmed, ANSWER_S)
            with self._lock:
                if publication.retain:
                    self._retained[publication.topic] = publication.payload
            self._left.pop(0)
            self._number = None
        self._message = None

    def miss(self, message: Message) -> None:
        """Remember that an event has begun or ended, of which the broker does not know."""
        if isinstance(message, Event):
            with self._lock:
                self._missed[self._topics.state(message.stream, message.label)] = _state_of(message)

    def works_again(self) -> bool:
        """Return whether the broker is connected."""
        return self._is_connected

    def close(self) -> None:
        """Say that streamer is gone, and disconnect."""
        if not self._is_begun:
            return
        with contextlib.suppress(Undelivered):
            if self._is_connected:
                number = self._client.publish(self._topics.status, "offline", qos=1, retain=True).mid
                self._wait(lambda: number in self._confirmed, 1.0)
        self._client.disconnect()
        self._client.loop_stop()

    def _new_client(self, settings: MqttSettings) -> Client:
        with needed("mqtt"):
            from paho.mqtt.client import Client
            from paho.mqtt.enums import CallbackAPIVersion
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"streamer-{secrets.token_hex(6)}")
        if settings.user:
            client.username_pw_set(settings.user, filled(settings.password, "mqtt.password") or None)
        if settings.tls or settings.ca:
            try:
                client.tls_set(settings.ca or None)
            except OSError as error:  # of SSL, too
                raise UserError(f"mqtt.ca={settings.ca} must be a file of certificates; {error}") from None
        client.reconnect_delay_set(1, 10)
        client.will_set(self._topics.status, "offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _begin(self) -> None:
        if not self._is_begun:
            self._is_begun = True
            self._client.connect_async(self._host, self._port, KEEPALIVE_S)
            self._client.loop_start()

    def _wait(self, holds: Any, seconds: float) -> None:
        with self._lock:
            if not self._lock.wait_for(holds, seconds):
                raise Undelivered(f"MQTT broker {self._address}: {self._reason}")

    # What follows is called by paho's thread.

    def _on_connect(self, client: Client, userdata: object, flags: object, reason: Any, properties: object) -> None:
        if reason.is_failure:
            self._reason = f"it refuses the connection: {reason}; check user and password"
            return
        with self._lock:
            publications = [Publication(self._topics.status, "online"), *map(Publication, *_pairs(self._retained))]
        for topic, payload, _ in publications:
            client.publish(topic, payload, qos=1, retain=True)
        if self._settings.commands:
            client.subscribe(self._topics.commands, qos=1)
        with self._lock:
            self._is_connected = True
            self._reason = "it confirms nothing"
            self._lock.notify_all()

    def _on_connect_fail(self, client: Client, userdata: object) -> None:
        self._reason = str(sys.exc_info()[1] or "it does not answer")

    def _on_disconnect(self, client: Client, userdata: object, flags: object, reason: Any, properties: object) -> None:
        with self._lock:
            self._is_connected = False
            if reason.is_failure and "refuses" not in self._reason:
                self._reason = f"the connection is lost: {reason}"

    def _on_publish(self, client: Client, userdata: object, number: int, reason: object, properties: object) -> None:
        with self._lock:
            self._confirmed.add(number)
            self._lock.notify_all()

    def _on_message(self, client: Client, userdata: object, message: Any) -> None:
        """Hand on a command; what is none is answered with the reason."""
        asked = self._topics.command(message.topic)
        if asked is None or message.retain or self._link is None:  # one that was kept was meant for another time
            return
        stream, action, label = asked
        setup = self._streams.get(stream)
        if setup is None:
            return
        try:
            self._link.post(self._command(setup, action, label, message.payload.decode()))
        except (UserError, ValueError) as error:
            client.publish(self._topics.of(setup.stream, "refused"), str(error), qos=1)

    def _command(self, setup: StreamSetup, action: str, label: str, payload: str) -> Command:
        if action in ("pause", "mute"):
            name = self._topics.label(setup, label) if action == "mute" else ""
            if payload not in ("ON", "OFF"):
                raise UserError(f"{action}={payload} must be ON or OFF")
            if action == "mute":
                return Command(setup.stream, "mute", name, float(payload == "ON"))
            return Command(setup.stream, "pause" if payload == "ON" else "resume")
        try:
            value = float(payload)
        except ValueError:
            raise UserError(f"{action}={payload} must be a number") from None
        if action == "clip":
            return Command(setup.stream, "clip", value=value)
        return Command(setup.stream, "threshold", self._topics.label(setup, label), value)

    # What follows is called by the thread of the sink.

    def _publications(self, message: Message) -> list[Publication]:
        """Return what is to be published of a message."""
        if isinstance(message, StreamSetup):
            return self._setup(message)
        values = marked(as_dict(message), self._clock)
        payload = json_line(values)
        stream = message.health.stream if isinstance(message, Summary) else message.stream  # type: ignore[union-attr]
        match message:
            case Event():
                return [
                    Publication(self._topics.of(stream, "event"), payload),
                    _kept(self._topics.state(stream, message.label), _state_of(message)),
                ]
            case Periodicity():
                region = [part_of_topic(message.region.name)] if message.region else []
                return [_kept(self._topics.of(stream, "measurement", message.kind, *region), payload)]
            case Health():
                return [_kept(self._topics.of(stream, "health"), payload)]
            case Summary():
                health = json_line({"type": "health", **{key: values[key] for key in values if key not in _OF_SUMMARY}})
                return [
                    Publication(self._topics.of(stream, "summary"), payload),
                    _kept(self._topics.of(stream, "health"), health),
                ]
            case Scores():
                return [Publication(self._topics.of(stream, "scores"), payload)]
        return [Publication(self._topics.of(stream, "clock"), payload)]

    def _setup(self, setup: StreamSetup) -> list[Publication]:
        stream = part_of_topic(setup.stream)
        is_new = stream not in self._streams
        self._streams[stream] = setup
        found = [_kept(self._topics.of(setup.stream, "setup"), json_line(setup_values(setup)))]
        if setup.refused:
            found.append(Publication(self._topics.of(setup.stream, "refused"), setup.refused))
        if is_new:
            found += [
                _kept(self._topics.state(setup.stream, label), "OFF") for label in (*setup.labels, *setup.measured)
            ]
            if prefix := self._settings.discovery:
                button_s = self._settings.clip_s if self._settings.commands else None
                described = discovery(prefix, self._device, self._topics, setup, button_s)
                found += [_kept(topic, json.dumps(values)) for topic, values in described.items()]
        return found


def _kept(topic: str, payload: str) -> Publication:
    return Publication(topic, payload, retain=True)


def _state_of(event: Event) -> str:
    return "OFF" if event.offset_s is not None else "ON"


_OF_SUMMARY = ("type", "events", "temporal", "spatial")


def _pairs(retained: dict[str, str]) -> tuple[list[str], list[str]]:
    return list(retained), list(retained.values())
