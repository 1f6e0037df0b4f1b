"""Load kernels without numba, which with LLVM takes 100 MB and a second: from machine code compiled once.

A process of its own compiles them with numba. Where that cannot be done (no writable cache, another platform),
numba compiles the kernels in this process, as `streamer.kernels.jit` says: the same functions, and the same bits.
"""

from __future__ import annotations

import contextlib
import functools
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from streamer.kernels import machine_code
from streamer.kernels.cache import cache_directory, drop_unused, kernel_directory
from streamer.messages import Medium
from streamer.tasks import kernels_of

COMPILE_S = 600.0  # on the slowest machine, beside others
_LOADED: set[str] = set()  # modules of which a kernel is in memory as machine code


@functools.cache
def load(module: str, name: str) -> Callable[..., Any]:
    """Return a kernel, to be called with arrays and integers as its signature says.

    Parameters
    ----------
    module, name : str
        Such as "streamer.kernels.cells" and "cell_means".
    """
    directory = kernel_directory() if machine_code.IS_POSSIBLE else None
    if directory is not None:
        path = machine_code.code_path(directory, module, name)
        for _ in range(2):
            with contextlib.suppress(OSError, ValueError):
                mapped = machine_code.mapped(path)
                _LOADED.add(module)
                return mapped
            compile_modules([module], directory)
    kernel: Callable[..., Any] = getattr(import_module(module), name)
    return kernel


def bound(kernel: Callable[..., Any], *first: Any) -> Callable[..., Any]:
    """Return a kernel with its first arguments fixed, for one thread, so that less is checked at every call."""
    return kernel.bound(*first) if isinstance(kernel, machine_code.Kernel) else functools.partial(kernel, *first)


def compile_modules(modules: Sequence[str], directory: Path) -> None:
    """Compile the kernels of some modules in a process of its own; where that fails there is no machine code."""
    command = [sys.executable, "-m", "streamer.kernels.compile", str(directory), *modules]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMPILE_S, check=True)


def warm_up(report: Callable[[str], None], media: tuple[Medium, ...] = ("sound",), more: Iterable[str] = ()) -> None:
    """Compile kernels, or load them from the cache, so that the first chunk or image does not wait.

    Parameters
    ----------
    report : callable
        Called with a line to show when kernels must be compiled, which takes seconds, and with one when the cache
        directory cannot be written, so that every start compiles them again. Not called otherwise.
    media : tuple of str
        What the streams deliver; a sound stream loads no kernels for images, and vice versa.
    more : iterable of str
        Modules of kernels that only some models need.
    """
    drop_unused()
    needed = [*(module for medium in media for module in kernels_of(medium)), *more]
    modules = [module for module in dict.fromkeys(needed) if module not in sys.modules and module not in _LOADED]
    if not modules:
        return
    directory = kernel_directory()
    if directory is None:
        report(
            f"cache directory {cache_directory()[0]} must be writable to keep compiled kernels; "
            "set STREAMER_CACHE_DIR to one that is"
        )
        report("compiling kernels (at every start, a few seconds) …")
    elif missing := [module for module in modules if not _is_compiled(module, directory)]:
        report("compiling kernels (first run only, a few seconds) …")
        if machine_code.IS_POSSIBLE:
            compile_modules(missing, directory)
    for module in modules:
        if directory is None or not machine_code.IS_POSSIBLE or not _is_compiled(module, directory):
            import_module(module)


def _is_compiled(module: str, directory: Path) -> bool:
    name = module.rpartition(".")[2]  # with which the names of machine code and of numba's files start
    suffix = "code" if machine_code.IS_POSSIBLE else "nbc"
    return any(file.stat().st_size for file in directory.rglob(f"{name}.*.{suffix}"))
