"""Check arrays that a program passes, and bring them into the form that pipelines take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamer.arrays import Float32, Float64, UInt8
from streamer.errors import UserError
from streamer.features.logmel import float_samples
from streamer.messages import Image, ImageFormat, SoundFormat
from streamer.sources.sound.file import MAX_CHANNELS, SAMPLE_RATES

Number: TypeAlias = "float | np.integer[Any] | np.floating[Any]"
LOUDEST = 64.0  # sound may exceed full scale, but not by 36 dB: then it was never scaled


def sound(samples: ArrayLike, sample_rate: Number, block_s: float) -> tuple[SoundFormat, Iterator[Float32]]:
    """Return sound as blocks, shape (n_samples, n_channels), with its format.

    Raises
    ------
    UserError
        If samples or sample rate break a rule.
    """
    array = float_samples(samples)
    if array.ndim not in (1, 2) or array.shape[0] < 1:
        raise UserError(f"samples.shape={array.shape} must be (n_samples,) or (n_samples, n_channels), not empty")
    array = array.reshape(array.shape[0], -1)
    n_samples, n_channels = array.shape
    if not 1 <= n_channels <= MAX_CHANNELS or n_channels > n_samples > 1:
        raise UserError(
            f"samples.shape={array.shape} must be (n_samples, n_channels), at most {MAX_CHANNELS} channels;"
            " transpose it, or pass one channel"
        )
    rate = _number(sample_rate, "sample_rate", "a whole number of samples per second")
    if not rate.is_integer() or not SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]:
        low, high = SAMPLE_RATES
        raise UserError(f"sample_rate={sample_rate} must be a whole number from {low} to {high}; 16000 is usual")
    finite = array[np.isfinite(array)]
    if finite.size and max(float(finite.max()), -float(finite.min())) > LOUDEST:
        raise UserError(
            f"samples must be in the range −1…1, not {finite.min():.6g}…{finite.max():.6g}; divide them by their full"
            " scale, 32768 for 16 bits"
        )
    length = max(1, round(block_s * rate))
    blocks = (np.asarray(array[i : i + length], np.float32) for i in range(0, n_samples, length))
    return SoundFormat(int(rate), n_channels, "array"), blocks


def picture(image: ArrayLike, name: str) -> NDArray[Any]:
    """Return one image as an array, shape (height, width) or (height, width, 3), after a check of type and range.

    Raises
    ------
    UserError
        If it breaks a rule; ``name`` is how it is called there.
    """
    array = np.asarray(image)
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)) or 0 in array.shape:
        raise UserError(
            f"{name}.shape={array.shape} must be (height, width) or (height, width, 3); choose one image, and of its"
            " channels grey, or blue, green and red"
        )
    _check_range(array, name)
    return array


def video(images: ArrayLike, name: str) -> NDArray[Any]:
    """Return images as one array, shape (n_images, height, width) or (n_images, height, width, 3), after a check.

    Raises
    ------
    UserError
        If they break a rule; ``name`` is how they are called there.
    """
    try:
        array = np.asarray(images)
    except ValueError:
        raise UserError(f"{name} must be images of one size; resize or crop them") from None
    if not (array.ndim == 3 or (array.ndim == 4 and array.shape[3] == 3)) or 0 in array.shape:
        raise UserError(
            f"{name}.shape={array.shape} must be (n_images, height, width) or (n_images, height, width, 3); stack the"
            " images along the first axis, and of their channels take grey, or blue, green and red"
        )
    _check_range(array, name)
    return array


def bits8(array: NDArray[Any]) -> UInt8:
    """Return images as 8 bits; floating-point numbers are rounded."""
    if array.dtype == np.uint8:
        return array
    scaled: UInt8 = np.rint(array * array.dtype.type(255)).astype(np.uint8)
    return scaled


def blue_green_red(array: NDArray[Any]) -> UInt8:
    """Return one image as 8 bits, shape (height, width, 3); grey is repeated."""
    pixels = bits8(array)
    return np.ascontiguousarray(pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2))


def stream_of(array: NDArray[Any], times_s: Float64) -> tuple[ImageFormat, Iterator[Image]]:
    """Return checked images as a video file would give them."""
    interval_s = float(np.median(np.diff(times_s))) if times_s.size > 1 else 0.0
    fps = 1.0 / interval_s if interval_s else 0.0
    images = (
        Image(blue_green_red(one), index, 0, float(time_s), float(time_s))
        for index, (one, time_s) in enumerate(zip(array, times_s, strict=True))
    )
    return ImageFormat(array.shape[2], array.shape[1], fps, "array"), images


def capture_times(n: int, times_s: ArrayLike | None, fps: Number | None, name: str) -> Float64:
    """Return capture times that begin at 0, from one of the two ways to state them.

    Raises
    ------
    UserError
        If neither or both are given, or the one given breaks a rule; ``name`` is what is called so many.
    """
    if (times_s is None) == (fps is None):
        said = "both are given" if fps is not None else "neither is given"
        raise UserError(f"times_s or fps must be given, one of them, and {said}; times_s is more exact")
    if times_s is None:
        assert fps is not None
        rate = _number(fps, "fps", "a number of images per second")
        if not 0.0 < rate < np.inf:
            raise UserError(f"fps={fps} must be above 0 and finite; pass the images per second")
        return np.arange(n) / rate
    try:
        times: Float64 = np.asarray(times_s, np.float64)
    except (TypeError, ValueError):
        raise UserError("times_s must be numbers, in seconds; convert them") from None
    if times.shape != (n,):
        raise UserError(f"times_s.shape={times.shape} must be ({n},), one time for each of {name}; pass as many")
    if not np.isfinite(times).all() or not (np.diff(times) > 0.0).all():
        raise UserError("times_s must be finite and strictly increasing, in seconds; sort them, and drop repeated ones")
    return times - times[0] if n else times


def series(values: NDArray[Any], name: str) -> Float32:
    """Return series in time, shape (n, n_series), scaled alike: their unit does not matter for a frequency.

    Raises
    ------
    UserError
        If they are not finite real numbers.
    """
    if values.dtype.kind not in "fiu" or 0 in values.shape:
        raise UserError(f"{name}.dtype={values.dtype} must be real numbers, at least one; convert it")
    numbers = values.reshape(values.shape[0], -1).astype(np.float64)
    if not np.isfinite(numbers).all():
        raise UserError(f"{name} must be finite, without NaN; leave those instants out, and state times_s")
    numbers -= numbers.mean(axis=0)
    spread = float(np.sqrt(np.mean(np.square(numbers))))
    scaled: Float32 = (numbers * (50.0 / spread if spread > 0.0 else 1.0)).astype(np.float32)
    return scaled


def _number(value: object, name: str, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise UserError(f"{name}={value!r} must be {what}; pass a number")
    return float(value)


def _check_range(array: NDArray[Any], name: str) -> None:
    if array.dtype == np.uint8:
        return
    if array.dtype.kind != "f":
        remedy = "divide it by 65535.0" if array.dtype == np.uint16 else "convert it"
        raise UserError(f"{name}.dtype={array.dtype} must be uint8, or float in the range 0…1; {remedy}")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0.0 and high <= 1.0):  # also where there is NaN
        raise UserError(
            f"{name} must be in the range 0…1 where it is float, not {low:.6g}…{high:.6g}; divide it by its white"
            " level, or convert it to uint8"
        )
