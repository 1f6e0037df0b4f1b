"""Moments as people name them on the command line: a date, a time, or how long ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from streamer.errors import UserError

_AGO = re.compile(r"(\d+(?:\.\d+)?)(s|m|min|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}


def moment(text: str, option: str, now: datetime) -> float:
    """Return a moment as seconds since the epoch; a time without a zone is of this machine's zone.

    Parameters
    ----------
    text : str
        ``2026-11-22``, ``2026-11-22 14:03``, ``2026-11-22T14:03:21Z``, ``today``, ``yesterday``, or how long ago:
        ``90s``, ``30m``, ``2h``, ``3d``, ``1w``.
    option : str
        That it was given with, for the message.
    now : datetime
        The present, of this machine's zone or without one.

    Raises
    ------
    UserError
        If it is none of these.
    """
    word = text.strip().lower()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if word in ("today", "yesterday"):
        return (midnight - timedelta(days=word == "yesterday")).timestamp()
    try:
        if ago := _AGO.fullmatch(word):
            return (now - timedelta(seconds=float(ago[1]) * _SECONDS[ago[2]])).timestamp()
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        example = "2026-11-22, '2026-11-22 14:03', today, or how long ago: 30m, 2h, 3d"
        raise UserError(f"{option}={text!r} must be a time, such as {example}") from None
