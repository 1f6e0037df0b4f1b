"""Small folders of synthetic labelled files whose labels are easy to learn."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from streamer.arrays import Float32, Float64, Rng, UInt8
from streamer.sources.images.opencv import load_opencv
from tests.support.synthetic_videos import write_video

RATE = 16_000

# not imported, which takes seconds: training runs in processes of its own
needs_tensorflow = pytest.mark.skipif(
    find_spec("tensorflow") is None, reason="tensorflow is not installed (extra: train)"
)


def chirps(rng: Rng, length_s: float) -> Float32:
    """Return a schematic bird: short sweeps up and down between 2 and 4 kHz, five a second."""
    seconds = np.arange(round(length_s * RATE)) / RATE
    centre_hz, span_hz, per_s = rng.uniform(2600, 3200), rng.uniform(300, 600), rng.uniform(4.5, 5.5)
    phase = 2 * np.pi * (centre_hz * seconds - span_hz * np.cos(2 * np.pi * per_s * seconds) / (2 * np.pi * per_s))
    loud = np.clip(np.sin(2 * np.pi * per_s * seconds), 0, 1)
    return _noisy(0.3 * loud * np.sin(phase), rng)


def knocks(rng: Rng, length_s: float) -> Float32:
    """Return knocks: bursts of low noise that die away, two a second."""
    sound = np.zeros(round(length_s * RATE))
    for start_s in np.arange(rng.uniform(0, 0.3), length_s - 0.1, rng.uniform(0.45, 0.55)):
        n_samples = min(RATE // 10, sound.size - round(start_s * RATE))
        burst = np.convolve(rng.standard_normal(n_samples), np.ones(12) / 12, mode="same")
        burst *= np.exp(-np.arange(n_samples) / (0.02 * RATE))
        sound[round(start_s * RATE) :][:n_samples] += burst
    return _noisy(0.9 * sound, rng)


def _noisy(sound: Float64, rng: Rng) -> Float32:
    return np.asarray(sound + 0.001 * rng.standard_normal(sound.size), np.float32)


SOUNDS = {"chirp": chirps, "knock": knocks}


def write_sounds(folder: Path, n_files: int = 5, length_s: float = 2.0, seed: int = 0) -> Path:
    """Write FOLDER/chirp/0.wav … and FOLDER/knock/0.wav …; return the folder."""
    import soundfile

    rng = np.random.default_rng(seed)
    for label, synthesise in SOUNDS.items():
        (folder / label).mkdir(parents=True)
        for k in range(n_files):
            soundfile.write(folder / label / f"{k}.wav", synthesise(rng, length_s), RATE)
    return folder


def write_pictures(folder: Path, n_files: int = 5, side: int = 256, seed: int = 0) -> Path:
    """Write pictures of stripes (``cloth``) and of dots on a square lattice (``sieve``)."""
    cv2 = load_opencv()
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    for label in ("cloth", "sieve"):
        (folder / label).mkdir(parents=True)
        for k in range(n_files):
            angle, period_px = rng.uniform(0, np.pi), rng.uniform(8, 16)
            u = np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period_px)
            v = np.cos(2 * np.pi * (y * np.cos(angle) - x * np.sin(angle)) / period_px)
            wave = u if label == "cloth" else (u + v) / 2
            picture = np.clip(128 + 70 * wave + rng.normal(0, 12, wave.shape), 0, 255).astype(np.uint8)
            assert cv2.imwrite(str(folder / label / f"{k}.png"), picture)
    return folder


def write_videos(folder: Path, n_files: int = 5, seed: int = 0, length_s: float = 5.0) -> Path:
    """Write videos of a lamp that blinks (``blinker``) and of a bar that swings (``pendulum``), 30 images/s."""
    rng = np.random.default_rng(seed)
    for label in ("blinker", "pendulum"):
        (folder / label).mkdir(parents=True)
        for k in range(n_files):
            images = [_image(label, swing, rng) for swing in _swings(rng, length_s)]
            write_video(folder / label / f"{k}.avi", images, fps=30.0)
    return folder


def _swings(rng: Rng, length_s: float) -> Float64:
    times_s = np.arange(round(length_s * 30)) / 30
    return np.sin(2 * np.pi * (rng.uniform(2.0, 5.0) * times_s + rng.uniform()))


def _image(label: str, swing: float, rng: Rng) -> UInt8:
    height, width = 72, 128
    y, x = np.mgrid[:height, :width]
    if label == "blinker":
        levels = 60 + 90 * (swing > 0) * (np.hypot(x - 64, y - 36) < 14)
    else:
        levels = 60 + 90 * (abs(x - 64 - 20 * swing) < 6)
    grey = np.clip(levels + rng.normal(0, 3, (height, width)), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)
