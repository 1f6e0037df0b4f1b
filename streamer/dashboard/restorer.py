"""Restore the terminal after this process was killed, by a shell that waits for its end."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys

# What no modern terminal does by itself: it is switched off again in whatever way the program ends.
# The mouse is asked for only while a region is chosen: its reports keep users from selecting text, and its wheel sends
# arrows as it is.
_PASTE_ON, _PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"  # pasted text is marked as such
ENTER = f"\x1b[?1049h\x1b[?25l\x1b[?7l{_PASTE_ON}\x1b[2J"  # alternate screen, no cursor, no wrapping, clear
MOUSE_ON = "\x1b[?1002h\x1b[?1006h"  # buttons, and movements while one is down; numbers of any size
MOUSE_OFF = "\x1b[?1006l\x1b[?1002l"
LEAVE = f"\x1b[0m\x1b[?2026l{MOUSE_OFF}{_PASTE_OFF}\x1b[?7h\x1b[?25h\x1b[?1049l"


class Restorer:
    """A shell that does nothing but wait, and restores the terminal if this process ends without :meth:`close`.

    Against SIGKILL and crashes of the interpreter a process cannot do anything itself. The shell has a session of its
    own, so that no key of the terminal reaches it. There is none on Windows, and where the terminal has no name.
    """

    def __init__(self, terminal: int) -> None:
        self._shell: subprocess.Popen[bytes] | None = None
        if sys.platform == "win32":
            return
        with contextlib.suppress(OSError):
            name = shlex.quote(os.ttyname(terminal))
            octal = "".join(f"\\{byte:03o}" for byte in LEAVE.encode())
            # In a subshell, which leads no session: a leader would take a terminal without one for its own.
            script = f"read done && exit; (printf '{octal}' > {name}; stty icanon echo < {name}); :"
            self._shell = subprocess.Popen(
                ["/bin/sh", "-c", script],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def close(self) -> None:
        """Let the shell end without doing anything."""
        if self._shell is None:
            return
        assert self._shell.stdin is not None
        with contextlib.suppress(OSError):
            self._shell.stdin.write(b"done\n")
            self._shell.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._shell.wait(1.0)
        self._shell = None
