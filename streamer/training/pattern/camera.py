"""Simulate how a picture is taken: light, lens, motion, sensor, tone curve, compression."""

from __future__ import annotations

import cv2
import numpy as np

from streamer.arrays import Float32, Rng, UInt8
from streamer.training.pattern.noise import blob_mask, natural_noise
from streamer.training.pattern.plane import pixel_grid


def light(picture: Float32, rng: Rng) -> Float32:
    """Return the picture under uneven light: a gradient, soft patches, a shadow's edge, a highlight."""
    side = len(picture)
    if rng.random() < 0.6:
        x, y = pixel_grid(side)
        way, strength = rng.uniform(0.0, 2 * np.pi), rng.uniform(0.0, 0.8)
        picture = picture * (1.0 + np.float32(strength * np.cos(way)) * x + np.float32(strength * np.sin(way)) * y)
    if rng.random() < 0.3:
        patches = natural_noise(side, rng, rng.uniform(1.5, 2.5))
        picture = picture * (1.0 + (patches - 0.5) * np.float32(rng.uniform(0.3, 1.2)))
    if rng.random() < 0.2:
        shadow = blob_mask(side, rng.uniform(0.1, 0.6), rng).astype(np.float32)
        soft = cv2.GaussianBlur(shadow, (0, 0), rng.uniform(0.5, 12.0))
        picture = picture * (1.0 - np.float32(rng.uniform(0.2, 0.7)) * soft)
    if rng.random() < 0.1:
        x, y = pixel_grid(side)
        place = rng.uniform(-0.5, 0.5, 2).astype(np.float32)
        near = ((x - place[0]) ** 2 + (y - place[1]) ** 2) / np.float32(rng.uniform(0.005, 0.1))
        picture = picture + np.float32(rng.uniform(0.2, 1.0)) * np.exp(-near)
    return np.asarray(picture, np.float32)


def blur(picture: Float32, rng: Rng, largest_px: float) -> Float32:
    """Return the picture out of focus or blurred by motion, by no more than ``largest_px`` (standard deviation)."""
    kind, size = rng.random(), largest_px * rng.random() ** 1.5
    if kind < 0.5:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(size, 0.2)), np.float32)
    if kind < 0.65:  # defocus: a disc
        radius = max(1, round(2.0 * size))
        y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
        disc = (x * x + y * y <= (radius + 0.3) ** 2).astype(np.float32)
        return np.asarray(cv2.filter2D(picture, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT), np.float32)
    if kind < 0.8:  # motion: a short line
        reach = max(1, round(1.7 * size))
        kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
        turn = rng.uniform(0.0, np.pi)
        step = np.array([np.cos(turn), np.sin(turn)]) * reach
        ends = [(round(reach - step[0]), round(reach - step[1])), (round(reach + step[0]), round(reach + step[1]))]
        cv2.line(kernel, ends[0], ends[1], 1.0, 1)
        return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT), np.float32)
    return picture


def expose(picture: Float32, rng: Rng, contrast: float) -> Float32:
    """Return the picture with its shades brought to ``contrast`` (of full scale), sometimes turned negative."""
    low, high = np.quantile(picture[::4, ::4], (0.01, 0.99))
    values = (picture - low) / max(high - low, 0.02)
    if rng.random() < 0.3:
        values = 1.0 - values
    if rng.random() < 0.5:
        values = np.maximum(values, 0.0) ** np.float32(np.exp(rng.normal(0.0, 0.4)))
    start = rng.uniform(0.0, 1.0 - contrast) if contrast < 1.0 else (1.0 - contrast) / 2  # beyond 1: clipped
    return np.asarray(start + values * contrast, np.float32)


def record(picture: Float32, rng: Rng, noise: float) -> UInt8:
    """Return the picture as in a file: with sensor noise, in 8 bits, sharpened, compressed, resized."""
    side = len(picture)
    if noise > 0.0:
        grain = rng.standard_normal((side, side), np.float32)
        if rng.random() < 0.3:  # correlated, by demosaicing or coarse film grain
            grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.5, 1.2)), np.float32)
        picture = picture + grain * np.float32(noise)
    if rng.random() < 0.2:
        picture = picture + (picture - cv2.GaussianBlur(picture, (0, 0), 1.5)) * np.float32(rng.uniform(0.2, 1.0))
    pixels = np.clip(picture * 255.0, 0.0, 255.0).astype(np.uint8)
    if rng.random() < 0.15:
        other = int(side * rng.uniform(0.5, 1.0))
        pixels = np.asarray(cv2.resize(pixels, (other, other), interpolation=cv2.INTER_AREA), np.uint8)
    if rng.random() < 0.6:
        quality = int(rng.integers(30, 96))
        coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        pixels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
    return np.asarray(pixels)
