"""What folding does to the frequencies of pulses, and to how well they are known."""

import numpy as np
import pytest

from streamer.periodicity.folding import folded, is_stroboscopic, unresolved_bias
from streamer.periodicity.temporal import measure_temporal


def test_flashes_that_keep_step_with_a_few_images_are_stroboscopic() -> None:
    assert is_stroboscopic(7.52, 30.0, 0.1)  # four images
    assert is_stroboscopic(12.05, 30.0, 0.1)  # two in five
    assert not is_stroboscopic(8.6, 30.0, 0.1)


def test_a_waveform_with_edges_whose_harmonics_coincide_is_known_less_well() -> None:
    edges = np.array([6.0, 2.0, 1.2])
    together = unresolved_bias(3.0, (1, 3, 5), edges, 30.0, 10.0)  # 9 and 11 times 3 Hz fold to 3 Hz
    assert folded(9 * 3.0, 30.0) == pytest.approx(3.0)
    assert 0.0005 < together < 0.1 / 10
    assert unresolved_bias(3.3731, (1, 3, 5), edges, 30.0, 10.0) < together
    assert unresolved_bias(3.0, (1, 3, 5), edges, 30.0, 40.0) == pytest.approx(together / 4)


@pytest.mark.parametrize("hz", [1.663, 2.252])
def test_square_waves_nearly_in_step_with_the_images_are_as_far_off_as_stated(hz: float) -> None:
    times_s = np.arange(324) / 30
    for place in np.arange(12) / 12:
        wave = np.where((hz * times_s + place) % 1 < 0.5, 4.0, -4.0)
        series = 100 + wave[:, None] + 0.5 * np.random.default_rng(1).standard_normal((324, 6))
        (found,) = measure_temporal(series.astype(np.float32), times_s, (2, 3)).components
        assert abs(found.hz - hz) < 2.5 * found.hz_sigma


def test_a_sinusoid_has_no_edges() -> None:
    assert unresolved_bias(3.0, (1,), np.array([5.0]), 30.0, 10.0) == 0
    assert unresolved_bias(3.0, (1, 2), np.array([5.0, 0.2]), 30.0, 10.0) == 0
