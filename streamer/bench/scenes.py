"""Synthetic scenes with patterns whose periods are known, and scenes without any, as cameras and scanners give them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from streamer.arrays import Float64, UInt8
from streamer.training.pattern.noise import bumps, natural_noise
from streamer.training.pattern.scenery import scenery

FINER = 3  # samples per pixel and axis; their mean is the pixel
WIDTH, HEIGHT = 640, 480


@dataclass(frozen=True, slots=True)
class Wave:
    """A wave that may be stated: its period, or the range of it in the scene, and its angle."""

    least_px: float
    greatest_px: float
    angle_deg: float
    spread_deg: float = 0.0  # by which the angle differs in the scene

    @property
    def is_steady(self) -> bool:
        """Whether its period is the same all over."""
        return self.least_px == self.greatest_px and not self.spread_deg


@dataclass(frozen=True, slots=True)
class Truth:
    """A pattern in a scene."""

    lattices: tuple[str, ...]  # what it may be called
    waves: tuple[Wave, ...]  # any of which may be a base vector


Scene = tuple[UInt8, tuple[Truth, ...]]  # a picture, grey or blue-green-red, and the patterns in it


def steady(period_px: float, angle_deg: float) -> Truth:
    """Return the truth of stripes."""
    return Truth(("stripes",), (Wave(period_px, period_px, angle_deg),))


def lattice(a: tuple[float, float], b: tuple[float, float], kind: str = "grid") -> Truth:
    """Return the truth of a lattice with two base waves (period, angle): they, their sum and their difference."""
    vectors = [np.array([-math.sin(math.radians(t)), math.cos(math.radians(t))]) / p for p, t in (a, b)]
    found = []
    for vector in (*vectors, vectors[0] + vectors[1], vectors[0] - vectors[1]):
        period = 1 / float(np.hypot(*vector))
        found.append(Wave(period, period, math.degrees(math.atan2(-vector[0], vector[1]))))
    return Truth((kind,), tuple(found))


def pixels(levels: Float64) -> UInt8:
    """Return grey levels as a picture."""
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def fine_grid(width: int, height: int, finer: int = FINER) -> tuple[Float64, Float64]:
    """Return x and y of the fine samples, in pixels."""
    y, x = np.mgrid[: height * finer, : width * finer]
    return (x + 0.5) / finer, (y + 0.5) / finer


def means(fine: Float64, finer: int = FINER) -> Float64:
    """Return the pixels of fine samples."""
    height, width = fine.shape[0] // finer, fine.shape[1] // finer
    return np.asarray(fine.reshape(height, finer, width, finer).mean(axis=(1, 3)), np.float64)


def phase(x: Float64, y: Float64, period_px: float, angle_deg: float) -> Float64:
    """Return the phase of a wave in cycles."""
    angle = math.radians(angle_deg)
    return np.asarray((x * math.cos(angle) - y * math.sin(angle)) / period_px, np.float64)


def _bars(cycles: Float64, duty: float = 0.5) -> Float64:
    return np.asarray((np.mod(cycles, 1.0) < duty).astype(np.float64), np.float64)


def _log_uniform(rng: Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _noisy(levels: Float64, rng: Generator) -> UInt8:
    return pixels(levels + rng.uniform(0.5, 6.0) * rng.standard_normal(levels.shape))


def _behind(rng: Generator, side: int = 240) -> Float64:
    """Return natural scenery in grey levels."""
    enlarged = cv2.resize(scenery(side, rng), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged * 210.0, np.float64)


def stripes(rng: Generator, least_px: float = 2.3, greatest_px: float = 5.0, shape: Sequence[int] = ()) -> Scene:
    """Return sinusoidal stripes all over the picture."""
    width, height = shape or (WIDTH, HEIGHT)
    period, angle = _log_uniform(rng, least_px, greatest_px), float(rng.uniform(-90, 90))
    if width > 20 * height or height > 20 * width:
        angle = float(rng.uniform(-25, 25)) + (90 if height > width else 0)
    y, x = np.mgrid[:height, :width].astype(np.float64)
    wave = np.cos(2 * np.pi * (phase(x, y, period, angle) + rng.uniform()))
    return _noisy(128 + rng.uniform(10, 100) * wave, rng), (steady(period, angle),)


def too_fine(rng: Generator) -> Scene:
    """Return bars finer than can be measured: neither they nor what their harmonics fold to may be stated."""
    period, angle = float(rng.uniform(2.02, 2.18)), float(rng.uniform(-90, 90))
    x, y = fine_grid(320, 240)
    return _noisy(50 + 150 * means(_bars(phase(x, y, period, angle) + rng.uniform())), rng), ()


def sharp_bars(rng: Generator) -> Scene:
    """Return bars sampled without any filter, whose harmonics fold: a line pattern drawn by a program."""
    period, angle = _log_uniform(rng, 4.5, 40.0), float(rng.uniform(-90, 90))
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    return pixels(60 + 120 * _bars(phase(x, y, period, angle) + rng.uniform(), rng.uniform(0.2, 0.8))), (
        steady(period, angle),
    )


def thin_lines(rng: Generator) -> Scene:
    """Return thin lines far apart, most of whose power is in high harmonics."""
    period, angle = _log_uniform(rng, 15.0, 80.0), float(rng.uniform(-90, 90))
    x, y = fine_grid(WIDTH, HEIGHT, 2)
    bars = means(_bars(phase(x, y, period, angle) + rng.uniform(), max(1.5 / period, rng.uniform(0.04, 0.12))), 2)
    return _noisy(60 + 150 * bars, rng), (steady(period, angle),)


def missing_fundamental(rng: Generator) -> Scene:
    """Return the second and third harmonic of a wave that is not there itself."""
    period, angle = _log_uniform(rng, 12.0, 60.0), float(rng.uniform(-90, 90))
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    cycles = phase(x, y, period, angle) + rng.uniform()
    levels = 128 + 40 * np.cos(4 * np.pi * cycles) + 40 * np.cos(6 * np.pi * cycles + rng.uniform(0, 6))
    return _noisy(levels, rng), (steady(period, angle),)


def side_by_side(rng: Generator) -> Scene:
    """Return two halves with stripes of different period and angle."""
    periods = [_log_uniform(rng, 5.0, 25.0)]
    periods.append(periods[0] * float(rng.choice([rng.uniform(0.4, 0.7), rng.uniform(1.4, 2.5)])))
    angles = [float(rng.uniform(-90, 90))]
    angles.append((angles[0] + float(rng.uniform(25, 155)) + 90) % 180 - 90)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    waves = [np.cos(2 * np.pi * (phase(x, y, p, a) + rng.uniform())) for p, a in zip(periods, angles, strict=True)]
    first = x < WIDTH * rng.uniform(0.4, 0.6) if rng.random() < 0.5 else y < HEIGHT * rng.uniform(0.4, 0.6)
    truths = tuple(steady(p, a) for p, a in zip(periods, angles, strict=True))
    return _noisy(128 + 60 * np.where(first, *waves), rng), truths


def corner(rng: Generator) -> Scene:
    """Return bars in a corner, on a surface of another shade."""
    period, angle = _log_uniform(rng, 4.0, 18.0), float(rng.uniform(-90, 90))
    x, y = fine_grid(WIDTH, HEIGHT, 2)
    width, height = rng.uniform(0.25, 0.5) * WIDTH, rng.uniform(0.3, 0.5) * HEIGHT
    inside = (x < width) & (y < height)
    levels = means(np.where(inside, 40 + 150 * _bars(phase(x, y, period, angle)), rng.uniform(30, 200)), 2)
    return np.ascontiguousarray(np.rot90(_noisy(levels, rng), int(rng.integers(2)) * 2)), (steady(period, angle),)


def strip(rng: Generator) -> Scene:
    """Return a long narrow picture, as from a line camera."""
    return stripes(rng, 4.0, 60.0, (3000, 20) if rng.random() < 0.7 else (20, 2000))


def perspective(rng: Generator) -> Scene:
    """Return bars on a floor: their period changes across the picture by up to a factor of two."""
    period, steep = _log_uniform(rng, 10.0, 22.0), float(rng.uniform(0.1, 0.32)) * float(rng.choice([-1, 1]))
    x, y = fine_grid(WIDTH, HEIGHT, 2)
    u, v = x / WIDTH - 0.5, y / HEIGHT - 0.5
    depth = 1 + 2 * steep * v
    along = u * WIDTH / depth  # bars that run away from the camera, to a vanishing point
    levels = means(50 + 150 * _bars(along / period + rng.uniform()), 2)
    slant = math.degrees(math.atan(steep * 2 * 0.5 * WIDTH / HEIGHT / (1 - abs(steep)))) + 1
    return _noisy(levels, rng), (
        Truth(("stripes",), (Wave(period * (1 - abs(steep)) * 0.9, period * (1 + abs(steep)), 0.0, abs(slant)),)),
    )


def fisheye(rng: Generator) -> Scene:
    """Return a mesh through a lens that makes its edges smaller."""
    period, bend = _log_uniform(rng, 14.0, 22.0), float(rng.uniform(0.1, 0.3))
    x, y = fine_grid(WIDTH, HEIGHT, 2)
    u, v = (x - WIDTH / 2) / HEIGHT, (y - HEIGHT / 2) / HEIGHT
    stretch = 1 + bend * (u * u + v * v)
    u, v = u * stretch * HEIGHT, v * stretch * HEIGHT
    levels = 40 + 150 * np.maximum(_bars(u / period, 0.25), _bars(v / period, 0.25))
    ends = 1 + 3 * bend * (0.25 + (WIDTH / HEIGHT / 2) ** 2)
    waves = [Wave(period / ends, period, 90.0 * k, 15.0) for k in (0, 1)]
    waves += [Wave(period / ends / 1.42, period / 1.41, 45.0 * k, 20.0) for k in (1, -1)]
    return _noisy(means(levels, 2), rng), (Truth(("grid",), tuple(waves)),)


def mesh(rng: Generator) -> Scene:
    """Return crossing lines of different pitch and any angle."""
    a = (_log_uniform(rng, 8.0, 30.0), float(rng.uniform(-90, 90)))
    b = (a[0] * float(rng.uniform(1.15, 1.5)), a[1] + float(rng.uniform(80, 100)))
    x, y = fine_grid(WIDTH, HEIGHT, 2)
    lines = np.maximum(*(_bars(phase(x, y, *wave) + rng.uniform(), rng.uniform(0.2, 0.5)) for wave in (a, b)))
    return _noisy(50 + 140 * means(lines, 2), rng), (lattice(a, b),)


def bricks(rng: Generator) -> Scene:
    """Return a wall of bricks, each row shifted by half a brick."""
    height = _log_uniform(rng, 10.0, 24.0)
    width = height * float(rng.uniform(2.2, 3.2))
    x, y = fine_grid(WIDTH, HEIGHT, 2)
    row = np.floor(y / height)
    joint = rng.uniform(0.08, 0.16) * height
    inside = (np.mod(x + (row % 2) * width / 2, width) > joint) & (np.mod(y, height) > joint)
    shades = rng.uniform(0.75, 1.0, (64, 64))[
        row.astype(int) % 64, np.floor((x + (row % 2) * width / 2) / width).astype(int) % 64
    ]
    levels = means(np.where(inside, 150 * shades, 60.0), 2)
    # Its waves: (1/width, ±1/(2 height)), and their sum (2/width, 0) and difference (0, 1/height).
    period = 1 / math.hypot(1 / width, 0.5 / height)
    angle = math.degrees(math.atan2(0.5 / height, 1 / width))
    found = lattice((period, angle), (period, -angle))
    rows = Wave(height, height, 90.0)  # the rows alone are stripes
    return _noisy(levels, rng), (Truth(("grid", "hexagonal", "stripes"), (*found.waves, rows)),)


def halftone(rng: Generator) -> Scene:
    """Return a print's screen of dots."""
    pitch, angle = _log_uniform(rng, 4.0, 9.0), float(rng.uniform(0, 90))
    x, y = fine_grid(WIDTH, HEIGHT, FINER)
    tone = np.asarray(cv2.resize(natural_noise(160, rng, 2.0), (WIDTH * FINER, HEIGHT * FINER)), np.float64)
    screen = (np.cos(2 * np.pi * phase(x, y, pitch, angle)) + np.cos(2 * np.pi * phase(x, y, pitch, angle + 90))) / 4
    return _noisy(means(np.asarray(220.0 * (screen + 0.5 < 0.25 + 0.5 * tone), np.float64)), rng), (
        lattice((pitch, angle), (pitch, angle + 90)),
    )


def coloured(rng: Generator) -> Scene:
    """Return stripes of two colours of the same grey."""
    period, angle = _log_uniform(rng, 6.0, 40.0), float(rng.uniform(-90, 90))
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    wave = np.cos(2 * np.pi * (phase(x, y, period, angle) + rng.uniform()))
    amount = rng.uniform(20, 70)
    if rng.random() < 0.5:  # red and green; else blue and yellow
        levels = np.stack([np.full_like(x, 110.0), 110 - amount * wave * 0.299 / 0.587, 110 + amount * wave], -1)
    else:
        levels = np.stack([110 + amount * wave, *[110 - amount * wave * 0.114 / 0.886] * 2], -1)
    return _noisy(levels, rng), (steady(period, angle),)


def over_scenery(rng: Generator) -> Scene:
    """Return a patch of bars in front of natural scenery, in JPEG."""
    period, angle = _log_uniform(rng, 5.0, 20.0), float(rng.uniform(-90, 90))
    x, y = fine_grid(WIDTH, HEIGHT, 2)
    behind = _behind(rng)
    near = np.hypot((x - WIDTH * rng.uniform(0.3, 0.7)) / WIDTH, (y - HEIGHT * rng.uniform(0.3, 0.7)) / HEIGHT) < 0.25
    patch, where = means(40 + 150 * _bars(phase(x, y, period, angle)), 2), means(near.astype(np.float64), 2)
    return compressed(_noisy(behind * (1 - where) + patch * where, rng), int(rng.integers(50, 95))), (
        steady(period, angle),
    )


def text_page(rng: Generator) -> Scene:
    """Return a page of text: its lines are evenly spaced, its letters are not."""
    pitch = int(rng.integers(14, 30))
    sheet = np.full((HEIGHT, WIDTH), 235, np.uint8)
    for row in range(pitch, HEIGHT, pitch):
        text = "".join(rng.choice(list("abcdefghijklmnoprstuvwxyz    "), 120))
        cv2.putText(sheet, text, (12, row), cv2.FONT_HERSHEY_SIMPLEX, pitch / 45, 30, 1, cv2.LINE_AA)
    return _noisy(sheet.astype(np.float64), rng), (steady(float(pitch), 90.0),)


def scan_lines(rng: Generator) -> Scene:
    """Return a photograph with every other row darker, as of interlaced video: no pattern that can be told."""
    picture = _behind(rng)
    picture[::2] *= rng.uniform(0.8, 0.97)
    return _noisy(picture, rng), ()


def sensor_rows(rng: Generator) -> Scene:
    """Return a dim flat picture whose rows and columns each have an offset of their own."""
    rows, columns = rng.normal(0, 3, (HEIGHT, 1)), rng.normal(0, 3, (1, WIDTH))
    return _noisy(40 + rows + columns, rng), ()


def mosaic(rng: Generator) -> Scene:
    """Return a photograph whose colours were interpolated badly between the cells of the sensor."""
    picture = _behind(rng)
    picture[::2, ::2] *= rng.uniform(0.9, 0.98)
    picture[1::2, 1::2] *= rng.uniform(1.0, 1.05)
    return _noisy(picture, rng), ()


def photograph(rng: Generator) -> Scene:
    """Return natural scenery, as a JPEG of any quality."""
    picture = _behind(rng, 400)
    return compressed(_noisy(picture, rng), int(rng.integers(20, 96))), ()


def relief(rng: Generator) -> Scene:
    """Return bumps that keep their distance from each other, in no lattice."""
    return compressed(pixels(bumps(480, rng).astype(np.float64) * 220), int(rng.integers(50, 96))), ()


def compressed(picture: UInt8, quality: int) -> UInt8:
    """Return a picture as JPEG gives it back."""
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)


SCENES: dict[str, Callable[[Generator], Scene]] = {
    "fine stripes": stripes,
    "too fine": too_fine,
    "sharp bars": sharp_bars,
    "thin lines": thin_lines,
    "no fundamental": missing_fundamental,
    "side by side": side_by_side,
    "in a corner": corner,
    "strip": strip,
    "perspective": perspective,
    "fisheye mesh": fisheye,
    "mesh": mesh,
    "bricks": bricks,
    "halftone": halftone,
    "equal grey": coloured,
    "over scenery": over_scenery,
    "text": text_page,
    "scan lines": scan_lines,
    "sensor rows": sensor_rows,
    "mosaic": mosaic,
    "photograph": photograph,
    "relief": relief,
}
