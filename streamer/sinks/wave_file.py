"""Write sound as a wav file that stays readable while it grows, and beyond 4 GiB."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

import numpy as np

from streamer.arrays import Float32

_BYTES = 4  # of a sample: float32
_HEADER_S = 1.0  # the header states the length anew after so many seconds of sound
_MAX_UINT32 = 0xFFFFFFFF


class WaveFile:
    """Wav file of float32 samples, as they were captured.

    Its header holds the length so far, at most a second old: after a power cut the file can be read. Beyond 4 GiB,
    where the sizes of a wav header end, it becomes an RF64 file (EBU Tech 3306), which has wider ones.

    Parameters
    ----------
    path : Path
        File to make; it must not exist.
    sample_rate, n_channels : int
        Of all samples to come.

    Attributes
    ----------
    n_samples : int
        Samples of each channel written so far.

    Raises
    ------
    OSError
        If the file cannot be made, as :meth:`write`.
    """

    def __init__(self, path: Path, sample_rate: int, n_channels: int) -> None:
        self.path = path
        self.n_samples = 0
        self._sample_rate, self._n_channels = sample_rate, n_channels
        self._n_in_header = 0
        self._header_size = len(self._header())
        self._file = path.open("xb", buffering=0)
        try:
            self._put(self._header())
        except OSError:
            self._file.close()
            path.unlink()
            raise

    @property
    def handle(self) -> int:
        """File descriptor with which it is written."""
        return self._file.fileno()

    @property
    def n_bytes(self) -> int:
        """Size of the file."""
        return self.size_with(0)

    def size_with(self, n_samples: int) -> int:
        """Return the size of the file with so many samples of each channel more."""
        return self._header_size + (self.n_samples + n_samples) * self._n_channels * _BYTES

    def write(self, samples: Float32) -> None:
        """Append samples, shape (n_samples, n_channels).

        Raises
        ------
        OSError
            If the disk is full or gone; then the file holds what it held before.
        """
        try:
            self._put(np.ascontiguousarray(samples, "<f4").tobytes())
        except OSError:
            self._file.seek(self.n_bytes)
            self._file.truncate()
            raise
        self.n_samples += samples.shape[0]
        if self.n_samples - self._n_in_header >= _HEADER_S * self._sample_rate:
            self._update_header()

    def write_silence(self, n_samples: int) -> None:
        """Append silence, which takes no space on file systems that keep holes."""
        end = self.size_with(n_samples)
        self._file.truncate(end)
        self._file.seek(end)
        self.n_samples += n_samples

    def close(self) -> None:
        """State the length in the header, and close the file."""
        try:
            self._update_header()
        finally:
            self._file.close()

    def _put(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            n_written = self._file.write(left)
            if not n_written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left = left[n_written:]

    def _update_header(self) -> None:
        self._n_in_header = self.n_samples
        self._file.seek(0)
        self._put(self._header())
        self._file.seek(self.n_bytes)

    def _header(self) -> bytes:
        frame = self._n_channels * _BYTES
        n_data = self.n_samples * frame
        shape = struct.pack("<HHIIHHH", 3, self._n_channels, self._sample_rate, self._sample_rate * frame, frame, 32, 0)
        rest = b"fmt " + struct.pack("<I", len(shape)) + shape + b"fact" + struct.pack("<I", 4)
        n_riff = 4 + 36 + len(rest) + 4 + 8 + n_data  # all that follows the first size
        if n_riff <= _MAX_UINT32:
            begin = b"RIFF" + struct.pack("<I", n_riff) + b"WAVEJUNK" + struct.pack("<I28x", 28)
            return begin + rest + struct.pack("<I", self.n_samples) + b"data" + struct.pack("<I", n_data)
        wide = struct.pack("<IQQQI", 28, n_riff, n_data, self.n_samples, 0)
        begin = b"RF64" + struct.pack("<I", _MAX_UINT32) + b"WAVEds64" + wide
        return begin + rest + struct.pack("<I", _MAX_UINT32) + b"data" + struct.pack("<I", _MAX_UINT32)
