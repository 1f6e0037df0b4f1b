"""Callback of a microphone: all samples reach the ring, and gaps are marked where they are."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import Float32
from streamer.messages import Chunk
from streamer.rings import SampleRing
from streamer.sources.sound.callback import CaptureCallback

RATE = 8000
BLOCK = 400  # 0.05 s


class SimulatedStream:
    """Calls the callback as PortAudio does, on a simulated clock.

    ``skew_s`` is the difference of the sound system's clock and the monotonic clock; it may jump between blocks.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, channel: int | None = None, has_times: bool = True) -> None:
        self.now_s = 50.0
        self.skew_s = 1e9
        self.has_times = has_times
        self.captured_s = self.now_s  # sound up to here has been delivered or lost
        self.n_sent = 0
        monkeypatch.setattr("streamer.sources.sound.callback.time.monotonic", lambda: self.now_s)
        self.callback = CaptureCallback(RATE, channel)
        self.ring = SampleRing(100 * RATE, 1 if channel is not None else 2, RATE)

    def lose(self, duration_s: float) -> None:
        """Let time pass without capture."""
        self.now_s += duration_s
        self.captured_s = self.now_s

    def send(
        self,
        late_s: float = 0.0,
        overflow: bool = False,
        value: float | None = None,
        adc_skew_s: float | None = None,
        held_s: float = 0.0,
    ) -> None:
        """Capture one block and deliver it ``late_s`` after its last sample.

        The callback then waits ``held_s`` for the interpreter, after the sound system has taken its time.
        """
        adc_s = self.captured_s
        self.captured_s += BLOCK / RATE
        self.now_s = max(self.now_s, self.captured_s + late_s)
        ramp = np.arange(self.n_sent, self.n_sent + BLOCK) / 2**20 + 2**-20 if value is None else np.full(BLOCK, value)
        block: Float32 = np.stack([ramp, -ramp], axis=1).astype(np.float32)
        self.n_sent += BLOCK
        times = SimpleNamespace(currentTime=0.0, inputBufferAdcTime=0.0)
        adc_skew = self.skew_s if adc_skew_s is None else adc_skew_s
        if self.has_times:
            times = SimpleNamespace(currentTime=self.now_s + self.skew_s, inputBufferAdcTime=adc_s + adc_skew)
        self.now_s += held_s
        self.callback(block, BLOCK, times, SimpleNamespace(input_overflow=overflow))
        block[:] = np.nan  # PortAudio reuses its buffer

    def chunks(self) -> list[Chunk]:
        out = []
        while (chunk := self.ring.read(self.ring.capacity)) is not None:
            out.append(Chunk(chunk.samples.copy(), chunk.start, chunk.lost_before, chunk.time_s))
        return out


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> SimulatedStream:
    device = SimulatedStream(monkeypatch)
    device.send()  # before the reader is ready
    assert device.callback.first_block.is_set()
    device.callback.ring = device.ring
    return device


def test_blocks_arrive_unchanged_with_their_capture_time(device: SimulatedStream) -> None:
    for late_s in (0.0, 0.2, 0.001):
        device.send(late_s)
    (chunk,) = device.chunks()
    ramp = (np.arange(BLOCK, 4 * BLOCK) / 2**20 + 2**-20).astype(np.float32)
    np.testing.assert_array_equal(chunk.samples, np.stack([ramp, -ramp], axis=1))
    assert chunk.lost_before == 0
    assert chunk.time_s == pytest.approx(50.2)  # time of capture, not of arrival
    assert device.callback.progress == (4 * BLOCK, device.now_s)
    assert device.callback.largest_block == BLOCK


def test_one_channel_is_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    device = SimulatedStream(monkeypatch, channel=1)
    device.callback.ring = device.ring
    device.send()
    (chunk,) = device.chunks()
    assert chunk.samples.shape == (BLOCK, 1)
    assert chunk.samples[0, 0] == np.float32(-(2**-20))


def test_a_flagged_loss_has_the_length_of_the_gap_between_capture_times(device: SimulatedStream) -> None:
    device.send()
    device.lose(0.2)
    device.send(overflow=True)
    before, after = device.chunks()
    assert (before.lost_before, after.lost_before) == (0, round(0.2 * RATE))
    assert device.callback.overflows == 1
    assert device.callback.progress[0] == 3 * BLOCK + round(0.2 * RATE)


def test_a_long_gap_is_a_loss_without_a_flag_and_a_short_one_is_not(device: SimulatedStream) -> None:
    device.lose(0.3)
    device.send()
    device.lose(0.9)
    device.send()
    before, after = device.chunks()
    assert (before.lost_before, after.lost_before) == (0, round(0.9 * RATE))
    assert device.callback.overflows == 0


def test_late_blocks_and_jumps_of_the_wall_clock_are_no_loss(device: SimulatedStream) -> None:
    device.send(late_s=3.0)
    for _ in range(59):  # delayed blocks come in a burst
        device.send()
    device.skew_s += 3600
    device.send()
    device.skew_s -= 7200
    device.send()
    (chunk,) = device.chunks()
    assert (chunk.lost_before, chunk.samples.shape[0]) == (0, 62 * BLOCK)


@pytest.mark.parametrize("gap_s", [0.0, 5.0])
def test_without_capture_times_a_flag_marks_a_gap_of_one_sample(monkeypatch: pytest.MonkeyPatch, gap_s: float) -> None:
    device = SimulatedStream(monkeypatch, has_times=False)
    device.callback.ring = device.ring
    device.send()
    device.lose(gap_s)
    device.send()
    device.send(overflow=True)
    before, after = device.chunks()
    assert (before.lost_before, before.samples.shape[0], after.lost_before) == (0, 2 * BLOCK, 1)


def test_an_unflagged_loss_is_written_to_the_ring_once(device: SimulatedStream) -> None:
    device.send()
    device.callback.n_lost_unflagged += 700
    device.send()
    device.send()
    device.callback.n_lost_unflagged += 11
    device.send()
    assert [chunk.lost_before for chunk in device.chunks()] == [0, 700, 11]


def test_losses_before_the_reader_is_ready_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    device = SimulatedStream(monkeypatch)
    device.send()
    device.lose(5.0)
    device.send(overflow=True)
    device.callback.ring = device.ring
    device.send()
    (chunk,) = device.chunks()
    assert chunk.lost_before == 0


def test_the_time_of_the_last_nonzero_block_is_known(device: SimulatedStream) -> None:
    nonzero_s = device.now_s
    for _ in range(10):
        device.send(value=0.0)
    assert device.callback.nonzero_s == nonzero_s
    device.send(value=2**-15)
    assert device.callback.nonzero_s == device.now_s


@pytest.mark.parametrize("offset_s", [10.0, -10.0, 3600.0, -3600.0])
def test_a_clock_that_is_set_between_the_two_times_of_a_block_makes_no_loss(
    device: SimulatedStream, offset_s: float
) -> None:
    """Sound servers give times by the wall clock: one may have been read before it was set, the other after."""
    for _ in range(5):
        device.send(0.05)
    adc_skew_s = device.skew_s
    device.skew_s += offset_s
    device.send(0.05, adc_skew_s=adc_skew_s)
    for _ in range(5):
        device.send(0.05)
    chunks = device.chunks()
    assert [chunk.lost_before for chunk in chunks] == [0] * len(chunks)
    assert chunks[-1].time_s == pytest.approx(device.captured_s)


@pytest.mark.parametrize("overflow", [False, True])
def test_a_callback_that_waits_for_the_interpreter_is_no_loss(device: SimulatedStream, overflow: bool) -> None:
    """A block that waited 1.6 s, then those that were captured meanwhile at once: nothing is missing."""
    for _ in range(5):
        device.send(0.05)
    device.send(0.05, held_s=1.6, overflow=overflow)
    for _ in range(60):
        device.send(0.0)
    chunks = device.chunks()
    assert sum(chunk.lost_before for chunk in chunks) == int(overflow)  # one sample stands for an unknown number
    assert chunks[-1].time_s == pytest.approx(device.captured_s, abs=0.06)


@pytest.mark.parametrize("may_be_set", [False, True])
@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1))
def test_counted_losses_are_real_however_late_blocks_come(seed: int, may_be_set: bool) -> None:
    """Blocks that wait, gaps without a flag, and a sound system whose clock is set."""
    rng = np.random.default_rng(seed)
    lost_s, n_gaps = 0.0, 0
    with pytest.MonkeyPatch.context() as patch:
        device = SimulatedStream(patch)
        device.send(0.02)
        device.callback.ring = device.ring
        for _ in range(300):
            what = rng.choice(["block", "gap", "held", "set"], p=[0.91, 0.03, 0.03, 0.03])
            if what == "gap":
                before_s = device.captured_s
                device.lose(float(rng.uniform(0.6, 3.0)))
                lost_s += device.captured_s - before_s
                n_gaps += 1
            if what == "set" and may_be_set:
                device.skew_s += float(rng.choice([-3600.0, -2.0, 2.0, 3600.0]))
            held_s = float(rng.uniform(0.0, 3.0)) if what == "held" else 0.0
            device.send(float(rng.uniform(0.01, 0.05)), held_s=held_s)
        counted_s = sum(chunk.lost_before for chunk in device.chunks()) / RATE
    if may_be_set:
        assert counted_s <= lost_s + 0.05 * n_gaps
    else:
        assert counted_s == pytest.approx(lost_s, abs=0.001 * n_gaps + 1e-6)


def test_a_backlog_that_came_at_once_is_not_taken_for_the_usual_block(monkeypatch: pytest.MonkeyPatch) -> None:
    device = SimulatedStream(monkeypatch)
    backlog = np.ones((10 * RATE, 2), np.float32)
    times = SimpleNamespace(currentTime=0.0, inputBufferAdcTime=-10.0)
    device.callback(backlog, backlog.shape[0], times, SimpleNamespace(input_overflow=False))
    assert device.callback.largest_block == 10 * RATE
    for _ in range(100):
        device.send()
    assert device.callback.largest_block == BLOCK
