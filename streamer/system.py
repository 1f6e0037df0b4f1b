"""Files that appear complete or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from streamer.errors import StreamerError


class ProcessMeter:
    """Processor time and memory of this process, measured once a second."""

    def __init__(self) -> None:
        self.cpu_fraction = 0.0
        self.memory_bytes = 0
        self.temperature_c: float | None = None
        self._measured_s, self._cpu_s = time.monotonic(), time.process_time()

    def measure(self) -> None:
        """Measure anew if a second has passed since the last time."""
        now_s, cpu_s = time.monotonic(), time.process_time()
        if now_s - self._measured_s < 1.0:
            return
        self.cpu_fraction = (cpu_s - self._cpu_s) / (now_s - self._measured_s)
        self._measured_s, self._cpu_s = now_s, cpu_s
        self.memory_bytes = resident_bytes()
        self.temperature_c = temperature_c()


def resident_bytes() -> int:
    """Memory of this process that lies in RAM; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        if sys.platform == "win32":
            return 0
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: the peak, bytes


def temperature_c() -> float | None:
    """Return the processor's temperature, or None where the kernel does not tell."""
    try:
        return int(Path("/sys/class/thermal/thermal_zone0/temp").read_text()) / 1000
    except (OSError, ValueError):
        return None


def release_code(library: str) -> None:
    """Unmap the machine code of a loaded library that is not needed for now; touching it brings it back.

    LLVM keeps 50 MB of code in memory after it has compiled or loaded the kernels, for nothing. Only pages that
    are unchanged since they were read from the file are given back (the executable mapping), which is safe at
    any time and costs a page fault each if they are needed again. Does nothing but on Linux.

    Parameters
    ----------
    library : str
        Part of the file's name.
    """
    if sys.platform != "linux":
        return
    import ctypes
    import mmap

    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, *_, name = line.split(maxsplit=5)
        if rights == "r-xp" and library in name:
            start, end = (int(address, 16) for address in addresses.split("-"))
            madvise(start, end - start, mmap.MADV_DONTNEED)


_lock = threading.Lock()
_depth = 0
_saved_fd = -1


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send file descriptor 2 to the null device for the length of a ``with`` block.

    ALSA, PortAudio and LiteRT print from C, past ``sys.stderr``; while a dashboard is drawn such a line tears
    it. The descriptor belongs to the whole process: blocks may nest and overlap in several threads (the first
    redirects, the last restores), and what other threads print to stderr meanwhile is lost too, so keep the
    block around the noisy call only. Where descriptor 2 is closed, nothing is done.
    """
    global _depth, _saved_fd
    with _lock:
        if _depth == 0:
            _saved_fd = _redirect()
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0 and _saved_fd >= 0:
                os.dup2(_saved_fd, 2)
                os.close(_saved_fd)
                _saved_fd = -1


def _redirect() -> int:
    """Point descriptor 2 at the null device; return a duplicate of what it was, −1 where it was closed."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # sys.stderr is None under pythonw
        sys.stderr.flush()
    try:
        saved_fd = os.dup(2)
    except OSError:
        return -1
    null_fd = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null_fd, 2)
    os.close(null_fd)
    return saved_fd


def write_atomically(path: Path, data: bytes, key: str) -> None:
    """Write a file under another name in the same folder and move it over ``path``; in errors it goes by ``key``.

    Raises
    ------
    StreamerError
        If it cannot be written, as on a full disk; ``path`` then keeps its old content.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with io.FileIO(handle, "w") as raw, io.BufferedWriter(raw) as file:
            file.write(data)
            file.flush()
            os.fchmod(handle, 0o644)  # mkstemp gives 0o600
            os.fsync(handle)
        os.replace(temporary, path)  # noqa: PTH105
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
        raise StreamerError(f"{key}={path} must be writable; {error.strerror}") from None
