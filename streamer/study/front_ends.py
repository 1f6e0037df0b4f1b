"""Front ends of the study: a clip of grey images, shape (n_images, height, width), becomes an array of features.

A picture is a clip of one image, any other clip is a video. A front end for the other kind of clip takes the
degenerate form that its docstring states, so that every system has a row in every table.
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
MOST_BINS = (32, 17)  # bins kept of a picture's spectrum, ky × kx
LOWEST = (16, 9)  # lowest bins kept of a video image's spectrum, ky × kx: waves of 8 pixels and more
SHORT = 16  # images in a frame of a video's short-time spectrum
FLOW_SIDE = 128  # pixels, least width of the images that flow is computed from
FLOW_FLOOR = np.float32(0.5)  # pixels per second; slower flow is noise


def as_spectrogram(clip: UInt8) -> Float32:
    """Return the pixels, taken for a spectrogram: shape (n_times, n_frequencies, 1).

    The columns of a picture are taken for times and its rows for frequencies. Each image of a video is taken for the
    spectrum at its time, and its pixels (means on 16 × 16) for the frequencies.
    """
    if len(clip) == 1:
        return np.asarray(clip[0].T[:, :, None], np.float32)
    return _reduced(clip, (16, 16)).reshape(len(clip), -1, 1)


def spectrogram(clip: UInt8) -> Float32:
    """Return short-time spectra in decibels: shape (n_times, n_frequencies, 1).

    Each row of a picture is a frame, as in a television signal. Of a video, the spectra of the mean grey of each of
    8 × 8 cells over SHORT images, power averaged over the cells, at every second image.
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
    """Return 20 log |FFT2| of each image as a row: shape (n_images, n_frequencies, 1).

    Of a video the LOWEST frequencies; of a picture all, averaged to MOST_BINS if there are more.
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
    """Return spectra in time of the optical flow in each cell: shape (n_cells, n_bins, 2).

    The channels are ln of horizontal and of vertical flow. Of a picture: zeros, as nothing moves.
    """
    series = FlowSeries(MOTION.n_rows, MOTION.n_columns, N_IMAGES)
    spectrum = _spectrum_in_time(series, _enlarged(clip))
    levels = np.log1p(np.abs(spectrum) / FLOW_FLOOR).reshape(2, MOTION.n_cells, MOTION.n_bins)
    return np.asarray(levels.transpose(1, 2, 0), np.float32)


def flow_with_turn(clip: UInt8) -> Float32:
    """Return :func:`flow_spectrum` with a third channel, the sense of rotation: shape (n_cells, n_bins, 3).

    The third channel is the imaginary part of the cross-spectrum of horizontal and vertical flow over the mean of
    both powers, range −1…1.
    """
    series = FlowSeries(MOTION.n_rows, MOTION.n_columns, N_IMAGES)
    x, y = _spectrum_in_time(series, _enlarged(clip)).reshape(2, MOTION.n_cells, MOTION.n_bins)
    turn = 2 * (x * y.conj()).imag / (np.abs(x) ** 2 + np.abs(y) ** 2 + FLOW_FLOOR**2)
    return np.stack([np.log1p(np.abs(x) / FLOW_FLOOR), np.log1p(np.abs(y) / FLOW_FLOOR), turn], axis=-1)


def motion(clip: UInt8) -> Float32:
    """Return the rows of the live motion front end on 8 × 8 cells: shape (n_cells, 3 · n_bins). Of a picture: zeros."""
    series = CellSeries(MOTION.n_rows, MOTION.n_columns, N_IMAGES)
    return motion_rows(_spectrum_in_time(series, clip), MOTION) / np.float32(LEVEL_SCALE)


def motion_summary(clip: UInt8) -> Float32:
    """Return mean and maximum over cells of the motion front end's level at each frequency: shape (2 · n_bins,)."""
    levels = motion(clip)[:, : MOTION.n_bins]
    return np.concatenate([levels.mean(axis=0), levels.max(axis=0)])


def sum_above_mean(clip: UInt8) -> Float32:
    """Return the one number of the article: the sum of 20 log |F| above its mean; shape (1,); mean over images.

    It is divided by the number of coefficients, which is the same for all images of a size.
    """
    spectra = np.fft.fftshift(np.fft.fft2(clip), axes=(1, 2))
    levels = 20 * np.log10(np.abs(spectra) + 1.0)
    return np.array([np.mean([level[level > level.mean()].sum() / level.size for level in levels])], np.float32)


def polar(clip: UInt8) -> Float32:
    """Return the live pattern front end, ln |F| by radius and angle: shape (N_RADII, N_ANGLES); mean over images."""
    size = max(64, largest_fft_length(min(clip.shape[1:])))
    front_end = _pattern(size)
    return np.asarray(sum(front_end.push(image).polar for image in clip) / np.float32(len(clip)), np.float32)


def polar_waves(clip: UInt8) -> Float32:
    """Return values of the polar spectrum that rotation leaves unchanged: shape (N_RADII · (1 + N_ANGLES // 2),).

    For each radius: its mean, less the mean of the whole spectrum, and the moduli of the Fourier series over angles.
    """
    levels = polar(clip)
    waves = np.abs(np.fft.rfft(levels, axis=1)[:, 1:]) / N_ANGLES
    return np.concatenate([levels.mean(axis=1) - levels.mean(), waves.ravel()]).astype(np.float32)


def pixels(clip: UInt8) -> Float32:
    """Return a picture, or all images of a video reduced to 32 × 32, as channels: shape (height, width, n_images)."""
    images = clip if len(clip) == 1 else _reduced(clip, (32, 32))
    return np.asarray(images.transpose(1, 2, 0), np.float32)


def few_pixels(clip: UInt8) -> Float32:
    """Return few enough pixels for a linear model: 48 × 48 at most; of a video, every second image at 16 × 16."""
    if len(clip) > 1:
        return _reduced(clip[::2], (16, 16)).reshape(-1)
    side = min(48, *clip.shape[1:])
    return _reduced(clip, (side, side)).reshape(-1)


def middle_image(clip: UInt8) -> Float32:
    """Return the middle image of the clip: shape (height, width, 1)."""
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
    """Push the images of a clip into a series, a picture N_IMAGES times, and return the spectra in time."""
    images = clip if len(clip) > 1 else np.repeat(clip, N_IMAGES, axis=0)
    for i, image in enumerate(images):
        series.push(image, i / FPS)
    return _motion_spectrum().transform(*series.last(N_IMAGES))


def _enlarged(clip: UInt8) -> UInt8:
    """Enlarge images to FLOW_SIDE if they are smaller: flow is searched in blocks of 8 pixels at a quarter scale."""
    if clip.shape[2] >= FLOW_SIDE:
        return clip
    size = FLOW_SIDE, FLOW_SIDE
    return np.stack([np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8) for image in clip])


def _reduced(clip: UInt8, size: tuple[int, int]) -> Float32:
    """Return each image reduced to a size, by means over blocks of pixels."""
    return np.stack([cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA) for image in clip])


def _half_planes(clip: UInt8) -> Float32:
    """Return 20 log |FFT2| over half the plane, ky ascending, kx from 0: shape (n_images, height, width // 2 + 1)."""
    spectra = np.fft.fftshift(np.fft.rfft2(clip), axes=1)
    return np.asarray(20 * np.log10(np.abs(spectra) + 1.0), np.float32)
