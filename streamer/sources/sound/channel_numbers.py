"""Which channels a source of sound has, for errors."""

from __future__ import annotations


def channel_numbers(n_channels: int) -> str:
    """Return which numbers a channel may have: ``0, the only channel``, ``0 or 1, a channel``, ``0 … 5, a channel``."""
    if n_channels == 1:
        return "0, the only channel"
    return f"0 {'or' if n_channels == 2 else '…'} {n_channels - 1}, a channel"
