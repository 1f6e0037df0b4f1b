"""Keys read from the terminal."""

from streamer.dashboard.terminal import parse_keys


def test_escape_sequences_are_no_keys() -> None:
    assert parse_keys(b"Q ") == ["q", " "]
    assert parse_keys(b"\x1b[A") == []
    assert parse_keys(b" \x1b[200~q") == [" "]
    assert parse_keys("é".encode()) == []
