"""Simulate small films that a video coder has coded and decoded again, as situations."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.random import Generator

from streamer.arrays import Float32, Float64, UInt8
from streamer.bench.camera_noise import power_law
from streamer.bench.situations import COLUMNS, FPS, ROWS, Situation
from streamer.periodicity.coded_types import type_number

CELL_PX = 10
HEIGHT, WIDTH = ROWS * CELL_PX, COLUMNS * CELL_PX  # 90 × 160
N_IMAGES = 240
MARGIN_PX = 16


def coded(images: UInt8, rng: Generator) -> tuple[Float64, Float32]:
    """Return grey images after H.264 of a random rate, key-image distance and B-image count, and how each was coded.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width)
    rng : Generator
        Source of randomness.
    """
    import av
    from av.video.frame import PictureType

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        options = {
            "crf": str(int(rng.integers(18, 36))), "g": str(int(rng.choice([5, 12, 15, 25, 30, 50, 60, 250]))),
            "bf": str(int(rng.integers(0, 4))), "preset": str(rng.choice(["veryfast", "medium"])), "threads": "1",
        }  # fmt: skip
        stream = container.add_stream("libx264", rate=Fraction(round(FPS)), options=options)
        stream.width, stream.height, stream.pix_fmt = images.shape[2], images.shape[1], "yuv420p"
        for image in images:
            frame = av.VideoFrame.from_ndarray(image, format="gray")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r") as coded_film:
        frames = list(coded_film.decode(video=0))
    kinds = np.array([type_number(PictureType(int(frame.pict_type)).name) for frame in frames], np.float32)
    return np.array([frame.to_ndarray(format="gray") for frame in frames], np.float64), kinds


def _film(shift_px: Float64, rng: Generator, bar_px: Float64 | None = None) -> UInt8:
    """Return a textured scene that moves by ``shift_px``, shape (n, 2), with a dark bar that moves by ``bar_px``."""
    size = HEIGHT + 2 * MARGIN_PX, WIDTH + 2 * MARGIN_PX
    hz = np.hypot(np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1]))
    hz[0, 0] = 1
    spectrum = (rng.standard_normal(hz.shape) + 1j * rng.standard_normal(hz.shape)) / hz**1.2
    rows, columns = np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])
    scale = 25 / np.fft.irfft2(spectrum, size).std()
    x = np.arange(WIDTH) + 0.5
    images = np.empty((shift_px.shape[0], HEIGHT, WIDTH), np.uint8)
    for k, (down, right) in enumerate(shift_px):
        moved = np.fft.irfft2(spectrum * np.exp(-2j * np.pi * (rows * down + columns * right)), size)
        image = 120 + scale * moved[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
        if bar_px is not None:
            left = 70 + bar_px[k]
            image += (30 - image) * np.clip(x - left + 0.5, 0, 1) * np.clip(left + 12 - x + 0.5, 0, 1)
        images[k] = np.clip(image + rng.normal(0, 1.5, image.shape), 0, 255)
    return images


def _cells(images: Float64) -> Float64:
    return np.asarray(images.reshape(-1, ROWS, CELL_PX, COLUMNS, CELL_PX).mean(axis=(2, 4)).reshape(-1, ROWS * COLUMNS))


def _made(images: UInt8, rng: Generator, *truths_hz: float) -> Situation:
    decoded, kinds = coded(images, rng)
    series = _cells(decoded).astype(np.float32)
    times_s = np.arange(series.shape[0]) / FPS
    return Situation(series, times_s, tuple((hz, hz) for hz in truths_hz), stated=bool(truths_hz), kinds=kinds)


def still(rng: Generator) -> Situation:
    """A scene in which nothing moves."""
    return _made(_film(np.zeros((N_IMAGES, 2)), rng), rng)


def shaken(rng: Generator) -> Situation:
    """A camera in the hand."""
    return _made(_film(rng.uniform(0.5, 3) * power_law(N_IMAGES, 2, 2.0, rng), rng), rng)


def vibrating(rng: Generator) -> Situation:
    """A bar that vibrates by a pixel or more."""
    hz = rng.uniform(0.8, 6.5)
    bar_px = rng.uniform(1, 5) * np.sin(2 * np.pi * hz * np.arange(N_IMAGES) / FPS)
    return _made(_film(np.zeros((N_IMAGES, 2)), rng, bar_px), rng, hz)


CODED: dict[str, Callable[[Generator], Situation]] = {
    "still, H.264": still,
    "hand-held, H.264": shaken,
    "vibration, H.264": vibrating,
}
