"""Put 200 events a minute on all sinks, one of them dead: `python -m tests.load [--minutes 20] [--per-minute 200]`.

Each event has a beginning, an end and a clip, beside three windows of scores a second; every sink must have all of them
but the dead one, a webhook to a port at which nobody listens. It says what that costs: CPU, memory, and what was lost.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from streamer.messages import Event, Scores, SoundClip
from streamer.monitor.problems import Problems
from streamer.runtime import SinkThread
from streamer.runtime.link import Link
from streamer.sinks import Sink
from streamer.sinks.clips import SoundClipFolder
from streamer.sinks.history import EventHistory
from streamer.sinks.jsonlines import JsonLines
from streamer.sinks.line_file import LineFile
from streamer.sinks.log import EventLog
from streamer.sinks.mqtt import Mqtt, MqttSettings
from streamer.sinks.notify import Notify, NotifySettings
from streamer.sinks.prometheus import Metrics, PrometheusSettings
from streamer.sinks.webhook import Webhook, WebhookSettings
from tests.support.receiver import http_receiver

RATE, CLIP_S = 16_000, 1.5
LABELS = ("dog", "rooster", "clock_tick")
SCORES_PER_S = 3.0
PATIENCE_S = 60.0  # at the end, for what still waits


def closed_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def memory_mb() -> float:
    """Return what the process has in memory now."""
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def mqtt_broker(folder: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Run mosquitto on a free port; yields its address and the events that are published there."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    got: list[bytes] = []
    port = closed_port()
    (folder / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin") or "mosquitto"
    broker = subprocess.Popen([program, "-c", folder / "mosquitto.conf"], stderr=subprocess.DEVNULL)
    client = Client(CallbackAPIVersion.VERSION2)

    def subscribe(*_: object) -> None:
        client.subscribe("load/yard/event", qos=1)

    client.on_connect = subscribe
    client.on_message = lambda _, __, message: got.append(bytes(message.payload))
    subscribed = threading.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect_async("127.0.0.1", port)
    client.reconnect_delay_set(1, 1)
    client.loop_start()
    try:
        assert subscribed.wait(30.0)
        yield f"127.0.0.1:{port}", got
    finally:
        client.loop_stop()
        broker.terminate()
        broker.wait()


def send(link: Link, minutes: float, per_minute: float) -> tuple[int, list[float]]:
    """Send events at an even pace; return how many, and the memory of each tenth of the time."""
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, round(RATE * CLIP_S)).astype(np.float32)
    began_s, n_events, n_scores, memory = time.monotonic(), 0, 0, [memory_mb()]
    while (elapsed_s := time.monotonic() - began_s) < 60.0 * minutes:
        while n_scores < elapsed_s * SCORES_PER_S:
            at_s = n_scores / SCORES_PER_S
            values = np.full(len(LABELS), 0.5, np.float32)
            link.post(Scores("yard", LABELS, values, at_s, at_s + 1.0, time.time()))
            n_scores += 1
        while n_events < elapsed_s * per_minute / 60.0:
            onset_s = n_events * 60.0 / per_minute
            begins = Event("yard", LABELS[n_events % 3], 0.91, 0.8, onset_s, None, time.time())
            ends = replace(begins, offset_s=onset_s + CLIP_S)
            for message in (begins, ends, SoundClip(ends, noise, RATE, onset_s)):
                link.post(message)
            n_events += 1
        if elapsed_s >= 60.0 * minutes * len(memory) / 10:
            memory.append(memory_mb())
        time.sleep(0.01)
    return n_events, [*memory, memory_mb()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print a table, and return 1 where a sink that lives has lost something."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--per-minute", type=float, default=200.0)
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        broker, published = stack.enter_context(mqtt_broker(folder))
        hook, told = (stack.enter_context(http_receiver()) for _ in range(2))
        makers: dict[str, Callable[[], Sink]] = {
            "JSON lines": partial(JsonLines.to_file, folder / "a.jsonl", True, 0.0),
            "log": lambda: EventLog(LineFile(folder / "a.log", 0.0), owned=True),
            "clips": partial(SoundClipFolder, folder / "clips", 10**10),
            "history": partial(EventHistory, folder / "h.db"),
            "webhook": partial(Webhook, hook.url, WebhookSettings()),
            "dead webhook": partial(Webhook, f"http://127.0.0.1:{closed_port()}", WebhookSettings()),
            "notifications": partial(
                Notify, told.url.replace("http:", "json:"), NotifySettings(group_s=1.0, per_hour=0)
            ),
            "MQTT": partial(Mqtt, broker, MqttSettings(topic="load")),
            "Prometheus": partial(Metrics, f"127.0.0.1:{closed_port()}", PrometheusSettings()),
        }
        problems = {name: Problems() for name in makers}
        link = Link()
        threads = [
            SinkThread(make(), 1000, PATIENCE_S, again=make, problems=problems[name], name=name, link=link)
            for name, make in makers.items()
        ]
        link.sink_threads = threads
        cpu_s, began_s = time.process_time(), time.monotonic()
        n_events, memory = send(link, options.minutes, options.per_minute)
        cpu_share = (time.process_time() - cpu_s) / (time.monotonic() - began_s)
        dead_waits = next(thread.n_waiting for thread in threads if thread.name == "dead webhook")
        for thread in threads:
            if thread.name == "dead webhook":
                thread.patience_s = 1.0
            thread.close()
        deadline_s = time.monotonic() + PATIENCE_S
        while len(published) < 2 * n_events and time.monotonic() < deadline_s:
            time.sleep(0.1)
        lines = [json.loads(line)["type"] for line in (folder / "a.jsonl").read_text().splitlines()]
        database = sqlite3.connect(folder / "h.db")
        rows = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("events", "clips")]
        database.close()
        bodies = [body["message"] for body in told.bodies()]
        more = sum(int(number) for body in bodies for number in re.findall(r"… and (\d+) more", body))
        arrived = {
            "JSON lines": lines.count("event"),
            "log": sum(", peak " in line for line in (folder / "a.log").open()),
            "clips": len(list((folder / "clips").glob("*/*.flac"))),
            "history": min(rows),
            "webhook": sum(body["type"] == "event" for body in hook.bodies()),
            "notifications": sum(body.count("\n") + 1 for body in bodies)
            + more
            - sum("… and" in body for body in bodies),
            "MQTT": sum(json.loads(payload)["type"] == "event" for payload in published),
        }
    print(f"{n_events} events in {options.minutes:g} min, CPU {cpu_share:.1%} of one core, with the receivers")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(f"memory in MB, each tenth of the time: {' '.join(f'{each:.0f}' for each in memory)}; most {most:.0f}")
    for name in makers:
        got = f"{arrived[name]} of {n_events} events" if name in arrived else "–"
        print(f"{name:14}  {got:24}  lost {problems[name].n_unwritten}")
    print(f"the dead webhook had {dead_waits} waiting")
    living = {name: problems[name].n_unwritten for name in makers if name != "dead webhook"}
    return int(any(living.values()) or any(n != n_events for n in arrived.values()))


if __name__ == "__main__":
    sys.exit(main())
