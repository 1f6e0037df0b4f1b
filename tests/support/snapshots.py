"""Snapshots of a sound stream and an image stream, the same on every machine: levels in whole dB, a fixed time."""

import dataclasses
from typing import Any

import numpy as np

from streamer.arrays import Float32, UInt8
from streamer.messages import (
    Event,
    Health,
    ImageHealth,
    LatticeVector,
    Level,
    Spatial,
    SpatialComponent,
    State,
    Temporal,
    TemporalComponent,
)
from streamer.monitor.following import following_patterns, following_rhythms
from streamer.monitor.snapshot import ImageView, Snapshot, SoundView

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
    """Return a spectrogram of noise, a clock that ticks every half second, a hum and a rising whistle, in whole dB."""
    column, band = np.indices((n_columns, N_MELS))
    decibels = -78 - band // 8 + (column * 7919 + band * 104729 + column * band) % 7
    decibels = np.where(column % 10 == 5, np.maximum(decibels, -40 + (column + band) % 4), decibels)
    decibels = np.where((column > n_columns - 40) & (band < 9) & (band % 3 == 1), -32, decibels)
    whistle = (column * 2 // 5) % N_MELS
    return np.where(np.abs(band - whistle) <= 1, -36, decibels).astype(np.float32)


def sound_view() -> SoundView:
    """The spectrogram and level of a street."""
    mel_hz = np.geomspace(60, 7800, N_MELS).astype(np.float32)
    columns = spectrogram()
    times_s = np.asarray(754.2 - COLUMN_S * np.arange(len(columns))[::-1], np.float64)
    return SoundView(columns, COLUMN_S, 15084, mel_hz, Level(-22.7, -11.6), times_s, NOW - 754.2)


def snapshot(**changes: Any) -> Snapshot:
    """A sound stream in a street; ``changes`` replace fields of the snapshot or of its health."""
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
    base = Snapshot(
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
            Event("street", "rain", 0.97, 0.9, 730.0, 736.9, NOW - 24.2, n_lost=160),
        ),
        view=sound_view(),
    )
    return dataclasses.replace(base, **{k: v for k, v in changes.items() if k not in named})


def waiting() -> Snapshot:
    """A microphone that was disconnected, with wide characters in its name."""
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


IMAGE_LABELS = ("still", "drift", "flicker", "oscillation", "rotation", "pulse", "stripes", "grid")
CELLS = (9, 16)  # rows and columns


def wheel(n_rows: int = 120, n_columns: int = 160) -> UInt8:
    """Return an image (red-green-blue) of a bright wheel of three spokes before a wall that darkens to the right."""
    row, column = np.indices((n_rows, n_columns)).astype(float)
    x, y = (column - n_columns / 2) / n_rows, (n_rows / 2 - row) / n_rows
    radius, angle = np.hypot(x, y), np.degrees(np.arctan2(y, x))
    spoke = (radius < 0.4) & ((angle % 120 < 55) | (radius < 0.08))
    grey = np.where(spoke, 230.0, np.where(radius < 0.4, 40.0, 170 - 80 * column / n_columns))
    return np.stack([grey, 0.9 * grey, 0.8 * grey], axis=-1).astype(np.uint8)


def temporal(*others: TemporalComponent, **changes: Any) -> Temporal:
    """A measurement of 3.6 Hz in the cells of the wheel, with ``changes``, and of other rhythms."""
    row, column = np.indices(CELLS)
    inside = np.hypot((row - 4) / 9, (column - 7.5) / 12) < 0.4
    heat = np.where(inside, 1 - 0.1 * np.abs(row - 4), 0).astype(np.float32)
    base = TemporalComponent(
        3.6002, 0.0041, 24.6, int(inside.sum()), heat, end_s=8.0, alias_hz=(26.3998, 33.6002, 56.3998)
    )
    return Temporal("found", 30.0, 0.125, 0.25, 15.0, (dataclasses.replace(base, **changes), *others))


def spatial(n_vectors: int = 1) -> Spatial:
    """A measurement of stripes or, with two vectors, of a grid."""
    vectors = (LatticeVector(20.0042, 0.021, 29.98, 0.14), LatticeVector(24.31, 0.05, -59.8, 0.2))
    component = SpatialComponent(
        "stripes" if n_vectors == 1 else "grid", vectors[:n_vectors], 0.42, 31.4, (0, 0, 640, 480)
    )
    return Spatial("found", 2.22, 213.0, (component,))


def image_view(**changes: Any) -> ImageView:
    """The wheel, its temporal spectrum with harmonics, and a spatial spectrum with stripes since four seconds."""
    column, line = np.indices((200, 64))
    motion = -40.0 + (column * 7919 + line * 104729) % 5
    motion = np.where(line % 15 == 14, 0.0 - line // 4, motion)
    radii = np.linspace(0.012, 0.496, 64)
    profile = -20 * np.log10(radii)[line] - 70 + (column * 31 + line * 17) % 3
    profile = np.where((column > 160) & (np.abs(line - 5) < 2), profile + 18, profile)
    radius, angle = np.indices((64, 36))
    polar = -20 * np.log10(radii)[radius] - 70 + (radius * 13 + angle * 29) % 4
    polar = np.where((np.abs(radius - 5) < 2) & (np.abs(angle - 6) < 2), polar + 30, polar)
    base = ImageView(
        image=wheel(),
        image_px=(640, 480),
        temporal=temporal(),
        spatial=spatial(),
        temporal_known=True,
        polar=np.round(polar).astype(np.float32),
        radius_per_px=radii.astype(np.float32),
        profile=np.round(profile).astype(np.float32),
        motion=motion.astype(np.float32),
        motion_hz=np.linspace(15 / 64, 15, 64).astype(np.float32),
        column_s=0.1,
        column=7542,
    )
    return followed(dataclasses.replace(base, **changes), **changes)


def followed(view: ImageView, **changes: Any) -> ImageView:
    """Return a view with what it has measured followed for eight minutes; ``changes`` say what is so already."""
    rhythms, patterns = following_rhythms(), following_patterns()
    for at_s in range(274, 755, 5):
        if view.temporal is not None:
            found = [*view.temporal.components, *view.temporal.of_coder]
            rhythms.update(found, [at_s] * len(found), at_s, view.temporal.resolution_hz)
        if view.spatial is not None:
            patterns.update(view.spatial.components, [at_s] * len(view.spatial.components), at_s)
    values: dict[str, Any] = {"rhythms": rhythms.shown(754.0), "patterns": patterns.shown(754.0)}
    return dataclasses.replace(view, **(values | {name: changes[name] for name in values if name in changes}))


def image_snapshot(**changes: Any) -> Snapshot:
    """An image stream of the wheel; ``changes`` as those of :func:`snapshot`."""
    n = len(IMAGE_LABELS)
    values: dict[str, Any] = {
        "stream": "porch",
        "images": ImageHealth(22_600, 12, 29.97, 0.0031, 2, 0.213),
        "lost_fraction": 0.0005,
        "source": "camera",
        "device": "HD camera",
        "model": "pattern, motion",
        "labels": IMAGE_LABELS,
        "scores": np.array([0.02, 0.31, 0.03, 0.64, 0.93, 0.01, 0.71, 0.0], np.float32),
        "on": np.full(n, 0.6, np.float32),
        "off": np.full(n, 0.4, np.float32),
        "suppressed": {"stripes": "cool-down"},
        "running": (Event("porch", "rotation", 0.95, 0.9, 746.3, None, NOW - 7.9, 0, "motion", temporal()),),
        "past": (
            Event("porch", "drift", 0.91, 0.8, 640.0, 715.5, NOW - 114.2, 0, "motion"),
            Event("porch", "stripes", 0.97, 0.9, 730.0, 736.9, NOW - 24.2, 2, "pattern", spatial()),
        ),
        "view": image_view(),
    }
    return snapshot(**(values | changes))


def camera_waiting() -> Snapshot:
    """A camera that is not connected yet."""
    return image_snapshot(
        state=State.WAITING,
        detail="no camera at /dev/video0; trying again in 3.4 s",
        images=ImageHealth(),
        lost_fraction=0.0,
        view=None,
        scores=np.zeros(len(IMAGE_LABELS), np.float32),
        running=(),
        past=(),
    )
