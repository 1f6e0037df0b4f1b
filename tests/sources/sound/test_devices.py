"""List of microphones, each with an unambiguous URI, and the choice of the microphone that a URI means."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.errors import SourceUnavailable, UserError
from streamer.sources.sound.devices import Microphone, find_microphone, kernel_sound_cards, list_microphones
from tests.support.fake_sounddevice import FakePortAudio, FakeSounddevice

USB = "USB PnP Sound Device: Audio (hw:1,0)"
WEBCAM = "HD Webcam: USB Audio (hw:2,0)"


def devices(*names: str, default: int = 0) -> tuple[Microphone, ...]:
    return list_microphones(FakePortAudio(FakeSounddevice(*names, default=default)))


def test_the_list_has_all_facts_of_a_microphone() -> None:
    speaker, default, usb = "speaker", "default", USB
    assert devices(speaker, default, usb, default=1) == (
        Microphone(1, "default", "ALSA", 2, 48_000, True, "mic:default"),
        Microphone(
            2, USB, "ALSA", 2, 48_000, False, "mic:USB PnP Sound Device: Audio"
        ),  # without the card number, which changes
    )
    assert devices() == ()
    assert not devices("a", default=-1)[0].is_default


def test_equal_names_are_distinguished_by_card_or_index() -> None:
    listed = devices("Mic: Audio (hw:1,0)", "Mic: Audio (hw:2,0)", "Same", "same")
    assert [device.uri for device in listed] == ["mic:Mic: Audio (hw:1,0)", "mic:Mic: Audio (hw:2,0)", "mic:2", "mic:3"]


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=0, max_size=12), min_size=1, max_size=6))
def test_every_uri_finds_its_own_microphone(names: list[str]) -> None:
    listed = devices(*[name.replace("speaker", "x") for name in names])
    for device in listed:
        assert find_microphone(listed, device.uri.removeprefix("mic:").strip()) == device


@pytest.mark.parametrize(
    ("wanted", "index"),
    [("", 1), ("2", 2), ("usb pnp", 2), ("WEBCAM", 3), ("pulse", 0), ("default", 1), (USB, 2),
     ("HD Webcam: USB Audio", 3)],
)  # fmt: skip
def test_a_microphone_is_found_by_name_part_and_index_in_any_case(wanted: str, index: int) -> None:
    listed = devices("pulse", "default", USB, WEBCAM, default=1)
    assert find_microphone(listed, wanted).index == index


def test_an_exact_name_wins_over_longer_ones() -> None:
    listed = devices("pulse", "pulse monitor")
    assert find_microphone(listed, "Pulse").index == 0


def test_without_a_default_the_first_is_taken() -> None:
    assert find_microphone(devices("speaker", USB, WEBCAM, default=-1), "").name == USB


def test_several_matches_are_refused_and_listed() -> None:
    listed = devices("pulse", USB, WEBCAM)
    with pytest.raises(UserError) as caught:
        find_microphone(listed, "usb")
    text = str(caught.value)
    assert "mic:USB PnP Sound Device: Audio" in text
    assert "mic:HD Webcam: USB Audio" in text
    assert "pulse" not in text


def test_a_known_microphone_is_found_when_another_match_is_plugged_in() -> None:
    listed = devices("pulse", USB, WEBCAM)
    assert find_microphone(listed, "usb", known_name=WEBCAM).name == WEBCAM
    with pytest.raises(UserError):
        find_microphone(listed, "usb", known_name="Another")


@pytest.mark.parametrize("wanted", ["bluetooth", "17", "3 "])
def test_a_missing_microphone_is_unavailable_and_the_others_are_listed(wanted: str) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        find_microphone(devices("pulse", USB), wanted)
    assert "there now: mic:pulse, mic:USB PnP Sound Device: Audio" in str(caught.value)
    assert "\n" not in str(caught.value)  # shown on one line while waiting


def test_without_any_microphone_doctor_is_named() -> None:
    with pytest.raises(SourceUnavailable, match="no microphone is there"):
        find_microphone((), "")


def test_the_list_has_microphones_plugged_in_later() -> None:
    sounddevice = FakeSounddevice("pulse")
    portaudio = FakePortAudio(sounddevice)
    assert len(list_microphones(portaudio)) == 1
    sounddevice.plugged_in_next = [USB]
    assert [device.name for device in list_microphones(portaudio)] == ["pulse", USB]


def test_the_kernels_sound_cards_are_listed(tmp_path: Path) -> None:
    (tmp_path / "cards").write_text(
        " 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n"
        "                      bcm2835 Headphones\n"
        " 1 [Device         ]: USB-Audio - USB PnP Sound Device\n"
        "                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.3, full speed\n"
    )
    (tmp_path / "pcm").write_text(
        "00-00: bcm2835 Headphones : bcm2835 Headphones : playback 8\n"
        "01-00: USB Audio : USB Audio : playback 1 : capture 1\n"
    )
    assert kernel_sound_cards(tmp_path) == (
        "card 0: bcm2835_headpho - bcm2835 Headphones (plays only)",
        "card 1: USB-Audio - USB PnP Sound Device (records)",
    )
    assert kernel_sound_cards(tmp_path / "nothing") == ()
    (tmp_path / "cards").write_text("--- no soundcards ---\n")
    assert kernel_sound_cards(tmp_path) == ()


def test_a_microphone_of_one_channel_is_listed() -> None:
    (microphone,) = list_microphones(FakePortAudio(FakeSounddevice("speaker", USB, n_channels=1)))
    assert (microphone.name, microphone.n_channels) == (USB, 1)
