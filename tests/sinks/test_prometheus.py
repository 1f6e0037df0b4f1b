"""What Prometheus gets, read by its own parser from the server that runs here; and the dashboard for Grafana."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from streamer.errors import StreamerError, UserError
from streamer.messages import Message, Scores, Summary
from streamer.sinks.prometheus import Metrics, PrometheusSettings
from tests.support.bands import lines, run_here
from tests.support.messages import EVENT, HEALTH, IMAGE_HEALTH, IMAGE_MESSAGES, RUNNING, SCORES
from tests.support.paths import ROOT

parser = pytest.importorskip("prometheus_client.parser")
BUSY = replace(
    HEALTH, level_dbfs=-31.5, latency_counts=(0, 2, 3, 0, 1, 0, 0, 0, 0, 0, 1), latency_sum_s=6.5, unwritten=3
)


class Queues:
    """A run with one sink, behind which seven results wait."""

    def post(self, message: Message) -> None:
        raise AssertionError(message)

    def queue_lengths(self) -> dict[str, int]:
        return {"sink 1 mqtt": 7}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    metrics = Metrics(f"127.0.0.1:{free_port()}", PrometheusSettings())
    yield metrics
    metrics.close()


def read(port: int) -> dict[tuple[str, ...], float]:
    """Return all samples: name and values of the labels → value."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10.0) as answer:
        text = answer.read().decode()
    families = list(parser.text_string_to_metric_families(text))
    order = ("stream", "region", "label", "state", "sink", "le")
    return {
        (s.name, *(s.labels[name] for name in order if name in s.labels)): s.value
        for family in families
        for s in family.samples
    }


def test_figures_of_streams_and_sinks(metrics: Metrics) -> None:
    metrics.connect(Queues())
    second = Scores("mic", SCORES.labels, SCORES.values * 2, 1.0, 2.0, 0.0)
    for message in (BUSY, IMAGE_HEALTH, SCORES, second, RUNNING, EVENT, RUNNING, IMAGE_MESSAGES[1], IMAGE_MESSAGES[6]):
        metrics.write(message)
    found = read(metrics.port)
    expected: dict[tuple[str, ...], float] = {
        ("streamer_windows_total", "mic"): 40,
        ("streamer_lost_samples_total", "mic"): 480,
        ("streamer_skipped_images_total", "camera"): 2,
        ("streamer_reconnects_total", "mic"): 2,
        ("streamer_level_dbfs", "mic"): -31.5,
        ("streamer_state", "mic", "running"): 1,
        ("streamer_state", "mic", "waiting"): 0,
        ("streamer_unwritten_total",): 3,
        ("streamer_latency_seconds_bucket", "mic", "0.01"): 2,
        ("streamer_latency_seconds_bucket", "mic", "0.025"): 5,
        ("streamer_latency_seconds_bucket", "mic", "+Inf"): 7,
        ("streamer_latency_seconds_count", "mic"): 7,
        ("streamer_latency_seconds_sum", "mic"): 6.5,
        ("streamer_score_bucket", "mic", "dog", "0.1"): 0,
        ("streamer_score_bucket", "mic", "dog", "0.2"): 1,
        ("streamer_score_bucket", "mic", "dog", "0.3"): 2,
        ("streamer_score_bucket", "mic", "rain", "+Inf"): 2,
        ("streamer_events_total", "mic", "dog"): 2,
        ("streamer_event_running", "mic", "dog"): 1,
        ("streamer_queue_length", "sink 1 mqtt"): 7,
        ("streamer_measured_hz", "camera", ""): 31.9741,
        ("streamer_measured_hz_sigma", "camera", ""): 0.00123456,
        ("streamer_measured_period_px", "camera", "belt"): 7.0,
    }
    assert {key: found.get(key) for key in expected} == pytest.approx(expected)
    assert ("streamer_lost_samples_total", "camera") not in found
    assert ("streamer_level_dbfs", "camera") not in found


def test_nothing_periodic_gives_no_number(metrics: Metrics) -> None:
    for message in IMAGE_MESSAGES[1:3]:
        metrics.write(message)
    assert not any(name[0] == "streamer_measured_hz" for name in read(metrics.port))


def test_the_dashboard_for_grafana_asks_only_for_what_there_is(metrics: Metrics) -> None:
    metrics.connect(Queues())
    warm = replace(BUSY, temperature_c=50.0)
    for message in (warm, IMAGE_HEALTH, SCORES, RUNNING, IMAGE_MESSAGES[1], IMAGE_MESSAGES[6]):
        metrics.write(message)
    names = {key[0] for key in read(metrics.port)}
    dashboard: dict[str, Any] = json.loads((ROOT / "docs" / "grafana.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(asked) > 15
    assert {name for text in asked for name in re.findall(r"streamer_\w+", text)} - names == set()


def test_only_this_machine_can_reach_it_unless_another_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamer.sinks.prometheus.PORT", free_port())
    metrics = Metrics("", PrometheusSettings())
    metrics.write(HEALTH)
    assert metrics._server[0].server_address[0] == "127.0.0.1"
    metrics.close()
    with pytest.raises(UserError, match="address= must be HOST or HOST:PORT"):
        Metrics("http://x", PrometheusSettings())


def test_a_port_that_is_taken_is_told_and_tried_again(metrics: Metrics) -> None:
    with socket.create_server(("127.0.0.1", metrics._port)):
        with pytest.raises(StreamerError, match=r"prometheus=.* must be an address that is free here; .*in use"):
            metrics.write(HEALTH)
        with pytest.raises(StreamerError):
            metrics.works_again()
    assert metrics.works_again()
    assert read(metrics.port)["streamer_windows_total", "mic"] == 40


def test_scores_only_where_wanted() -> None:
    assert Scores not in Metrics("", PrometheusSettings(scores=False)).accepts


def test_a_run_gives_its_figures(model: Path, sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port, found = free_port(), {}
    take = Metrics.write

    def write(metrics: Metrics, message: Message) -> bool:
        done = take(metrics, message)
        if isinstance(message, Summary):
            found.update(read(port))
        return done

    monkeypatch.setattr(Metrics, "write", write)
    run = run_here("run", sound, "-m", model, "--fast", "--json", "--sink", f"prometheus:127.0.0.1:{port}")
    (summary,) = lines(run, "summary")
    stream = summary["stream"]
    assert found["streamer_windows_total", stream] == summary["windows"]
    assert found["streamer_latency_seconds_count", stream] == summary["windows"]
    assert found["streamer_events_total", stream, "low"] == 1
    assert found["streamer_queue_length", "sink 1 prometheus"] >= 0
