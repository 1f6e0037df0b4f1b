"""Fold frequencies at half the image rate, as evenly timed images do."""

from __future__ import annotations

MAX_IN_STEP = 5  # images


def folded(hz: float, fps: float) -> float:
    """Return the frequency at which ``hz`` appears in evenly timed images, 0 … fps / 2."""
    rest = hz % fps
    return min(rest, fps - rest)


def is_stroboscopic(hz: float, fps: float, resolution_hz: float) -> bool:
    """Return whether something of this frequency nearly keeps step with a few images.

    The harmonics of flashes that do fold to lines so close together that they swell and fade like passing rhythms.
    """
    return any(abs(hz - fps * p / q) < resolution_hz for q in range(2, MAX_IN_STEP + 1) for p in range(1, q))
