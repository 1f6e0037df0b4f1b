"""Secrets that stand in the environment or in a file, not in the address."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.errors import UserError
from streamer.placeholders import filled


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("p@ss/word\n")
    path.chmod(0o600)
    return path


def test_a_variable_fills_a_part_percent_encoded_or_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "p@ss/word")
    monkeypatch.setenv("CAMERA", "rtsp://admin:p%40ss@cam/1")
    assert filled("rtsp://admin:${PASSWORD}@cam/1") == "rtsp://admin:p%40ss%2Fword@cam/1"
    assert filled("${CAMERA}") == "rtsp://admin:p%40ss@cam/1"
    assert filled("mic:$5 {x}") == "mic:$5 {x}"


@given(st.text(min_size=1, max_size=20).filter(lambda text: "\0" not in text and text.isprintable()))
def test_any_password_reaches_the_camera(password: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("PASSWORD", password)
        parts = urlsplit(filled("rtsp://admin:${PASSWORD}@cam:554/1?x=${PASSWORD}"))
    assert unquote(parts.password or "") == password
    assert (parts.hostname, parts.port, parts.path) == ("cam", 554, "/1")


def test_a_file_fills_a_part(secret: Path) -> None:
    assert filled(f"rtsp://admin:${{file:{secret}}}@cam/1") == "rtsp://admin:p%40ss%2Fword@cam/1"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o666])
def test_a_file_that_everybody_may_read_is_refused(secret: Path, mode: int) -> None:
    secret.chmod(mode)
    with pytest.raises(UserError, match=r"must be closed to other users; chmod 600"):
        filled(f"rtsp://admin:${{file:{secret}}}@cam/1")


def test_a_file_of_a_group_is_taken(secret: Path) -> None:
    secret.chmod(0o640)
    assert "word" in filled(f"http://cam/${{file:{secret}}}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rtsp://${NO_SUCH_VARIABLE}@cam/1", "must name a variable of the environment that is set"),
        ("rtsp://${}@cam/1", "must name a variable"),
        ("rtsp://${a=b\0}@cam/1", "must name a variable"),
        ("rtsp://${file:/no/such}@cam/1", "must name a readable file; No such file"),
        ("rtsp://${file:/no\0}@cam/1", "must name a readable file"),
        ("rtsp://${file:~nosuchuser/x}@cam/1", "must name a readable file"),
        ("rtsp://${file:/}@cam/1", "must name a readable file"),
    ],
)
def test_what_has_no_value_is_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        filled(text)


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb", b"x" * 5000, b"\xff\xfe", b"a\x1b[31m"])
def test_what_is_no_line_of_text_is_refused_without_quoting_it(secret: Path, content: bytes) -> None:
    secret.write_bytes(content)
    with pytest.raises(UserError, match="must name a") as refused:
        filled(f"rtsp://${{file:{secret}}}@cam/1")
    assert "\x1b" not in str(refused.value)
    assert "xxx" not in str(refused.value)
