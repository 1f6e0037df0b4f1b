"""Simulate the camera of synthetic videos: shake, exposure, noise, eight bits, compression."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np

from streamer.arrays import Float32, Float64, Rng, UInt8
from streamer.training.motion.signals import as_float32, wander


def shake(times: Float64, rng: Rng) -> tuple[Float64, Float64]:
    """Return the camera's position, x and y in px, shape (n_images,) each: on a stand, or in an unsteady hand."""
    kind = rng.random()
    if kind < 0.45:
        return np.zeros(times.size), np.zeros(times.size)
    size = np.exp(rng.uniform(np.log(0.004), np.log(0.06 if kind < 0.85 else 0.4)))
    pace = float(np.exp(rng.uniform(np.log(0.004), np.log(0.05))))
    return size * wander(times, pace, rng), size * rng.uniform(0.5, 1.0) * wander(times, pace, rng)


def record(images: Float32, times: Float64, rng: Rng) -> UInt8:
    """Return the images as the camera delivers them, shape (n_images, height, width); ``images`` is overwritten."""
    _expose(images, times, rng)
    if rng.random() < 0.5:
        _add_slow_noise(images, times, rng)
    noise = float(np.exp(rng.uniform(np.log(0.05), np.log(3.0))))  # grey levels
    shot = rng.uniform(0.0, 1.0)
    level = noise * np.sqrt((1 - shot) + shot * np.maximum(images.mean(axis=0), 0) / 128)
    if rng.random() < 0.06:  # a computer-made or long averaged video
        level *= 0.1
    images += rng.standard_normal(images.shape, np.float32) * level
    kind = rng.random()
    if kind < 0.35:
        _compress(images, rng)
    np.clip(images, 0, 255, out=images)
    recorded = np.rint(images, out=images).astype(np.uint8)
    return _through_codec(recorded, rng) if 0.35 <= kind < 0.42 else recorded


def _expose(images: Float32, times: Float64, rng: Rng) -> None:
    """Change the brightness of whole images in place: automatic exposure, clouds, a lamp switched on."""
    kind = rng.random()
    if kind < 0.5:
        return
    n = times.size
    if kind < 0.75:  # slow and smooth
        signal = np.exp(rng.uniform(np.log(0.002), np.log(0.06))) * wander(times, float(rng.uniform(0.001, 0.006)), rng)
    elif kind < 0.88:  # a step, sharp or taking some images
        at = rng.uniform(0, n)
        signal = rng.choice([-1, 1]) * rng.uniform(0.01, 0.2) / (1 + np.exp((at - np.arange(n)) / rng.uniform(0.2, 8)))
    else:  # hunting: it overshoots now and then, and settles
        at = rng.uniform(-20, n - 20)
        since = np.maximum(np.arange(n) - at, 0)
        signal = rng.uniform(0.01, 0.1) * np.exp(-since / rng.uniform(4, 15)) * np.cos(since / rng.uniform(3, 8))
        signal = np.where(since > 0, signal, 0.0)
    images *= as_float32(1 + signal)[:, None, None]


def _add_slow_noise(images: Float32, times: Float64, rng: Rng) -> None:
    """Add faint, slow noise in patches: shadows, and errors of compression that come and go."""
    size = float(np.exp(rng.uniform(np.log(0.01), np.log(0.4))))
    for n_rows, n_columns in ((3, 5), (9, 16), (18, 32)):
        pace = float(np.exp(rng.uniform(np.log(0.002), np.log(0.03))))
        for _ in range(3):
            rough = rng.standard_normal((n_rows, n_columns), np.float32) * np.float32(size)
            where = cv2.resize(rough, images.shape[:0:-1], interpolation=cv2.INTER_LINEAR)
            images += as_float32(wander(times, pace, rng))[:, None, None] * where


def _compress(images: Float32, rng: Rng) -> None:
    """Simulate a video codec: small changes are not sent, and every key image has a new error."""
    interval, dead = int(rng.integers(10, 60)), float(rng.uniform(0.3, 3.0))
    error = float(np.exp(rng.uniform(np.log(0.05), np.log(1.0))))
    held = images[0].copy()
    start = int(rng.integers(0, interval))
    for i, image in enumerate(images):
        if (i + start) % interval == 0:
            rough = rng.standard_normal((18, 32), np.float32) * np.float32(error)
            held = image + cv2.resize(rough, image.shape[::-1], interpolation=cv2.INTER_LINEAR)
        else:
            change = image - held
            sent = cv2.boxFilter(np.abs(change), -1, (4, 4)) > dead
            held = np.where(sent, image, held + np.float32(0.15) * change)
        images[i] = held


def _through_codec(images: UInt8, rng: Rng) -> UInt8:
    """Return the images encoded by one of OpenCV's own encoders and decoded again."""
    name, ending = (("MJPG", "avi"), ("mp4v", "mp4"))[int(rng.integers(2))]
    n, height, width = images.shape
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / f"video.{ending}")
        writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*name), 30.0, (2 * width, 2 * height))
        for image in images:
            writer.write(cv2.cvtColor(cv2.resize(image, (2 * width, 2 * height)), cv2.COLOR_GRAY2BGR))
        writer.release()
        reader = cv2.VideoCapture(path)
        read = [image for good, image in (reader.read() for _ in range(n)) if good]
        reader.release()
    if len(read) != n:  # this OpenCV lacks the encoder
        return images
    grey = (cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in read)
    return np.stack([cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA) for image in grey])
