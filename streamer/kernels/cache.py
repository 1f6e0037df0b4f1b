"""Directory of the compiled kernels, and compiling them before the first chunk or image arrives."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import platformdirs

from streamer.messages import Medium
from streamer.tasks import kernels_of

KEPT_S = 30 * 86400.0  # a version that was not started for so long has probably been upgraded


def cache_directory() -> tuple[Path, bool]:
    """Return the directory for compiled kernels, and whether it can be written; creates nothing, imports no numba.

    ``$STREAMER_CACHE_DIR``, else ``$NUMBA_CACHE_DIR``, else the platform's place for a user's caches.
    """
    named = os.environ.get("STREAMER_CACHE_DIR") or os.environ.get("NUMBA_CACHE_DIR")
    try:
        directory = Path(named).expanduser() if named else platformdirs.user_cache_path("streamer", appauthor=False)
    except RuntimeError:  # no home folder is known, as in a container; a shared folder could hold a stranger's code
        return Path(named or "~/.cache/streamer"), False
    existing = directory
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    return directory, existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def kernel_directory() -> Path | None:
    """Return the directory of the kernels compiled from exactly these sources, created if missing; None on failure.

    Its name is a digest of every source file here, the versions and the processor. Numba alone notices no change in
    a file from which a kernel calls a function or takes a table, and would go on running the old code.
    """
    cache, is_writable = cache_directory()
    if not is_writable:
        return None
    directory = cache / f"kernels-{_digest()}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=directory).close()
        os.utime(directory)  # in use: see drop_unused
    except OSError:
        return None
    return directory


@functools.cache
def _digest() -> str:
    """Return the digest, the same for all kernels of a process: its sources may be replaced while it runs."""
    import llvmlite.binding
    import numba

    digest = hashlib.sha256(f"{sys.version} {numba.__version__} {llvmlite.binding.get_host_cpu_name()}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


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
    modules = [module for module in dict.fromkeys(needed) if module not in sys.modules]
    if not modules:
        return
    directory = kernel_directory()
    if directory is None:
        report(
            f"cache directory {cache_directory()[0]} must be writable to keep compiled kernels; "
            "set STREAMER_CACHE_DIR to one that is"
        )
        report("compiling kernels (at every start, a few seconds) …")
    elif not all(_is_compiled(module, directory) for module in modules):
        report("compiling kernels (first run only, a few seconds) …")
    for module in modules:
        __import__(module)


def drop_unused() -> None:
    """Remove the kernels of versions that no process has started with for 30 days; each takes 1 to 4 MB.

    A process that has run for longer keeps its kernels: they are in memory. If it needs more of them, or starts at
    this moment, it compiles them again.
    """
    oldest_s = time.time() - KEPT_S
    for directory in cache_directory()[0].glob("kernels-" + 16 * "[0-9a-f]"):
        with contextlib.suppress(OSError):  # another process may remove it at the same time
            if directory.stat().st_mtime < oldest_s:
                shutil.rmtree(directory, ignore_errors=True)


def _is_compiled(module: str, directory: Path) -> bool:
    name = module.rpartition(".")[2]  # with which numba's file names start
    return any(file.stat().st_size for file in directory.rglob(f"{name}.*.nbc"))
