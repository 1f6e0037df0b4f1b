"""What else a frequency may be: its aliases, or the mains."""

from __future__ import annotations

MAINS_HZ = (100, 120)  # lamps flicker at twice the frequency of the mains
MAINS_TOLERANCE = 0.002  # by which grids stray


def folded(hz: float, fps: float) -> float:
    """Frequency at which ``hz`` appears in images taken at an even rate, 0 … fps / 2."""
    rest = hz % fps
    return min(rest, fps - rest)


def aliases(hz: float, fps: float, n_rates: int = 3) -> tuple[float, ...]:
    """Frequencies above half the image rate, up to ``n_rates`` image rates, that appear at ``hz``; lowest first."""
    pairs = ((k * fps - hz, k * fps + hz) for k in range(1, n_rates + 1))
    return tuple(sorted(alias for pair in pairs for alias in pair if fps / 2 < alias <= n_rates * fps))


def mains(hz: float, hz_sigma: float, fps: float, fps_sigma: float) -> int | None:
    """Return 100 or 120 where that appears at ``hz`` within three standard uncertainties; the nearer if both do."""
    best, found = 1.0, None
    for mains_hz in MAINS_HZ:
        n_folds = round(mains_hz / fps)
        tolerance_hz = MAINS_TOLERANCE * mains_hz + 3 * (hz_sigma + n_folds * fps_sigma)
        miss = abs(folded(mains_hz, fps) - hz) / tolerance_hz
        if miss < best:
            best, found = miss, mains_hz
    return found
