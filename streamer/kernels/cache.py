"""Directory of the compiled kernels."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import shutil
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import platformdirs

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

    Its name is a digest of every source file here, the versions and the processor, so that no kernel is run that was
    compiled from other sources: numba alone notices no change in a file from which a kernel calls a function.
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
    compilers = ", ".join(version(name) for name in ("numba", "llvmlite"))
    digest = hashlib.sha256(f"{sys.version}, {compilers}, {_processor()}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _processor() -> str:
    """Return what tells apart processors that run different code, as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:  # not Linux
        return f"{platform.machine()} {platform.processor()}"
    named = ("model name", "flags", "CPU implementer", "CPU part", "Features")
    return " ".join(dict.fromkeys(line for line in lines if line.startswith(named)))


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
