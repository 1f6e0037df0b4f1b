"""Front ends of the study give finite features for every clip, and the ones that their docstrings state."""

import numpy as np
import pytest

from streamer.arrays import UInt8
from streamer.study import front_ends
from streamer.study.front_ends import FRONT_ENDS, MOTION, N_ANGLES, N_RADII
from streamer.study.pictures import make_texture
from streamer.study.videos import FPS, MOTIONS, make_video


def _video(motion: str, seed: int = 0) -> UInt8:
    return make_video(motion, "disc", np.random.default_rng(seed))


def _picture(seed: int = 0, side: int = 96) -> UInt8:
    return make_texture("grid", np.random.default_rng(seed))[None, :side, :side].copy()


@pytest.mark.parametrize("name", FRONT_ENDS)
@pytest.mark.parametrize(
    "clip", [_video("clockwise slow"), _picture(), _picture(1, 20)], ids=["video", "96 px", "20 px"]
)
def test_every_front_end_takes_every_clip(name: str, clip: UInt8) -> None:
    before = clip.copy()
    features = FRONT_ENDS[name](clip).copy()
    assert np.isfinite(features).all()
    assert np.array_equal(features, FRONT_ENDS[name](clip))
    assert np.array_equal(clip, before)
    assert np.isfinite(features.astype(np.float16)).all()  # as it is kept


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_black_pictures_give_finite_features(name: str) -> None:
    assert np.isfinite(FRONT_ENDS[name](np.zeros((1, 32, 32), np.uint8))).all()


def test_a_pictures_columns_are_taken_for_times() -> None:
    clip = _picture()
    features = front_ends.as_spectrogram(clip)
    assert np.array_equal(features[5, :, 0], clip[0, :, 5])


def test_the_real_spectrogram_shows_the_frequency_along_a_row() -> None:
    columns = np.arange(64)
    clip = (128 + 100 * np.sin(2 * np.pi * 8 * columns / 64)).astype(np.uint8)[None, None].repeat(64, 1)
    assert set(front_ends.spectrogram(clip)[:, :, 0].argmax(axis=1)) == {7}  # without the mean: place 0 is 1 cycle


def test_the_real_spectrogram_of_a_film_shows_the_frequency_in_time() -> None:
    seconds = np.arange(32) / FPS
    lamp = (128 + 60 * np.sin(2 * np.pi * 7.5 * seconds)).astype(np.uint8)[:, None, None] * np.ones((64, 64), np.uint8)
    features = front_ends.spectrogram(lamp)[:, :, 0]
    assert features.shape == (9, 8)
    assert set(features.argmax(axis=1)) == {3}  # 7.5 Hz are four cycles in 16 images


def test_the_one_number_is_the_sum_above_the_mean() -> None:
    clip = _picture()
    levels = 20 * np.log10(np.abs(np.fft.fftshift(np.fft.fft2(clip[0].astype(float)))) + 1)
    expected = sum(level for level in levels.ravel() if level > levels.mean()) / levels.size
    assert front_ends.sum_above_mean(clip)[0] == pytest.approx(expected, rel=1e-6)


def test_flow_shows_the_axis_of_the_motion() -> None:
    for motion, axis in (("horizontal slow", 0), ("vertical slow", 1)):
        levels = front_ends.flow_spectrum(_video(motion, 4))
        assert levels.shape == (MOTION.n_cells, MOTION.n_bins, 2)
        strongest = levels.max(axis=(0, 1))
        assert strongest[axis] > strongest[1 - axis] + 0.3


def test_flow_shows_the_frequency_of_the_motion() -> None:
    slow, fast = (front_ends.flow_spectrum(_video(f"horizontal {pace}", 4))[:, :, 0] for pace in ("slow", "fast"))
    assert slow.max(axis=0).argmax() < fast.max(axis=0).argmax()


def test_the_third_channel_of_flow_is_the_sense_of_rotation() -> None:
    turns = []
    for way in ("clockwise", "anticlockwise"):
        features = front_ends.flow_with_turn(_video(f"{way} slow", 4))
        assert np.abs(features[:, :, 2]).max() <= 1.0
        strong = features[:, :, 0] > features[:, :, 0].max() - 0.5
        turns.append(features[:, :, 2][strong].mean())
    assert turns[0] * turns[1] < 0
    assert min(abs(turn) for turn in turns) > 0.3


@pytest.mark.parametrize("name", ["flow_spectrum", "flow_with_turn", "motion", "motion_summary"])
def test_features_in_time_of_a_picture_are_zero(name: str) -> None:
    assert not FRONT_ENDS[name](_picture()).any()


def test_polar_waves_change_little_when_a_picture_is_turned() -> None:
    picture = _picture()
    turned = np.rot90(picture, axes=(1, 2)).copy()
    other = _picture(seed=8)
    features, after, different = (front_ends.polar_waves(clip) for clip in (picture, turned, other))
    assert features.shape == (N_RADII * (1 + N_ANGLES // 2),)
    assert np.abs(features - after).mean() < 0.3 * np.abs(features - different).mean()


def test_the_one_image_is_the_middle_one() -> None:
    video = _video(MOTIONS[0])
    assert np.array_equal(front_ends.middle_image(video)[:, :, 0], video[16])
