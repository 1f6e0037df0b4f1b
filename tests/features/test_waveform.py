"""The front end of models that take samples."""

import numpy as np

from streamer.features.waveform import Waveform, WaveformSettings


def test_every_sample_is_a_row() -> None:
    settings = WaveformSettings(sample_rate=16000)
    front_end = Waveform(settings)
    samples = np.linspace(-1, 1, 5, dtype=np.float32)
    np.testing.assert_array_equal(front_end.push(samples), samples[:, None])
    front_end.reset()
    assert front_end.push(samples[:0]).shape == (0, 1)
    assert (settings.hop_length, settings.frame_length, settings.input_shape(5)) == (1, 1, (5, 1))
