"""How far a texture moves follows from the grey of its cells; light that flickers has no such amplitude."""

import math

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.api.measure import measure_frequency
from streamer.arrays import Float64, UInt8
from streamer.messages import TemporalComponent

HEIGHT, WIDTH, MARGIN = 180, 320, 20
FPS, HZ, N = 30.0, 2.3, 150


def texture(seed: int, steepness: float = 1.4) -> Float64:
    """Return noise of which the amplitude falls with its spatial frequency, larger than an image."""
    shape = HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1]))
    frequency[0, 0] = 1
    noise = default_rng(seed).standard_normal((*frequency.shape, 2)) @ np.array([1, 1j])
    result = np.fft.irfft2(noise / frequency**steepness, shape)
    return np.asarray(120 + 30 * result / result.std())


def moved(scene: Float64, right: float, down: float) -> Float64:
    rows, columns = np.fft.fftfreq(scene.shape[0])[:, None], np.fft.rfftfreq(scene.shape[1])
    spectrum = np.fft.rfft2(scene) * np.exp(-2j * np.pi * (rows * down + columns * right))
    return np.asarray(np.fft.irfft2(spectrum, scene.shape)[MARGIN:-MARGIN, MARGIN:-MARGIN])


def rhythm(images: list[Float64]) -> TemporalComponent:
    rng = default_rng(3)
    noisy = [np.clip(each + rng.normal(0, 1.5, each.shape), 0, 255) for each in images]
    bits8: UInt8 = np.array(noisy).astype(np.uint8)
    (component,) = measure_frequency(bits8, fps=FPS).components
    assert component.hz == pytest.approx(HZ, abs=0.01)
    return component


def swing(amplitude: float) -> Float64:
    return np.asarray(amplitude * np.sin(2 * np.pi * HZ * np.arange(N) / FPS + 0.7))


@pytest.mark.parametrize("angle_deg", [0.0, 70.0])
@pytest.mark.parametrize("amplitude_px", [0.2, 1.0, 4.0])
def test_a_part_that_moves_before_another_has_its_amplitude(amplitude_px: float, angle_deg: float) -> None:
    near, far = texture(1), moved(texture(2), 0, 0)
    angle = math.radians(angle_deg)
    images = []
    for each in swing(amplitude_px):
        image = far.copy()
        image[40:150, 60:260] = moved(near, each * math.cos(angle), each * math.sin(angle))[40:150, 60:260]
        images.append(image)
    found = rhythm(images)
    error_px = abs(found.amplitude_px - amplitude_px)
    assert error_px < 2 * found.amplitude_px_sigma
    assert error_px < 0.1 * amplitude_px
    assert found.amplitude_px_sigma < 0.15 * amplitude_px


def test_a_light_that_flickers_on_a_texture_has_none() -> None:
    scene = moved(texture(4), 0, 0)
    beam = np.zeros_like(scene)
    beam[40:150, 60:260] = 1.0
    for images in (
        [scene * (1 + each * beam) for each in swing(0.05)],
        [scene + each * beam for each in swing(4.0)],
    ):
        assert math.isnan(rhythm(images).amplitude_px)


def test_cells_that_pulse_each_by_its_own_measure_have_none() -> None:
    scene = moved(texture(5), 0, 0)
    strength = np.kron(default_rng(6).normal(0, 1, (18, 32)), np.ones((10, 10)))
    assert math.isnan(rhythm([scene + each * strength for each in swing(3.0)]).amplitude_px)
