"""CommandOnEvent: a sink that runs a program for each event, with a limit of time and without a shell."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from typing import Any

from streamer.config import CommandSettings
from streamer.errors import StreamerError, UserError
from streamer.messages import ClipWritten, Event, Message
from streamer.safe_text import json_line, safe
from streamer.sinks.event_choice import EventChoice
from streamer.sinks.event_text import event_fields
from streamer.sinks.jsonlines import as_dict

_LAST_BYTES = 2000  # of what a program that failed has said


class CommandOnEvent:
    """Sink that runs a program when an event begins, when it ends, or when its clip is complete.

    One runs at a time, in a session of its own, so that all that it has started can be ended with it.

    Parameters
    ----------
    settings : CommandSettings

    Raises
    ------
    UserError
        If there is no such program.
    """

    def __init__(self, settings: CommandSettings) -> None:
        self._settings = settings
        self._name = settings.run[0]
        self._program = shutil.which(self._name)
        if self._program is None:
            raise UserError(f"on_event.run={self._name} must be a program that can be run; give its whole path")
        self._choice = EventChoice(settings.when, settings.labels)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_aborted = False
        self.accepts: tuple[type, ...] = self._choice.accepts

    def write(self, message: Message) -> bool:
        """Run the program for a message, and wait for its end; False where the message is not one to run it for.

        Raises
        ------
        StreamerError
            If it cannot be run, fails, or takes too long.
        """
        event = self._choice.event_of(message)
        if event is None:
            return False
        clip = str(message.path) if isinstance(message, ClipWritten) else ""
        with tempfile.TemporaryFile() as said:
            code = self._run(environment_of(event, clip), said)
            said.seek(max(0, said.tell() - _LAST_BYTES) if code else 0)
            last = said.read(_LAST_BYTES).decode("utf-8", "replace").strip().rpartition("\n")[2] if code else ""
        if code:
            how = f"ended with {code}" if code > 0 else f"was ended by signal {-code}"
            raise StreamerError(f"command {self._name} {how}{f': {last}' if last else ''}")
        return True

    def abort(self) -> None:
        """End the program that runs, as the run ends."""
        with self._lock:
            self._is_aborted = True
            self._kill()

    def close(self) -> None:
        """Do nothing: no program runs between two messages."""

    def _run(self, environment: Mapping[str, str], said: Any) -> int:
        with self._lock:
            if self._is_aborted:
                return -signal.SIGTERM
            try:
                self._process = process = subprocess.Popen(
                    [self._program or self._name, *self._settings.run[1:]],
                    env={**os.environ, **environment},
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                raise StreamerError(f"command {self._name} cannot be run: {error}") from None
        try:
            return process.wait(self._settings.timeout_s)
        except subprocess.TimeoutExpired:
            with self._lock:
                self._kill()
            raise StreamerError(
                f"command {self._name} has not ended in {self._settings.timeout_s:g} s and was killed; raise"
                " on_event.timeout_s"
            ) from None
        finally:
            with self._lock:
                self._process = None

    def _kill(self) -> None:
        """Kill the program that runs, and all that it has started; its number is its own until it is waited for."""
        if (process := self._process) is None or process.returncode is not None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()


def environment_of(event: Event, clip: str) -> dict[str, str]:
    """Return the variables that a program finds: ``STREAMER_LABEL``, ``STREAMER_SCORE`` and so on."""
    fields = event_fields(event, clip)
    names = {f"STREAMER_{name.upper()}": safe(value) for name, value in fields.items()}
    return {**names, "STREAMER_CLIP": clip, "STREAMER_EVENT": json_line(as_dict(event), ascii_only=True)}
