"""Where everything lies in the one array that a log-mel kernel works on (no numba here).

One flat float64 array, because a kernel call costs per argument: header of integers, tables, carry, workspace, output.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

# Header: int64 seen through a view. Places count float64 unless said otherwise.
FILL, SKIP, BAD, FRAME_LENGTH, HOP, N_MELS, N, N_COLUMNS, N_GROUPS = range(9)
CARRY, CARRY_SIZE, TAPER, TWIDDLE_1, TWIDDLE_2, TWIDDLE_REAL, GROUPS, WORK, POWER, OUT, OUT_FRAMES = range(9, 20)
FLOOR, SCALE = 20, 21  # float64
HEADER = 32
LANES = 8
ALIGNMENT = 8  # float64 per cache line


class Arena:
    """Appends zeroed sections to a header and lays them out in one aligned array."""

    def __init__(self) -> None:
        self.sections: list[tuple[int, Float64]] = []
        self.size = HEADER

    def add(self, slot: int, values: NDArray) -> None:
        values = np.ascontiguousarray(values).ravel()
        padded = np.zeros(-(-values.nbytes // 64) * 8)
        padded.view(values.dtype)[: values.size] = values
        self.sections.append((slot, padded))

    def build(self) -> Float64:
        size = HEADER + sum(v.size for _, v in self.sections)
        block = np.zeros(size + 8)
        first = (-block.ctypes.data % 64) // 8
        array = block[first : first + size]
        place = HEADER
        header = array[:HEADER].view(np.int64)
        for slot, values in self.sections:
            header[slot] = place
            array[place : place + values.size] = values
            place += values.size
        return array


def _unit(exponent: NDArray, period: int) -> Float64:
    """Real parts, then imaginary parts of e^(−2πi·exponent/period)."""
    angle = -2.0 * np.pi * (exponent % period) / period
    return np.stack([np.cos(angle), np.sin(angle)])


def build_arena(taper, weights, n_fft, hop_length, floor, scale, max_samples) -> Float64:
    n = n_fft // 2
    n_columns = n // 16
    frame_length = taper.size
    padded = np.zeros(n_fft)
    padded[:frame_length] = 0.5 * taper
    n_mels = weights.shape[0]
    max_frames = max_samples // hop_length + 2
    arena = Arena()
    carry_size = 2 * (frame_length + 512)
    arena.add(CARRY, np.zeros(carry_size + n_fft, np.float32))
    arena.add(TAPER, np.stack([padded[0::2], padded[1::2]]))
    arena.add(TWIDDLE_1, _unit(np.outer(np.arange(16), np.arange(n_columns)), n))
    arena.add(TWIDDLE_2, _unit(np.outer(np.arange(n_columns // 8), np.arange(8)), n_columns).transpose(1, 2, 0))
    arena.add(TWIDDLE_REAL, _unit(np.arange(n), n_fft))
    groups, reach = _mel_groups(weights)
    arena.add(GROUPS, groups)
    arena.add(WORK, np.zeros(4 * n))
    arena.add(POWER, np.zeros(max(reach, n + 1) + LANES, np.float32))
    arena.add(OUT, np.zeros(max_frames * n_mels + LANES, np.float32))
    array = arena.build()
    header = array[:HEADER].view(np.int64)
    for slot, value in {
        FRAME_LENGTH: frame_length, HOP: hop_length, N_MELS: n_mels, N: n, N_COLUMNS: n_columns,
        N_GROUPS: -(-n_mels // LANES), CARRY_SIZE: carry_size, OUT_FRAMES: max_frames,
    }.items():
        header[slot] = value
    array[FLOOR] = floor
    array[SCALE] = scale
    return array


def _mel_groups(weights):
    n_mels, n_bins = weights.shape
    padded = np.zeros((-(-n_mels // LANES) * LANES, n_bins))
    padded[:n_mels] = weights
    used = padded > 0.0
    first = np.where(used.any(1), used.argmax(1), 1)
    last = np.where(used.any(1), n_bins - 1 - used[:, ::-1].argmax(1), 1)
    n_vectors = -(-(last - first + 1) // LANES)
    parts = []
    reach = 0
    for g in range(0, padded.shape[0], LANES):
        k = n_vectors[g : g + LANES].max()
        head = np.zeros(16, np.int32)
        head[0] = k
        head[8:16] = first[g : g + LANES]
        w = np.zeros((LANES, k * LANES), np.float32)
        for i in range(LANES):
            row = padded[g + i, first[g + i] : first[g + i] + k * LANES]
            w[i, : row.size] = row
        parts += [head.view(np.float32), w.reshape(LANES, k, LANES).transpose(1, 0, 2).ravel()]
        reach = max(reach, first[g : g + LANES].max() + k * LANES)
    return np.concatenate(parts), reach


def out_view(arena):
    header = arena[:HEADER].view(np.int64)
    n_frames, n_mels = int(header[OUT_FRAMES]), int(header[N_MELS])
    first = 2 * int(header[OUT])
    return arena.view(np.float32)[first : first + n_frames * n_mels].reshape(n_frames, n_mels)


def bad_samples(arena) -> int:
    return int(arena[:HEADER].view(np.int64)[BAD])


def reset(arena) -> None:
    header = arena[:HEADER].view(np.int64)
    header[[FILL, SKIP, BAD]] = 0
