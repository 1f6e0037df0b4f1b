"""Made faces: living ones, whose skin changes its colour with every beat, and photographs of them."""

from __future__ import annotations

import cv2
import numpy as np

from streamer.arrays import Float64, UInt8

WIDTH, HEIGHT = 128, 96
COMPLEXIONS = {  # red, green and blue of skin, light to dark
    "pale": (224, 190, 172),
    "fair": (224, 172, 143),
    "olive": (198, 134, 100),
    "brown": (150, 96, 68),
    "dark": (104, 66, 48),
    "deep": (66, 44, 36),
}
BLOOD = np.array([0.53, 0.77, 0.33], np.float32) / 0.77  # blue, green and red, relative to green


def linear(levels: tuple[float, ...] | UInt8) -> np.ndarray:
    """Return levels of a screen as light, 0 … 1."""
    return np.asarray((np.asarray(levels, np.float32) / 255.0) ** 2.2)


def face(complexion: str, rng: np.random.Generator, *, fills: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return a face before a mottled wall as light, blue-green-red, and how much of each pixel is skin."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    mottled = cv2.GaussianBlur(rng.standard_normal((2, HEIGHT, WIDTH)).astype(np.float32).transpose(1, 2, 0), (0, 0), 3)
    mottled *= 0.12 / mottled.std()
    wall = linear((110.0, 125.0, 120.0)) * np.exp(3 * mottled[..., :1])
    skin = linear(COMPLEXIONS[complexion][::-1]) * np.exp(mottled[..., 1:])
    skin[(np.abs(np.abs(x - 64) - 12) < 3) & (np.abs(y - 40) < 3)] *= 0.2  # eyes
    inside = np.ones_like(x) if fills else np.clip((1 - ((x - 64) / 30) ** 2 - ((y - 50) / 38) ** 2) * 8, 0, 1)
    share = inside[..., None]
    return wall * (1 - share) + skin * share, share


def images(
    scene: np.ndarray,
    rng: np.random.Generator,
    n: int,
    *,
    light: Float64 | None = None,
    blood: Float64 | None = None,
    skin: np.ndarray | None = None,
    moved_px: Float64 | None = None,
) -> list[UInt8]:
    """Return images of a scene, with the noise of a sensor, that change as said.

    ``light``, shape (n,) or (n, 3), multiplies it; ``blood`` is the relative darkening of green in the ``skin``;
    ``moved_px``, shape (n, 2), is how far it moves to the right and down.
    """
    result = []
    for k in range(n):
        now = scene if blood is None or skin is None else scene * (1 - float(blood[k]) * skin * BLOOD)
        if moved_px is not None:
            shift = np.array([[1.0, 0.0, moved_px[k, 0]], [0.0, 1.0, moved_px[k, 1]]])
            now = cv2.warpAffine(now.astype(np.float32), shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        if light is not None:
            now = now * light[k]
        now = now + np.sqrt(np.maximum(now, 0) / 6000) * rng.standard_normal(now.shape)
        levels = 255 * np.clip(now, 0, 1) ** (1 / 2.2) + rng.random(now.shape)
        result.append(np.clip(levels, 0, 255).astype(np.uint8))
    return result


def beats(hz: float, n: int, fps: float, strength: float = 0.012) -> Float64:
    """Return the relative darkening of green by blood that pulses at a frequency, with its second wave."""
    phase = 2 * np.pi * hz * np.arange(n) / fps
    return np.asarray(strength * (np.cos(phase) + 0.35 * np.cos(2 * phase + 1)))
