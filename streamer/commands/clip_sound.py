"""ClipSound: play clips through the sound card in a child process, which no capture of this process can be harmed by.

PortAudio is to be called by one thread alone, which may hang with a sound server, and belongs to the microphones here.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamer.system import child_environment, leave_stopping_to_the_parent

_LONGEST_S = 300.0  # of one file that is played


class ClipSound:
    """Plays sound files one after the other; no call waits for the sound card.

    Attributes
    ----------
    failure : str
        Why the newest could not be played; empty where it could.
    """

    def __init__(self) -> None:
        self.failure = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._began_s = self._length_s = 0.0
        self._number = 0  # of the newest that was asked for
        self._is_busy = False

    @property
    def is_busy(self) -> bool:
        """Whether something is played, or about to be."""
        return self._is_busy

    @property
    def played_s(self) -> tuple[float, float] | None:
        """Seconds that have been played, and the length; None where nothing is played yet, or any more."""
        if not (self._is_busy and self._length_s):
            return None
        return min(time.monotonic() - self._began_s, self._length_s), self._length_s

    def play(self, paths: Sequence[Path]) -> None:
        """Begin to play; what is playing ends."""
        self.stop()
        self.failure, self._length_s, self._is_busy = "", 0.0, True
        threading.Thread(target=self._run, args=(tuple(paths), self._number), name="clip sound", daemon=True).start()

    def stop(self) -> None:
        """End what is playing."""
        self._number += 1
        self._is_busy = False
        if (process := self._process) is not None:
            process.kill()

    def _run(self, paths: Sequence[Path], number: int) -> None:
        # -P: import nothing from the working directory
        command = [sys.executable, "-P", "-m", "streamer.commands.clip_sound"]
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=child_environment(),
            )  # fmt: skip
        except OSError as error:
            self._take({"failure": f"no sound: the player does not start; {error.strerror}"}, number)
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with process:
            self._process = process
            if number != self._number:  # stopped meanwhile
                process.kill()
            with contextlib.suppress(OSError, ValueError):
                process.stdin.write(json.dumps([os.fsdecode(path) for path in paths]).encode() + b"\n")
                process.stdin.flush()
                for line in process.stdout:
                    self._take(json.loads(line), number)
        if number == self._number:
            if not self._length_s and not self.failure:
                self.failure = "no sound: the player has ended by itself"
            self._is_busy = False

    def _take(self, values: dict[str, Any], number: int) -> None:
        if number != self._number:
            return
        self.failure = values.get("failure", self.failure)
        if "seconds" in values:
            self._began_s, self._length_s = time.monotonic(), values["seconds"]
        if self.failure:
            self._is_busy = False


def main() -> None:
    """Run the child: play the files named in a line of standard input; end with the parent."""
    leave_stopping_to_the_parent()
    paths = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import soundfile

    from streamer.commands.player import Player
    from streamer.system import native_name

    player = Player()
    for path in paths if not player.failure else ():
        try:
            with soundfile.SoundFile(native_name(Path(path))) as file:
                samples = file.read(round(_LONGEST_S * file.samplerate), "float32")
                sample_rate = file.samplerate
        except (soundfile.LibsndfileError, OSError) as error:
            player.failure = f"clip={path} must be readable sound; {error}"
            break
        player.play(samples, sample_rate)
        if player.failure:
            break
        _tell({"seconds": len(samples) / sample_rate})
        player.wait()
    if player.failure:
        _tell({"failure": player.failure})


def _tell(values: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(values) + "\n")
        sys.stdout.flush()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
