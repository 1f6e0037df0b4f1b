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
