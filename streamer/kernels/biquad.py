"""Second-order recursive filter over consecutive samples of a sound."""

from __future__ import annotations

from typing import Any

from streamer.kernels.jit import kernel

TINY = 1e-30  # smaller states count as 0: in silence they would become subnormal numbers, which are slow


@kernel("void(float32[:, ::1], float64[::1], float64[:, ::1], float32[:, ::1])")
def filter_block(samples: Any, coefficients: Any, state: Any, filtered: Any) -> None:
    """Filter samples, sample by sample, so that any division into blocks gives the same bits.

    Transposed direct form II: y = b0 x + z1; z1 = b1 x − a1 y + z2; z2 = b2 x − a2 y.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples, n_channels)
    coefficients : ndarray of float64, shape (5,)
        b0, b1, b2, a1, a2.
    state : ndarray of float64, shape (n_channels, 2)
        z1 and z2, from one block to the next.
    filtered : ndarray of float32, shape (n_samples, n_channels)
        Output.
    """
    b0, b1, b2, a1, a2 = coefficients[0], coefficients[1], coefficients[2], coefficients[3], coefficients[4]
    for channel in range(samples.shape[1]):
        z1, z2 = state[channel, 0], state[channel, 1]
        for i in range(samples.shape[0]):
            x = samples[i, channel]
            y = b0 * x + z1
            z1 = b1 * x - a1 * y + z2
            z2 = b2 * x - a2 * y
            if abs(z1) < TINY:
                z1 = 0.0
            if abs(z2) < TINY:
                z2 = 0.0
            filtered[i, channel] = y
        state[channel, 0], state[channel, 1] = z1, z2
