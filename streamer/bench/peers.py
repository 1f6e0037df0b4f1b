"""Peers that compute log-mel, each used as its own users do who need speed.

All have the same settings; the docstring of each says where its result differs all the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from streamer.arrays import Float32, hann
from streamer.features.logmel_settings import LogMelSettings
from streamer.features.mel import mel_weights


def _hann(settings: LogMelSettings) -> Float32:
    return hann(settings.frame_length).astype(np.float32)


def _weights(s: LogMelSettings) -> Float32:
    return mel_weights(s.sample_rate, s.n_fft, s.n_mels, s.fmin_hz, s.fmax_hz, s.mel_scale).astype(np.float32)


class NumpyScipyStream:
    """numpy as a careful user writes it: all arrays preallocated, scipy's float32 FFT, one frame at a time."""

    def __init__(self, settings: LogMelSettings) -> None:
        import scipy.fft

        self._rfft = scipy.fft.rfft
        self._frame_length, self._hop_length = settings.frame_length, settings.hop_length
        self._floor = np.float32(settings.floor)
        self._taper = _hann(settings)
        self._weights = _weights(settings)
        self._carry = np.zeros(1 << 16, np.float32)
        self._fill = 0
        self._frame = np.zeros(settings.n_fft, np.float32)
        self._power = np.zeros(settings.n_fft // 2 + 1, np.float32)
        self._square = np.zeros_like(self._power)
        self._mel = np.zeros(settings.n_mels, np.float32)
        self._out = np.zeros((1024, settings.n_mels), np.float32)

    def push(self, samples: Float32) -> Float32:
        """Take samples, shape (n,); return frames, shape (n_frames, n_mels)."""
        carry, frame_length = self._carry, self._frame_length
        fill = self._fill + samples.size
        carry[self._fill : fill] = samples
        start = n_frames = 0
        while fill - start >= frame_length:
            np.multiply(carry[start : start + frame_length], self._taper, out=self._frame[:frame_length])
            spectrum = self._rfft(self._frame)
            np.multiply(spectrum.real, spectrum.real, out=self._power)
            np.multiply(spectrum.imag, spectrum.imag, out=self._square)
            np.add(self._power, self._square, out=self._power)
            np.dot(self._weights, self._power, out=self._mel)
            self._mel += self._floor
            np.log(self._mel, out=self._out[n_frames])
            start += self._hop_length
            n_frames += 1
        if start:
            carry[: fill - start] = carry[start:fill].copy()
        self._fill = fill - start
        return self._out[:n_frames]


class KaldiStream:
    """kaldi-native-fbank's OnlineFbank without dither, pre-emphasis and DC removal.

    Its taper is the symmetric Hann window, and its floor is a minimum. It takes a list faster than an array.
    """

    def __init__(self, settings: LogMelSettings) -> None:
        import kaldi_native_fbank

        options = kaldi_native_fbank.FbankOptions()
        frame = options.frame_opts
        frame.samp_freq = settings.sample_rate
        frame.frame_length_ms = 1000.0 * settings.frame_length / settings.sample_rate
        frame.frame_shift_ms = 1000.0 * settings.hop_length / settings.sample_rate
        frame.window_type = "hann"
        frame.dither = 0.0
        frame.preemph_coeff = 0.0
        frame.remove_dc_offset = False
        frame.round_to_power_of_two = settings.n_fft != settings.frame_length  # it knows no other padding
        mel = options.mel_opts
        mel.num_bins, mel.low_freq, mel.high_freq = settings.n_mels, settings.fmin_hz, settings.fmax_hz
        options.use_energy = False
        self._fbank = kaldi_native_fbank.OnlineFbank(options)
        self._sample_rate = settings.sample_rate
        self._n_mels = settings.n_mels
        self._n_read = 0
        self._n_lent = 0  # frames returned by the last push, which are views into its memory

    def push(self, samples: Float32) -> Float32:
        """Take samples, shape (n,); return frames, shape (n_frames, n_mels), valid until the next push."""
        self._fbank.pop(self._n_lent)
        self._fbank.accept_waveform(self._sample_rate, samples.tolist())
        n_ready = self._fbank.num_frames_ready
        frames = [self._fbank.get_frame(i) for i in range(self._n_read, n_ready)]
        self._n_lent = n_ready - self._n_read
        self._n_read = n_ready
        if len(frames) == 1:
            return np.asarray(frames[0])[None]
        return np.array(frames, np.float32).reshape(-1, self._n_mels)


class LibrosaStream:
    """librosa on the newest frame alone, once per hop; its filters are linear in Hz, those of streamer in mel.

    Takes exactly one hop per push. librosa needs n_fft samples for a frame and centres the taper in them.
    """

    def __init__(self, settings: LogMelSettings) -> None:
        import librosa

        self._melspectrogram = librosa.feature.melspectrogram
        self._arguments = librosa_arguments(settings)
        self._floor = np.float32(settings.floor)
        self._old = np.zeros(settings.n_fft - settings.hop_length, np.float32)

    def push(self, samples: Float32) -> Float32:
        """Take samples, shape (hop_length,); return a frame, shape (1, n_mels)."""
        newest = np.concatenate([self._old, samples])
        self._old = newest[samples.size :]
        frames: Float32 = np.log(self._melspectrogram(y=newest, **self._arguments) + self._floor).T
        return frames


def librosa_arguments(settings: LogMelSettings) -> dict[str, Any]:
    """Return the settings as arguments of librosa."""
    return {
        "sr": settings.sample_rate,
        "n_fft": settings.n_fft,
        "win_length": settings.frame_length,
        "hop_length": settings.hop_length,
        "n_mels": settings.n_mels,
        "fmin": settings.fmin_hz,
        "fmax": settings.fmax_hz,
        "htk": settings.mel_scale == "htk",
        "norm": None if settings.mel_scale == "htk" else "slaney",
        "center": False,
    }


class LibrosaBatch:
    """librosa's melspectrogram of a whole signal, and the logarithm."""

    def __init__(self, settings: LogMelSettings) -> None:
        import librosa

        self._melspectrogram = librosa.feature.melspectrogram
        self._arguments = librosa_arguments(settings)
        self._floor = np.float32(settings.floor)

    def push(self, samples: Float32) -> Float32:
        """Take a whole signal, shape (n,); return frames, shape (n_frames, n_mels)."""
        frames: Float32 = np.log(self._melspectrogram(y=samples, **self._arguments) + self._floor).T
        return frames


class AudiofluxBatch:
    """audioflux's BFT with mel bands, and the logarithm (frames as long as the FFT, its own filter normalisation)."""

    def __init__(self, settings: LogMelSettings) -> None:
        import audioflux
        from audioflux import type as kinds

        self._bft = audioflux.BFT(
            num=settings.n_mels,
            radix2_exp=settings.n_fft.bit_length() - 1,
            samplate=settings.sample_rate,
            low_fre=settings.fmin_hz,
            high_fre=settings.fmax_hz,
            slide_length=settings.hop_length,
            window_type=kinds.WindowType.HANN,
            scale_type=kinds.SpectralFilterBankScaleType.MEL,
            style_type=kinds.SpectralFilterBankStyleType.SLANEY,
            data_type=kinds.SpectralDataType.POWER,
        )
        self._floor = np.float32(settings.floor)

    def push(self, samples: Float32) -> Float32:
        """Take a whole signal, shape (n,); return frames, shape (n_frames, n_mels)."""
        frames: Float32 = np.log(self._bft.bft(samples, result_type=1) + self._floor).T
        return frames


class NumpyScipyBatch:
    """numpy and scipy on blocks of 256 frames, which is faster than all at once because a block fits the cache."""

    def __init__(self, settings: LogMelSettings) -> None:
        import scipy.fft

        self._rfft = scipy.fft.rfft
        self._settings = settings
        self._taper = _hann(settings)
        self._weights = np.ascontiguousarray(_weights(settings).T)

    def push(self, samples: Float32) -> Float32:
        """Take a whole signal, shape (n,); return frames, shape (n_frames, n_mels)."""
        s = self._settings
        views = np.lib.stride_tricks.sliding_window_view(samples, s.frame_length)[:: s.hop_length]
        out = np.empty((len(views), s.n_mels), np.float32)
        for i in range(0, len(views), 256):
            spectrum = self._rfft(views[i : i + 256] * self._taper, s.n_fft, axis=1)
            power = spectrum.real**2 + spectrum.imag**2
            np.log(power @ self._weights + np.float32(s.floor), out=out[i : i + 256])
        return out
