"""What a Windows console gives for a key becomes what other terminals send."""

import pytest

from streamer.dashboard.keys import KeyParser
from streamer.dashboard.terminal import _windows_key


@pytest.mark.parametrize(
    ("first", "second", "key"),
    [
        (b"q", b"", ["q"]),
        (b"\xe0", b"H", ["up"]),
        (b"\x00", b";", ["f1"]),
        (b"\xe0", b"Q", ["pagedown"]),
        (b"\xe0", b"?", []),
    ],
)
def test_windows_keys(first: bytes, second: bytes, key: list[str]) -> None:
    assert KeyParser().feed(_windows_key(first, lambda: second)) == key
