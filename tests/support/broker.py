"""The rig's MQTT broker, mosquitto with TLS and a password, and a client that collects what is published there."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.paths import SHARED
from tests.support.rigs import need

RIG = SHARED / "rigs" / "mqtt_broker.sh"
USER, PASSWORD = "streamer", "secret"
PLAIN, TLS = "127.0.0.1:18830", "localhost:18831"


class Broker:
    """The broker, which can be killed and started again on the same port; it keeps nothing in between."""

    def __init__(self, folder: Path) -> None:
        self.authority = folder / "ca.crt"
        self._environment = os.environ | {"MQ_DIR": str(folder), "PATH": f"{os.environ['PATH']}:/usr/sbin"}

    def start(self) -> None:
        subprocess.run([RIG, "start"], env=self._environment, check=True, capture_output=True, timeout=30)

    def kill(self) -> None:
        subprocess.run([RIG, "stop"], env=self._environment, check=True, capture_output=True, timeout=30)
        host, _, port = PLAIN.partition(":")
        deadline_s = time.monotonic() + 10.0
        while time.monotonic() < deadline_s:  # it may still have its port for a moment
            try:
                socket.create_connection((host, int(port)), 1.0).close()
            except OSError:
                return
        raise AssertionError("the broker does not end")


@contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """Run the rig's broker; skip the test where the rig or mosquitto is absent."""
    found = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    need("" if RIG.exists() and found else "mosquitto or the rig's mqtt_broker.sh is not there")
    broker = Broker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


class Subscriber:
    """A client that keeps all that is published, in order."""

    def __init__(self, pattern: str = "#") -> None:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        self.got: list[tuple[str, str, bool]] = []
        self._changed = threading.Condition()
        self._is_subscribed = False
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.username_pw_set(USER, PASSWORD)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_message = self._on_message
        self.client.on_connect = lambda client, *_: client.subscribe(pattern, qos=1)
        self.client.on_subscribe = self._on_subscribe
        host, _, port = PLAIN.partition(":")
        self.client.connect(host, int(port))
        self.client.loop_start()
        self.until(lambda: self._is_subscribed)

    def _on_message(self, _: object, __: object, message: Any) -> None:
        with self._changed:
            self.got.append((message.topic, message.payload.decode(), message.retain))
            self._changed.notify_all()

    def _on_subscribe(self, *_: object) -> None:
        with self._changed:
            self._is_subscribed = True
            self._changed.notify_all()

    def until(self, holds: Callable[[], object], timeout_s: float = 30.0) -> None:
        """Wait until something holds of what was published."""
        with self._changed:
            assert self._changed.wait_for(holds, timeout_s), self.got[-5:]

    def payloads(self, topic: str) -> list[str]:
        """Return what was published under a topic so far."""
        return [payload for name, payload, _ in self.got if name == topic]

    def lines(self, topic: str) -> list[dict[str, Any]]:
        """Return the same as JSON."""
        return list(map(json.loads, self.payloads(topic)))

    def publish(self, topic: str, payload: str) -> None:
        """Publish something, as another program does."""
        self.client.publish(topic, payload, qos=1).wait_for_publish(10.0)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
