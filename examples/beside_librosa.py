"""Compute the same log-mel spectrogram with streamer and with librosa: 80 bands of frames of 25 ms, as for speech."""

import librosa
import numpy as np

import streamer

SAMPLE_RATE = 16_000

samples = np.random.default_rng(0).normal(0.0, 0.1, 2 * SAMPLE_RATE).astype(np.float32)

settings = streamer.LogMelSettings(
    sample_rate=SAMPLE_RATE,
    n_fft=400,
    frame_length=400,
    hop_length=160,
    n_mels=80,
    fmin_hz=0.0,
    fmax_hz=8000.0,
    mel_scale="slaney",
    log="db",
    floor=1e-10,
)
ours = streamer.log_mel(samples, settings)

power = librosa.feature.melspectrogram(
    y=samples,
    sr=SAMPLE_RATE,
    n_fft=400,
    hop_length=160,
    n_mels=80,
    fmin=0.0,
    fmax=8000.0,
    center=False,  # streamer never sees the future, so it cannot centre a frame
)
theirs = 10.0 * np.log10(power.T + 1e-10)

print(f"{ours.shape} and {theirs.shape}; the largest difference is {np.abs(ours - theirs).max():.5f} dB")
