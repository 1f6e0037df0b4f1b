"""Arena of the log-mel kernels: header, tables, carry, workspace and output in one array (no numba here).

One flat float64 array, because a kernel call costs 0.1 µs for every array passed, and because a compiled kernel keeps
no old copy of tables that are arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64
from streamer.kernels.logmel_plan import BLOCKED_SIZES, MOST_PASSES, pass_radices

LANES = 8  # elements per vector: one AVX-512 register of float64, two of AVX2, four of NEON
# columns in the lanes of the first pass: one shuffle separates even and odd samples
LANE_ORDER = (0, 1, 4, 5, 2, 3, 6, 7)
CACHE_LINE = 8  # float64 elements

# Header, 64-bit integers: the state …
START, FILL, N_BAD = 0, 1, 2  # next frame's first sample and the end of the samples in the carry; samples replaced by 0
# … the parameters …
FRAME_LENGTH, HOP_LENGTH, N_MELS, N_OUT, N, N_COLUMNS, CARRY_SIZE, N_POWER, N_TOGETHER = range(3, 12)
# … and the place of each section, in float64 from the arena's start. float32 sections begin at twice that.
CARRY, TAPER, TWIDDLE, INNER_TWIDDLE, REAL_TWIDDLE, WORK, SPECTRUM, POWER, MEL, OUT = range(12, 22)
FLOOR, SCALE = 22, 23  # float64: added before the logarithm; multiplied after it
# For ``logmel_any`` only: rows of the first pass, how far imaginary parts lie behind real ones, the number of passes
# after the first, and from PASSES on radix and place of the twiddles of each.
N_ROWS, APART, N_PASSES, PASSES = 24, 25, 26, 28
HEADER = PASSES + 2 * MOST_PASSES  # length; a multiple of the cache line


def build_logmel_arena(
    taper: Float64,
    weights: Float64,
    n_fft: int,
    hop_length: int,
    floor: float,
    scale: float,
    n_out: int,
) -> Float64:
    """Return an arena for ``streamer.kernels.logmel.push`` or, for other sizes than its own, ``logmel_any.push``.

    Parameters
    ----------
    taper : ndarray, shape (frame_length,)
        FFT window.
    weights : ndarray, shape (n_mels, n_fft // 2 + 1)
        Of the power spectrum's bins in each band; 0 at the first and the last bin.
    n_fft, hop_length : int
    floor, scale : float
        The output is scale · ln(mel power + floor).
    n_out : int
        Frames that one push may complete at most.
    """
    n = n_fft // 2  # the real FFT is a complex one of half the size: n = n_rows · n_columns
    is_blocked = n_fft in BLOCKED_SIZES
    n_rows, *radices = (16,) if is_blocked else pass_radices(n)
    n_columns = n // n_rows
    # the columns that fill up the last vector, and what reaches beyond the last column
    apart = n if is_blocked else LANES * (n_rows * -(-n_columns // LANES) + 1)
    frame_length = taper.size
    n_mels = weights.shape[0]
    carry_size = 2 * frame_length + 1024  # float32; the longer, the more rarely the unfinished frame is moved
    padded = np.zeros(n_fft)
    padded[:frame_length] = 0.5 * taper  # the ½ of splitting the half-size FFT, see fft.real_power
    n_together = 4 if n_fft <= 512 else 1  # frames per pass, as many as the first-level cache has room for
    table, n_power = _mel_table(weights)
    sections: dict[int, NDArray[Any]] = {
        # a frame is read n_fft long, and in whole vectors: zeros in the taper
        CARRY: np.zeros(carry_size + n_fft + 2 * LANES, np.float32),
        TAPER: _in_blocks(padded[0::2] + 1j * padded[1::2], n_rows),
        TWIDDLE: _in_blocks(_roots(np.outer(np.arange(n_rows), np.arange(n_columns)), n), n_rows),
        INNER_TWIDDLE: np.concatenate(_inner_twiddles(n_columns, radices or [8])),
        REAL_TWIDDLE: _split(_roots(np.arange(n), n_fft)),
        WORK: np.zeros(2 * apart * n_together),
        SPECTRUM: np.zeros(2 * apart * n_together),
        POWER: np.zeros(n_power * n_together, np.float32),
        MEL: table,
        OUT: np.zeros(n_out * n_mels + LANES, np.float32),  # the last group of a frame may write beyond it
    }
    lines = {slot: -(-values.nbytes // (8 * CACHE_LINE)) for slot, values in sections.items()}
    arena = _aligned_zeros(HEADER + CACHE_LINE * sum(lines.values()))
    header = arena[:HEADER].view(np.int64)
    place = HEADER
    for slot, values in sections.items():
        header[slot] = place
        arena[place:].view(values.dtype)[: values.size] = values
        place += CACHE_LINE * lines[slot]
    header[[FRAME_LENGTH, HOP_LENGTH, N_MELS, N_OUT]] = frame_length, hop_length, n_mels, n_out
    header[[N, N_COLUMNS, CARRY_SIZE, N_POWER, N_TOGETHER]] = n, n_columns, carry_size, n_power, n_together
    arena[[FLOOR, SCALE]] = floor, scale
    header[[N_ROWS, APART, N_PASSES]] = n_rows, apart, len(radices)
    place = int(header[INNER_TWIDDLE])
    for i, (radix, twiddles) in enumerate(zip(radices, _inner_twiddles(n_columns, radices), strict=True)):
        header[[PASSES + 2 * i, PASSES + 2 * i + 1]] = radix, place
        place += twiddles.size
    return arena


def duplicate(arena: Float64) -> Float64:
    """Return a copy, aligned like the original."""
    copy = _aligned_zeros(arena.size)
    copy[:] = arena
    return copy


def output(arena: Float64) -> Float32:
    """Return a view of the frames of the latest push, shape (n_out, n_mels)."""
    header = arena[:HEADER].view(np.int64)
    first, n_out, n_mels = 2 * int(header[OUT]), int(header[N_OUT]), int(header[N_MELS])
    return arena.view(np.float32)[first : first + n_out * n_mels].reshape(n_out, n_mels)


def n_bad_samples(arena: Float64) -> int:
    """Return the number of samples replaced by 0 since the start or the last reset."""
    return int(arena[:HEADER].view(np.int64)[N_BAD])


def reset(arena: Float64) -> None:
    """Drop all samples."""
    arena[:HEADER].view(np.int64)[[START, FILL, N_BAD]] = 0


def _roots(exponents: NDArray[np.int64], order: int) -> NDArray[np.complex128]:
    """Return e^(−2πi · exponents / order), flat."""
    roots: NDArray[np.complex128] = np.exp(-2j * np.pi * (exponents % order) / order)
    return roots.ravel()


def _inner_twiddles(n: int, radices: Sequence[int]) -> list[Float64]:
    """Return, for each pass of a transform of n numbers, w^(j p), shape (p, j), flat, real and imaginary in turn."""
    tables = []
    for radix in radices:
        tables.append(_roots(np.outer(np.arange(n // radix), np.arange(radix)), n).view(np.float64))
        n //= radix
    return tables


def _in_blocks(values: NDArray[np.complex128], n_rows: int) -> Float64:
    """Return a table of n_rows rows as the first pass reads it: LANES columns together, each row real, then imaginary.

    Zeros fill up the last block.
    """
    rows = values.reshape(n_rows, -1)
    rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % LANES)))
    blocks = rows.reshape(n_rows, -1, LANES)[:, :, LANE_ORDER].swapaxes(0, 1)
    return np.stack([blocks.real, blocks.imag], axis=2).ravel()


def _split(values: NDArray[np.complex128]) -> Float64:
    """Return all real parts, then all imaginary parts."""
    return np.concatenate([values.real, values.imag])


def _mel_table(weights: Float64) -> tuple[Float32, int]:
    """Return sparse weights in groups of LANES bands, and how long the power spectrum must be to be read with them.

    A group, as ``logmel.mel_group`` reads it: vectors per band (int32), padding, the LANES bands' first bins
    (int32), then the weights, shape (vectors per band, LANES bands, LANES bins).
    """
    n_mels, n_bins = weights.shape
    used = weights > 0.0
    first = np.argmax(used, axis=1)
    last = np.where(used.any(axis=1), n_bins - 1 - np.argmax(used[:, ::-1], axis=1), first)
    n_vectors = (last - first) // LANES + 1
    parts: list[NDArray[np.float32]] = []
    n_power = n_bins
    for start in range(0, n_mels, LANES):
        bands = range(start, min(start + LANES, n_mels))
        width = LANES * int(n_vectors[start : start + LANES].max())
        head = np.zeros(2 * LANES, np.int32)
        body = np.zeros((LANES, width), np.float32)
        head[0] = width // LANES
        for i, band in enumerate(bands):
            head[LANES + i] = first[band]
            row = weights[band, first[band] : first[band] + width]
            body[i, : row.size] = row
            n_power = max(n_power, int(first[band]) + width)
        parts += [head.view(np.float32), body.reshape(LANES, -1, LANES).swapaxes(0, 1).ravel()]
    return np.concatenate(parts), n_power


def _aligned_zeros(size: int) -> Float64:
    """Return zeros that begin on a cache line, so that no vector of the tables straddles two."""
    block = np.zeros(size + CACHE_LINE)
    first = (-block.ctypes.data % (8 * CACHE_LINE)) // 8
    return block[first : first + size]
