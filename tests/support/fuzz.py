"""Fuzzing: how many cases are tried, changed copies of good files, and the rule that every case must keep.

In CI some two thousand cases in all. By hand a hundred thousand, the same ones each time::

    STREAMER_FUZZ=50 python -m pytest tests/fuzz --hypothesis-seed=1
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from streamer.errors import StreamerError

ResultT = TypeVar("ResultT")

SLOW_S = 20.0  # of processor time, for one case
_NUMBERS = [b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0", b"\0\0\0\x80"]
_TEXTS = [
    "", "\0", "\x1b[2J", "\u202e", "~", "~nosuchuser/x", "/", "..", "a" * 5000, "nan", "1e999", "-1", "٣", "\n", "${X}",
]  # fmt: skip


def n_cases(usual: int) -> int:
    """Return the number of cases to try."""
    return max(1, round(usual * float(os.environ.get("STREAMER_FUZZ", "1"))))


def cases(usual: int) -> settings:
    """Return hypothesis's settings for that many cases."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(max_examples=n_cases(usual), deadline=None, suppress_health_check=slow)


def kept(read: Callable[[], ResultT]) -> ResultT | None:
    """Return what reading gives, or None where it is refused in the user's words.

    Any other error fails the test, as does a message that could steer a terminal, and a case that takes minutes.
    """
    begun_s = time.process_time()
    result = None
    try:
        result = read()
    except StreamerError as error:
        text = str(error)
        assert text
        assert len(text) < 20_000, text[:200]
        assert all(line.isprintable() for line in text.split("\n")), repr(text)
    assert time.process_time() - begun_s < SLOW_S
    return result


@st.composite
def changed(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """Return a good file with some bytes replaced, inserted, removed, repeated or cut off."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        if draw(st.booleans()):  # headers are at the beginning and, of zips, at the end
            place = min(place, draw(st.integers(0, 200)))
        what = draw(st.integers(0, 5))
        if what == 0:
            new = draw(st.binary(min_size=1, max_size=8))
            data[place : place + len(new)] = new
        elif what == 1:
            new = draw(
                st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80" + bytes(3)])
            )
            data[place : place + len(new)] = new
        elif what == 2:
            data[place:place] = draw(st.binary(min_size=1, max_size=20))
        elif what == 3:
            del data[place : place + draw(st.integers(1, 50))]
        elif what == 4:
            data[place:place] = data[place : place + draw(st.integers(1, 500))]
        else:
            del data[place:]
    return bytes(data)


def texts() -> st.SearchStrategy[str]:
    """Return texts of all kinds, with those that break terminals, paths and numbers."""
    hard = [
        "",
        "\0",
        "\x1b[2J",
        "\u202e",
        "~",
        "~nosuchuser/x",
        "/",
        "..",
        "a" * 5000,
        "nan",
        "1e999",
        "-1",
        "٣",
        "\n",
        "$(x)",
        "${X}",
    ]
    return st.one_of(st.text(max_size=20), st.sampled_from(hard))


def values() -> st.SearchStrategy[object]:
    """Return values that a TOML file can hold."""
    plain = st.one_of(
        texts().filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)),
        st.integers(-(2**63), 2**63 - 1),
        st.integers(-2, 70),
        st.floats(),
        st.sampled_from([0.0, -0.0, 1e-300, 1e308, 0.5, 1.0]),
        st.booleans(),
    )
    return st.recursive(
        plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=3), max_leaves=6
    )
