"""Fold frequencies at half the image rate, as evenly timed images do."""

from __future__ import annotations


def folded(hz: float, fps: float) -> float:
    """Return the frequency at which ``hz`` appears in evenly timed images, 0 … fps / 2."""
    rest = hz % fps
    return min(rest, fps - rest)
