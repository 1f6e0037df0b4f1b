"""Decorators that compile kernels: the options, each with its reason, and the cache."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

from streamer.kernels.cache import kernel_directory

is_cached = True  # `streamer.kernels.compile` keeps images instead
KERNELS: list[Any] = []  # all that were compiled

OPTIONS: dict[str, Any] = {
    "_nrt": False,  # no counts of references: kernels allocate nothing, and the caller holds the arrays
    "nogil": True,  # a long kernel must not delay the capture thread; costs 10 % of a call
    "error_model": "numpy",  # the default checks every division for zero, which keeps loops scalar
    # no "nnan" or "ninf": they would delete the check for NaN and infinity; no "reassoc": results must not depend
    # on how a loop was vectorised
    "fastmath": {"contract", "arcp", "nsz"},
}


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function that only kernels call: LLVM inlines it, and it is never cached alone."""
    return numba.njit(**OPTIONS)(function)


def spliced(function: Callable[..., Any]) -> Any:
    """Compile a function that is all a kernel does, as if it stood there.

    A call, with its counts of references to the arrays, would take 5 % of the time of a short kernel.
    """
    return numba.njit(inline="always", **OPTIONS)(function)


def kernel(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for this one signature now, or load it from the cache.

    A damaged cache is started anew; without a usable one (not writable, disk full) the kernel is compiled all the same.
    """

    def compile_now(function: Callable[..., Any]) -> Any:
        compiled = _compiled(function, signature)
        KERNELS.append(compiled)
        return compiled

    return compile_now


def _compiled(function: Callable[..., Any], signature: str) -> Any:
    for _ in range(2):
        directory = kernel_directory() if is_cached else None
        if directory is None:
            break
        try:
            return _compile_cached(function, signature, directory)
        except OSError:
            break
        except (EOFError, pickle.UnpicklingError):  # a file cut short, as by a loss of power
            shutil.rmtree(directory, ignore_errors=True)
    return numba.njit(signature, **OPTIONS)(function)


def _compile_cached(function: Callable[..., Any], signature: str, directory: Path) -> Any:
    # numba asks for the directory only while a function is decorated; other users of numba keep their own
    users = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(directory)
    try:
        return numba.njit(signature, cache=True, **OPTIONS)(function)
    finally:
        numba.config.CACHE_DIR = users
