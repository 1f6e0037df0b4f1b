"""A street of sounds as snapshots, the same on every machine: whole decibels, and a clock of their own."""

import dataclasses
from typing import Any

import numpy as np

from streamer.messages import Event, Float32, Health, Level, Snapshot, State

NOW = 1795370400.0  # 2026-11-22 18:00:00 UTC
LABELS = (
    "dog",
    "rain",
    "sea_waves",
    "crying_baby",
    "clock_tick",
    "helicopter",
    "chainsaw",
    "rooster",
    "speech",
    "background",
)
N_MELS = 64
COLUMN_S = 0.05


def spectrogram(n_columns: int = 400) -> Float32:
    """Noise, a clock that ticks every half second, a hum from two seconds ago, a rising whistle."""
    column, band = np.indices((n_columns, N_MELS))
    decibels = -78 - band // 8 + (column * 7919 + band * 104729 + column * band) % 7
    decibels = np.where(column % 10 == 5, np.maximum(decibels, -40 + (column + band) % 4), decibels)
    decibels = np.where((column > n_columns - 40) & (band < 9) & (band % 3 == 1), -32, decibels)
    whistle = (column * 2 // 5) % N_MELS
    return np.where(np.abs(band - whistle) <= 1, -36, decibels).astype(np.float32)


def snapshot(**changes: Any) -> Snapshot:
    """The street; ``changes`` replace fields of the snapshot, or of its health."""
    scores = np.array([0.02, 0.31, 0.03, 0.64, 0.93, 0.88, 0.01, 0.0, 0.71, 0.04], np.float32)
    health = Health(
        stream="street",
        state=State.RUNNING,
        position_s=754.2,
        real_time_factor=0.031,
        latency_p50_s=0.0118,
        latency_p99_s=0.0193,
        windows=3142,
        windows_per_s=4.17,
        cpu_fraction=0.058,
        memory_bytes=142_000_000,
        temperature_c=54.2,
        drift_ppm=12.4,
    )
    named = {field.name for field in dataclasses.fields(Health)}
    health = dataclasses.replace(health, **{k: v for k, v in changes.items() if k in named})
    made = Snapshot(
        health=health,
        source="demo:",
        device="demo street",
        model="ambient",
        labels=LABELS,
        scores=scores,
        on=np.full(len(LABELS), 0.6, np.float32),
        off=np.full(len(LABELS), 0.4, np.float32),
        suppressed={"speech": "denied"},
        running=(
            Event("street", "clock_tick", 0.95, 0.9, 746.3, None, NOW - 7.9),
            Event("street", "helicopter", 0.88, 0.8, 752.2, None, NOW - 2.0),
        ),
        past=(
            Event("street", "rooster", 0.91, 0.8, 640.0, 715.5, NOW - 114.2),
            Event("street", "rain", 0.97, 0.9, 730.0, 736.9, NOW - 24.2, lost_samples=160),
        ),
        spectrogram=spectrogram(),
        column_s=COLUMN_S,
        column=15084,
        mel_hz=np.geomspace(60, 7800, N_MELS).astype(np.float32),
        level=Level(-22.7, -11.6, clipped=False),
    )
    return dataclasses.replace(made, **{k: v for k, v in changes.items() if k not in named})


def waiting() -> Snapshot:
    """A microphone that has gone, with wide characters in its name."""
    return snapshot(
        stream="garden",
        state=State.WAITING,
        detail="no callback for 1.2 s; opening “USB 漢字 Mic” again in 3.4 s",
        device="USB 漢字 Mic",
        running=(),
        lost_samples=5280,
        lost_fraction=0.0123,
        overflows=3,
        reconnects=2,
    )
