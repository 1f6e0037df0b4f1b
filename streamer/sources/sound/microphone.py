"""Microphones through PortAudio: captured by a callback, checked against the clock, closed when they stall."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any, Final

from streamer.config import SourceSettings
from streamer.errors import SourceUnavailable, UserError
from streamer.messages import SoundFormat
from streamer.sources.base import BeginSound
from streamer.sources.sound.callback import CaptureCallback
from streamer.sources.sound.channel_numbers import channel_numbers
from streamer.sources.sound.clock import SampleClock
from streamer.sources.sound.devices import Microphone, find_microphone, query_microphones
from streamer.sources.sound.portaudio import PORTAUDIO, PortAudioThread
from streamer.sources.sound.signs import Signs, sound_signs
from streamer.sources.stall import StallTimer

POLL_S = 0.1  # from one check of the callback's counts to the next
STALL_BLOCKS = 4  # a silence is a stall only when it lasts longer than so many of the largest blocks
MAX_REAL_CHANNELS = 8  # more are offered by sound servers only, which would copy one microphone to all of them
FALLBACK_RATES = (48_000, 44_100, 32_000, 16_000)  # tried where the default is refused

# PortAudio's error numbers, and what the user can do about each.
INVALID_CHANNELS, INVALID_RATE = -9998, -9997
REASONS = {
    -9999: "the sound server has no microphone to offer; plug it in (streamer doctor shows what is there)",
    INVALID_CHANNELS: "it refuses every number of channels that was tried",
    INVALID_RATE: "it refuses every sample rate that was tried; use the system's default (mic) or another device",
    -9996: "it is gone; plug it in",
    -9993: "no sound server or card answers; start it (systemctl --user start pipewire-pulse) or plug it in",
    -9985: "it is busy; close the program that uses it (fuser -v /dev/snd/*)",
}


class MicrophoneSource:
    """A microphone; opened by name, it is found again after it was unplugged.

    Parameters
    ----------
    wanted : str
        Empty for the system's default, digits for an index, else a name or a part of one.
    settings : SourceSettings
        ``channel``, ``latency_s`` and ``stall_s`` are used.
    portaudio : PortAudioThread
        Thread on which PortAudio is called.
    """

    medium: Final = "sound"
    is_live = True

    def __init__(self, wanted: str, settings: SourceSettings, portaudio: PortAudioThread = PORTAUDIO) -> None:
        self.uri = f"mic:{wanted}" if wanted else "mic"
        self.drift_ppm = 0.0
        self.backlog_s = 0.0
        self.note = ""
        self._wanted = wanted
        self._settings = settings
        self._channel = settings.channel_index
        self._portaudio = portaudio
        self._known_name = ""
        self._signs: Signs | None = None  # of the system's sound when the last attempt began
        self._past_overflows = 0
        self._callback: CaptureCallback | None = None

    @property
    def overflows(self) -> int:
        """Number of times that the device reported lost samples, over all sessions."""
        return self._past_overflows + (self._callback.overflows if self._callback else 0)

    @property
    def stuck(self) -> bool:
        """Whether a call into PortAudio hangs: the process can then only end by ``os._exit``."""
        return self._portaudio.stuck

    def capture(self, begin: BeginSound, stop: threading.Event) -> None:
        """Deliver sound until ``stop`` is set; see :class:`streamer.sources.Source`.

        Opening and closing wait at most 2 s each for a sound server that hangs.
        """
        self._signs = sound_signs()
        opened = self._portaudio.call(self._open, stop, undo=_OpenedMicrophone.close)
        if opened is None:
            return
        callback = self._callback = opened.callback
        self._known_name = opened.microphone.name
        try:
            if self._await_first_block(opened, stop):
                callback.ring = begin(opened.sound_format)
                self._monitor(opened, stop)
        finally:
            callback.ring = None  # blocks that still come belong to no session
            self._past_overflows += callback.overflows
            self._callback = None
            self.backlog_s, self.note = 0.0, ""
            self._close(opened)

    def may_be_back(self) -> bool:
        """Return whether sound cards or sound servers have come or gone since the last attempt."""
        return sound_signs() != self._signs

    def _open(self, sounddevice: Any) -> _OpenedMicrophone:
        """Find the microphone and start a stream with the first rate and channels that it accepts.

        Runs on the PortAudio thread.
        """
        self._portaudio.refresh(sounddevice)
        microphone = find_microphone(query_microphones(sounddevice), self._wanted, self._known_name)
        error_code = 0
        n_channels_refused = set()
        for sample_rate in dict.fromkeys((microphone.sample_rate, *FALLBACK_RATES)):
            for n_channels in _channels_to_try(microphone, self._channel):
                if n_channels in n_channels_refused:
                    continue
                callback = CaptureCallback(sample_rate, self._channel)
                try:
                    stream = sounddevice.InputStream(
                        device=microphone.index,
                        samplerate=sample_rate,
                        channels=n_channels,
                        blocksize=0,  # any length: blocks of a fixed length would each wait for the next period
                        dtype="float32",
                        latency=self._settings.latency_s,
                        callback=callback,
                        finished_callback=callback.finished.set,
                    )
                    try:
                        stream.start()
                    except BaseException:
                        stream.close()
                        raise
                except sounddevice.PortAudioError as error:
                    error_code = _error_code(error)
                    if error_code == INVALID_CHANNELS:
                        n_channels_refused.add(n_channels)
                    elif error_code == INVALID_RATE:
                        break
                    else:
                        raise self._cannot_open(microphone, error_code, error) from None
                else:
                    self._portaudio.n_open += 1
                    n_delivered = n_channels if self._channel is None else 1
                    return _OpenedMicrophone(microphone, stream, callback, n_delivered, self._portaudio)
        raise self._cannot_open(microphone, error_code, None)

    def _cannot_open(self, microphone: Microphone, code: int, error: Exception | None) -> SourceUnavailable:
        """Return the error that explains why a microphone of the list does not open."""
        reason = REASONS.get(code) or (str(error.args[0]) if error and error.args else "the sound system refused")
        return SourceUnavailable(f"source={self.uri!r} must open; {microphone.name}: {reason} (PortAudio {code})")

    def _await_first_block(self, opened: _OpenedMicrophone, stop: threading.Event) -> bool:
        """Return True once sound comes; False when stopped first."""
        deadline_s = time.monotonic() + max(self._settings.first_s, self._settings.stall_s)
        while not stop.is_set():
            if opened.callback.first_block.wait(POLL_S / 2):
                return True
            if opened.callback.finished.is_set() or time.monotonic() > deadline_s:
                raise SourceUnavailable(
                    f"source={self.uri!r} must deliver; {opened.microphone.name} opened but sends nothing: "
                    "it is suspended, or the sound server has no source for it"
                )
        return False

    def _monitor(self, opened: _OpenedMicrophone, stop: threading.Event) -> None:
        """Compare the sample count with the clock until stopped; raises when the session ends."""
        callback, name = opened.callback, opened.microphone.name
        clock = SampleClock(callback.sample_rate)
        stall = StallTimer(POLL_S, time.monotonic())
        while not stop.wait(POLL_S):
            n_samples, arrived_s = callback.progress
            now_s = time.monotonic()
            if callback.finished.is_set():
                raise SourceUnavailable(f"source={self.uri!r} must stay; {name} vanished")
            # After some losses PortAudio reports the stream as active for ever; only the missing callbacks show them.
            longest_block_s = callback.largest_block / callback.sample_rate
            if stall.update(n_samples, now_s) > max(self._settings.stall_s, STALL_BLOCKS * longest_block_s):
                raise SourceUnavailable(
                    f"source={self.uri!r} must deliver; {name} stopped delivering {now_s - arrived_s:.1f} s ago"
                )
            callback.n_lost_unflagged += clock.update(n_samples, arrived_s, now_s)
            self.drift_ppm, self.backlog_s = clock.drift_ppm, clock.backlog_s
            zeros_s = arrived_s - callback.nonzero_s
            self.note = (
                f"exact zeros for {zeros_s:.0f} s: muted, or the sound server moved the stream"
                if zeros_s >= self._settings.frozen_s
                else ""
            )

    def _close(self, opened: _OpenedMicrophone) -> None:
        """Close the stream; where the sound server hangs, ``stuck`` is true until the call returns."""
        try:
            self._portaudio.call(lambda _: opened.close())
        except SourceUnavailable:
            return


@dataclass(frozen=True)
class _OpenedMicrophone:
    """A running PortAudio stream."""

    microphone: Microphone
    stream: Any  # sounddevice.InputStream
    callback: CaptureCallback
    n_channels: int  # delivered
    portaudio: PortAudioThread

    @property
    def sound_format(self) -> SoundFormat:
        return SoundFormat(self.callback.sample_rate, self.n_channels, self.microphone.name)

    def close(self) -> None:
        """Close the stream; runs on the PortAudio thread and hangs while the sound server does."""
        self.portaudio.n_open -= 1
        self.stream.abort()
        self.stream.close()


def _channels_to_try(microphone: Microphone, channel: int | None) -> tuple[int, ...]:
    """Return the numbers of channels to request, the best first.

    Raises
    ------
    UserError
        When the microphone lacks the chosen channel.
    """
    needed = 1 if channel is None else channel + 1
    n_channels = microphone.n_channels
    if needed > n_channels:
        raise UserError(f"channel={channel} must be {channel_numbers(n_channels)} of {microphone.name}")
    if n_channels > MAX_REAL_CHANNELS:
        # A sound server mixes down itself; asked for one channel, it takes the mean of the real ones.
        return (1, 2) if channel is None else (max(needed, 2),)
    return tuple(n for n in dict.fromkeys((n_channels, 2, 1)) if needed <= n <= n_channels)


def _error_code(error: Exception) -> int:
    """Return the number of a PortAudio error, 0 where it has none."""
    return int(error.args[1]) if len(error.args) > 1 and isinstance(error.args[1], int) else 0
