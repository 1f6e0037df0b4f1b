"""Format numbers for people: times, shares, sizes, and measured values with their uncertainty."""

from __future__ import annotations

import math
import time
from datetime import datetime

_MAX_DECIMALS = 4  # of a measured value


def elapsed(seconds: float) -> str:
    """Return the time since the start of a stream: ``00:12:34``, ``2d 03:04:05``."""
    if not math.isfinite(seconds):
        return "--:--:--"
    days, rest = divmod(int(max(seconds, 0.0)), 86400)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}d {text}" if days else text


def wall_clock(epoch_s: float) -> str:
    """Return the local time of day: ``14:03:21``."""
    try:
        return time.strftime("%H:%M:%S", time.localtime(epoch_s))
    except (ValueError, OverflowError, OSError):
        return "--:--:--"


def timestamp(epoch_s: float | None = None) -> str:
    """Return the local date and time for a log line: ``2026-11-22 14:03:21.250``; the present by default.

    Of a time that nobody knows (NaN) it is ``--:--:--``.
    """
    if epoch_s is not None and not math.isfinite(epoch_s):
        return "--:--:--"
    moment = datetime.now() if epoch_s is None else datetime.fromtimestamp(epoch_s)
    return moment.isoformat(sep=" ", timespec="milliseconds")


def duration(seconds: float) -> str:
    """Return a length of time: ``4.2 s``, ``12:34``, ``1:02:03``."""
    if not math.isfinite(seconds):
        return "?"
    if seconds < 59.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def milliseconds(seconds: float) -> str:
    """Return a time in milliseconds without its unit: ``0.4``, ``12``, ``1834``."""
    if not math.isfinite(seconds):
        return "?"
    return f"{seconds * 1e3:.1f}" if 0 < seconds < 0.00995 else f"{seconds * 1e3:.0f}"


def percent(fraction: float) -> str:
    """Return a small share with its leading digits: ``0 %``, ``<0.01 %``, ``0.12 %``, ``3.4 %``, ``57 %``."""
    if not math.isfinite(fraction):
        return "? %"
    share = fraction * 100.0
    if share <= 0:
        return "0 %"
    if share < 0.01:
        return "<0.01 %"
    return f"{share:.2f} %" if share < 1 else f"{share:.1f} %" if share < 10 else f"{share:.0f} %"


def megabytes(n_bytes: int) -> str:
    """Return a size in memory in megabytes (10⁶ bytes): ``142 MB``."""
    return f"{n_bytes / 1e6:.0f} MB"


def file_size(n_bytes: int) -> str:
    """Return the size of a file: ``2.4 MB``, ``730 kB``."""
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.0f} kB"


def hertz(frequency_hz: float) -> str:
    """Return a frequency as on an axis: ``500``, ``1k``, ``1.5k``."""
    return f"{frequency_hz:.0f}" if frequency_hz < 1000 else f"{frequency_hz / 1000:.3g}k"


def value_and_sigma(value: float, sigma: float) -> tuple[str, str]:
    """Round a measured value to its standard uncertainty: ``("3.600", "0.004")``, ``("32.0130", "0.0014")``.

    The uncertainty is given to one significant digit, or two where the first is 1, and the value to as many
    decimals, at most four; an uncertainty below 0.0001 is given as 0.0001. So rounding changes the uncertainty by at
    most a fifth (from 0.0001 to 0.0002, a third), and the value by at most half the stated uncertainty. Where the
    uncertainty is unknown (not finite, or not positive) it is ``"?"``, and the value has four significant digits.

    Parameters
    ----------
    value : float
        Any; ``("?", "?")`` where it is not finite.
    sigma : float
        Standard uncertainty, in the unit of the value.
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


def with_sigma(value: float, sigma: float, plus_minus: str = "±") -> str:
    """Return a value and its uncertainty, rounded by :func:`value_and_sigma`: ``3.600 ± 0.004``.

    The value stands alone where the uncertainty is unknown.
    """
    number, uncertainty = value_and_sigma(value, sigma)
    return number if uncertainty == "?" else f"{number} {plus_minus} {uncertainty}"
