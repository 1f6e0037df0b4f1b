"""Add movement without a rhythm of its own to a scene, or to its camera."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from streamer.arrays import Float32, Float64, Rng
from streamer.messages import Direction
from streamer.sources.images.paint import texture
from streamer.training.motion.movers import patch, solid, sprite_at
from streamer.training.motion.scene import HEIGHT, WIDTH, Sprite, VideoScene, blob
from streamer.training.motion.signals import frequency, wander


def add_drift(scene: VideoScene, times: Float64, rng: Rng) -> None:
    """Add movement without a rhythm of its own: walkers, a sliding cloth, leaves in the wind, flowing texture."""
    kind = rng.random()
    n = times.size
    if kind < 0.3:
        n_walkers = rng.integers(1, 4)
        for _ in range(n_walkers):
            sprite = solid(rng, n)
            x, y = _walk(times, rng), _walk(times, rng) * rng.uniform(0, 1)
            if n_walkers == 1:
                scene.directions["drift"] = travel(x, y)
            turn = 0.3 * wander(times, 0.02, rng) * (rng.random() < 0.3)
            scene.sprites.append(dataclasses.replace(sprite, x=x, y=y, angle=turn))
    elif kind < 0.65:
        sprite, is_across = _cloth(times, rng)
        if is_across:  # of what slides along its own stripes they show a part only
            scene.directions["drift"] = travel(sprite.x, sprite.y)
        scene.sprites.append(sprite)
    elif kind < 0.85:
        pace = float(np.exp(rng.uniform(np.log(0.008), np.log(0.08))))
        for _ in range(rng.integers(3, 9)):
            sprite = patch(scene.background, blob(rng, 4, 14), n)
            x, y = (rng.uniform(0.3, 2.5) * wander(times, pace, rng) for _ in range(2))
            scene.sprites.append(dataclasses.replace(sprite, x=x, y=y))
    else:
        sprite = _surface(texture(rng, 3 * WIDTH, 3 * HEIGHT, rng.uniform(0.8, 1.4)), rng.uniform(8, 40), n, rng)
        x, y = _walk(times, rng) * 0.8, _walk(times, rng) * 0.5
        scene.directions["drift"] = travel(x, y)
        scene.sprites.append(dataclasses.replace(sprite, x=x, y=y))


def travel(x: Float64, y: Float64) -> Direction:
    """Return the direction from the positions in all images, in which it may start anew now and then."""
    steps_x, steps_y = np.diff(x), np.diff(y)
    steps = np.hypot(steps_x, steps_y)
    usual = steps <= 4 * np.median(steps)
    return Direction("travel", math.degrees(math.atan2(-steps_y[usual].sum(), steps_x[usual].sum())), 0.0)


def pan(times: Float64, rng: Rng) -> tuple[Float64, Float64]:
    """Return the path of a camera that is moved on purpose, in px: at most half the image's width."""
    return 0.4 * _walk(times, rng), 0.2 * _walk(times, rng)


def _walk(times: Float64, rng: Rng) -> Float64:
    """Return positions in px along a way: at a steady or changing pace, or in one smooth step."""
    place = np.linspace(-0.5, 0.5, times.size)
    far = rng.choice([-1, 1]) * np.exp(rng.uniform(np.log(4), np.log(110)))
    form = rng.random()
    if form < 0.5:
        return np.asarray(far * place)
    if form < 0.75:
        return np.asarray(far * (place + rng.uniform(0.03, 0.15) * wander(times, 0.01, rng)))
    return np.asarray(0.5 * far / (1 + np.exp(-rng.uniform(6, 40) * (place - rng.uniform(-0.4, 0.4)))))


def _surface(field: Float32, contrast: float, n: int, rng: Rng) -> Sprite:
    """Return a large sheet, visible in a part of the image."""
    paint = np.clip(rng.uniform(50, 190) + np.float32(contrast) * field, 0, 250).astype(np.float32)
    window = blob(rng, 10, 60)
    return dataclasses.replace(sprite_at(paint, np.ones_like(paint), (WIDTH / 2, HEIGHT / 2), n), window=window)


def _cloth(times: Float64, rng: Rng) -> tuple[Sprite, bool]:
    """Return a sliding cloth with stripes, checks or weave, and whether it moves across its stripes."""
    y, x = np.mgrid[: 3 * HEIGHT, : 3 * WIDTH].astype(np.float32)
    direction, period = rng.uniform(0, np.pi), float(np.exp(rng.uniform(np.log(5), np.log(40))))
    along = 2 * np.pi * (x * np.cos(direction) + y * np.sin(direction)) / period
    stripe = np.sin(along)
    if rng.random() < 0.5:
        stripe = np.tanh(rng.uniform(1, 6) * (stripe - rng.uniform(-0.6, 0.6)))
    if rng.random() < 0.25:
        across = (y * np.cos(direction) - x * np.sin(direction)) / (period * rng.uniform(0.7, 1.4))
        stripe = stripe * np.sin(2 * np.pi * across)
    stripe = stripe + rng.uniform(0, 0.4) * texture(rng, 3 * WIDTH, 3 * HEIGHT, 1.1)
    sprite = _surface(stripe.astype(np.float32), rng.uniform(5, 80), times.size, rng)
    if rng.random() < 0.3:
        sprite = dataclasses.replace(sprite, window=np.ones((HEIGHT, WIDTH), np.float32))
    if rng.random() < 0.7:  # a steady pace, of up to 0.4 stripes per image
        pace = frequency(times, rng, 1.0, 0.4) * period * rng.choice([-1, 1])
        moved = np.mod(pace * (times - times.mean()) + period / 2, period) - period / 2
        if rng.random() < 0.3:
            moved = moved + rng.uniform(0.05, 0.3) * period * wander(times, 0.005, rng)
        way = direction + rng.uniform(-0.5, 0.5) * (rng.random() < 0.3)
    else:
        moved, way = np.clip(_walk(times, rng), -WIDTH, WIDTH) * 0.6, direction
    return dataclasses.replace(sprite, x=moved * np.cos(way), y=moved * np.sin(way)), way == direction
