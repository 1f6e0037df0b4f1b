"""Figures of this process and this computer: processor time, memory, temperature."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


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
