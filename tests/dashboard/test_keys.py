"""Keys and movements of the mouse in what a terminal sends: whole, in pieces, and where it is none."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamer.dashboard.keys import Input, KeyParser, Mouse

KNOWN: dict[bytes, list[Input]] = {
    b"Q ": ["Q", " "],
    b"\x1b[A": ["up"],
    b"\x1bOB": ["down"],
    b"\x1b[5~\x1b[6~": ["pageup", "pagedown"],
    b"\x1b[H\x1b[1~\x1b[7~\x1bOH": ["home"] * 4,
    b"\x1b[F\x1b[4~\x1b[8~\x1bOF": ["end"] * 4,
    b"\x1bOP\x1b[11~\x1b[[A": ["f1"] * 3,
    b"\x1b[24~": ["f12"],
    b"\x1b[Z\t\r\x7f": ["backtab", "\t", "enter", "backspace"],
    b"\x1b[<0;12;3M": [Mouse("press", 11, 2)],
    b"\x1b[<32;13;3M\x1b[<0;13;3m": [Mouse("drag", 12, 2), Mouse("release", 12, 2)],
    b"\x1b[<35;1;1M": [Mouse("move", 0, 0)],
    b"\x1b[<64;200;60M\x1b[<65;1;1M": [Mouse("wheel up", 199, 59), Mouse("wheel down", 0, 0)],
    b"\x1b[<2;5;6M": [Mouse("press", 4, 5, 2)],
    b"\x1b[I\x1b[O": [],
    b"\x1b[200~q\x1b[Aq\nq\x1b[201~x": ["x"],
    b"\x1b[1;2A\x1b[1;2D\x1b[1;2H": ["shift-up", "shift-left"],
    b"\x1b[1;5A\x1b[27;5;9~\x1b[?1;2c": [],  # with Ctrl, an unknown key, an answer of the terminal
    b"\x1bq": [],  # Alt-q is not q
    b"\x1b]11;rgb:0/0/0\x1b\\p\x1b]0;q\x07p": ["p", "p"],
    b"\x1b[M !!p": ["p"],  # the mouse as old terminals send it
    "é漢q".encode(): ["é", "漢", "q"],
    b"\xff\x80q": ["q"],
    b"\x1b[12\x1b[B": ["down"],
    b"\x1b\x1b[B": ["escape", "down"],
}


@pytest.mark.parametrize("data", KNOWN, ids=repr)
def test_known_sequences(data: bytes) -> None:
    parser = KeyParser()
    assert parser.feed(data) == KNOWN[data]
    assert not parser.is_waiting


@given(st.lists(st.sampled_from(list(KNOWN)), max_size=6), st.lists(st.integers(1, 7), min_size=1, max_size=60))
def test_pieces_of_any_length_give_the_same(parts: list[bytes], lengths: list[int]) -> None:
    data = b"".join(parts)
    parser, found, at = KeyParser(), [], 0
    for length in [*lengths, len(data)]:
        found += parser.feed(data[at : at + length])
        at += length
    assert found == [key for part in parts for key in KNOWN[part]]


@given(st.lists(st.binary(max_size=80) | st.sampled_from(list(KNOWN)), max_size=8))
@example([b"\x1b[<9999999999999999;1;1M", b"\x1b[99999999999999999999999999~", b"\x1b[" + b"1;" * 200])
@example([b"\x1b[<0;0;0M\x1b[<;;M\x1b[<1;2M"])
def test_garbage_never_fails_nor_stays_for_ever(pieces: list[bytes]) -> None:
    parser = KeyParser()
    for piece in pieces:
        parser.feed(piece)
    parser.feed(b"\x1b[201~")  # should text be pasted
    parser.flush()
    assert not parser.is_waiting
    assert parser.feed(b"q") == ["q"]


@given(st.binary(max_size=60), st.integers(0, 59))
def test_pasted_text_triggers_nothing(text: bytes, cut: int) -> None:
    parser = KeyParser()
    data = b"\x1b[200~" + text.replace(b"\x1b[201~", b"") + b"\x1b[201~"
    assert parser.feed(data[:cut]) + parser.feed(data[cut:]) == []


@given(st.text("0123456789;:<=>?", max_size=20), st.sampled_from("@BEGIJKLMNTUVWXYZ`abcdefghijklmnopqrstuvwxyz{|}~"))
def test_no_sequence_ends_as_a_letter(parameters: str, last: str) -> None:
    found = KeyParser().feed(f"\x1b[{parameters}{last}".encode())
    assert not [key for key in found if isinstance(key, str) and len(key) == 1]


def test_a_lone_escape_is_a_key_when_nothing_follows() -> None:
    parser = KeyParser()
    assert parser.feed(b"\x1b") == []
    assert parser.is_waiting
    assert parser.flush() == ["escape"]
    assert parser.feed(b"\x1b[") == []
    assert parser.flush() == []
    assert parser.feed(b"q") == ["q"]
