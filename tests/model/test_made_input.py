import numpy as np
import pytest

from streamer.model.made_input import FPS, PERIOD_PX, made_images, made_sound


@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
def test_a_sweep_rises_from_50_hz_to_0_45_of_the_rate_by_equal_factors(rate: int) -> None:
    sound = made_sound("sweep", rate, 4.0)
    assert sound.shape == (4 * rate,)
    assert np.abs(sound).max() == pytest.approx(0.25, abs=0.001)
    for second in (1, 2, 3):
        part = sound[second * rate - 400 : second * rate + 400].astype(np.float64) * np.hanning(800)
        found_hz = np.argmax(np.abs(np.fft.rfft(part, 1 << 16))) * rate / (1 << 16)
        assert found_hz == pytest.approx(50.0 * (0.45 * rate / 50.0) ** (second / 4), rel=0.02)


def test_noise_is_white_and_the_same_everywhere() -> None:
    noise = made_sound("noise", 16_000, 5.0)
    for n in (0, 1, 79_999):  # by SplitMix64 in whole numbers
        bits = (n + 1) * 0x9E3779B97F4A7C15 % 2**64
        bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        bits = (bits ^ bits >> 27) * 0x94D049BB133111EB % 2**64
        bits ^= bits >> 31
        assert noise[n] == pytest.approx(0.25 * ((bits >> 11) / 2**52 - 1.0), abs=1e-7)
    assert noise.std() == pytest.approx(0.25 / np.sqrt(3), rel=0.01)
    assert abs(noise.mean()) < 0.002
    assert np.abs(np.corrcoef(noise[:-1], noise[1:])[0, 1]) < 0.01


def test_clicks_come_four_times_a_second() -> None:
    clicks = made_sound("clicks", 16_000, 1.0)
    assert np.flatnonzero(clicks).tolist() == [0, 4000, 8000, 12_000]


def test_the_grating_drifts_by_two_of_its_stripes_a_second() -> None:
    images = list(made_images(1.0))
    assert len(images) == FPS
    assert images[0].shape == (240, 320, 3)
    column = images[0][120, :, 0].astype(np.float64) - 128.0
    spectrum = np.abs(np.fft.rfft(column * np.hanning(320), 1 << 14))
    assert (1 << 14) / np.argmax(spectrum) == pytest.approx(PERIOD_PX / np.cos(np.radians(30)), rel=0.01)
    point = np.asarray([image[0, 0, 0] for image in images], np.float64) - 128.0
    assert np.argmax(np.abs(np.fft.rfft(point))) == 2
