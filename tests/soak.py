"""Run hours of a stream of sound and of images in minutes, with faults drawn by a seed, and account for every part.

    python -m tests.soak --hours 8 --seed 0

The sources deliver as fast as the pipelines take; between faults they wait for space, so that nothing is lost but what
the faults lose. At the end what was captured must be what was processed and what was counted as lost, to the sample and
to the image; memory, threads and descriptors are printed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from streamer.build import default_models
from streamer.config import Config
from streamer.errors import SourceUnavailable
from streamer.messages import ImageFormat, Message, Recording, SoundFormat
from streamer.monitor.problems import Problems
from streamer.rings import ImageRing, SampleRing
from streamer.runtime import SinkThread, Stream
from streamer.runtime.live import live_track
from streamer.sinks import Sink
from streamer.sinks.clips import SoundClipFolder
from streamer.sinks.jsonlines import JsonLines
from streamer.sinks.recordings import RecordingFolder
from streamer.sinks.video_clips import VideoClipFolder
from streamer.sources import ImageSource, SoundSource
from streamer.sources.sound.synthesis import rain
from streamer.tasks import tasks_of

RATES = (16_000, 48_000)
BLOCK_S = 0.05
FPS = 10.0
HEIGHT, WIDTH = 48, 64
FAULT_EVERY_S = 120.0  # of stream time, on average
MOST_WAITING = 200  # messages before a sink, beyond which the sources wait: a run in real time never gets so far
WARM_UP = 0.2  # share of the run after which memory, threads and descriptors are compared


class Troubled:
    """What both sources share: when a fault comes, and the count of what was captured."""

    is_live: Final = True
    overflows = 0
    drift_ppm = 0.0
    backlog_s = 0.0
    note = ""
    stuck = False

    def __init__(self, seed: int, length_s: float, may_go_on: Callable[[], bool]) -> None:
        self.rng = np.random.default_rng(seed)
        self.length_s = length_s
        self.position_s = 0.0  # captured so far, in all sessions
        self.n_captured = 0  # samples or images, those that the device lost included
        self.faults: dict[str, int] = {}
        self._may_go_on = may_go_on
        self._next_s = self.rng.exponential(FAULT_EVERY_S)

    @property
    def has_ended(self) -> bool:
        return self.position_s >= self.length_s

    def fault(self, *kinds: str) -> str:
        """Return the fault that comes now; "" for none."""
        if self.position_s < self._next_s:
            return ""
        self._next_s = self.position_s + self.rng.exponential(FAULT_EVERY_S)
        kind = str(self.rng.choice(kinds))
        self.faults[kind] = self.faults.get(kind, 0) + 1
        return kind

    def wait(self, stop: threading.Event) -> None:
        """Wait until the sinks have caught up."""
        while not self._may_go_on() and not stop.is_set():
            time.sleep(0.002)


class TroubledSound(Troubled):
    """A microphone that loses samples, vanishes, changes its rate and outruns the reader."""

    uri = "troubled:sound"
    medium: Final = "sound"

    def capture(self, begin: Callable[[SoundFormat], SampleRing], stop: threading.Event) -> None:
        rate = int(self.rng.choice(RATES))
        n_block = round(BLOCK_S * rate)
        sound = (0.1 * rain(self.rng, 20 * rate, rate)).astype(np.float32)[:, None]
        sound[: 10 * rate] *= 0.01
        ring = begin(SoundFormat(rate, 1, "troubled"))
        n_lost = 0
        while not self.has_ended and not stop.is_set():
            self.wait(stop)
            kind = self.fault("loses", "vanishes", "outruns", "is not a number", "breaks")
            if kind == "loses":
                n_lost = int(self.rng.integers(1, 3 * rate))
                self._count(n_lost, rate)
            elif kind == "vanishes":
                raise SourceUnavailable("the microphone is gone")
            elif kind == "breaks":
                raise RuntimeError("a fault that no source is meant to have")
            n_blocks = 2 * ring.capacity // n_block if kind == "outruns" else 1
            for _ in range(n_blocks):
                if kind != "outruns" and not ring.wait_for_space(stop, n_block):
                    return
                start = int(self.position_s * rate) % (sound.shape[0] - n_block)
                block = sound[start : start + n_block]
                if kind == "is not a number":
                    block = np.full_like(block, np.nan)
                ring.write(block, time.monotonic(), n_lost)
                n_lost = 0
                self._count(n_block, rate)

    def _count(self, n_samples: int, rate: int) -> None:
        self.n_captured += n_samples
        self.position_s += n_samples / rate


class TroubledImages(Troubled):
    """A camera that skips images, pauses, vanishes and outruns the reader."""

    uri = "troubled:images"
    medium: Final = "images"

    def capture(self, begin: Callable[[ImageFormat], ImageRing], stop: threading.Event) -> None:
        ring = begin(ImageFormat(WIDTH, HEIGHT, FPS, "troubled"))
        picture = self.rng.integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)
        start_s, n_skipped, pause_s = self.position_s, 0, 0.0
        while not self.has_ended and not stop.is_set():
            self.wait(stop)
            kind = self.fault("skips", "pauses", "vanishes", "outruns", "breaks")
            if kind == "skips":
                n_skipped = int(self.rng.integers(1, 50))
                self.n_captured += n_skipped
                self.position_s += n_skipped / FPS
            elif kind == "pauses":
                pause_s = float(self.rng.uniform(1.0, 20.0))
                self.position_s += pause_s
            elif kind == "vanishes":
                raise SourceUnavailable("the camera is gone")
            elif kind == "breaks":
                raise RuntimeError("a fault that no source is meant to have")
            for _ in range(3 * ring.capacity if kind == "outruns" else 1):
                if kind != "outruns" and not ring.wait_for_space(stop):
                    return
                light = 0.75 + 0.25 * np.sin(2 * np.pi * 1.3 * self.position_s)
                pixels = (picture * light).astype(np.uint8)
                ring.write(pixels, self.position_s - start_s, time.monotonic(), n_skipped)
                n_skipped = 0
                self.n_captured += 1
                self.position_s += 1 / FPS


class Counter:
    """A sink that counts the recorded samples."""

    accepts: tuple[type, ...] = (Recording,)

    def __init__(self) -> None:
        self.n_samples = 0

    def write(self, message: Message) -> None:
        if isinstance(message, Recording):
            self.n_samples += message.samples.shape[0]

    def close(self) -> None:
        pass


@dataclass
class Usage:
    """Memory, threads and descriptors of this process over the run."""

    hours: list[float] = field(default_factory=list)  # of stream time
    bytes: list[float] = field(default_factory=list)
    n_threads: list[int] = field(default_factory=list)
    n_descriptors: list[int] = field(default_factory=list)

    def add(self, hours: float) -> None:
        self.hours.append(hours)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.bytes.append(pages * os.sysconf("SC_PAGE_SIZE"))
        self.n_threads.append(threading.active_count())
        self.n_descriptors.append(len(list(Path("/proc/self/fd").iterdir())))

    def slope(self) -> float:
        """Bytes per hour of stream time after the warm-up."""
        hours, sizes = np.array(self.hours), np.array(self.bytes)
        late = hours > WARM_UP * hours[-1]
        return float(np.polyfit(hours[late], sizes[late], 1)[0]) if late.sum() > 2 else float("nan")


@dataclass(frozen=True)
class Outcome:
    """What was captured and what became of it."""

    n_samples: int
    n_samples_processed: int
    n_samples_lost: int
    n_images: int
    n_images_processed: int
    n_images_skipped: int
    n_unwritten: int
    failures: tuple[BaseException, ...]
    faults: dict[str, int]
    usage: Usage
    wall_s: float

    @property
    def is_balanced(self) -> bool:
        """Whether everything captured was processed or counted as lost."""
        return (
            self.n_samples == self.n_samples_processed + self.n_samples_lost
            and self.n_images == self.n_images_processed + self.n_images_skipped
        )


def soak(hours: float, seed: int, folder: Path) -> Outcome:
    """Run both streams with all sinks for so many hours of stream time."""
    config = Config.model_validate(
        {
            "source": {"retry_min_s": 0.05, "retry_max_s": 0.05},
            "output": {"clips": str(folder / "clips"), "record": str(folder / "record")},
        }
    )
    counter, problems = Counter(), Problems()
    makers: list[Callable[[], Sink]] = [
        partial(JsonLines.to_file, folder / "lines.jsonl", True, 5e6),
        partial(SoundClipFolder, folder / "clips", 20_000_000),
        partial(VideoClipFolder, folder / "clips", 20_000_000),
        partial(RecordingFolder, folder / "record", 50e6, 200e6),
        lambda: counter,
    ]
    threads = [SinkThread(make(), again=make, problems=problems, name=str(k)) for k, make in enumerate(makers)]

    def may_go_on() -> bool:
        return all(thread._queue.qsize() < MOST_WAITING for thread in threads)

    sound = TroubledSound(seed, 3600 * hours, may_go_on)
    images = TroubledImages(seed + 1, 3600 * hours, may_go_on)
    sources: tuple[SoundSource | ImageSource, ...] = (sound, images)
    streams = []
    for source in sources:
        models = default_models(tasks_of(source.medium))
        track = live_track(source.uri, source, models, (), config, None, draws=False, n_streams=2)
        streams.append(Stream(track, config.source, threads, problems=problems))
    began_s, usage = time.monotonic(), Usage()
    for stream in streams:
        stream.start()
    while not all(stream.join(1.0) for stream in streams):
        usage.add(min(sound.position_s, images.position_s) / 3600)
    for thread in threads:
        thread.close()
    health = [stream.summary().health for stream in streams]
    assert health[1].images is not None
    return Outcome(
        n_samples=sound.n_captured,
        n_samples_processed=counter.n_samples,
        n_samples_lost=health[0].lost_samples,
        n_images=images.n_captured,
        n_images_processed=health[1].images.images,
        n_images_skipped=health[1].images.skipped_images,
        n_unwritten=health[0].unwritten,
        failures=tuple(stream.failure for stream in streams if stream.failure is not None),
        faults={**sound.faults, **{f"{kind} (images)": n for kind, n in images.faults.items()}},
        usage=usage,
        wall_s=time.monotonic() - began_s,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print the outcome; 1 where something is missing or grows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        outcome = soak(options.hours, options.seed, Path(folder))
    usage = outcome.usage
    print(f"{options.hours:g} h of sound and of images in {outcome.wall_s:.0f} s; faults: {outcome.faults}")
    print(
        f"samples {outcome.n_samples:,} = {outcome.n_samples_processed:,} processed + {outcome.n_samples_lost:,} lost;"
        f" images {outcome.n_images:,} = {outcome.n_images_processed:,} + {outcome.n_images_skipped:,}:"
        f" {'every one is accounted for' if outcome.is_balanced else 'DO NOT ADD UP'}"
    )
    after_warm_up, at_end = usage.bytes[len(usage.bytes) // 5] / 1e6, usage.bytes[-1] / 1e6
    print(
        f"memory {after_warm_up:.1f} MB after the warm-up, {at_end:.1f} MB at the end,"
        f" {usage.slope() / 1e6:+.2f} MB an hour of stream time"
    )
    print(
        f"threads {min(usage.n_threads)} … {max(usage.n_threads)}; descriptors"
        f" {min(usage.n_descriptors)} … {max(usage.n_descriptors)}; unwritten {outcome.n_unwritten}"
    )
    for failure in outcome.failures:
        print(f"failed: {failure!r}")
    return 0 if outcome.is_balanced and not outcome.failures else 1


if __name__ == "__main__":
    sys.exit(main())
