"""Measure the cost of a live camera after capture: spectra, models, measurements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from streamer.arrays import UInt8
from streamer.bench.measure import Candidate, Table, compare
from streamer.build import build_pipeline, read_models
from streamer.config import Config
from streamer.messages import Image, ImageFormat

FPS = 30.0
SECONDS = 10.0
HEIGHT, WIDTH = 480, 640


def pipeline_comparisons(seconds: float) -> Iterator[Table]:
    """Measure the whole image pipeline, with the shipped models and without models."""
    candidates = [
        Candidate("pattern and motion", partial(_live, ("pattern", "motion")), SECONDS),
        Candidate("measurements alone", partial(_live, ()), SECONDS),
    ]
    yield compare(
        "whole pipeline: 640×480 at 30 images/s, 80 ms/s are 8 % of a core", "ms/s of images", 1e3, candidates, seconds
    )


def _live(names: tuple[str, ...]) -> Callable[[], object]:
    config = Config()
    models = read_models(names)
    pipeline = build_pipeline("bench", models, config, "images")
    video = list(_loop(round(FPS)))
    images = [Image(video[k % len(video)], k, 0, k / FPS, 0.0) for k in range(round(SECONDS * FPS))]

    def call() -> None:
        pipeline.begin(ImageFormat(WIDTH, HEIGHT, FPS, "bench"))
        for image in images:
            pipeline.step(image)

    return call


def _loop(n_images: int) -> Iterator[UInt8]:
    """Yield images of stripes, a corner that flickers at 2 Hz, and noise; few, and repeated, to save memory."""
    rng = np.random.default_rng(0)
    stripes = 110 + 30 * np.sin(2 * np.pi * np.arange(WIDTH) / 17.0)
    for index in range(n_images):
        grey = stripes + 4 * rng.standard_normal((HEIGHT, WIDTH))
        grey[:120, :160] += 20 * np.sin(2 * np.pi * 2.0 * index / FPS)
        yield np.repeat(np.clip(np.rint(grey), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
