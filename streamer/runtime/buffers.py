"""Buffers: how much memory the rings and clips of a run may take, by its settings and the machine."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.config import MemorySettings
from streamer.system import machine_bytes

SHARE = 8  # without a setting, one part in so many of the machine's memory …
MOST_BYTES = 512 << 20  # … but no more than this


@dataclass(frozen=True, slots=True)
class Buffers:
    """Bytes that the buffers of one stream may take, and those between all streams and a disk."""

    ring_bytes: float  # captured, not processed yet
    clip_bytes: float  # processed, and perhaps part of an event that is not known yet
    queue_bytes: float  # of the whole run: sound and images that wait for the disk


def total_bytes(settings: MemorySettings) -> float:
    """Return what all buffers of a run may take."""
    if settings.buffers_mb:
        return settings.buffers_mb * 1e6
    return min(machine_bytes() / SHARE, MOST_BYTES)


def buffers(settings: MemorySettings, n_streams: int = 1) -> Buffers:
    """Return the sizes of the buffers of each of some streams: half for rings, a quarter each for clips and queues."""
    total = total_bytes(settings)
    return Buffers(total / 2 / n_streams, total / 4 / n_streams, total / 4)
