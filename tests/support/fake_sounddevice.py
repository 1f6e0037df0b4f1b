"""Stand-in for the `sounddevice` module: devices, refusals, calls that hang, and callbacks on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from streamer.sources.sound.portaudio import PortAudioThread


class PortAudioError(Exception):
    """The error of sounddevice, with a text and PortAudio's number."""


class FakeStream:
    """An input stream whose callback the test calls by :meth:`deliver`."""

    def __init__(self, module: FakeSounddevice, **options: Any) -> None:
        self.module = module
        self.options = options
        self.n_delivered = 0
        self.is_closed = False
        module.sessions.append((options["device"], options["samplerate"], options["channels"]))
        module.enter("open")
        code = module.refuse(options)
        if code:
            raise PortAudioError(f"Error opening InputStream: {code}", code)
        module.streams.append(self)

    def start(self) -> None:
        self.module.enter("start")

    def abort(self) -> None:
        self.module.enter("abort")

    def close(self) -> None:
        self.module.enter("close")
        self.is_closed = True

    def deliver(self, n_samples: int = 800, value: float = 0.25, overflow: bool = False) -> None:
        block = np.full((n_samples, self.options["channels"]), value, np.float32)
        times = SimpleNamespace(currentTime=0.0, inputBufferAdcTime=0.0)
        self.n_delivered += n_samples
        self.options["callback"](block, n_samples, times, SimpleNamespace(input_overflow=overflow))


class FakeSounddevice:
    """The functions of the module that streamer uses.

    ``hang[name]`` is an event for which the call of that name waits; ``refuse`` returns the error number of a request.
    """

    PortAudioError = PortAudioError

    def __init__(self, *names: str, default: int = 0, n_channels: int = 2, sample_rate: float = 48_000.0) -> None:
        self.names = list(names)
        self.default = default
        self.n_channels = n_channels
        self.sample_rate = sample_rate
        self.refuse: Callable[[dict[str, Any]], int] = lambda options: 0
        self.hang: dict[str, threading.Event] = {}
        self.calls: list[str] = []
        self.sessions: list[tuple[int, float, int]] = []
        self.streams: list[FakeStream] = []
        self.threads: set[str] = set()
        self.plugged_in_next: list[str] = []

    def enter(self, name: str) -> None:
        """Record a call, and wait where it is to hang."""
        self.calls.append(name)
        self.threads.add(threading.current_thread().name)
        if name in self.hang:
            self.hang[name].wait(30)

    def InputStream(self, **options: Any) -> FakeStream:
        return FakeStream(self, **options)

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": "ALSA"}]

    def query_devices(self, kind: str | None = None) -> Any:
        self.enter("query")
        devices = [
            {
                "index": index,
                "name": name,
                "hostapi": 0,
                "max_input_channels": 0 if "speaker" in name else self.n_channels,
                "default_samplerate": self.sample_rate,
            }
            for index, name in enumerate(self.names)
        ]
        if kind is None:
            return devices
        if not 0 <= self.default < len(devices):
            raise PortAudioError("Error querying device -1")
        return devices[self.default]

    def _terminate(self) -> None:
        self.enter("terminate")

    def _initialize(self) -> None:
        self.enter("initialize")
        self.names += self.plugged_in_next
        self.plugged_in_next = []


class FakePortAudio(PortAudioThread):
    """The real thread with the stand-in module."""

    def __init__(self, module: FakeSounddevice) -> None:
        super().__init__()
        self.module = module

    def _load(self) -> Any:
        return self.module
