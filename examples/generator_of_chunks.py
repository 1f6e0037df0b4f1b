"""Turn chunks of any length into log-mel frames as they come; the frames are those of the whole sound."""

from collections.abc import Iterator

import numpy as np

import streamer
from streamer.arrays import Float32

SAMPLE_RATE = 16_000


def chunks() -> Iterator[Float32]:
    """Yield a rising tone in chunks of all lengths, as networks deliver them."""
    rng = np.random.default_rng(0)
    seconds = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    samples = (0.3 * np.sin(2 * np.pi * (300.0 + 300.0 * seconds) * seconds)).astype(np.float32)
    start = 0
    while start < samples.size:
        length = int(rng.integers(1, 4000))
        yield samples[start : start + length]
        start += length


settings = streamer.LogMelSettings(
    sample_rate=SAMPLE_RATE, n_fft=512, frame_length=400, hop_length=160, n_mels=64, fmin_hz=125.0, fmax_hz=7500.0
)
front_end = streamer.LogMel(settings)
n_frames = 0
for chunk in chunks():
    frames = front_end.push(chunk)  # valid until the next push
    for frame in frames:
        if n_frames % 50 == 0:
            print(f"{n_frames / 100:.1f} s: loudest near {settings.mel_hz[frame.argmax()]:.0f} Hz")
        n_frames += 1

whole = streamer.log_mel(np.concatenate(list(chunks())), settings)
print(f"{n_frames} frames; in one piece: {whole.shape[0]}")
