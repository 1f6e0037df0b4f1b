"""Notifier: messages to the service manager that started this process, by the protocol of systemd's sd_notify."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from typing import Self

SEND_S = 1.0  # longest wait for a manager whose queue is full


class Notifier:
    """Sender of ``NAME=value`` lines to the service manager, each message one datagram on a Unix socket.

    Parameters
    ----------
    address : str
        Path of the socket; ``@`` before its name where it is abstract. Where it is empty there is no manager, and
        nothing is sent.
    watchdog_s : float
        Longest time between two ``WATCHDOG=1`` after which the manager takes the process for dead; 0: it does not
        look.
    """

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        self.watchdog_s = watchdog_s
        is_usable = address[:1] in ("/", "@") and len(address) > 1 and hasattr(socket, "AF_UNIX")
        self._address = os.fsencode(address) if is_usable else b""
        if self._address.startswith(b"@"):
            self._address = b"\0" + self._address[1:]

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str] = os.environ) -> Self:
        """Return the notifier that the manager asks for; its variables are removed, so that no child answers for us."""
        address = environment.pop("NOTIFY_SOCKET", "")
        watchdog_us = environment.pop("WATCHDOG_USEC", "")
        pid = environment.pop("WATCHDOG_PID", "")
        is_for_us = pid in ("", str(os.getpid()))
        return cls(address, int(watchdog_us) / 1e6 if is_for_us and watchdog_us.isdecimal() else 0.0)

    @property
    def is_heard(self) -> bool:
        """Whether there is a manager."""
        return bool(self._address)

    def send(self, **values: object) -> bool:
        """Send values by their names, such as ``READY=1, STATUS="2 streams"``; False where nothing received them."""
        if not self._address:
            return False
        lines = (f"{name}={' '.join(str(value).splitlines())}" for name, value in values.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | getattr(socket, "SOCK_CLOEXEC", 0)) as sender:
                sender.settimeout(SEND_S)
                sender.sendto("\n".join(lines).encode(errors="backslashreplace"), self._address)
        except OSError:  # the manager is restarting, or the address is wrong: a run does not end for it
            return False
        return True
