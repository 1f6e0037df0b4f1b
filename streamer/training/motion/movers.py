"""Add sprites that oscillate or rotate to a scene."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import cv2
import numpy as np

from streamer.arrays import Float32, Float64, Rng
from streamer.messages import Direction
from streamer.sources.images.paint import texture
from streamer.training.motion.scene import HEIGHT, WIDTH, Light, Sprite, VideoScene, blob, paint_sprite
from streamer.training.motion.signals import HIGHEST, as_float32, frequency, phase, swing

SLOW = 0.06  # cycles per image: the fastest breathing


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Frequencies and place of a rhythm that was added to a scene."""

    lines: tuple[float, ...]  # cycles per image; any of them may be the strongest
    map: Float32 | None = None  # shape (HEIGHT, WIDTH): where brightness changes in phase; None for movement


def sprite_at(paint: Float32, cover: Float32, place: tuple[float, float], n: int) -> Sprite:
    """Return a sprite at rest in all ``n`` images, its centre at ``place``, px."""
    zero, one = np.zeros(n), np.ones(n)
    return Sprite(paint, cover, place, zero, zero, zero, one, one)


def add_oscillation(scene: VideoScene, times: Float64, rng: Rng) -> Rhythm:
    """Add an oscillation: of a tine, string, pendulum, cone, chest, or of the table that the camera stands on."""
    slow = rng.random() < 0.35  # like breathing
    cycles = frequency(times, rng, highest=max(SLOW, 2.2 / (times[-1] - times[0])) if slow else HIGHEST)
    signal = swing(phase(times, cycles, rng.uniform(0, 0.6) * (rng.random() < 0.5), rng), rng)
    size_px = float(np.exp(rng.uniform(np.log(0.02), np.log(6.0))))
    kind = rng.random()
    if kind < (0.75 if slow else 0.15):
        _add_swelling(scene, signal, min(size_px, 2.5), rng)
    elif kind < (0.75 if slow else 0.3):
        _add_string(scene, signal, min(size_px, 3.0), rng)
    else:
        sprite = solid(rng, times.size)
        if kind < (0.82 if slow else 0.5):
            sprite = _pendulum(sprite, signal * size_px / 20)
            scene.sprites.append(sprite)
        elif size_px < 0.4:
            direction = rng.uniform(0, np.pi)
            scene.directions["oscillation"] = axis(direction)
            _add_small_movement(scene, sprite, signal * size_px, direction)
        else:
            direction = rng.uniform(0, np.pi)
            moved = signal * size_px
            scene.directions["oscillation"] = axis(direction)
            scene.sprites.append(dataclasses.replace(sprite, x=moved * np.cos(direction), y=moved * np.sin(direction)))
    return Rhythm((cycles, 2 * cycles))


def add_rotation(scene: VideoScene, times: Float64, rng: Rng) -> Rhythm:
    """Add a wheel with blades or spots, viewed from the front or a side, sometimes behind a grille."""
    n_blades = int(rng.integers(1, 8))
    blade_pass = frequency(times, rng)
    turns = blade_pass / n_blades
    if turns * (times[-1] - times[0]) < 1.0:  # a window must hold a whole turn
        n_blades = 1 + int(rng.integers(0, 3))
        turns = blade_pass / n_blades
    sign = rng.choice([-1, 1])
    angle = sign * phase(times, turns, rng.uniform(0, 0.3) * (rng.random() < 0.3), rng)
    scene.directions["rotation"] = Direction("rotation", sense="clockwise" if sign > 0 else "counter-clockwise")
    radius = float(np.exp(rng.uniform(np.log(6), np.log(40))))
    paint, cover = _wheel(radius, n_blades, rng)
    flat = rng.uniform(0.45, 1.0) if rng.random() < 0.4 else 1.0
    n = times.size
    ones = np.ones(n)
    place = (float(rng.uniform(0.1, 0.9) * WIDTH), float(rng.uniform(0.15, 0.85) * HEIGHT))
    window = None if rng.random() < 0.8 else 1 - blob(rng, 4, 16)
    sprite = Sprite(
        paint,
        cover,
        place,
        np.zeros(n),
        np.zeros(n),
        angle,
        ones * (flat if rng.random() < 0.5 else 1.0),
        ones * flat,
        window,
        float(rng.uniform(-0.3, 0.3)) if rng.random() < 0.2 else 0.0,
        2 if turns > 0.03 else 1,
    )
    scene.sprites.append(sprite)
    if rng.random() < 0.2:
        _add_grille(scene, place, radius, n, rng)
    return Rhythm(tuple(turns * i for i in range(1, 2 * n_blades + 1)))


def axis(angle: float) -> Direction:
    """Return the axis of a movement along (cos ``angle``, sin ``angle``), where y points downwards."""
    deg = -math.degrees(angle) % 180
    return Direction("axis", deg - 180 if deg > 90 else deg, 0.0)


def solid(rng: Rng, n: int) -> Sprite:
    """Return a bar, box, disc or person-sized blob at rest, plain or textured, at a random place."""
    half_width, half_height = np.exp(rng.uniform(np.log(1.5), np.log(22), 2))
    if rng.random() < 0.25:  # a string or tine
        half_width, half_height = rng.uniform(0.6, 3.0), rng.uniform(15, 60)
    height, width = 2 * int(half_height + 3) + 1, 2 * int(half_width + 3) + 1
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = np.abs(x - width // 2), np.abs(y - height // 2)
    if rng.random() < 0.4:
        cover = (1 - np.hypot(x / half_width, y / half_height)) * min(half_width, half_height)
    else:
        cover = np.minimum(half_width - x, half_height - y)
    cover = np.clip(cover / rng.uniform(0.8, 2.0) + 0.5, 0, 1).astype(np.float32)
    paint = rng.uniform(5, 245) + rng.uniform(0, 35) * texture(rng, width, height, 1.2)
    place = (float(rng.uniform(0.05, 0.95) * WIDTH), float(rng.uniform(0.05, 0.95) * HEIGHT))
    lean = rng.uniform(0, np.pi) if rng.random() < 0.6 else rng.choice([0, np.pi / 2])
    return dataclasses.replace(sprite_at(np.clip(paint, 0, 255), cover, place, n), angle=np.full(n, lean))


def patch(background: Float32, cover: Float32, n: int) -> Sprite:
    """Return a part of the background as a sprite."""
    return sprite_at(background, cover, ((WIDTH - 1) / 2, (HEIGHT - 1) / 2), n)


def _add_small_movement(scene: VideoScene, sprite: Sprite, signal: Float64, direction: float) -> None:
    """Add a sprite that moves by less than half a pixel, by the first-order change of brightness at its edges."""
    step = 0.25 * np.array([np.cos(direction), np.sin(direction)])
    sides = []
    for sign in (1, -1):
        image = scene.background.copy()
        place = (sprite.place[0] + sign * step[0], sprite.place[1] + sign * step[1])
        paint_sprite(image, dataclasses.replace(sprite, place=place), 0)
        sides.append(image)
    scene.sprites.append(sprite)
    scene.lights.append(Light(2 * (sides[0] - sides[1]), as_float32(signal)))


def _pendulum(sprite: Sprite, angle: Float64) -> Sprite:
    """Return the sprite as a pendulum that swings about one of its ends; ``angle`` in radians."""
    arm = sprite.paint.shape[0] / 2
    whole = sprite.angle + angle
    x, y = arm * (np.sin(sprite.angle) - np.sin(whole)), arm * (np.cos(whole) - np.cos(sprite.angle))
    return dataclasses.replace(sprite, x=x, y=y, angle=whole)


def _add_swelling(scene: VideoScene, signal: Float64, size_px: float, rng: Rng) -> None:
    """Move a part of the background to and fro, or scale it, like a breathing body or a loudspeaker's cone."""
    cover = blob(rng, 6, 30)
    if rng.random() < 0.3:
        size_px, cover = min(size_px, 1.5), np.ones_like(cover)  # the table that the camera stands on
    direction = rng.uniform(0, 2 * np.pi)
    x, y = size_px * signal * np.cos(direction), size_px * signal * np.sin(direction)
    swelling = rng.random() < 0.4
    if not swelling:
        scene.directions["oscillation"] = axis(direction)
    if size_px < 0.4:
        slope_y, slope_x = np.gradient(scene.background)
        down, right = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
        weight = cover.sum() + 1e-6
        if swelling:
            ahead = (right - (right * cover).sum() / weight) / 12, (down - (down * cover).sum() / weight) / 12
        else:
            ahead = np.float32(np.cos(direction)), np.float32(np.sin(direction))
        change = -cover * (slope_x * ahead[0] + slope_y * ahead[1])
        scene.lights.append(Light(change.astype(np.float32), as_float32(size_px * signal)))
        return
    sprite = patch(scene.background, cover, signal.size)
    if swelling:
        scale = 1 + size_px / 20 * signal
        scene.sprites.append(dataclasses.replace(sprite, scale_x=scale, scale_y=scale))
    else:
        scene.sprites.append(dataclasses.replace(sprite, x=x, y=y))


def _add_string(scene: VideoScene, signal: Float64, size_px: float, rng: Rng) -> None:
    """Add a string that vibrates with one or two half waves along it, in pieces."""
    n_pieces, half_waves = 8, int(rng.integers(1, 3))
    length, lean = rng.uniform(30, 90), rng.uniform(0, np.pi)
    scene.directions["oscillation"] = axis(lean)
    middle = np.array([rng.uniform(0.25, 0.75) * WIDTH, rng.uniform(0.25, 0.75) * HEIGHT])
    along = np.array([-np.sin(lean), np.cos(lean)])
    shade = rng.choice([rng.uniform(5, 60), rng.uniform(190, 250)])
    piece = np.full((int(length / n_pieces) + 2, 7), shade, np.float32)
    profile = np.clip(rng.uniform(0.8, 2.0) + 0.5 - np.abs(np.arange(7) - 3), 0, 1).astype(np.float32)
    cover = np.tile(profile, (piece.shape[0], 1))
    for i in range(n_pieces):
        at = (i + 0.5) / n_pieces
        place = middle + (at - 0.5) * length * along
        moved = size_px * np.sin(np.pi * half_waves * at) * signal
        sprite = sprite_at(piece, cover, (float(place[0]), float(place[1])), signal.size)
        sprite = dataclasses.replace(sprite, angle=np.full(signal.size, lean))
        if size_px < 0.4:
            _add_small_movement(scene, sprite, moved, lean)
        else:
            scene.sprites.append(dataclasses.replace(sprite, x=moved * np.cos(lean), y=moved * np.sin(lean)))


def _wheel(radius: float, n_blades: int, rng: Rng) -> tuple[Float32, Float32]:
    """Return paint and cover of a wheel: open blades, blades on a disc, or a disc with spots."""
    side = 2 * int(radius + 2) + 1
    y, x = np.mgrid[:side, :side].astype(np.float32) - side // 2
    distance, angle = np.hypot(x, y), np.arctan2(y, x)
    inside = np.clip(radius - distance + 0.5, 0, 1)
    dark, light = rng.uniform(5, 120), rng.uniform(60, 245)
    if rng.random() < 0.75:
        duty, twist = rng.uniform(0.15, 0.7), rng.uniform(-0.05, 0.05) if rng.random() < 0.5 else 0.0
        turn = np.mod(n_blades * (angle / (2 * np.pi)) + twist * distance, 1.0)
        edge = np.maximum(n_blades / (2 * np.pi * np.maximum(distance, 1.0)), 0.02)
        blades = np.clip((duty / 2 - np.abs(turn - 0.5)) / edge + 0.5, 0, 1)
    else:
        blades = np.zeros_like(x)
        for i in range(n_blades):
            at = 2 * np.pi * i / n_blades
            far = rng.uniform(0.4, 0.75) * radius
            spot = np.hypot(x - far * np.cos(at), y - far * np.sin(at))
            blades = np.maximum(blades, np.clip(rng.uniform(0.12, 0.3) * radius + 0.5 - spot, 0, 1))
    blades = np.maximum(blades, np.clip(rng.uniform(0.05, 0.2) * radius - distance + 0.5, 0, 1))
    if rng.random() < 0.5:  # open blades: the background shows between them
        return np.full((side, side), light, np.float32), (inside * blades).astype(np.float32)
    return (dark + (light - dark) * blades).astype(np.float32), inside.astype(np.float32)


def _add_grille(scene: VideoScene, place: tuple[float, float], radius: float, n: int, rng: Rng) -> None:
    """Add resting rings or bars in front of a wheel."""
    side = 2 * int(radius + 4) + 1
    y, x = np.mgrid[:side, :side].astype(np.float32) - side // 2
    distance = np.hypot(x, y) if rng.random() < 0.5 else np.abs(x)
    cover = (np.mod(distance, rng.uniform(4, 9)) < 1.3) * np.clip(radius + 2 - np.hypot(x, y), 0, 1)
    cover = cv2.GaussianBlur(cover.astype(np.float32), (0, 0), 0.5)
    scene.sprites.append(sprite_at(np.full_like(cover, rng.uniform(10, 200)), cover, place, n))
