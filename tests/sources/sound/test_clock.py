"""Sample count against the monotonic clock: drift, backlog and loss are distinguished."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.sources.sound.clock import SampleClock

RATE = 44_100
BLOCK_S = 0.05


class SimulatedDevice:
    """A device on a simulated clock, whose sample count is read every 0.1 s."""

    def __init__(self, ppm: float = 0.0, jitter_s: float = 0.0, seed: int = 0) -> None:
        self.clock = SampleClock(RATE)
        self.rate = RATE * (1 + ppm * 1e-6)
        self.jitter_s = jitter_s
        self.rng = np.random.default_rng(seed)
        self.now_s = 1000.0
        self.start_s = self.now_s
        self.missing_s = 0.0  # sound that was lost
        self.held_s = 0.0  # sound that waits in the device's buffer
        self.losses: list[int] = []
        self.worst_backlog_s = 0.0

    def run(self, duration_s: float, held_growth: float = 0.0) -> None:
        for _ in range(round(duration_s / 0.1)):
            self.now_s += 0.1
            self.held_s = max(0.0, self.held_s + 0.1 * held_growth)
            late_s = abs(self.rng.normal(0, self.jitter_s)) + self.held_s
            blocks = int((self.now_s - self.start_s - late_s) / BLOCK_S)
            arrived_s = self.start_s + blocks * BLOCK_S + late_s
            n_samples = round((blocks * BLOCK_S - self.missing_s) * self.rate)
            lost = self.clock.update(n_samples, arrived_s, self.now_s)
            if lost:
                self.losses.append(lost)
            self.worst_backlog_s = max(self.worst_backlog_s, self.clock.backlog_s)


@pytest.mark.parametrize("ppm", [-400.0, -20.0, 0.0, 55.0, 900.0])
def test_drift_is_measured(ppm: float) -> None:
    device = SimulatedDevice(ppm, jitter_s=0.004)
    device.run(50)
    assert device.clock.drift_ppm == 0.0  # still unknown
    device.run(550)
    assert device.clock.drift_ppm == pytest.approx(ppm, abs=5)
    assert device.losses == []


@settings(max_examples=30, deadline=None)
@given(jitter_s=st.floats(0, 0.4), ppm=st.floats(-1000, 1000), seed=st.integers(0, 1000))
def test_jitter_and_drift_are_never_reported_as_loss(jitter_s: float, ppm: float, seed: int) -> None:
    device = SimulatedDevice(ppm, jitter_s, seed)
    device.run(120)
    assert device.losses == []


def test_a_loss_without_a_flag_is_reported_once_and_does_not_change_the_drift() -> None:
    device = SimulatedDevice(30.0, jitter_s=0.01)
    device.run(200)
    device.missing_s += 0.8
    device.run(3)
    assert device.losses == []  # it might still arrive
    assert device.clock.backlog_s == pytest.approx(0.8, abs=0.05)
    device.run(400)
    (lost,) = device.losses
    assert lost == pytest.approx(0.8 * RATE, abs=0.03 * RATE)
    assert device.clock.backlog_s < 0.05
    assert device.clock.drift_ppm == pytest.approx(30, abs=15)
    device.missing_s += 2.0
    device.run(20)
    assert device.losses[1:] == [pytest.approx(2.0 * RATE, abs=0.03 * RATE)]


def test_small_losses_are_not_reported() -> None:
    device = SimulatedDevice(jitter_s=0.02)
    device.run(30)
    device.missing_s += 0.3
    device.run(60)
    assert device.losses == []


@pytest.mark.parametrize("growth", [0.2, 0.5, 0.9])
def test_a_slow_reader_that_catches_up_has_no_loss(growth: float) -> None:
    """The backlog grows for 20 s, then all of it arrives."""
    device = SimulatedDevice(jitter_s=0.01)
    device.run(30)
    device.run(20, held_growth=growth)
    assert device.worst_backlog_s == pytest.approx(20 * growth, rel=0.1)
    device.run(20, held_growth=-growth)
    device.run(30)
    assert device.losses == []
    assert device.clock.backlog_s < 0.05


def test_the_backlog_grows_while_nothing_comes() -> None:
    clock = SampleClock(RATE)
    for tick in range(50):
        clock.update(tick * RATE // 10, tick * 0.1, tick * 0.1)
    for tick in range(50, 90):
        assert clock.update(49 * RATE // 10, 4.9, tick * 0.1) == 0
    assert clock.backlog_s > 2.5
