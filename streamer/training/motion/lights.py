"""Add lights that flicker, or skin with a pulse, to a scene."""

from __future__ import annotations

import dataclasses

import numpy as np

from streamer.arrays import Float64, Rng
from streamer.sources.images.paint import texture
from streamer.training.motion.movers import Rhythm, sprite_at
from streamer.training.motion.scene import HEIGHT, WIDTH, Light, VideoScene, blob
from streamer.training.motion.signals import as_float32, flash, frequency, heart_beat, phase, wander

PULSE = (0.7 / 60, 3.5 / 20)  # cycles per image: 0.7 Hz at 60 images/s … 3.5 Hz at 20
PULSE_GREY = (0.08, 1.2)  # amplitude in grey levels


def add_flicker(scene: VideoScene, times: Float64, rng: Rng) -> Rhythm:
    """Add a flickering lamp, screen, beacon or strobe in a part of the image, or flickering light on all of it."""
    cycles = frequency(times, rng)
    signal = flash(phase(times, cycles, rng.uniform(0, 0.5) * (rng.random() < 0.3), rng), rng)
    size = float(np.exp(rng.uniform(np.log(5.0), np.log(150.0))))
    kind = rng.random()
    if kind < 0.6:  # a source of light, perhaps with a halo and a glow on its surroundings
        lit = blob(rng, 2.0, 24.0)
        if rng.random() < 0.3:
            lit = lit + rng.uniform(0.02, 0.2) * blob(rng, 20, 60)
        scene.lights.append(Light(lit, as_float32(size * signal)))
    else:  # illumination of the scene: bright surfaces change most
        lit = np.ones((HEIGHT, WIDTH), np.float32) if kind < 0.85 else blob(rng, 15, 60)
        signal = size / 140 * signal
        if kind < 0.75 and rng.random() < 0.3:  # rolling shutter: lower rows are exposed later
            late = rng.uniform(0.0, 0.6) / cycles * np.arange(HEIGHT) / HEIGHT
            signal = np.stack([np.interp(times + shift, times, signal) for shift in late], axis=1)
        scene.lights.append(Light(lit, as_float32(signal), of_surface=True))
    return Rhythm((cycles, 2 * cycles), lit)


def add_pulse(scene: VideoScene, times: Float64, rng: Rng) -> Rhythm:
    """Add a face or hand whose brightness changes with the pulse: faint, in phase, of uneven strength."""
    n = times.size
    lowest = max(PULSE[0], 2.5 / (times[-1] - times[0]))
    cycles = float(np.exp(rng.uniform(np.log(lowest), np.log(max(PULSE[1], 1.2 * lowest)))))
    beat = heart_beat(phase(times, cycles, rng.uniform(0.0, 1.2), rng), rng)
    skin = blob(rng, 10, 34) if rng.random() < 0.6 else blob(rng, 35, 80)  # or it fills the image
    tone = rng.uniform(60, 200)
    paint = tone * (1 + rng.uniform(0.02, 0.3) * texture(rng, WIDTH, HEIGHT, rng.uniform(1.1, 1.8)))
    strength = np.clip(1 + 0.4 * texture(rng, WIDTH, HEIGHT, 1.5), 0.2, 2.0)
    for _ in range(rng.integers(0, 9)):  # eyes, mouth, hair, collar: without blood
        feature = rng.uniform(0.2, 0.9) * blob(rng, 1.5, 12)
        paint, strength = paint * (1 - feature), strength * (1 - feature)
    sway = float(np.exp(rng.uniform(np.log(0.004), np.log(0.3)))) if rng.random() < 0.8 else 0.0
    nod = rng.uniform(0.0, 0.02) * beat * (rng.random() < 0.5)  # every beat moves the head a little
    pace = float(np.exp(rng.uniform(np.log(0.003), np.log(0.015))))
    x, y = sway * wander(times, pace, rng), sway * wander(times, pace, rng) + nod
    middle = ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)
    head = dataclasses.replace(sprite_at(np.clip(paint, 0, 250), skin, middle, n), x=x, y=y)
    scene.sprites.append(head)
    grey = np.exp(rng.uniform(np.log(PULSE_GREY[0]), np.log(PULSE_GREY[1])))
    lit = np.asarray(skin * strength, np.float32)
    scene.lights.append(Light(lit, as_float32(-grey * beat)))
    return Rhythm((cycles, 2 * cycles), lit)
