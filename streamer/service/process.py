"""Identity of a process, by which a file that it left can be told from one that it still writes."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def birth(pid: int) -> str:
    """Return a mark that only this process has, of all that ever had its number; empty where the system hides it.

    On Linux the boot of the machine and the clock tick at which the process started; elsewhere nothing.
    """
    if sys.platform != "linux":
        return ""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    return f"{boot} {status.rpartition(b')')[2].split()[19].decode()}"  # field 22 of proc(5); the name may hold blanks


def is_same(pid: int, mark: str) -> bool | None:
    """Return whether the process with this number is the one with this mark; None where that cannot be told."""
    if found := birth(pid):
        return found == mark
    can_see_others = bool(birth(os.getppid() or 1)) and bool(birth(1))  # not in a /proc mounted with hidepid
    return False if mark and can_see_others else None
