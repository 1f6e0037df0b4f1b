"""What is shown of an address: no part that may be secret, and what helps to know the camera."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.address import hides_something, shown, shown_argument, shown_within, without_secrets
from streamer.errors import UserError
from tests.support.addresses import ADDRESSES, SECRET


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=list(ADDRESSES))
def test_no_real_address_shows_its_secret(address: str) -> None:
    assert SECRET not in shown(address)
    assert "admin" not in shown(address)
    assert shown(shown(address)) == shown(address)


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=list(ADDRESSES))
def test_an_error_shows_no_secret(address: str) -> None:
    assert SECRET not in str(UserError(f"source={shown(address)!r} must answer; it does not"))
    assert SECRET not in str(UserError(f"[tcp @ 0x55] cannot open {address}: no route"))  # as a library says it
    assert SECRET not in str(UserError(f"config={Path(address)} must exist; check it"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (ADDRESSES["Hikvision"], "rtsp://192.168.1.64:554/Streaming/Channels/101?…"),
        (ADDRESSES["Dahua"], "rtsp://10.0.0.8:554/cam/realmonitor?…"),
        (ADDRESSES["Reolink"], "rtsp://10.0.0.9:554/h264Preview_01_main"),
        (ADDRESSES["XMEye, in the path"], "rtsp://192.168.1.10:554/…?…"),
        (ADDRESSES["path with user"], "http://192.168.1.11/…/…/…"),
        (ADDRESSES["IPv6"], "rtsp://[fe80::1%25eth0]:554/live"),
        (ADDRESSES["password with /"], "rtsp://…"),
        (ADDRESSES["camera: before"], "camera:rtsp://10.2.2.2/live"),
        (ADDRESSES["no scheme"], "10.2.2.2:554/live"),
        ("http://cam:8080/video.mjpg", "http://cam:8080/video.mjpg"),
        ("rtsp://cam", "rtsp://cam"),
    ],
)
def test_scheme_host_and_known_words_of_the_path_are_shown(address: str, expected: str) -> None:
    assert shown(address) == expected


@pytest.mark.parametrize(
    "text",
    [
        "mic", "mic:USB Audio: - (hw:1,0)", "mic:3", "camera", "camera:/dev/v4l/by-id/usb-046d_HD_Pro-video-index0",
        "-", "demo:camera", "/home/me/barn.wav", "~/a b.mp4", "C:/x.wav", "file:///home/me/x.mp4", "clips/*.png",
        "sine:440", "recordings/2026-11/a.flac",
    ],
)  # fmt: skip
def test_what_is_no_address_is_unchanged(text: str) -> None:
    assert shown(text) == text
    assert without_secrets(f"file={text} must exist; check the name") == f"file={text} must exist; check the name"


def test_a_file_with_signs_of_an_address_in_its_name_is_shown_if_it_exists(
    tmp_path: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    assert shown("me@home.wav") != "me@home.wav"
    with open("me@home.wav", "wb"):  # noqa: PTH123
        assert shown("me@home.wav") == "me@home.wav"


ANY = st.text(string.ascii_letters + string.digits + "@:/?#&=%[]!$'()*+,;.-_~ \\", max_size=20)


@given(before=ANY, after=ANY, host=st.sampled_from(["cam.local", "10.0.0.7:554", "[fe80::1]:554"]))
def test_a_password_of_any_characters_is_not_shown(before: str, after: str, host: str) -> None:
    for address in (f"rtsp://admin:{before}ZqX{after}@{host}/live", f"rtsp://admin:{before}ZqX{after}@{host}/a/@b?c@d"):
        assert "ZqX" not in shown(address)


@given(ANY, ANY, ANY)
def test_a_token_anywhere_after_the_host_is_not_shown(a: str, b: str, c: str) -> None:
    for sign in "/?#":
        assert "ZqX" not in shown(f"http://cam.local{sign}{a}ZqX{b}/{c}")


@given(st.text())
def test_any_text_is_shown_without_a_crash(text: str) -> None:
    assert isinstance(shown(text), str)
    assert isinstance(without_secrets(text), str)


def test_running_text_keeps_all_else() -> None:
    text = "source='rtsp://cam/live' must be like rtsp://HOST/… or http://HOST/…; see https://cam/x, x=1, 10:20"
    assert without_secrets(text) == text.replace("https://cam/x", "https://cam/…")
    assert without_secrets("open rtsp://a:b@h/live; then http://c:d@i/live.") == (
        "open rtsp://h/live; then http://i/live."
    )


def test_settings_are_shown_without_secrets() -> None:
    value = {"streams": [{"source": ADDRESSES["api_key"]}, ("mic", 3)]}
    assert shown_within(value) == {"streams": [{"source": "https://cams.example.org/…/…?…"}, ["mic", 3]]}


def test_what_an_address_hides_is_known() -> None:
    assert hides_something(ADDRESSES["Hikvision"])
    assert hides_something(ADDRESSES["XMEye, in the path"])
    assert not hides_something("rtsp://cam/live")
    assert not hides_something("rtsp://cam/barn")
    assert not hides_something("mic")


@pytest.mark.parametrize("begins", ["", "--source=", "-s=", "--sink=jsonl:", "influx:"])
def test_an_argument_of_the_command_line_is_shown_without_its_secret(begins: str) -> None:
    assert shown_argument(begins + ADDRESSES["Hikvision"]) == begins + shown(ADDRESSES["Hikvision"])
    for plain in ("--seconds=3", "mic:USB Audio", "a=b.wav", "rtsp://cam/live", "--json", "-"):
        assert shown_argument(plain) == plain
