"""Run functions that emit LLVM instructions, each from a kernel of its own."""

from __future__ import annotations

from typing import Any

import numba

from streamer.kernels import simd


def run_emitted(emit: Any, *arguments: Any) -> None:
    """Call an emitted function with arrays and integers."""
    names = ", ".join(f"a{i}" for i in range(len(arguments)))
    namespace: dict[str, Any] = {"function": simd.emitted(emit)}
    exec(f"def kernel({names}):\n    function({names})", namespace)
    numba.njit(namespace["kernel"])(*arguments)
