"""Settings of log-mel: what they compute, and which are refused."""

import math
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from streamer.errors import UserError
from streamer.features.logmel_settings import STANDARD
from streamer.kernels.logmel_plan import FFT_SIZES


def test_sizes_between_the_powers_of_two_keep_frames_of_25_ms_whole() -> None:
    sizes = {round(0.025 * rate) for rate in (8000, 16000, 24000, 32000, 48000, 96000)}
    assert sizes <= set(FFT_SIZES)


def test_band_centres_are_evenly_spaced_in_mel() -> None:
    s = replace(STANDARD, n_mels=3, fmin_hz=0.0, fmax_hz=8000.0)
    low_to_high = s.mel_hz
    assert low_to_high.dtype == np.float32
    top = 1127.0 * math.log1p(8000.0 / 700.0)
    assert low_to_high == pytest.approx([700.0 * math.expm1(top * i / 4 / 1127.0) for i in (1, 2, 3)], rel=1e-6)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"sample_rate": 0}, "sample_rate=0 must be at least 1"),
        ({"sample_rate": 16000.0}, "sample_rate=16000.0 must be a whole number"),
        (
            {"n_fft": 441},
            "n_fft=441 must be an even product of 2, 3 and 5 within 64 … 4096; 432 and 450 are the nearest",
        ),
        (
            {"n_fft": 405},
            "n_fft=405 must be an even product of 2, 3 and 5 within 64 … 4096; 400 and 432 are the nearest",
        ),
        ({"n_fft": 0}, "n_fft=0 must be an even product of 2, 3 and 5 within 64 … 4096; 64 is the nearest"),
        ({"n_fft": 8192}, "n_fft=8192 must be an even product of 2, 3 and 5 within 64 … 4096; 4096 is the nearest"),
        ({"frame_length": 513}, "frame_length=513 must be within 2 … n_fft=512"),
        ({"frame_length": 1}, "frame_length=1 must be within 2"),
        ({"hop_length": 0}, "hop_length=0 must be at least 1"),
        ({"hop_length": True}, "hop_length=True must be a whole number"),
        ({"n_mels": 0}, "n_mels=0 must be within 1 … 1024"),
        ({"fmin_hz": -1.0}, "fmin_hz=-1.0 must be at least 0"),
        ({"fmin_hz": math.nan}, "fmin_hz=nan must be a finite number"),
        ({"fmax_hz": 8001.0}, "fmax_hz=8001.0 must be above fmin_hz=125 and at most sample_rate/2=8000"),
        ({"fmax_hz": 125.0}, "fmax_hz=125.0 must be above fmin_hz=125"),
        ({"mel_scale": "bark"}, "mel_scale='bark' must be 'htk' or 'slaney'"),
        ({"log": "log2"}, "log='log2' must be 'ln' or 'db'"),
        ({"floor": 0.0}, "floor=0.0 must be within 1e-30 … 1e30"),
        ({"floor": "low"}, "floor='low' must be a finite number"),
    ],
)
def test_wrong_settings_are_refused_with_name_value_and_rule(change: dict[str, Any], text: str) -> None:
    with pytest.raises(UserError) as error:
        replace(STANDARD, **change)
    assert str(error.value).startswith(text)
    assert "; " in str(error.value)  # … and what to do


def test_settings_do_not_import_numba() -> None:
    code = "import sys, streamer.features.logmel_settings as f; f.STANDARD; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
