"""Player: play a clip through the sound card while the rest goes on, or say why it cannot be heard."""

from __future__ import annotations

import time
from typing import Any

from streamer.arrays import Float32
from streamer.system import quiet_stderr


class Player:
    """Plays one sound at a time on the default output.

    Attributes
    ----------
    failure : str
        Why nothing can be heard; empty where it can.
    """

    def __init__(self) -> None:
        self.failure = ""
        self._device: Any = None
        self._began_s = self._length_s = 0.0
        try:
            with quiet_stderr():
                import sounddevice

                n_outputs = sum(device["max_output_channels"] > 0 for device in sounddevice.query_devices())
            if n_outputs:
                self._device = sounddevice
            else:
                self.failure = "no sound: this machine has no sound card that plays"
        except OSError as error:
            self.failure = f"no sound: the library of sound cards is missing ({error})"
        except Exception as error:  # PortAudioError and ValueError: no device, or none that plays
            self.failure = f"no sound: this machine has no output for it ({' '.join(str(error).split())})"

    @property
    def played_s(self) -> float | None:
        """Seconds of the sound that have been played; None where none is playing."""
        played_s = time.monotonic() - self._began_s
        return played_s if self._length_s and played_s < self._length_s else None

    def play(self, samples: Float32, sample_rate: int) -> None:
        """Begin to play; what is playing ends."""
        self.stop()
        if self._device is None:
            return
        try:
            with quiet_stderr():
                self._device.play(samples, sample_rate)
        except Exception as error:
            self.failure = f"no sound: the sound card does not play ({' '.join(str(error).split())})"
            return
        self._began_s, self._length_s = time.monotonic(), len(samples) / sample_rate

    def wait(self) -> None:
        """Wait until the sound has been played."""
        if self._length_s and self._device is not None:
            self._device.wait()

    def stop(self) -> None:
        """End what is playing."""
        if self._length_s and self._device is not None:
            with quiet_stderr():
                self._device.stop()
        self._length_s = 0.0
