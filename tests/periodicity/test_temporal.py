"""Periods in time are measured within the stated uncertainty; series without a period have none."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator, default_rng

from streamer.arrays import Float64
from streamer.bench.camera_noise import NOISES, camera_noise
from streamer.features.motion import CellSeries
from streamer.messages import Temporal, TemporalComponent
from streamer.periodicity.temporal import measure_temporal
from tests.support.paths import VIDEOS

needs_videos = pytest.mark.skipif(not VIDEOS.is_dir(), reason="needs data/video in the folder STREAMER_SHARED")
GRID = (18, 32)
N_CELLS = GRID[0] * GRID[1]
FPS = 30.0
TIMES_S = np.arange(240) / FPS


def one(wave: Float64, times_s: Float64 = TIMES_S) -> Temporal:
    return measure_temporal(wave.astype(np.float32)[:, None], times_s, (1, 1))


def found(result: Temporal) -> TemporalComponent:
    """Return the most significant component."""
    assert result.status == "found"
    return result.components[0]


@settings(max_examples=60, deadline=None)
@given(
    hz=st.floats(0.5, 13.5), snr_db=st.floats(5, 30), phase=st.floats(0, 1), level=st.floats(0, 200),
    seed=st.integers(0, 1000),
)  # fmt: skip
def test_a_sinusoid_is_found_within_its_uncertainty(
    hz: float, snr_db: float, phase: float, level: float, seed: int
) -> None:
    amplitude = np.sqrt(2 * 10 ** (snr_db / 10))
    noise = default_rng(seed).standard_normal(TIMES_S.size)
    result = one(level + amplitude * np.sin(2 * np.pi * (hz * TIMES_S + phase)) + noise)
    component = found(result)
    assert abs(component.hz - hz) < 5 * component.hz_sigma  # of 60 examples
    assert component.hz_sigma < 0.2 * result.resolution_hz
    assert abs(component.snr_db - snr_db) < 3
    assert component.amplitude == pytest.approx(amplitude, rel=0.25)
    assert (result.hz, result.hz_sigma, result.snr_db) == (component.hz, component.hz_sigma, component.snr_db)
    assert result.resolution_hz == pytest.approx(1 / 8)
    assert result.min_hz == pytest.approx(1 / 4)
    assert result.max_hz == pytest.approx(15)
    assert result.fps == pytest.approx(30)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_uneven_times_and_dropped_images_change_nothing(seed: int) -> None:
    rng = default_rng(seed)
    times_s = (np.arange(208) + rng.uniform(-0.1, 0.1, 208))[rng.uniform(size=208) > 0.05] / 26
    result = one(np.sin(2 * np.pi * 3.0 * times_s) + 0.3 * rng.standard_normal(times_s.size), times_s)
    assert abs(result.hz - 3.0) < 4.5 * result.hz_sigma
    assert result.hz_sigma < 0.005
    assert result.fps == pytest.approx(26, rel=1e-3)


WAVES: dict[str, Callable[[Float64], Float64]] = {
    "square": lambda phase: np.where(phase < 0.5, 1.0, -1.0),
    "sawtooth": lambda phase: 2 * phase - 1,
    "pulses": lambda phase: np.where(phase < 0.15, 2.0, 0.0),
    "weak fundamental": lambda phase: 0.3 * np.sin(2 * np.pi * phase) + np.sin(4 * np.pi * phase + 1),
    "no fundamental": lambda phase: np.sin(4 * np.pi * phase + 1) + 0.7 * np.sin(6 * np.pi * phase),
    "two harmonics": lambda phase: np.sin(2 * np.pi * phase) + 0.5 * np.sin(4 * np.pi * phase),
}


@pytest.mark.parametrize("hz", [0.93, 1.37, 2.0, 3.3])
@pytest.mark.parametrize("wave", WAVES)
def test_no_octave_error(wave: str, hz: float) -> None:
    noise = 0.2 * default_rng(1).standard_normal(TIMES_S.size)
    result = found(one(WAVES[wave]((hz * TIMES_S + 0.21) % 1) + noise))
    assert result.hz == pytest.approx(hz, abs=0.02)


def test_two_periods_in_different_cells_are_not_combined() -> None:
    series = default_rng(2).standard_normal((240, N_CELLS))
    series[:, 20:30] += 5 * np.sin(2 * np.pi * 4.5 * TIMES_S)[:, None]
    series[:, 400:406] += 5 * np.sin(2 * np.pi * 3.0 * TIMES_S)[:, None]
    result = found(measure_temporal(series.astype(np.float32), TIMES_S, GRID))
    assert result.hz == pytest.approx(4.5, abs=0.01)
    assert result.n_cells == 10


def test_the_cells_that_move_are_found() -> None:
    series = default_rng(3).standard_normal((240, *GRID)) + 100
    series[:, 4:6, 10:13] += 3 * np.sin(2 * np.pi * 2.2 * TIMES_S)[:, None, None]
    series[:, 4, 10] += 3 * np.sin(2 * np.pi * 2.2 * TIMES_S)
    result = found(measure_temporal(series.reshape(240, -1).astype(np.float32), TIMES_S, GRID))
    assert result.hz == pytest.approx(2.2, abs=0.01)
    assert result.box == (10, 4, 3, 2)
    assert result.n_cells == 6
    assert result.heat.shape == GRID
    assert result.heat[4, 10] == 1.0
    assert result.heat[5, 12] == pytest.approx(0.5, abs=0.1)


def test_a_period_that_is_weak_in_each_cell_is_found_in_all() -> None:
    series = default_rng(4).standard_normal((240, N_CELLS)) + 0.15 * np.sin(2 * np.pi * 1.1 * TIMES_S)[:, None]
    result = found(measure_temporal(series.astype(np.float32), TIMES_S, GRID))
    assert abs(result.hz - 1.1) < 4 * result.hz_sigma
    assert result.n_cells == N_CELLS


def test_a_period_is_found_in_either_direction_of_flow() -> None:
    series = default_rng(5).standard_normal((240, 2 * N_CELLS))
    series[:, N_CELLS + 40] += 5 * np.sin(2 * np.pi * 2 * TIMES_S)
    result = found(measure_temporal(series.astype(np.float32), TIMES_S, GRID))
    assert result.hz == pytest.approx(2, abs=0.02)
    assert np.flatnonzero(result.heat).tolist() == [40]


def test_all_aliases_are_listed_whatever_the_harmonics() -> None:
    rng = default_rng(6)
    times_s = np.arange(800) / 250
    vibration = np.sin(2 * np.pi * 128 * times_s) + 0.1 * rng.standard_normal(800)
    result = found(one(vibration, times_s))
    assert result.hz == pytest.approx(122, abs=0.01)
    assert result.alias_hz == pytest.approx((128, 372, 378, 622, 628), abs=0.01)
    slow = np.sin(2 * np.pi * 32 * times_s) + 0.2 * np.sin(2 * np.pi * 64 * times_s) + 0.1 * rng.standard_normal(800)
    harmonic = found(one(slow, times_s))  # which would fold with it
    assert harmonic.alias_hz[:3] == pytest.approx((218, 282, 468), abs=0.01)
    assert harmonic.alias_cut == ""


def test_uneven_times_distinguish_a_frequency_from_its_aliases() -> None:
    rng = default_rng(7)
    times_s = (np.arange(240) + rng.uniform(-0.2, 0.2, 240)) / 26
    for hz in (11.7, 35.0):
        result = found(one(np.sin(2 * np.pi * hz * times_s) + 0.2 * rng.standard_normal(240), times_s))
        assert abs(result.hz - hz) < 5 * result.hz_sigma
        assert (result.alias_hz, result.alias_cut) == ((), "times")


@pytest.mark.parametrize(("fps", "hz"), [(29.97, 0.12), (24.95, 0.2), (30.02, 0.08 + 0.04)])
def test_a_slow_rhythm_of_the_whole_image_is_not_mains_but_may_be_by_its_aliases(fps: float, hz: float) -> None:
    times_s = np.arange(int(40 * fps)) / fps
    light = 3 * np.sin(2 * np.pi * hz * times_s)[:, None] * np.ones(N_CELLS)
    noise = default_rng(5).normal(0, 0.3, light.shape)
    (component,) = measure_temporal((120 + light + noise).astype(np.float32), times_s, GRID).components
    assert component.hz == pytest.approx(hz, abs=0.01)
    assert (component.what, component.mains_hz) == ("steady", None)
    mains_hz = round(4 * fps / 20) * 20
    assert any(abs(each - mains_hz) < 0.3 for each in component.alias_hz)


def test_slow_bands_across_the_image_are_mains() -> None:
    times_s = np.arange(600) / 29.875
    rows = np.arange(N_CELLS) // GRID[1]
    bands = 3 * np.sin(2 * np.pi * (0.5 * times_s[:, None] + 2 * rows / GRID[0]))
    noise = default_rng(5).normal(0, 0.3, bands.shape)
    assert found(measure_temporal((120 + bands + noise).astype(np.float32), times_s, GRID)).mains_hz == 120


@pytest.mark.parametrize(
    ("mains_hz", "fps", "hz"), [(100, 30, 10), (100, 29.97, 10.09), (120, 25, 5), (100, 60, 20), (100, 1000, 100)]
)
def test_lamps_are_recognised(mains_hz: int, fps: float, hz: float) -> None:
    rng = default_rng(8)
    times_s = np.arange(400) / fps
    light = np.sin(2 * np.pi * mains_hz * times_s)[:, None] * rng.uniform(1, 3, N_CELLS)
    result = found(measure_temporal((light + rng.standard_normal(light.shape)).astype(np.float32), times_s, GRID))
    assert result.hz == pytest.approx(hz, abs=0.005)
    assert result.mains_hz == mains_hz


def test_lamps_are_recognised_with_a_rolling_shutter_and_objects_are_not() -> None:
    rng = default_rng(9)
    rows = np.arange(N_CELLS) // GRID[1]
    bands = 3 * np.sin(2 * np.pi * (10 * TIMES_S[:, None] + 0.1 * rows)) + rng.standard_normal((240, N_CELLS))
    assert found(measure_temporal(bands.astype(np.float32), TIMES_S, GRID)).mains_hz == 100
    wheel = rng.standard_normal((240, N_CELLS))
    wheel[:, 100:110] += 5 * np.sin(2 * np.pi * 10 * TIMES_S)[:, None]
    assert found(measure_temporal(wheel.astype(np.float32), TIMES_S, GRID)).mains_hz is None


@pytest.mark.parametrize("kind", NOISES)
def test_noise_has_no_period(kind: str) -> None:
    """The rate is at most one false alarm in a hundred windows; more than two in 15 occur once in 2000 runs."""
    rng = default_rng(10)
    windows = [camera_noise(kind, 240, rng) for _ in range(15)]
    assert sum(measure_temporal(window, TIMES_S, GRID).status != "none" for window in windows) <= 2


def test_a_decaying_vibration_is_measured() -> None:
    wave = 4 * np.exp(-TIMES_S / 2) * np.sin(2 * np.pi * 5.3 * TIMES_S)
    result = found(one(wave + 0.3 * default_rng(11).standard_normal(240)))
    assert abs(result.hz - 5.3) < 4 * result.hz_sigma


def test_a_changing_frequency_has_a_larger_uncertainty() -> None:
    hz = 4.0 + 0.01 * (TIMES_S - 4)  # 3.96 … 4.04
    wave = 5 * np.sin(2 * np.pi * np.cumsum(hz) / FPS)
    result = found(one(wave + 0.2 * default_rng(12).standard_normal(240)))
    assert result.hz == pytest.approx(4.0, abs=0.02)
    assert result.hz_sigma > 0.015  # the bound for a steady frequency is 0.0004


def test_a_period_needs_two_cycles() -> None:
    noise = 0.05 * default_rng(13).standard_normal(240)
    assert found(one(np.sin(2 * np.pi * 0.27 * TIMES_S) + noise)).hz == pytest.approx(0.27, abs=0.005)
    assert one(np.sin(2 * np.pi * 0.18 * TIMES_S) + noise).status == "none"


@pytest.mark.parametrize("wave", WAVES)
def test_a_series_without_noise(wave: str) -> None:
    for hz in (1.4, 3.0):
        result = found(one(WAVES[wave]((hz * TIMES_S + 0.21) % 1)))
        assert result.hz == pytest.approx(hz, abs=0.02)
        assert result.hz_sigma >= 0


@pytest.mark.parametrize("n", [0, 1, 15])
def test_too_few_images_give_no_period(n: int) -> None:
    result = measure_temporal(np.zeros((n, N_CELLS), np.float32), np.arange(n) / FPS, GRID)
    assert (result.status, result.components) == ("too_short", ())
    assert math.isnan(result.hz)
    assert math.isnan(result.hz_sigma)
    assert math.isnan(result.fps) if n < 2 else result.fps == pytest.approx(FPS)


def test_constant_series_and_mostly_missing_images_give_no_period() -> None:
    assert measure_temporal(np.full((240, N_CELLS), 17, np.float32), TIMES_S, GRID).status == "none"
    times_s = TIMES_S.copy()
    times_s[120:] += 1e6
    assert one(np.sin(2 * np.pi * 3 * TIMES_S), times_s).status == "too_irregular"


def test_the_series_is_not_changed() -> None:
    series = (np.sin(2 * np.pi * 3 * TIMES_S) + 7).astype(np.float32)[:, None]
    before = series.copy()
    measure_temporal(series, TIMES_S, (1, 1))
    np.testing.assert_array_equal(series, before)


def cells_of(path: Path, fps: float) -> tuple[CellSeries, int]:
    import cv2

    video = cv2.VideoCapture(str(path))
    cells = CellSeries(*GRID, 4000)
    n = 0
    while True:
        ok, image = video.read()
        if not ok:
            return cells, n
        cells.push(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8), n / fps)
        n += 1


def measured(path: Path, fps: float) -> Temporal:
    cells, n = cells_of(path, fps)
    assert n > 60
    return measure_temporal(*cells.last(n), GRID)


@needs_videos
@pytest.mark.parametrize("fps", [250, 500, 1000])
def test_tuning_forks(fps: int) -> None:
    result = found(measured(VIDEOS / f"tuning_fork_32hz_{fps}fps.mp4", fps))
    assert result.hz == pytest.approx(32, abs=0.1)
    assert result.hz_sigma < 0.01
    assert result.mains_hz is None
    first_column, first_row, columns, rows = result.box
    assert 10 <= first_column <= 16  # the fork is in the middle of the image
    assert first_row >= 1
    assert columns <= 16
    assert rows <= 17


@needs_videos
def test_pulse_and_breath() -> None:
    pulse = found(measured(VIDEOS / "pulse_face.mp4", 30))
    assert 0.83 <= pulse.hz <= 1.0
    assert pulse.n_cells > 50
    breath = found(measured(VIDEOS / "breathing_baby.mp4", 30))
    assert 0.5 <= breath.hz <= 0.6


@needs_videos
def test_a_hand_in_front_of_a_tree_has_no_period() -> None:
    assert measured(VIDEOS / "tree.avi", 15).status == "none"


def written(path: Path, code: str, wobble_px: float, hz: float, fps: float, rng: Generator) -> Path:
    """Write a video of a dark bar that vibrates in front of a texture."""
    import cv2

    height, width = 144, 256
    texture = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 3)
    texture = 130 + 30 * texture / texture.std()
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 30, (width, height))
    assert writer.isOpened()
    x = np.arange(width) + 0.5
    for i in range(300):
        left = 120 + wobble_px * np.sin(2 * np.pi * hz * i / fps)
        cover = np.clip(x - left + 0.5, 0, 1) * np.clip(left + 12 - x + 0.5, 0, 1) * (wobble_px > 0)
        image = texture * (1 - cover) + 40 * cover + rng.normal(0, 2, (height, width))
        writer.write(cv2.merge([np.clip(image, 0, 255).astype(np.uint8)] * 3))
    writer.release()
    return path


@pytest.mark.parametrize(("code", "name"), [("mp4v", "bar.mp4"), ("MJPG", "bar.avi")])
def test_after_coding_a_vibration_of_a_pixel_is_found_and_a_still_scene_has_no_period(
    tmp_path: Path, code: str, name: str
) -> None:
    vibrating = written(tmp_path / name, code, 1.0, 64.0, 250.0, default_rng(14))
    result = found(measured(vibrating, 250.0))
    assert result.hz == pytest.approx(64, abs=0.05)
    assert result.n_cells < 100
    still = written(tmp_path / f"still_{name}", code, 0.0, 0.0, 30.0, default_rng(15))
    assert measured(still, 30.0).status == "none"
