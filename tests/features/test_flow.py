"""Optical flow follows movement in pixels per second, and its spectrum has the frequency of the movement."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import Float64, UInt8
from streamer.features.flow import FlowSeries
from streamer.features.motion import MotionSpectrum
from streamer.features.settings import MotionSettings

ROWS, COLUMNS = 6, 8
INNER = np.s_[1:-1, 1:-1]  # cells that nothing enters from outside


def texture(width: int, height: int) -> UInt8:
    """Smooth random grey, with room for moving about."""
    noise = np.random.default_rng(0).standard_normal((height + 80, width + 80)).astype(np.float32)
    smooth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3.0))
    return np.asarray(np.clip(128.0 + 40.0 * smooth / smooth.std(), 0, 255), np.uint8)


def view(scene: UInt8, x: float, y: float, width: int, height: int) -> UInt8:
    """What a camera sees when the scene has moved by x to the right and y down."""
    shift = np.array([[1.0, 0.0, x - 40.0], [0.0, 1.0, y - 40.0]])
    return np.asarray(cv2.warpAffine(scene, shift, (width, height)), np.uint8)


def push_all(flow: FlowSeries, path_px: Float64, times_s: Float64, width: int = 320, height: int = 240) -> None:
    scene = texture(width, height)
    for (x, y), time_s in zip(path_px.tolist(), times_s.tolist(), strict=True):
        flow.push(view(scene, x, y, width, height), time_s)


@pytest.mark.parametrize(("width", "height"), [(160, 120), (640, 480)])
@pytest.mark.parametrize(("vx", "vy"), [(60.0, 0.0), (0.0, -45.0), (-40.0, 80.0)])
def test_steady_movement_reads_its_velocity(width: int, height: int, vx: float, vy: float) -> None:
    times_s = np.array([0.0, 0.02, 0.05, 0.06, 0.1])  # the interval is divided by, not the rate
    flow = FlowSeries(ROWS, COLUMNS, 16)
    push_all(flow, np.outer(times_s, [vx, vy]), times_s, width, height)
    values, middle_s = flow.last(16)
    np.testing.assert_allclose(middle_s, (times_s[1:] + times_s[:-1]) / 2)
    cells = values.reshape(4, 2, ROWS, COLUMNS)
    assert np.median(cells[:, 0][:, *INNER]) == pytest.approx(vx, abs=8.0)
    assert np.median(cells[:, 1][:, *INNER]) == pytest.approx(vy, abs=8.0)


def test_a_swinging_scene_has_its_frequency_and_velocity_in_the_spectrum() -> None:
    fps, n = 32.0, 64
    times_s = np.arange(n + 1) / fps
    swing_px = 4.0 * np.sin(2 * np.pi * 5.0 * times_s)
    flow = FlowSeries(ROWS, COLUMNS, n)
    push_all(flow, np.stack([swing_px, np.zeros(n + 1)], axis=1), times_s)
    front_end = MotionSpectrum(MotionSettings(n_rows=ROWS, n_columns=COLUMNS, n_images=n))
    values, middle_s = flow.last(n)
    amplitude = np.abs(front_end.transform(values, middle_s)).reshape(2, ROWS, COLUMNS, n // 2)
    horizontal = np.median(amplitude[0][INNER], axis=(0, 1))
    assert front_end.frequencies(middle_s)[np.argmax(horizontal)] == pytest.approx(5.0)
    # the mean velocity over an image interval, as flow has it, is sinc(f / fps) of the instantaneous one
    assert horizontal.max() == pytest.approx(4.0 * 2 * np.pi * 5.0 * np.sinc(5.0 / fps), rel=0.1)
    assert np.median(amplitude[1][INNER], axis=(0, 1)).max() < 0.1 * horizontal.max()


def test_a_constant_image_has_no_flow() -> None:
    flow = FlowSeries(ROWS, COLUMNS, 8)
    image = texture(240, 160)
    for i in range(4):
        flow.push(image, float(i))
    assert np.abs(flow.last(8)[0]).max() < 0.05


def test_the_first_image_gives_no_row_nor_does_the_first_after_a_reset_or_a_new_size() -> None:
    flow = FlowSeries(ROWS, COLUMNS, 8)
    small, large = texture(40, 20), texture(100, 80)
    flow.push(small, 0.0)
    assert (flow.n_pushed, flow.last(8)[0].shape) == (0, (0, 2 * ROWS * COLUMNS))
    flow.push(small, 1.0)
    assert flow.n_pushed == 1
    flow.push(large, 2.0)
    assert flow.n_pushed == 1
    flow.push(large, 3.0)
    assert flow.last(8)[1].tolist() == [0.5, 2.5]
    flow.reset()
    flow.push(large, 0.0)
    assert flow.n_pushed == 0


def test_colour_gives_the_flow_of_its_grey() -> None:
    scene = texture(200, 150)
    by_grey, by_colour = FlowSeries(ROWS, COLUMNS, 4), FlowSeries(ROWS, COLUMNS, 4)
    for i in range(3):
        image = view(scene, 2.0 * i, 0.0, 200, 150)
        by_grey.push(image, float(i))
        by_colour.push(np.repeat(image[:, :, None], 3, axis=2), float(i))
    np.testing.assert_array_equal(by_grey.last(4)[0], by_colour.last(4)[0])


def test_an_image_with_an_earlier_time_is_refused_and_adds_no_row() -> None:
    flow = FlowSeries(ROWS, COLUMNS, 4)
    image = texture(100, 80)
    flow.push(image, 1.0)
    for time_s in (1.0, 0.5, float("nan")):
        with pytest.raises(ValueError, match="must be later"):
            flow.push(image, time_s)
    assert flow.n_pushed == 0


@settings(max_examples=8, deadline=None)
@given(capacity=st.integers(1, 6), start=st.integers(0, 8))
def test_any_capacity_and_beginning_give_the_same_rows_from_a_reused_array(capacity: int, start: int) -> None:
    scene = texture(120, 90)
    whole, part = FlowSeries(ROWS, COLUMNS, 16), FlowSeries(ROWS, COLUMNS, capacity)
    buffer = np.zeros((90, 120), np.uint8)  # into which a source writes one image after the other
    for i in range(10):
        buffer[:] = view(scene, 3.0 * np.sin(i), 2.0 * np.cos(i), 120, 90)
        whole.push(buffer.copy(), i / 30.0)
        if i >= start:
            part.push(buffer, i / 30.0)
    n = min(capacity, 9 - start)
    for ours, theirs in zip(part.last(n), whole.last(n), strict=True):
        np.testing.assert_array_equal(ours, theirs)
