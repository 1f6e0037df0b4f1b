"""One message of each kind, of a sound stream and of an image stream."""

from dataclasses import replace

import numpy as np

from streamer.messages import (
    ClockChange,
    Count,
    Direction,
    Event,
    Health,
    ImageHealth,
    LatticeVector,
    Message,
    NamedRegion,
    Periodicity,
    RegionFindings,
    Rival,
    Scores,
    Spatial,
    SpatialComponent,
    State,
    Summary,
    Temporal,
    TemporalComponent,
    TrackPoint,
)

EVENT = Event("mic", "dog", 0.91234567, 0.8, 1.25, 2.5, 1.7e9 + 1.25, 480)
RUNNING = replace(EVENT, offset_s=None, n_lost=0)
SCORES = Scores("mic", ("dog", "rain"), np.array([0.1, 1 / 3], np.float32), 0.5, 1.5, 1.7e9 + 1.5)
HEALTH = Health(
    stream="mic",
    state=State.RUNNING,
    position_s=12.00004,
    real_time_factor=0.0123456,
    latency_p50_s=0.06,
    latency_p99_s=0.1,
    windows=40,
    windows_per_s=4.0,
    lost_samples=480,
    lost_fraction=0.0005,
    overflows=1,
    reconnects=2,
    drift_ppm=-12.34,
    backlog_s=float("nan"),
    cpu_fraction=0.0213,
    memory_bytes=123_456_789,
)
CLOCK = ClockChange("mic", 8.25, 1.7e9 + 8.25, 1_699_999_999.5, 0.0, is_uncertain=False)
MESSAGES: list[Message] = [
    RUNNING,
    replace(CLOCK, time=8.75, offset_s=0.0, is_uncertain=True),
    CLOCK,
    SCORES,
    HEALTH,
    EVENT,
    Summary(HEALTH, {"rain": (1, 3.0), "dog": (2, 2.5)}),
]

TEMPORAL = Temporal(
    status="found",
    fps=249.9,
    resolution_hz=0.1250001,
    min_hz=0.25,
    max_hz=124.95,
    px_per_mm=20.0,
    components=(
        TemporalComponent(
            hz=31.9741,
            hz_sigma=0.00123456,
            snr_db=17.456,
            n_cells=3,
            heat=np.array([[0, 0, 0, 0], [0, 0.5, 1, 0], [0, 0, 0.25, 0]], np.float32),
            end_s=7.996,
            amplitude=3.25,
            amplitude_px=1.2345678,
            amplitude_px_sigma=0.03,
            harmonics=(3 + 0.5j, 0j, 0.125 - 0.25j),
            alias_hz=(217.9259, 281.8741),
        ),
        TemporalComponent(
            hz=3.0004,
            hz_sigma=0.03,
            snr_db=8.0,
            n_cells=1,
            heat=np.array([[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], np.float32),
            what="drifting",
            start_s=2.0,
            end_s=7.996,
            amplitude=1.0,
            harmonics=(1 + 0j,),
            alias_cut="waveform",
            track=(TrackPoint(3.0, 2.9, 0.02), TrackPoint(6.0, 3.1, 0.02)),
            rivals=(Rival(6.001, 12.5),),
        ),
    ),
    of_coder=(
        TemporalComponent(
            hz=62.5,
            hz_sigma=0.002,
            snr_db=1.5,
            n_cells=12,
            heat=np.ones((3, 4), np.float32),
            what="coder",
            end_s=7.996,
            amplitude=0.25,
            harmonics=(0.25 + 0j,),
            coder_hz=62.475,
        ),
    ),
)
NO_TEMPORAL = Temporal("none", 249.9, 0.1250001, 0.25, 124.95)
MESH = (LatticeVector(12.3456789, 0.01, 30.0, 0.2), LatticeVector(12.5, 0.02, -60.0, 0.3))
BENT = LatticeVector(7.0, 0.4, 90.0, 2.0, (6.5, 7.6), (87.0, 93.5))
GRID = Spatial(
    "found", 2.2222222, 213.33333, (SpatialComponent("grid", MESH, 0.5, 33.333, (0, 0, 640, 480)),), px_per_mm=20.0
)
STRIPES = Spatial(
    "found",
    2.2222222,
    213.33333,
    (
        SpatialComponent("stripes", (BENT,), 0.25, 40.0, (320, 0, 320, 240), 0.2512, "red-green"),
        SpatialComponent("stripes", (LatticeVector(9.0, 0.004, -30.0, 0.02),), 0.125, 30.0, (0, 0, 320, 480), 0.5),
    ),
)
TOO_FINE = Spatial("too_fine", 2.2222222, 213.33333)
IMAGE_HEALTH = replace(
    HEALTH, stream="camera", lost_samples=0, lost_fraction=0.002,
    images=ImageHealth(images=998, skipped_images=2, fps=29.97004, jitter_s=0.00123456, gaps=1, longest_gap_s=0.1),
)  # fmt: skip
MOTION = Event(
    "camera", "oscillation", 0.91, 0.8, 1.25, 2.5, 1.7e9 + 1.25, 2, "motion", TEMPORAL,
    direction=Direction("axis", -31.4159, 2.25),
)  # fmt: skip
BELT = NamedRegion("belt", 120, 80, 64, 48)
IMAGE_MESSAGES: list[Message] = [
    replace(MOTION, offset_s=None, n_lost=0, measured=None, direction=None),
    Periodicity("camera", "temporal", replace(TEMPORAL, count=Count(255.8, 0.01, 0.0)), 0.0, 8.0, 1.7e9 + 8.0, 2),
    Periodicity("camera", "temporal", NO_TEMPORAL, 1.0, 9.0, 1.7e9 + 9.0),
    Periodicity("camera", "spatial", GRID, 9.0, 9.0, 1.7e9 + 9.0),
    Periodicity("camera", "spatial", STRIPES, 9.0, 9.0, 1.7e9 + 9.0),
    Periodicity("camera", "spatial", TOO_FINE, 9.0, 9.0, 1.7e9 + 9.0),
    Periodicity("camera", "spatial", STRIPES, 9.0, 9.0, 1.7e9 + 9.0, region=BELT),
    MOTION,
    Event("camera", "grid", 0.7, 0.6, 1.0, 2.0, 1.7e9 + 1.0, 0, "pattern", GRID),
    replace(MOTION, label="wrong speed", score=0.98, region=BELT),
    IMAGE_HEALTH,
    Summary(IMAGE_HEALTH, {"oscillation": (1, 1.25)}, TEMPORAL, None, (RegionFindings(BELT, None, STRIPES),)),
]
