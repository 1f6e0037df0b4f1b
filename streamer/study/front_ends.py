"""What each system of the study sees of a clip: grey images, shape (n_images, height, width); a picture is one image.

Every function gives one array for a clip. Where a front end is made for the other kind of data, it takes the
degenerate form stated with it, so that every system has its row everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np

from streamer.arrays import Complex64, Float32, UInt8
from streamer.features.flow import FlowSeries
from streamer.features.motion import CellSeries, MotionSpectrum
from streamer.features.motion_rows import motion_rows
from streamer.features.pattern import Pattern
from streamer.features.settings import MotionSettings, PatternSettings, largest_fft_length
from streamer.study.videos import FPS, N_IMAGES
from streamer.training.motion.network import LEVEL_SCALE

MOTION = MotionSettings(n_rows=8, n_columns=8, n_images=N_IMAGES)
N_RADII, N_ANGLES = 32, 18
MOST_BINS = (32, 17)  # of a picture's spectrum, ky × kx
LOWEST = (16, 9)  # of an image of a film: waves of 8 pixels and more
SHORT = 16  # images under the short-time spectrum of a film
FLOW_SIDE = 128
FLOW_FLOOR = np.float32(0.5)  # pixels per second


def as_spectrogram(clip: UInt8) -> Float32:
    """Pixels taken for a spectrogram: shape (n_times, n_frequencies, 1).

    A picture's columns are taken for times and its rows for frequencies. Each image of a film is taken for the
    spectrum of its time, its pixels (means on 16 × 16) for the frequencies.
    """
    if len(clip) == 1:
        return np.asarray(clip[0].T[:, :, None], np.float32)
    return _reduced(clip, (16, 16)).reshape(len(clip), -1, 1)


def spectrogram(clip: UInt8) -> Float32:
    """Real short-time spectra in decibels: shape (n_times, n_frequencies, 1).

    A picture is read row by row, as a television's signal: each row is a frame. Of a film: every cell's grey over
    SHORT images, power averaged over 8 × 8 cells, every second image.
    """
    if len(clip) == 1:
        frames = clip[0][:, None, :].astype(np.float32)
    else:
        windows = np.lib.stride_tricks.sliding_window_view(_reduced(clip, (8, 8)).reshape(len(clip), -1), SHORT, 0)
        frames = windows[::2]
    frames = frames - frames.mean(axis=-1, keepdims=True)
    taper = np.hanning(frames.shape[-1] + 1)[:-1].astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(frames * taper))).mean(axis=1)
    return np.asarray(10 * np.log10(power[:, 1:, None] + 1.0), np.float32)


def spectra_over_time(clip: UInt8) -> Float32:
    """20 log |FFT2| of each image, one after the other: shape (n_images, n_frequencies, 1); of a picture one row.

    Of a film the LOWEST frequencies; of a picture all, averaged to MOST_BINS where there are more.
    """
    levels = _half_planes(clip)
    if len(clip) > 1:
        middle = levels.shape[1] // 2
        levels = levels[:, middle - LOWEST[0] // 2 : middle + LOWEST[0] // 2, : LOWEST[1]]
    elif levels.shape[1] > MOST_BINS[0]:
        size = MOST_BINS[1], MOST_BINS[0]
        levels = cv2.resize(levels[0], size, interpolation=cv2.INTER_AREA)[None]
    return np.ascontiguousarray(levels).reshape(len(clip), -1, 1)


def flow_spectrum(clip: UInt8) -> Float32:
    """Spectra in time of the optical flow in each cell: shape (n_cells, n_bins, 2), ln of horizontal and vertical.

    Of a picture that stands still: zeros.
    """
    series = FlowSeries(MOTION.n_rows, MOTION.n_columns, N_IMAGES)
    spectrum = _spectrum_in_time(series, _enlarged(clip))
    levels = np.log1p(np.abs(spectrum) / FLOW_FLOOR).reshape(2, MOTION.n_cells, MOTION.n_bins)
    return np.asarray(levels.transpose(1, 2, 0), np.float32)


def flow_with_turn(clip: UInt8) -> Float32:
    """The same with a third channel, which way round the flow turns: shape (n_cells, n_bins, 3).

    The imaginary part of the cross-spectrum of horizontal and vertical flow, over the mean of both powers: −1 … 1.
    """
    series = FlowSeries(MOTION.n_rows, MOTION.n_columns, N_IMAGES)
    x, y = _spectrum_in_time(series, _enlarged(clip)).reshape(2, MOTION.n_cells, MOTION.n_bins)
    turn = 2 * (x * y.conj()).imag / (np.abs(x) ** 2 + np.abs(y) ** 2 + FLOW_FLOOR**2)
    return np.stack([np.log1p(np.abs(x) / FLOW_FLOOR), np.log1p(np.abs(y) / FLOW_FLOOR), turn], axis=-1)


def motion(clip: UInt8) -> Float32:
    """The live motion front end on 8 × 8 cells: shape (n_cells, 3 · n_bins). Of a picture that stands still: zeros."""
    series = CellSeries(MOTION.n_rows, MOTION.n_columns, N_IMAGES)
    return motion_rows(_spectrum_in_time(series, clip), MOTION) / np.float32(LEVEL_SCALE)


def motion_summary(clip: UInt8) -> Float32:
    """Of every frequency of the motion front end: mean and maximum of the level over cells; shape (2 · n_bins,)."""
    levels = motion(clip)[:, : MOTION.n_bins]
    return np.concatenate([levels.mean(axis=0), levels.max(axis=0)])


def sum_above_mean(clip: UInt8) -> Float32:
    """The one number of the article: the sum of what lies above the mean of 20 log |F|; shape (1,); mean over images.

    It is given per coefficient, which divides it by the same number for all pictures of a size.
    """
    spectra = np.fft.fftshift(np.fft.fft2(clip), axes=(1, 2))
    levels = 20 * np.log10(np.abs(spectra) + 1.0)
    return np.array([np.mean([level[level > level.mean()].sum() / level.size for level in levels])], np.float32)


def polar(clip: UInt8) -> Float32:
    """The live pattern front end, ln |F| by radius and angle: shape (N_RADII, N_ANGLES); mean over the images."""
    size = max(64, largest_fft_length(min(clip.shape[1:])))
    front_end = _pattern(size)
    return np.asarray(sum(front_end.push(image).polar for image in clip) / np.float32(len(clip)), np.float32)


def polar_waves(clip: UInt8) -> Float32:
    """What of the polar spectrum stays when the picture is turned: shape (N_RADII · (1 + N_ANGLES // 2),).

    Of every radius the mean, less that of the picture, and the moduli of the Fourier series over the angles.
    """
    levels = polar(clip)
    waves = np.abs(np.fft.rfft(levels, axis=1)[:, 1:]) / N_ANGLES
    return np.concatenate([levels.mean(axis=1) - levels.mean(), waves.ravel()]).astype(np.float32)


def pixels(clip: UInt8) -> Float32:
    """The picture; of a film all images, reduced to 32 × 32, as channels: shape (height, width, n_images)."""
    images = clip if len(clip) == 1 else _reduced(clip, (32, 32))
    return np.asarray(images.transpose(1, 2, 0), np.float32)


def few_pixels(clip: UInt8) -> Float32:
    """The same, reduced to what a linear model can take: 48 × 48 at most; of a film every second image at 16 × 16."""
    if len(clip) > 1:
        return _reduced(clip[::2], (16, 16)).reshape(-1)
    side = min(48, *clip.shape[1:])
    return _reduced(clip, (side, side)).reshape(-1)


def middle_image(clip: UInt8) -> Float32:
    """One image of the clip: shape (height, width, 1)."""
    return np.asarray(clip[len(clip) // 2, :, :, None], np.float32)


FRONT_ENDS: dict[str, Callable[[UInt8], Float32]] = {
    function.__name__: function
    for function in (
        as_spectrogram,
        spectrogram,
        spectra_over_time,
        flow_spectrum,
        flow_with_turn,
        sum_above_mean,
        polar,
        polar_waves,
        motion,
        motion_summary,
        pixels,
        few_pixels,
        middle_image,
    )
}


@lru_cache(maxsize=4)
def _pattern(size: int) -> Pattern:
    return Pattern(PatternSettings(size=size, n_radii=N_RADII, n_angles=N_ANGLES))


@lru_cache(maxsize=1)
def _motion_spectrum() -> MotionSpectrum:
    return MotionSpectrum(MOTION)


def _spectrum_in_time(series: CellSeries | FlowSeries, clip: UInt8) -> Complex64:
    """Push a clip through a series of rows, a picture as often as a film has images, and transform it."""
    images = clip if len(clip) > 1 else np.repeat(clip, N_IMAGES, axis=0)
    for i, image in enumerate(images):
        series.push(image, i / FPS)
    return _motion_spectrum().transform(*series.last(N_IMAGES))


def _enlarged(clip: UInt8) -> UInt8:
    """Make images at least FLOW_SIDE wide: the search for flow looks at blocks of 8 pixels, at a quarter scale."""
    if clip.shape[2] >= FLOW_SIDE:
        return clip
    size = FLOW_SIDE, FLOW_SIDE
    return np.stack([np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8) for image in clip])


def _reduced(clip: UInt8, size: tuple[int, int]) -> Float32:
    """Means over blocks of pixels, for each image."""
    return np.stack([cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA) for image in clip])


def _half_planes(clip: UInt8) -> Float32:
    """20 log |FFT2| over half the plane, ky from lowest to highest, kx from 0: (n_images, height, width // 2 + 1)."""
    spectra = np.fft.fftshift(np.fft.rfft2(clip), axes=1)
    return np.asarray(20 * np.log10(np.abs(spectra) + 1.0), np.float32)
