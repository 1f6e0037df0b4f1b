"""List all comparisons of `streamer bench`, and define those of sound."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from streamer.arrays import Float32
from streamer.bench import peers
from streamer.bench.flow import flow_comparison
from streamer.bench.images import image_comparisons
from streamer.bench.measure import Candidate, Table, compare, noise_and_tones
from streamer.bench.motion import motion_comparisons
from streamer.bench.pipeline import pipeline_comparisons
from streamer.build import build_pipeline, read_models
from streamer.config import Config
from streamer.errors import StreamerError
from streamer.features.logmel import LogMel, log_mel
from streamer.features.logmel_settings import STANDARD, LogMelSettings
from streamer.messages import Chunk, SoundFormat
from streamer.model.sandbox import load_classifier
from streamer.tasks import TASKS

REFERENCE = STANDARD  # 16 kHz, 400 samples in an FFT of 512, hop 160, 64 bands 125 … 7500 Hz
N_HOPS = 20  # in one timed call
ARCHIVE_S = 600.0  # long, so that the cost of memory counts
LIVE_S = 10.0
LIVE_RATE = 48000  # of most microphones
LIVE_CHUNK = 960  # 20 ms


class _FrontEnd(Protocol):
    """Protocol of a streaming log-mel, of streamer or of a peer."""

    def push(self, samples: Float32, /) -> Float32:
        """Take samples, return frames."""


def comparisons(models: Sequence[str], seconds: float) -> Iterator[Table]:
    """Measure and yield one table after the other.

    Parameters
    ----------
    models : sequence of str
        Names or paths of models; all are timed, and those for sound in their pipeline, too.
    seconds : float
        Time for each table.
    """
    yield compare(
        "log-mel live: 10 ms per call", "µs/hop", 1e6, list(_streaming(REFERENCE, (7.0, 7.0, 300.0))), seconds
    )
    unpadded = dataclasses.replace(REFERENCE, n_fft=REFERENCE.frame_length)
    yield compare(
        f"log-mel live: 10 ms per call, n_fft {unpadded.n_fft}", "µs/hop", 1e6, list(_streaming(unpadded)), seconds
    )
    for n_fft in (256, 1024, 2048):
        settings = dataclasses.replace(REFERENCE, n_fft=n_fft, frame_length=n_fft, hop_length=n_fft // 2, n_mels=32)
        candidates = [c for c in _streaming(settings) if "librosa" not in c.name]
        yield compare(f"log-mel live: n_fft {n_fft} half overlapped, 32 bands", "µs/hop", 1e6, candidates, seconds)
    yield compare("log-mel of archives: 10 minutes per call", "s/hour of sound", 3600.0, list(_archive()), seconds)
    yield from image_comparisons(seconds)
    yield from motion_comparisons(seconds)
    yield flow_comparison(seconds)
    yield compare("classifier", "ms/window", 1e3, [_classifier(name) for name in models], seconds)
    yield compare(
        "whole pipeline: 48 kHz in 20 ms chunks",
        "ms/s of sound",
        1e3,
        [_live(name) for name in models if not _is_for_images(name)],
        seconds,
    )
    yield from pipeline_comparisons(seconds)


def _streaming(
    settings: LogMelSettings, targets: tuple[float | None, float | None, float | None] = (None, None, None)
) -> Iterator[Candidate]:
    kaldi, numpy_scipy, librosa = targets
    prepare = partial(_hops, settings=settings)
    yield Candidate("streamer LogMel.push", partial(prepare, LogMel), N_HOPS)
    yield Candidate("kaldi-native-fbank OnlineFbank", partial(prepare, peers.KaldiStream), N_HOPS, kaldi)
    yield Candidate("numpy + scipy.fft, preallocated", partial(prepare, peers.NumpyScipyStream), N_HOPS, numpy_scipy)
    yield Candidate("librosa, newest frame", partial(prepare, peers.LibrosaStream), N_HOPS, librosa)


def _hops(make: Callable[[LogMelSettings], _FrontEnd], settings: LogMelSettings) -> Callable[[], object]:
    signal = noise_and_tones(N_HOPS * settings.hop_length / settings.sample_rate, settings.sample_rate)
    chunks = [chunk.copy() for chunk in signal.reshape(N_HOPS, settings.hop_length)]
    push = make(settings).push

    def call() -> None:
        for chunk in chunks:
            push(chunk)

    return call


def _archive() -> Iterator[Candidate]:
    signal = noise_and_tones(ARCHIVE_S, REFERENCE.sample_rate)

    def prepare(make: Callable[[LogMelSettings], _FrontEnd]) -> Callable[[], object]:
        return partial(make(REFERENCE).push, signal)

    yield Candidate("streamer log_mel", lambda: lambda: log_mel(signal, REFERENCE), ARCHIVE_S)
    yield Candidate("librosa melspectrogram", partial(prepare, peers.LibrosaBatch), ARCHIVE_S, 4.0)
    yield Candidate("audioflux BFT", partial(prepare, peers.AudiofluxBatch), ARCHIVE_S, 4.0)
    yield Candidate("numpy + scipy.fft in blocks", partial(prepare, peers.NumpyScipyBatch), ARCHIVE_S)


def _classifier(name: str) -> Candidate:
    def prepare() -> Callable[[], object]:
        (model,) = read_models([name])
        classifier = load_classifier(model)
        rows = np.random.default_rng(0).standard_normal(classifier.spec.input_shape).astype(np.float32)
        return lambda: classifier.classify(0.1 * rows)

    # The shipped model must not be slower than YAMNet.
    return Candidate(Path(name).stem, prepare, target=1.0 if "yamnet" in Path(name).stem else None)


def _is_for_images(name: str) -> bool:
    """Return whether a model is for images; False if it cannot be read, which its row then reports."""
    try:
        return TASKS[read_models([name])[0].spec.task].medium == "images"
    except StreamerError:
        return False


def _live(name: str) -> Candidate:
    def prepare() -> Callable[[], object]:
        pipeline = build_pipeline("bench", read_models([name]), Config(), "sound")
        signal = noise_and_tones(LIVE_S, LIVE_RATE)[:, None]
        chunks = [
            Chunk(signal[start : start + LIVE_CHUNK], start, 0, start / LIVE_RATE)
            for start in range(0, len(signal), LIVE_CHUNK)
        ]

        def call() -> None:
            pipeline.begin(SoundFormat(LIVE_RATE, 1, "bench"))
            for chunk in chunks:
                pipeline.step(chunk)

        return call

    return Candidate(Path(name).stem, prepare, LIVE_S)
