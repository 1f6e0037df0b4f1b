"""Mel scales and filter banks against their definitions and librosa."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.features.mel import MelScale, hz_to_mel, mel_edges_hz, mel_to_hz, mel_weights

SCALES: tuple[MelScale, ...] = ("htk", "slaney")


def test_known_points_of_the_scales() -> None:
    assert hz_to_mel(1000.0, "htk") == pytest.approx(1000.0, abs=0.05)  # by construction of HTK's scale
    assert hz_to_mel([0.0, 200.0, 1000.0, 6400.0], "slaney") == pytest.approx([0.0, 3.0, 15.0, 42.0])


@pytest.mark.parametrize("scale", SCALES)
@given(hz=st.floats(0.0, 96000.0))
def test_scales_invert(scale: MelScale, hz: float) -> None:
    assert mel_to_hz(hz_to_mel(hz, scale), scale) == pytest.approx(hz, rel=1e-12, abs=1e-9)


def test_htk_triangles_follow_the_definition() -> None:
    sample_rate, n_fft, n_mels, fmin_hz, fmax_hz = 16000, 512, 64, 125.0, 7500.0

    def mel(hz: float) -> float:
        return float(1127.0 * np.log(1.0 + hz / 700.0))

    corners = [mel(fmin_hz) + (mel(fmax_hz) - mel(fmin_hz)) * i / (n_mels + 1) for i in range(n_mels + 2)]
    expected = np.zeros((n_mels, n_fft // 2 + 1))
    for band in range(n_mels):
        left, centre, right = corners[band : band + 3]
        for k in range(n_fft // 2 + 1):
            x = mel(k * sample_rate / n_fft)
            if left < x <= centre:
                expected[band, k] = (x - left) / (centre - left)
            elif centre < x < right:
                expected[band, k] = (right - x) / (right - centre)
    np.testing.assert_allclose(mel_weights(16000, 512, 64, 125.0, 7500.0, "htk"), expected, atol=1e-12)


@pytest.mark.parametrize("scale", SCALES)
def test_neighbours_overlap_by_half(scale: MelScale) -> None:
    weights = mel_weights(48000, 2048, 40, 0.0, 24000.0, scale)
    edges = mel_edges_hz(40, 0.0, 24000.0, scale)
    bins_hz = np.arange(1025) * 48000 / 2048
    for band in range(40):
        used = bins_hz[weights[band] > 0]
        assert edges[band] <= used.min()
        assert used.max() <= edges[band + 2]
    assert not weights[:, 0].any()
    assert weights[:, -1].max() < 1e-12  # the kernels read neither the first nor the last bin


def test_slaney_bands_have_unit_area() -> None:
    weights = mel_weights(16000, 1 << 16, 40, 100.0, 8000.0, "slaney")
    np.testing.assert_allclose(weights.sum(axis=1) * 16000 / (1 << 16), 1.0, rtol=1e-3)


def test_slaney_equals_librosa() -> None:
    filters = pytest.importorskip("librosa.filters", reason="librosa is not installed (extra: bench)")
    ours = mel_weights(22050, 1024, 128, 20.0, 11025.0, "slaney")
    theirs = filters.mel(
        sr=22050, n_fft=1024, n_mels=128, fmin=20.0, fmax=11025.0, htk=False, norm="slaney", dtype=np.float64
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
