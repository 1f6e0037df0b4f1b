"""The pattern front end: images whose spectrum is known, and no trace of the images before."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import UInt8
from streamer.errors import UserError
from streamer.features.pattern import FLOOR, Pattern, PatternFrame
from streamer.features.settings import PatternSettings, largest_fft_length

WHOLE = PatternSettings(crop="whole")
ARRAYS = ("log_magnitude", "polar", "profile")


def stripes(height: int, width: int, period_px: float, angle_deg: float = 0.0, amplitude: float = 100.0) -> UInt8:
    """Cosine that repeats in the direction ``angle_deg``, counter-clockwise from the right."""
    y, x = np.mgrid[:height, :width]
    along = x * np.cos(np.radians(angle_deg)) - y * np.sin(np.radians(angle_deg))
    image: UInt8 = np.round(127.5 + amplitude * np.cos(2.0 * np.pi * along / period_px)).astype(np.uint8)
    return image


def noise(height: int, width: int, seed: int = 0) -> UInt8:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


def assert_same(one: PatternFrame, other: PatternFrame) -> None:
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.width, one.px_per_sample) == (other.width, other.px_per_sample)


@pytest.mark.parametrize(("shape", "crop"), [((256, 256), "square"), ((480, 640), "whole"), ((486, 643), "whole")])
def test_values_are_those_of_the_definition(shape: tuple[int, int], crop: Any) -> None:
    image = noise(*shape)
    frame = Pattern(PatternSettings(crop=crop)).push(image)
    height, width = frame.log_magnitude.shape[0], frame.width
    y, x = (shape[0] - height) // 2, (shape[1] - width) // 2
    t_y, t_x = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n) / n) for n in (height, width))
    part = image[y : y + height, x : x + width].astype(np.float64)
    spectrum = np.abs(np.fft.rfft2(part * (t_y[:, None] * t_x))) / (255.0 * t_y.sum() * t_x.sum())
    np.testing.assert_allclose(np.exp(frame.log_magnitude), np.maximum(spectrum, FLOOR), atol=1e-7)
    clear = spectrum > 1e-3
    assert clear.sum() > 200
    np.testing.assert_allclose(frame.log_magnitude[clear], np.log(spectrum[clear]), atol=1e-4)


@pytest.mark.parametrize("amplitude", [20.0, 60.0, 127.0])
def test_a_cosine_peaks_at_half_its_amplitude(amplitude: float) -> None:
    frame = Pattern().push(stripes(256, 256, 16.0, amplitude=amplitude))
    assert frame.log_magnitude[0, 16] == pytest.approx(np.log(amplitude / 255.0 / 2.0), abs=0.02)
    assert frame.log_magnitude[0, 3:].argmax() + 3 == 16


@pytest.mark.parametrize("angle_deg", range(0, 180, 15))
@pytest.mark.parametrize("shape", [(480, 640), (300, 200), (120, 90)])
@pytest.mark.parametrize("crop", ["square", "whole"])
def test_stripes_stand_out_at_their_period_and_angle(angle_deg: int, shape: tuple[int, int], crop: Any) -> None:
    front = Pattern(PatternSettings(size=200, crop=crop))
    image = stripes(*shape, 9.0, angle_deg) + np.random.default_rng(0).normal(0.0, 8.0, shape)
    frame = front.push(image.astype(np.uint8))
    ring, cell = np.unravel_index(frame.polar.argmax(), frame.polar.shape)
    n_angles = front.settings.n_angles
    ring_width = float(frame.radius_per_px[1] - frame.radius_per_px[0])
    assert frame.radius_per_px[ring] == pytest.approx(1.0 / 9.0, abs=1.5 * ring_width)
    assert (cell * 180.0 / n_angles - angle_deg + 90.0) % 180.0 - 90.0 == pytest.approx(0.0, abs=5.1)


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from(["square", "whole"]),
    st.lists(st.tuples(st.integers(32, 90), st.integers(32, 90), st.integers(0, 3)), min_size=1, max_size=6),
)
def test_order_and_batching_change_no_bit(crop: Any, images: list[tuple[int, int, int]]) -> None:
    front = Pattern(PatternSettings(size=64, crop=crop))
    pictures = [noise(*image) for image in images]
    together = front.push_batch(pictures)
    for picture, frame in zip(pictures[::-1], together[::-1], strict=True):
        assert_same(front.push(picture), frame)
        assert_same(Pattern(front.settings).push(picture), frame)


def test_frames_of_a_batch_are_copies() -> None:
    front = Pattern(WHOLE)
    first, second = front.push_batch([noise(64, 64, 0), noise(64, 64, 1)])
    assert (first.log_magnitude != second.log_magnitude).any()
    assert front.push_batch([]) == []


def test_views_give_the_same_bits_as_copies() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (200, 220, 3), dtype=np.uint8)
    for view in (picture[:, :, 1], picture[20:180, 30:190, 0], picture[::-1, ::-1, 2], picture[::2, ::2, 0]):
        for way in (WHOLE, PatternSettings(size=100), PatternSettings(size=160)):
            assert_same(Pattern(way).push(view), Pattern(way).push(view.copy()))


@pytest.mark.parametrize(
    ("shape", "size", "px_per_sample"),
    [((480, 640), 256, 1.875), ((256, 300), 256, 1.0), ((100, 80), 128, 0.625), ((16, 20), 64, 0.25)],
)
def test_square_crops(shape: tuple[int, int], size: int, px_per_sample: float) -> None:
    frame = Pattern(PatternSettings(size=size)).push(noise(*shape))
    assert frame.log_magnitude.shape == (size, size // 2 + 1)
    assert (frame.width, frame.px_per_sample) == (size, px_per_sample)
    assert np.isfinite(frame.polar).all()


@pytest.mark.parametrize(
    ("shape", "transformed", "px_per_sample"),
    [
        ((480, 640), (480, 640), 1.0),
        ((487, 651), (480, 648), 1.0),
        ((33, 35), (32, 32), 1.0),
        ((1080, 1920), (576, 1024), 1.875),
        ((3000, 4000), (768, 1024), 3.90625),
    ],
)
def test_whole_images(shape: tuple[int, int], transformed: tuple[int, int], px_per_sample: float) -> None:
    frame = Pattern(WHOLE).push(noise(*shape))
    assert (frame.log_magnitude.shape[0], frame.width) == transformed
    assert frame.px_per_sample == px_per_sample


def test_reduced_images_keep_their_periods() -> None:
    frame = Pattern(WHOLE).push(stripes(1080, 1920, 30.0))  # 16 samples
    assert frame.log_magnitude[0, 3:].argmax() + 3 == 64


@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_constant_images_have_only_a_mean(level: int) -> None:
    frame = Pattern().push(np.full((256, 256), level, np.uint8))
    assert frame.log_magnitude[0, 0] == pytest.approx(np.log(max(level / 255.0, FLOOR)), abs=1e-5)
    assert np.exp(frame.polar).max() < 2.0 * FLOOR
    np.testing.assert_allclose(np.exp(frame.log_magnitude[2:-1, 2:]), FLOOR, atol=FLOOR)


def test_more_cells_than_samples_leave_none_empty() -> None:
    frame = Pattern(PatternSettings(size=64, n_radii=200, n_angles=180)).push(noise(64, 64))
    assert np.isfinite(frame.polar).all()
    assert frame.polar.max() < 0.0  # an empty cell left at 0 would stand out above all
    assert frame.profile.max() < 0.0


@pytest.mark.parametrize(
    ("way", "shape", "message"),
    [
        (PatternSettings(), (15, 100), "image=100x15 must be at least 16 pixels each way"),
        (PatternSettings(), (0, 0), "image=0x0 must be at least 16 pixels each way"),
        (WHOLE, (31, 100), "image=100x31 must be at least 32 pixels each way .* crop = 'square'"),
        (WHOLE, (50, 2000), "image=2000x50 must be at least 32 pixels each way"),
    ],
)
def test_images_too_small_are_refused(way: PatternSettings, shape: tuple[int, int], message: str) -> None:
    front = Pattern(way)
    with pytest.raises(UserError, match=message):
        front.push(np.zeros(shape, np.uint8))
    assert_same(front.push(noise(64, 64)), Pattern(way).push(noise(64, 64)))  # and the next one is welcome


def test_arrays_that_are_not_grey_images_are_refused() -> None:
    front = Pattern()
    with pytest.raises(ValueError, match=r"grey\.shape=\(64, 64, 3\) must be \(height, width\)"):
        front.push(np.zeros((64, 64, 3), np.uint8))
    front.push(noise(64, 64))
    with pytest.raises(ValueError, match=r"grey\.dtype=float64 must be uint8"):
        front.push(np.zeros((64, 64)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 63}, "size=63 must be from 64 to 512.*; take 64"),
        ({"size": 1000}, "size=1000 must be from 64 to 512.*; take 512"),
        ({"size": 250}, "size=250 must .*; take 240"),
        ({"crop": "round"}, "crop='round' must be 'square' or 'whole'"),
        ({"n_radii": 3}, "n_radii=3 must be from 4 to 256"),
        ({"n_angles": 181}, "n_angles=181 must be from 4 to 180"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        PatternSettings(**wrong)


@given(st.integers(0, 5000))
def test_largest_fft_length(length: int) -> None:
    n = largest_fft_length(length)
    assert n % 4 == 0
    assert n <= length
    assert n > 0.8 * length or length < 32
    rest = n or 1
    for factor in (2, 3, 5):
        while rest % factor == 0:
            rest //= factor
    assert rest == 1
