"""Full scale and clipping, by the same rule for live sound, takes and data sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.dataset.file_stats import measure_file
from streamer.features.level import LevelMeter, is_clipped, level_of

SAMPLES = [(32767, True), (-32767, True), (-32768, True), (32766, False), (-32766, False), (32760, False), (0, False)]


@pytest.mark.parametrize(("sample", "clipped"), SAMPLES)
def test_a_16_bit_file_is_clipped_by_full_scale_of_either_sign_alone(
    tmp_path: Path, sample: int, clipped: bool
) -> None:
    path = tmp_path / "clip.wav"
    pcm = np.full((100, 2), 1000, np.int16)
    pcm[50:52, 1] = sample
    soundfile.write(path, pcm, 8000, subtype="PCM_16")
    samples = soundfile.read(path, dtype="float32")[0]
    assert is_clipped(samples).sum() == 2 * clipped
    assert level_of(samples).is_clipped is clipped
    meter = LevelMeter()
    meter.push(samples, samples.mean(axis=1), 8000)
    assert meter.level().is_clipped is clipped
    assert (measure_file(path, "sound").clipped_share > 0) is clipped


@pytest.mark.parametrize(("sample", "clipped"), [(32767, True), (-32767, True), (-32768, True), (32760, False)])
def test_a_decoder_that_scales_by_32767_changes_nothing(sample: int, clipped: bool) -> None:
    assert is_clipped(np.array([sample], np.float32) / np.float32(32767)).tolist() == [clipped]


def test_sound_of_more_bits_is_clipped_at_its_own_full_scale() -> None:
    samples = np.array([1 - 2**-23, -1.0, 1.5, 0.9999], np.float32)
    assert is_clipped(samples).tolist() == [True, True, True, False]


def test_the_level_is_that_of_the_conditioned_sound_and_clipping_that_of_the_captured() -> None:
    meter = LevelMeter()
    captured = np.full((1600, 1), 0.1, np.float32)
    meter.push(captured, captured[:, 0], 16_000, captured[:, 0] * 20)
    level = meter.level()
    assert level.rms_dbfs == pytest.approx(20 * np.log10(2.0), abs=0.01)
    assert level.peak_dbfs == pytest.approx(20 * np.log10(2.0), abs=0.01)
    assert not level.is_clipped
    meter.push(np.ones((1600, 1), np.float32), captured[:, 0], 16_000, captured[:, 0] * 0.1)
    assert meter.level().is_clipped
