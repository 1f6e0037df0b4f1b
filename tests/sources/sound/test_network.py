"""Sound of the network: delivered as it comes, lost and found again, without secrets."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from streamer.config import SourceSettings
from streamer.errors import SourceUnavailable, UserError
from streamer.sources import medium_of, open_source
from streamer.sources.sound.network import NetworkSoundSource
from tests.support.radio import PASSWORD, Radio
from tests.support.sound_files import encoded, scene, written
from tests.support.source_thread import SoundSourceThread

SETTINGS = SourceSettings(stall_s=0.5, first_s=3.0)


def bytes_of(tmp_path: Path, kind: str) -> bytes:
    make = {
        "mp3": written("MP3"),
        "ogg": written("OGG", "VORBIS"),
        "opus": encoded("libopus", "ogg", 48_000, "mono"),
        "aac": encoded("aac", "adts", layout="mono"),
    }[kind]
    make(tmp_path / "station")
    return (tmp_path / "station").read_bytes()


@pytest.fixture
def radio(tmp_path: Path) -> Iterator[Radio]:
    with Radio(bytes_of(tmp_path, "mp3"), 3.0, "mp3") as server:
        yield server


@pytest.mark.parametrize("kind", ["mp3", "ogg", "opus", "aac"])
def test_the_sound_of_a_station_arrives(tmp_path: Path, kind: str) -> None:
    with (
        Radio(bytes_of(tmp_path, kind), 3.0, kind) as server,
        SoundSourceThread(NetworkSoundSource(server.url, SETTINGS)) as thread,
    ):
        thread.wait_for(lambda: bool(thread.sessions) and len(thread.sessions[0].samples) > 100_000)
        assert thread.leave() < 1.0
    session = thread.sessions[0]
    assert (session.sound_format.n_channels, thread.reasons, session.lost) == (1, [], 0)
    rate = session.sound_format.sample_rate
    wanted = scene(rate)[:rate, 0]
    correlation = np.correlate(session.samples[: 2 * rate, 0], wanted, "valid")
    assert correlation.max() > 0.9 * np.dot(wanted, wanted)


def test_what_a_server_sends_at_once_is_delivered_in_real_time_and_not_lost(tmp_path: Path) -> None:
    with (
        Radio(bytes_of(tmp_path, "mp3"), 3.0, "mp3", burst_s=30.0) as server,
        SoundSourceThread(NetworkSoundSource(server.url, SETTINGS), ring_s=1.0) as thread,
    ):
        thread.wait_for(lambda: bool(thread.sessions) and len(thread.sessions[0].samples) > 60_000)
    session = thread.sessions[0]
    last = session.chunks[-1]
    ahead_s = (last.start + last.samples.shape[0]) / 44_100 - (last.time_s - session.begun_s)
    assert session.lost == 0
    assert ahead_s < 0.3


@pytest.mark.parametrize("fault", ["stalled", "dead"])
def test_a_station_that_is_lost_is_found_again(radio: Radio, fault: str) -> None:
    source = NetworkSoundSource(radio.url, SETTINGS)
    with SoundSourceThread(source) as thread:
        thread.wait_for(lambda: bool(thread.sessions) and len(thread.sessions[0].samples) > 10_000)
        if fault == "stalled":
            radio.stall.set()
        else:
            radio.die()
        thread.wait_for(lambda: bool(thread.reasons))
        if fault == "stalled":
            radio.stall.clear()
        else:
            thread.wait_for(lambda: "takes no connection" in thread.reasons[-1])
            assert not source.may_be_back()
            radio.revive()
            thread.wait_for(source.may_be_back)
        thread.wait_for(lambda: len(thread.sessions) > 1 and len(thread.sessions[-1].samples) > 10_000)
    expected = "has sent no sound for|does not answer" if fault == "stalled" else "ended the stream|broke the conn"
    assert any(part in thread.reasons[0] for part in expected.split("|"))


def test_the_password_is_used_and_never_shown(tmp_path: Path) -> None:
    with Radio(bytes_of(tmp_path, "mp3"), 3.0, "mp3", password=PASSWORD) as server:
        source = open_source(f"sound:{server.url}", SETTINGS)
        with SoundSourceThread(source) as thread:  # type: ignore[arg-type]
            thread.wait_for(lambda: bool(thread.sessions))
        assert PASSWORD not in source.uri + thread.sessions[0].sound_format.device
        wrong = NetworkSoundSource(server.url.replace(PASSWORD, "wr0ng"), SETTINGS)
        with pytest.raises(SourceUnavailable, match="wants another user or password") as caught:
            wrong.capture(lambda _: pytest.fail("opened"), threading.Event())
        assert "wr0ng" not in str(caught.value)


def test_a_list_of_stations_leads_to_the_first(radio: Radio) -> None:
    url = radio.url.replace("stream.mp3", "list.m3u")
    with SoundSourceThread(NetworkSoundSource(url, SETTINGS)) as thread:
        thread.wait_for(lambda: bool(thread.sessions) and len(thread.sessions[0].samples) > 1000)
    assert radio.n_listeners == 1


def test_what_is_no_sound_is_refused_in_words(tmp_path: Path) -> None:
    with (
        Radio(b"<html>no station</html>" * 500, 0.1, "mp3") as server,
        pytest.raises(SourceUnavailable, match=r"must deliver.*(no decoder|that a decoder knows)"),
    ):
        NetworkSoundSource(server.url, SETTINGS).capture(lambda _: pytest.fail("opened"), threading.Event())


def test_stopping_does_not_wait_for_a_server_that_sends_nothing(radio: Radio) -> None:
    radio.stall.set()
    with SoundSourceThread(NetworkSoundSource(radio.url, SourceSettings())) as thread:
        while not radio.n_listeners:
            time.sleep(0.01)
        assert thread.leave() < 1.5


@pytest.mark.parametrize(
    ("uri", "medium"),
    [
        ("sound:rtsp://10.0.0.7/stream1", "sound"),
        ("rtsp://10.0.0.7/stream1", "images"),
        ("image:rtsp://10.0.0.7/stream1", "images"),
        ("http://10.0.0.7/stream.mp3", "sound"),
        ("http://10.0.0.7/video", "images"),
        ("image:http://10.0.0.7/stream.mp3", "images"),
        ("sound:HTTP://10.0.0.7/audio.cgi", "sound"),
    ],
)
def test_the_prefix_says_what_is_wanted_of_an_address(uri: str, medium: str) -> None:
    assert medium_of(uri) == medium
    assert open_source(uri).medium == medium


def test_a_source_that_has_not_what_is_wanted_is_refused() -> None:
    with pytest.raises(UserError, match="source='image:mic' must deliver images, and mic delivers sound"):
        medium_of("image:mic")
