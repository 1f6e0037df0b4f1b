"""Numbers as people read them: times, shares, sizes, and measured values with their uncertainty."""

from __future__ import annotations

import math
import time

_MAX_DECIMALS = 4  # of a measured value


def clock(seconds: float) -> str:
    """Return the time since the start: ``00:12:34``, ``2d 03:04:05``."""
    if not math.isfinite(seconds):
        return "--:--:--"
    days, rest = divmod(int(max(seconds, 0.0)), 86400)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}d {text}" if days else text


def wall_clock(time_s: float) -> str:
    """Return the local time of day of seconds since the epoch: ``14:03:21``."""
    try:
        return time.strftime("%H:%M:%S", time.localtime(time_s))
    except (ValueError, OverflowError, OSError):
        return "--:--:--"


def duration(seconds: float) -> str:
    """Return the length of an event: ``4.2 s``, ``12:34``, ``1:02:03``."""
    if not math.isfinite(seconds):
        return "?"
    if seconds < 59.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def milliseconds(seconds: float) -> str:
    """Return a latency in ms without its unit: ``0.4``, ``12``, ``1834``."""
    if not math.isfinite(seconds):
        return "?"
    return f"{seconds * 1e3:.1f}" if 0 < seconds < 0.00995 else f"{seconds * 1e3:.0f}"


def percent(fraction: float) -> str:
    """Return a share: ``0 %``, ``<0.01 %``, ``0.12 %``, ``3.4 %``, ``57 %``."""
    if not math.isfinite(fraction):
        return "? %"
    share = fraction * 100.0
    if share <= 0:
        return "0 %"
    if share < 0.01:
        return "<0.01 %"
    return f"{share:.2f} %" if share < 1 else f"{share:.1f} %" if share < 10 else f"{share:.0f} %"


def megabytes(n_bytes: int) -> str:
    """Return a size in memory: ``142 MB``."""
    return f"{n_bytes / 1e6:.0f} MB"


def hertz(frequency_hz: float) -> str:
    """Return a frequency as on an axis: ``500``, ``1k``, ``1.5k``."""
    return f"{frequency_hz:.0f}" if frequency_hz < 1000 else f"{frequency_hz / 1000:.3g}k"


def rounded(value: float, sigma: float) -> tuple[str, str]:
    """Round a value to its standard uncertainty: ``("3.600", "0.004")``, ``("32.0130", "0.0014")``.

    The uncertainty keeps one digit, two where the first is 1, and is raised to 0.0001 if it is smaller. Where it is
    unknown (not finite, or not positive) the value keeps four digits, and the uncertainty is ``"?"``.
    """
    if not math.isfinite(value):
        return "?", "?"
    if not (math.isfinite(sigma) and sigma > 0):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}", "?"
    sigma = max(sigma, 10.0**-_MAX_DECIMALS)
    exponent = math.floor(math.log10(sigma) + 1e-9)
    n_digits = 2 if sigma / 10.0**exponent < 1.95 else 1
    n_decimals = min(max(n_digits - 1 - exponent, 0), _MAX_DECIMALS)
    value = round(value, n_decimals) + 0.0  # no minus zero
    return f"{value:.{n_decimals}f}", f"{sigma:.{n_decimals}f}"


def with_sigma(value: float, sigma: float) -> str:
    """Return a value and its standard uncertainty, rounded alike: ``3.600 ± 0.004``; the value alone if unknown."""
    number, uncertainty = rounded(value, sigma)
    return number if uncertainty == "?" else f"{number} ± {uncertainty}"
