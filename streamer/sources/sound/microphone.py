"""Microphones through PortAudio: captured by callback, checked against the clock, abandoned when they stop."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any, Final

from streamer.config import SourceSettings
from streamer.errors import SourceUnavailable, UserError
from streamer.messages import SoundFormat
from streamer.sources.base import Begin, chosen_channel
from streamer.sources.sound.callback import Delivery
from streamer.sources.sound.clock import SampleClock
from streamer.sources.sound.devices import Device, find_microphone, query_microphones
from streamer.sources.sound.portaudio import PORTAUDIO, PortAudioThread

POLL_S = 0.1  # how often the delivery is looked at
FIRST_BLOCK_S = 5.0  # an idle sound server needs up to 2 s for the first block, Bluetooth more
STALL_BLOCKS = 4  # the largest blocks seen may be this many late before it is a stall
ZEROS_S = 5.0  # no microphone delivers exact zeros for this long
MAX_REAL_CHANNELS = 8  # what claims more is a sound server that would spread one microphone over them
FALLBACK_RATES = (48_000, 44_100, 32_000, 16_000)  # where the default is refused

# PortAudio's error numbers, and what a user can do about each.
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
    """A microphone, opened by name so that it is found again after it was unplugged.

    Parameters
    ----------
    wanted : str
        Empty for the system's default, digits for an index, else a name or a part of one.
    settings : SourceSettings
        ``channel``, ``latency_s`` and ``stall_s`` count.
    portaudio : PortAudioThread
        Where PortAudio is called.
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
        self._channel = chosen_channel(settings)
        self._portaudio = portaudio
        self._known_name = ""
        self._past_overflows = 0
        self._delivery: Delivery | None = None

    @property
    def overflows(self) -> int:
        """Number of times that the device reported lost samples, over all sessions."""
        return self._past_overflows + (self._delivery.overflows if self._delivery else 0)

    @property
    def stuck(self) -> bool:
        """Whether a call into PortAudio hangs: the process can then only end by ``os._exit``."""
        return self._portaudio.stuck

    def capture(self, begin: Begin, stop: threading.Event) -> None:
        """Deliver sound until ``stop`` is set; see :class:`streamer.sources.SoundSource`.

        CaptureSession and closing wait at most 2 s each for a sound server that hangs.
        """
        opened = self._portaudio.call(self._open, stop, undo=_Opened.close)
        if opened is None:
            return
        delivery = self._delivery = opened.delivery
        self._known_name = opened.device.name
        try:
            if self._await_first_block(opened, stop):
                delivery.ring = begin(opened.sound_format)
                self._watch(opened, stop)
        finally:
            delivery.ring = None  # whatever still comes belongs to no one
            self._past_overflows += delivery.overflows
            self._delivery = None
            self.backlog_s, self.note = 0.0, ""
            self._close(opened)

    def _open(self, sounddevice: Any) -> _Opened:
        """Find the device and start a stream with the first rate and channels that it accepts; a task."""
        self._portaudio.refresh(sounddevice)
        device = find_microphone(query_microphones(sounddevice), self._wanted, self._known_name)
        error_code = 0
        n_channels_refused = set()
        for sample_rate in dict.fromkeys((device.sample_rate, *FALLBACK_RATES)):
            for n_channels in _channels_to_try(device, self._channel):
                if n_channels in n_channels_refused:
                    continue
                delivery = Delivery(sample_rate, self._channel)
                try:
                    stream = sounddevice.InputStream(
                        device=device.index,
                        samplerate=sample_rate,
                        channels=n_channels,
                        blocksize=0,  # as they come: blocks of one length would each wait for the next period
                        dtype="float32",
                        latency=self._settings.latency_s,
                        callback=delivery,
                        finished_callback=delivery.finished.set,
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
                        raise self._cannot_open(device, error_code, error) from None
                else:
                    self._portaudio.n_open += 1
                    n_delivered = n_channels if self._channel is None else 1
                    return _Opened(device, stream, delivery, n_delivered, self._portaudio)
        raise self._cannot_open(device, error_code, None)

    def _cannot_open(self, device: Device, code: int, error: Exception | None) -> SourceUnavailable:
        reason = REASONS.get(code) or (str(error.args[0]) if error and error.args else "the sound system refused")
        return SourceUnavailable(f"source={self.uri!r} must open; {device.name}: {reason} (PortAudio {code})")

    def _await_first_block(self, opened: _Opened, stop: threading.Event) -> bool:
        """Return whether sound has begun to come; False when stopped first."""
        deadline_s = time.monotonic() + max(FIRST_BLOCK_S, self._settings.stall_s)
        while not stop.is_set():
            if opened.delivery.came.wait(POLL_S / 2):
                return True
            if opened.delivery.finished.is_set() or time.monotonic() > deadline_s:
                raise SourceUnavailable(
                    f"source={self.uri!r} must deliver; {opened.device.name} opened but sends nothing: "
                    "it is suspended, or the sound server has no source for it"
                )
        return False

    def _watch(self, opened: _Opened, stop: threading.Event) -> None:
        """Wait for the end of the session and compare samples with the clock; returns when stopped."""
        delivery, name = opened.delivery, opened.device.name
        clock = SampleClock(delivery.sample_rate)
        n_before, silent_s, polled_s = 0, 0.0, time.monotonic()
        while not stop.wait(POLL_S):
            n_samples, arrived_s = delivery.progress
            now_s = time.monotonic()
            if delivery.finished.is_set():
                raise SourceUnavailable(f"source={self.uri!r} must stay; {name} vanished")
            # After some losses the stream calls itself active for ever: only the callbacks show it. Time that this
            # process was itself held up does not count, the sound of it may be waiting in the device's buffer.
            silent_s = 0.0 if n_samples != n_before else silent_s + min(now_s - polled_s, 2 * POLL_S)
            n_before, polled_s = n_samples, now_s
            if silent_s > max(self._settings.stall_s, STALL_BLOCKS * delivery.largest / delivery.sample_rate):
                raise SourceUnavailable(
                    f"source={self.uri!r} must deliver; {name} stopped delivering {now_s - arrived_s:.1f} s ago"
                )
            delivery.lost_unseen += clock.update(n_samples, arrived_s, now_s)
            self.drift_ppm, self.backlog_s = clock.drift_ppm, clock.backlog_s
            zeros_s = arrived_s - delivery.sounded_s
            self.note = (
                f"exact zeros for {zeros_s:.0f} s: muted, or the sound server moved the stream"
                if zeros_s >= ZEROS_S
                else ""
            )

    def _close(self, opened: _Opened) -> None:
        """Close without waiting for a sound server that hangs: then `stuck` is true until the call returns."""
        try:
            self._portaudio.call(lambda _: opened.close())
        except SourceUnavailable:
            return


@dataclass(frozen=True)
class _Opened:
    """A running PortAudio stream."""

    device: Device
    stream: Any
    delivery: Delivery
    n_channels: int  # delivered
    portaudio: PortAudioThread

    @property
    def sound_format(self) -> SoundFormat:
        return SoundFormat(self.delivery.sample_rate, self.n_channels, self.device.name)

    def close(self) -> None:
        """Close the stream; a task, and hangs while the sound server does."""
        self.portaudio.n_open -= 1
        self.stream.abort()
        self.stream.close()


def _channels_to_try(device: Device, channel: int | None) -> tuple[int, ...]:
    """Return the numbers of channels to ask for, the best first.

    Raises
    ------
    UserError
        When the device has not as many as the chosen channel needs.
    """
    needed = 1 if channel is None else channel + 1
    if needed > device.n_channels:
        raise UserError(f"channel={channel} must be below {device.n_channels}, the number of channels of {device.name}")
    if device.n_channels > MAX_REAL_CHANNELS:
        # A sound server mixes down itself; with one channel it takes the mean of all that there really are.
        return (1, 2) if channel is None else (max(needed, 2),)
    return tuple(n for n in dict.fromkeys((device.n_channels, 2, 1)) if needed <= n <= device.n_channels)


def _error_code(error: Exception) -> int:
    return int(error.args[1]) if len(error.args) > 1 and isinstance(error.args[1], int) else 0
