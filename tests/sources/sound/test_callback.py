"""The callback: everything lands in the ring, holes are marked where they are, however the device tells of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from streamer.arrays import Float32
from streamer.messages import Chunk
from streamer.rings import SampleRing
from streamer.sources.sound.callback import CaptureCallback

RATE = 8000
BLOCK = 400  # 0.05 s


class Device:
    """Calls the callback as PortAudio does, on a simulated clock.

    ``skew_s`` is how far the sound system's own clock is from the monotonic one; it may jump between blocks.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, channel: int | None = None, tells_time: bool = True) -> None:
        self.now_s = 50.0
        self.skew_s = 1e9
        self.tells_time = tells_time
        self.captured_s = self.now_s  # what was captured until then has been delivered or lost
        self.n_sent = 0
        monkeypatch.setattr("streamer.sources.sound.callback.time.monotonic", lambda: self.now_s)
        self.callback = CaptureCallback(RATE, channel)
        self.ring = SampleRing(100 * RATE, 1 if channel is not None else 2, RATE)

    def lose(self, duration_s: float) -> None:
        """Time passes, and nothing of it is captured."""
        self.now_s += duration_s
        self.captured_s = self.now_s

    def send(self, late_s: float = 0.0, overflow: bool = False, value: float | None = None) -> None:
        """One more block is captured, and handed over ``late_s`` after its last sample."""
        adc_s = self.captured_s
        self.captured_s += BLOCK / RATE
        self.now_s = max(self.now_s, self.captured_s + late_s)
        ramp = np.arange(self.n_sent, self.n_sent + BLOCK) / 2**20 + 2**-20 if value is None else np.full(BLOCK, value)
        block: Float32 = np.stack([ramp, -ramp], axis=1).astype(np.float32)
        self.n_sent += BLOCK
        times = SimpleNamespace(currentTime=0.0, inputBufferAdcTime=0.0)
        if self.tells_time:
            times = SimpleNamespace(currentTime=self.now_s + self.skew_s, inputBufferAdcTime=adc_s + self.skew_s)
        self.callback(block, BLOCK, times, SimpleNamespace(input_overflow=overflow))
        block[:] = np.nan  # PortAudio reuses its buffer

    def chunks(self) -> list[Chunk]:
        out = []
        while (chunk := self.ring.read(self.ring.capacity)) is not None:
            out.append(Chunk(chunk.samples.copy(), chunk.start, chunk.lost_before, chunk.time_s))
        return out


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    device = Device(monkeypatch)
    device.send()  # before anyone listens
    assert device.callback.first_block.is_set()
    device.callback.ring = device.ring
    return device


def test_blocks_arrive_unchanged_with_their_capture_time(device: Device) -> None:
    for late_s in (0.0, 0.2, 0.001):
        device.send(late_s)
    (chunk,) = device.chunks()
    ramp = (np.arange(BLOCK, 4 * BLOCK) / 2**20 + 2**-20).astype(np.float32)
    np.testing.assert_array_equal(chunk.samples, np.stack([ramp, -ramp], axis=1))
    assert chunk.lost_before == 0
    assert chunk.time_s == pytest.approx(50.2)  # when it was captured, not when it arrived
    assert device.callback.progress == (4 * BLOCK, device.now_s)
    assert device.callback.largest_block == BLOCK


def test_one_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(monkeypatch, channel=1)
    device.callback.ring = device.ring
    device.send()
    (chunk,) = device.chunks()
    assert chunk.samples.shape == (BLOCK, 1)
    assert chunk.samples[0, 0] == np.float32(-(2**-20))


def test_a_flagged_loss_is_as_long_as_the_capture_times_say(device: Device) -> None:
    device.send()
    device.lose(0.2)
    device.send(overflow=True)
    before, after = device.chunks()
    assert (before.lost_before, after.lost_before) == (0, round(0.2 * RATE))
    assert device.callback.overflows == 1
    assert device.callback.progress[0] == 3 * BLOCK + round(0.2 * RATE)


def test_a_long_gap_is_a_loss_without_a_flag_and_a_short_one_is_not(device: Device) -> None:
    device.lose(0.3)
    device.send()
    device.lose(0.9)
    device.send()
    before, after = device.chunks()
    assert (before.lost_before, after.lost_before) == (0, round(0.9 * RATE))
    assert device.callback.overflows == 0


def test_late_blocks_and_jumps_of_the_wall_clock_are_no_loss(device: Device) -> None:
    device.send(late_s=3.0)
    for _ in range(59):  # what waited comes in a burst
        device.send()
    device.skew_s += 3600
    device.send()
    device.skew_s -= 7200
    device.send()
    (chunk,) = device.chunks()
    assert (chunk.lost_before, chunk.samples.shape[0]) == (0, 62 * BLOCK)


@pytest.mark.parametrize("gap_s", [0.0, 5.0])
def test_without_capture_times_a_flag_still_marks_the_hole(monkeypatch: pytest.MonkeyPatch, gap_s: float) -> None:
    device = Device(monkeypatch, tells_time=False)
    device.callback.ring = device.ring
    device.send()
    device.lose(gap_s)
    device.send()
    device.send(overflow=True)
    before, after = device.chunks()
    assert (before.lost_before, before.samples.shape[0], after.lost_before) == (0, 2 * BLOCK, 1)


def test_a_loss_that_only_the_count_shows_is_marked_once(device: Device) -> None:
    device.send()
    device.callback.n_lost_unflagged += 700
    device.send()
    device.send()
    device.callback.n_lost_unflagged += 11
    device.send()
    assert [chunk.lost_before for chunk in device.chunks()] == [0, 700, 11]


def test_losses_before_anyone_listens_are_not_of_this_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(monkeypatch)
    device.send()
    device.lose(5.0)
    device.send(overflow=True)
    device.callback.ring = device.ring
    device.send()
    (chunk,) = device.chunks()
    assert chunk.lost_before == 0


def test_exact_zeros_are_dated(device: Device) -> None:
    nonzero_s = device.now_s
    for _ in range(10):
        device.send(value=0.0)
    assert device.callback.nonzero_s == nonzero_s
    device.send(value=2**-15)
    assert device.callback.nonzero_s == device.now_s
