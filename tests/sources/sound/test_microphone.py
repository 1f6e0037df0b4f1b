"""Microphones: what is requested, the errors when a device refuses or stalls, and calls that hang."""

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from streamer.config import SourceSettings
from streamer.errors import UserError
from streamer.sources.sound import microphone, portaudio
from streamer.sources.sound.microphone import MicrophoneSource
from tests.support.fake_sounddevice import FakePortAudio, FakeSounddevice
from tests.support.source_thread import SoundSourceThread

USB = "USB PnP Sound Device: Audio (hw:1,0)"


@pytest.fixture
def sounddevice() -> FakeSounddevice:
    return FakeSounddevice("pulse", USB)


def source(sounddevice: FakeSounddevice, wanted: str = "usb", **settings: Any) -> MicrophoneSource:
    return MicrophoneSource(wanted, SourceSettings(**settings), FakePortAudio(sounddevice))


def deliver_until(thread: SoundSourceThread, sounddevice: FakeSounddevice, condition: Callable[[], bool]) -> None:
    """Let the newest stream deliver until ``condition()`` is true."""

    def step() -> bool:
        if sounddevice.streams and not sounddevice.streams[-1].is_closed:
            sounddevice.streams[-1].deliver()
        return condition()

    thread.wait_for(step)


def test_sound_is_delivered_in_the_devices_own_format(sounddevice: FakeSounddevice) -> None:
    with SoundSourceThread(source(sounddevice)) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions) and thread.sessions[0].ring.written > 0)
    (session,) = thread.sessions
    assert (session.sound_format.sample_rate, session.sound_format.n_channels) == (48_000, 2)
    assert session.sound_format.device == USB
    assert (session.samples == 0.25).all()
    (stream,) = sounddevice.streams
    assert stream.is_closed
    assert stream.options["latency"] >= 0.2
    assert stream.options["dtype"] == "float32"
    assert sounddevice.threads == {"portaudio"}  # which opens and closes
    assert thread.reasons == []


@pytest.mark.parametrize("latency_s", [0.3, 1.5])
def test_the_buffer_that_is_set_is_requested(sounddevice: FakeSounddevice, latency_s: float) -> None:
    with SoundSourceThread(source(sounddevice, latency_s=latency_s)) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
    assert sounddevice.streams[-1].options["latency"] == latency_s


def test_one_channel_can_be_chosen_and_must_exist(sounddevice: FakeSounddevice) -> None:
    with SoundSourceThread(source(sounddevice, channel=1)) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
    assert thread.sessions[0].sound_format.n_channels == 1
    with SoundSourceThread(source(sounddevice, channel=2)) as thread:
        thread.wait_end()
    assert isinstance(thread.error, UserError)
    assert "channel=2 must be 0 or 1, a channel of" in str(thread.error)


@pytest.mark.parametrize(
    ("n_channels", "channel", "requested"), [(2, "mix", 2), (6, "mix", 6), (32, "mix", 1), (32, 0, 2), (128, 5, 6)]
)
def test_the_number_of_channels_that_is_requested(n_channels: int, channel: object, requested: int) -> None:
    """Sound servers offer 32 and more, and would copy a mono microphone to all of them."""
    sounddevice = FakeSounddevice(USB, n_channels=n_channels)
    with SoundSourceThread(source(sounddevice, channel=channel)) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
    assert sounddevice.sessions == [(0, 48_000, requested)]


def test_refused_channels_and_rates_are_replaced_by_the_next_best() -> None:
    sounddevice = FakeSounddevice(USB, n_channels=6, sample_rate=96_000)
    sounddevice.refuse = lambda o: -9998 if o["channels"] > 2 else -9997 if o["samplerate"] > 44_100 else 0
    with SoundSourceThread(source(sounddevice)) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
    assert sounddevice.sessions == [(0, 96_000, 6), (0, 96_000, 2), (0, 48_000, 2), (0, 44_100, 2)]
    assert thread.sessions[0].sound_format.sample_rate == 44_100


@pytest.mark.parametrize(
    ("code", "reason"),
    [(-9985, "it is busy"), (-9993, "no sound server"), (-9999, "no microphone to offer"), (-9997, "sample rate"),
     (-9998, "number of channels"), (-9996, "it is gone"), (-9986, "Error opening InputStream")],
)  # fmt: skip
def test_refusals_are_explained_and_tried_again(sounddevice: FakeSounddevice, code: int, reason: str) -> None:
    sounddevice.refuse = lambda options: code
    with SoundSourceThread(source(sounddevice), retry_s=0.02) as thread:
        thread.wait_for(lambda: len(thread.reasons) >= 2)
        sounddevice.refuse = lambda options: 0
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
    assert all(reason in text and USB in text and str(code) in text for text in thread.reasons)
    assert "initialize" in sounddevice.calls  # the list of devices was updated between the attempts


def test_a_missing_microphone_is_found_once_it_is_plugged_in() -> None:
    sounddevice = FakeSounddevice("pulse")
    with SoundSourceThread(source(sounddevice), retry_s=0.02) as thread:
        thread.wait_for(lambda: bool(thread.reasons))
        sounddevice.plugged_in_next = [USB]
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
    assert "must be plugged in; there now: mic:pulse" in thread.reasons[0]
    assert thread.sessions[0].sound_format.device == USB


def test_the_list_of_devices_is_not_updated_while_another_stream_is_open() -> None:
    sounddevice = FakeSounddevice("pulse", USB)
    shared = FakePortAudio(sounddevice)
    first = MicrophoneSource("pulse", SourceSettings(), shared)
    second = MicrophoneSource("absent", SourceSettings(), shared)
    with SoundSourceThread(first) as one:
        deliver_until(one, sounddevice, lambda: bool(one.sessions))
        n_before = sounddevice.calls.count("terminate")
        with SoundSourceThread(second, retry_s=0.02) as two:
            two.wait_for(lambda: len(two.reasons) >= 3)
        assert sounddevice.calls.count("terminate") == n_before
    with SoundSourceThread(second, retry_s=0.02) as two:
        two.wait_for(lambda: bool(two.reasons))
    assert sounddevice.calls.count("terminate") > n_before


def test_a_sound_server_that_comes_back_is_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    signs = frozenset({("/run/pulse/native", 1, 0)})
    monkeypatch.setattr("streamer.sources.sound.microphone.sound_signs", lambda: signs)
    mic = source(FakeSounddevice("pulse"))
    with SoundSourceThread(mic, retry_s=60.0) as thread:
        thread.wait_for(lambda: bool(thread.reasons))
        assert not mic.may_be_back()
        signs = frozenset({("/run/pulse/native", 2, 0)})
        assert mic.may_be_back()
        thread.stop.set()


def test_devices_are_listed_anew_only_where_something_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each listing leaks memory in the libraries below PortAudio."""
    signs = frozenset({("pcmC0D0c", 1, 0)})
    monkeypatch.setattr(portaudio, "sound_signs", lambda: signs)
    monkeypatch.setattr(portaudio, "SETTLING_S", 0.0)
    sounddevice = FakeSounddevice("pulse")
    with SoundSourceThread(source(sounddevice), retry_s=0.01) as thread:
        thread.wait_for(lambda: len(thread.reasons) >= 5)
        assert sounddevice.calls.count("initialize") == 1
        signs = frozenset({("pcmC1D0c", 1, 0)})
        monkeypatch.setattr(portaudio, "SETTLING_S", 30.0)
        thread.wait_for(lambda: sounddevice.calls.count("initialize") >= 3)  # it may not be ready at once


def test_an_ambiguous_name_is_not_tried_again() -> None:
    with SoundSourceThread(source(FakeSounddevice("USB one", "USB two"))) as thread:
        thread.wait_end()
    assert isinstance(thread.error, UserError)


def test_a_stream_that_ends_itself_is_lost_at_once(sounddevice: FakeSounddevice) -> None:
    with SoundSourceThread(source(sounddevice)) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
        sounddevice.streams[0].options["finished_callback"]()
        assert thread.wait_for(lambda: bool(thread.reasons)) < 1.5
        deliver_until(thread, sounddevice, lambda: len(thread.sessions) == 2)
    assert "vanished" in thread.reasons[0]


def test_a_stream_that_stalls_is_lost_after_the_stall_time(sounddevice: FakeSounddevice) -> None:
    with SoundSourceThread(source(sounddevice, stall_s=0.5)) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
        assert thread.wait_for(lambda: bool(thread.reasons)) >= 0.4
        late = sounddevice.streams[0]
        written = thread.sessions[0].ring.written
        late.deliver()  # blocks of the old stream are dropped
        assert thread.sessions[0].ring.written == written
        deliver_until(thread, sounddevice, lambda: len(thread.sessions) == 2)
    assert "stopped delivering" in thread.reasons[0]
    assert thread.sessions[1].ring is not thread.sessions[0].ring


def test_large_blocks_are_not_a_stall(sounddevice: FakeSounddevice) -> None:
    with SoundSourceThread(source(sounddevice, stall_s=0.5)) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
        sounddevice.streams[0].deliver(n_samples=48_000)  # with blocks of one second, a stall begins after four
        time.sleep(1.2)
        sounddevice.streams[0].deliver(n_samples=48_000)
        time.sleep(0.3)
        assert thread.reasons == []


def test_time_in_which_the_process_was_held_up_is_no_stall(
    sounddevice: FakeSounddevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a suspension by the user the clock has jumped, but the sound of that time is still to come."""
    skew_s = 0.0
    monkeypatch.setattr(microphone, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + skew_s))
    with SoundSourceThread(source(sounddevice)) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
        time.sleep(0.3)  # the count has been read since the last block
        skew_s = 60.0
        time.sleep(0.5)
        sounddevice.streams[0].deliver()
        time.sleep(0.3)
        assert thread.reasons == []


def test_a_stream_that_never_delivers_begins_no_session(
    sounddevice: FakeSounddevice,
) -> None:
    with SoundSourceThread(source(sounddevice, stall_s=0.5, first_s=0.3)) as thread:
        thread.wait_for(lambda: bool(thread.reasons))
    assert "sends nothing" in thread.reasons[0]
    assert thread.sessions == []


def test_overflows_add_up_over_sessions_and_mark_gaps(sounddevice: FakeSounddevice) -> None:
    mic = source(sounddevice, stall_s=0.5)
    with SoundSourceThread(mic) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions) and bool(thread.sessions[0].ring.written))
        sounddevice.streams[0].deliver(overflow=True)
        assert mic.overflows == 1
        thread.wait_for(lambda: bool(thread.reasons))
        deliver_until(thread, sounddevice, lambda: len(thread.sessions) == 2)
        sounddevice.streams[-1].deliver(overflow=True)
        assert mic.overflows == 2
    assert mic.overflows == 2
    assert thread.sessions[0].lost == 1


def test_exact_zeros_are_noted_while_they_last(sounddevice: FakeSounddevice) -> None:
    mic = source(sounddevice, frozen_s=0.3)
    with SoundSourceThread(mic) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
        assert mic.note == ""

        def zeros() -> bool:
            sounddevice.streams[0].deliver(value=0.0)
            return "exact zeros" in mic.note

        thread.wait_for(zeros)
        deliver_until(thread, sounddevice, lambda: mic.note == "")
    assert thread.reasons == []  # a note, not a loss


@pytest.mark.parametrize("call", ["open", "start", "query"])
def test_a_hang_while_opening_does_not_delay_a_stop_and_is_reported(sounddevice: FakeSounddevice, call: str) -> None:
    sounddevice.hang[call] = threading.Event()
    mic = source(sounddevice)
    with SoundSourceThread(mic) as thread:
        time.sleep(0.2)
        assert thread.leave() < 1.5
        assert mic.stuck
    sounddevice.hang[call].set()
    thread.wait_for(lambda: not mic.stuck)
    assert all(stream.is_closed for stream in sounddevice.streams)  # streams that were opened too late


def test_a_hang_while_closing_ends_with_the_hung_call(
    sounddevice: FakeSounddevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portaudio, "CALL_TIMEOUT_S", 0.3)
    mic = source(sounddevice, stall_s=0.5)
    sounddevice.hang["abort"] = threading.Event()
    with SoundSourceThread(mic, retry_s=0.05) as thread:
        deliver_until(thread, sounddevice, lambda: bool(thread.sessions))
        thread.wait_for(lambda: len(thread.reasons) >= 2)
        assert mic.stuck
        assert "stopped delivering" in thread.reasons[0]
        assert "does not answer" in thread.reasons[1]
        sounddevice.hang["abort"].set()
        deliver_until(thread, sounddevice, lambda: len(thread.sessions) == 2)
        assert not mic.stuck


def test_several_microphones_at_once(sounddevice: FakeSounddevice) -> None:
    shared = FakePortAudio(sounddevice)
    with (
        SoundSourceThread(MicrophoneSource("pulse", SourceSettings(), shared)) as one,
        SoundSourceThread(MicrophoneSource("usb", SourceSettings(), shared)) as two,
    ):
        one.wait_for(lambda: len(sounddevice.streams) == 2)
        for value, stream in zip((0.1, 0.2), sounddevice.streams, strict=True):
            for _ in range(3):
                stream.deliver(value=value)
                time.sleep(0.1)
        one.wait_for(lambda: bool(one.sessions) and bool(two.sessions))
        for value, stream in zip((0.1, 0.2), sounddevice.streams, strict=True):
            stream.deliver(value=value)
        time.sleep(0.2)
    by_device = {o.sound_format.device: o.samples for o in (*one.sessions, *two.sessions)}
    values = {name: {round(float(v), 3) for v in np.unique(samples)} for name, samples in by_device.items()}
    opened = {sounddevice.names[s.options["device"]]: v for s, v in zip(sounddevice.streams, (0.1, 0.2), strict=True)}
    assert values == {name: {value} for name, value in opened.items()}
