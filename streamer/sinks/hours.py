"""Hours of the day, as settings name them."""

from __future__ import annotations

from datetime import datetime


def is_within(hours: str, moment: datetime) -> bool:
    """Return whether a moment lies within hours such as ``09:00-17:30``, or ``22:00-07:00`` across midnight."""
    begin, _, end = hours.partition("-")
    now = moment.strftime("%H:%M")
    return begin <= now < end if begin <= end else now >= begin or now < end
