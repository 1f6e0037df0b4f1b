"""How kernels are compiled: the options, each with its reason, in one place."""

from __future__ import annotations

import numba

OPTIONS = dict(
    nogil=True,
    error_model="numpy",
    fastmath={"contract", "arcp", "nsz"},
)
def kernel(signature):
    return numba.njit(signature, cache=False, **OPTIONS)
inlined = numba.njit(**OPTIONS)
