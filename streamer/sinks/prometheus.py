"""Metrics: a sink that answers Prometheus, on this machine alone unless another address is named."""

from __future__ import annotations

import bisect
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streamer import __version__
from streamer.config import Settings
from streamer.errors import StreamerError
from streamer.installation import needed
from streamer.messages import (
    LATENCY_BOUNDS_S,
    Event,
    Health,
    Message,
    Periodicity,
    Scores,
    Spatial,
    State,
    Summary,
    Temporal,
)
from streamer.safe_text import safe
from streamer.sinks import RunLink
from streamer.sinks.host_and_port import host_and_port

if TYPE_CHECKING:
    from prometheus_client.core import Metric

HOST, PORT = "127.0.0.1", 9464
SCORE_BOUNDS = tuple(k / 10 for k in range(1, 11))


class PrometheusSettings(Settings):
    """Settings of the sink `prometheus`."""

    scores: bool = True  # also a histogram of the scores of each label


@dataclass
class _Counts:
    """Scores of one label by the bounds, cumulative only when they are read."""

    n: list[int] = field(default_factory=lambda: [0] * (len(SCORE_BOUNDS) + 1))
    total: float = 0.0


class Metrics:
    """Sink that keeps the newest figures, and a small server that gives them to whoever asks at its address.

    Parameters
    ----------
    address : str
        ``HOST:PORT`` or ``HOST``; empty: port 9464 of this machine, which no other can reach.
    settings : PrometheusSettings

    Raises
    ------
    UserError
        If prometheus-client is not installed, or the address is none.
    """

    def __init__(self, address: str, settings: PrometheusSettings) -> None:
        with needed("metrics"):
            import prometheus_client  # noqa: F401
        self._host, self._port = host_and_port(address, PORT) if address else (HOST, PORT)
        self._server: Any = None
        self._link: RunLink | None = None
        self._lock = threading.Lock()
        self._health: dict[str, Health] = {}
        self._scores: dict[tuple[str, str], _Counts] = {}
        self._events: dict[tuple[str, str], int] = {}  # that have begun
        self._running: dict[tuple[str, str], int] = {}
        self._measured: dict[tuple[str, str, str], Temporal | Spatial | None] = {}
        self.accepts: tuple[type, ...] = (Event, Health, Summary, Periodicity, *((Scores,) if settings.scores else ()))

    def connect(self, link: RunLink) -> None:
        """Take over whose queues there are."""
        self._link = link

    def write(self, message: Message) -> bool:
        """Take over the figures of a message; False, as nothing is written.

        Raises
        ------
        StreamerError
            If the server cannot be started, as where another program has its port.
        """
        with self._lock:
            self._take(message)
        if self._server is None:
            self._start()
            return True
        return False

    def works_again(self) -> bool:
        """Return whether the server runs, and start it where it can be."""
        if self._server is None:
            self._start()
        return True

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            server, thread = self._server
            self._server = None
            server.shutdown()
            server.server_close()
            thread.join()

    @property
    def port(self) -> int:
        """Port at which it answers."""
        return int(self._server[0].server_port)

    def collect(self) -> Iterator[Metric]:
        """Yield all figures as Prometheus takes them; called by a thread of the server."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        with self._lock:
            healths, running, events = list(self._health.values()), dict(self._running), dict(self._events)
            scores = {key: ([*counts.n], counts.total) for key, counts in self._scores.items()}
            measured = dict(self._measured)

        def one(kind: type[Any], name: str, text: str, labels: list[str], values: list[tuple[list[str], float]]) -> Any:
            family = kind(f"streamer_{name}", text, labels=labels)
            for names, value in values:
                family.add_metric([safe(each) for each in names], value)
            return family

        info = [(["streamer", __version__], 1.0)]
        yield one(GaugeMetricFamily, "info", "version of streamer", ["program", "version"], info)
        for kind, name, text, value_of in _FIGURES:
            families = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}
            found = [([health.stream], float(value)) for health in healths if (value := value_of(health)) is not None]
            yield one(families[kind], name, text, ["stream"], found)
        states = [([health.stream, str(state)], float(health.state is state)) for health in healths for state in State]
        yield one(GaugeMetricFamily, "state", "1 for the state of the stream", ["stream", "state"], states)
        if healths:  # of the whole process: the newest that any stream has
            last = max(healths, key=lambda health: health.unwritten)
            unwritten, cpu, memory = last.unwritten, healths[-1].cpu_fraction, healths[-1].memory_bytes
            yield one(CounterMetricFamily, "unwritten", "results that sinks have lost", [], [([], unwritten)])
            n_problems = len(healths[-1].problems)
            yield one(GaugeMetricFamily, "problems", "what is wrong with the run now", [], [([], n_problems)])
            yield one(GaugeMetricFamily, "cpu_fraction", "of one core, by the process", [], [([], cpu)])
            yield one(GaugeMetricFamily, "memory_bytes", "resident memory of the process", [], [([], memory)])
        latency = HistogramMetricFamily(
            "streamer_latency_seconds", "from the capture of a window to its scores", labels=["stream"]
        )
        for health in healths:
            if health.latency_counts:
                buckets = _cumulative(LATENCY_BOUNDS_S, health.latency_counts)
                latency.add_metric([safe(health.stream)], buckets, health.latency_sum_s)
        yield latency
        histogram = HistogramMetricFamily("streamer_score", "scores of windows", labels=["stream", "label"])
        for (stream, label), (counts, total) in scores.items():
            histogram.add_metric([safe(stream), safe(label)], _cumulative(SCORE_BOUNDS, counts), total)
        yield histogram
        labels = ["stream", "label"]
        begun = [([*key], float(n)) for key, n in events.items()]
        yield one(CounterMetricFamily, "events", "events that have begun", labels, begun)
        now = [([*key], float(n)) for key, n in running.items()]
        yield one(GaugeMetricFamily, "event_running", "whether a label has an event now", labels, now)
        yield from (one(GaugeMetricFamily, *each) for each in _measured_families(measured))
        lengths = self._link.queue_lengths() if self._link else {}
        waiting = [([name], float(n)) for name, n in lengths.items()]
        yield one(GaugeMetricFamily, "queue_length", "results that wait for a sink", ["sink"], waiting)

    def _start(self) -> None:
        from prometheus_client import CollectorRegistry, start_http_server

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        try:
            self._server = start_http_server(self._port, self._host, registry)
        except OSError as error:
            place = f"{self._host}:{self._port}"
            raise StreamerError(
                f"prometheus={place} must be an address that is free here; {error.strerror or error}"
            ) from None

    def _take(self, message: Message) -> None:
        match message:
            case Health():
                self._health[message.stream] = message
            case Summary():
                self._health[message.health.stream] = message.health
            case Scores():
                for label, value in zip(message.labels, message.values.tolist(), strict=True):
                    counts = self._scores.setdefault((message.stream, label), _Counts())
                    counts.n[bisect.bisect_left(SCORE_BOUNDS, value)] += 1
                    counts.total += value
            case Event():
                key = message.stream, message.label
                self._events[key] = self._events.get(key, 0) + (message.offset_s is None)
                self._running[key] = int(message.offset_s is None)
            case Periodicity():
                region = message.region.name if message.region else ""
                self._measured[message.stream, message.kind, region] = message.found


def _cumulative(bounds: tuple[float, ...], counts: Any) -> list[tuple[str, float]]:
    """Return the buckets of a histogram: how many values lie at each bound or below."""
    buckets, total = [], 0
    for bound, n in zip((*bounds, math.inf), counts, strict=True):
        total += n
        buckets.append(("+Inf" if bound == math.inf else f"{bound:g}", float(total)))
    return buckets


def _measured_families(measured: dict[tuple[str, str, str], Temporal | Spatial | None]) -> Iterator[tuple[Any, ...]]:
    """Yield name, text, labels and values of what is measured now; where nothing is periodic there is no value."""
    temporal = [
        ([stream, region], found)
        for (stream, _, region), found in measured.items()
        if isinstance(found, Temporal) and found.components
    ]
    spatial = [
        ([stream, region], found.components[0].vectors[0])
        for (stream, _, region), found in measured.items()
        if isinstance(found, Spatial) and found.components
    ]
    for name, text, values in (
        ("measured_hz", "measured frequency", [(whose, found.hz) for whose, found in temporal]),
        ("measured_hz_sigma", "its standard uncertainty", [(whose, found.hz_sigma) for whose, found in temporal]),
        ("measured_period_px", "measured period in space", [(whose, each.period_px) for whose, each in spatial]),
        (
            "measured_period_px_sigma",
            "its standard uncertainty",
            [(whose, each.period_px_sigma) for whose, each in spatial],
        ),
    ):
        yield name, text, ["stream", "region"], values  # no region: the whole image


_FIGURES: tuple[tuple[str, str, str, Any], ...] = (
    ("counter", "windows", "windows classified", lambda health: health.windows),
    ("counter", "lost_samples", "samples lost", lambda health: None if health.images else health.lost_samples),
    ("counter", "skipped_images", "images lost", lambda health: health.images and health.images.skipped_images),
    ("counter", "overflows", "how often the device lost sound", lambda health: health.overflows),
    ("counter", "reconnects", "how often the source came back", lambda health: health.reconnects),
    ("gauge", "lost_fraction", "share of samples or images lost", lambda health: health.lost_fraction),
    ("gauge", "position_seconds", "seconds in the stream", lambda health: health.position_s),
    ("gauge", "real_time_factor", "above 1 it cannot keep up", lambda health: health.real_time_factor),
    ("gauge", "windows_per_second", "windows per second of late", lambda health: health.windows_per_s),
    ("gauge", "buffer_bytes", "sound or images in memory", lambda health: health.buffer_bytes),
    ("gauge", "stride_factor", "one window in so many is classified", lambda health: health.stride_factor),
    ("gauge", "level_dbfs", "rms of the sound", lambda health: health.level_dbfs),
    ("gauge", "temperature_celsius", "of the processor", lambda health: health.temperature_c),
)
