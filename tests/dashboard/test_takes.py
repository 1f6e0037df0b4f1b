"""The dashboard while takes are recorded: golden screens, and the text of every state."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment

from streamer.dashboard.layout import compose
from streamer.dashboard.takes import state_lines, taken_lines
from streamer.dashboard.theme import ASCII, UNICODE, Line, theme_for
from streamer.dashboard.view import View
from streamer.messages import Level, RecordedTake
from streamer.monitor.snapshot import Snapshot, TakesView
from tests.support.screens import check_screen, printed_screen, text_of
from tests.support.snapshots import NOW, image_snapshot, snapshot, waiting

pytestmark = pytest.mark.usefixtures("utc")
NONE = np.zeros(0, np.float32)


def taken(k: int, **changes: Any) -> RecordedTake:
    made = RecordedTake(
        Path(f"data/dog/dog-20261122-175000-{k:03d}.flac"),
        10.0 * k,
        NOW - 90 + 10 * k,
        0.6 + 0.1 * k,
        Level(-20.0 - k, -6.0),
    )
    return dataclasses.replace(made, **changes)


TAKES = (
    taken(1),
    taken(2, level=Level(-9.0, 0.0, is_clipped=True)),
    taken(3, level=Level(-58.0, -45.0)),
    taken(4, is_cut=True),
)
VIEW = TakesView(
    "dog", Path("data/dog"), "level", 12, TAKES, 0, 10.0, level_db=-41.0, trigger_db=-38.0, release_db=-43.0
)  # fmt: skip


def recording(of: Snapshot | None = None, **changes: Any) -> Snapshot:
    """A stream that is recorded and not classified."""
    bare = dataclasses.replace(
        of or snapshot(), model="", labels=(), scores=NONE, on=NONE, off=NONE, suppressed={}, running=(), past=()
    )
    return dataclasses.replace(bare, takes=dataclasses.replace(VIEW, **changes))


VIDEOS = tuple(
    taken(k, path=Path(f"data/blink/b-{k:03d}.avi"), level=None, n_images=60, fps=29.97, n_lost=2 * (k == 2))
    for k in (1, 2)
)


@pytest.mark.parametrize(("width", "height"), [(40, 12), (80, 24), (120, 40)])
def test_golden(width: int, height: int) -> None:
    check_screen(f"takes_{width}x{height}", printed_screen([recording(running_s=1.3, level_db=-12.0)], width, height))


def test_golden_of_images() -> None:
    shown = recording(
        image_snapshot(),
        label="blink",
        folder=Path("data/blink"),
        by="key",
        taken=VIDEOS,
        trigger_db=np.nan,
        release_db=np.nan,
    )
    check_screen("takes_images_80x24", printed_screen([shown], 80, 24))


def texts(lines: list[Line]) -> list[str]:
    return [text_of(line).rstrip() for line in lines]


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"trigger_db": np.nan}, " LISTENING  to the noise: wait a second"),
        ({}, " READY  begins above −38 dB"),
        ({"running_s": 1.3}, " ● RECORDING  1.3 s of at most 10.0 s"),
        ({"is_paused": True}, " PAUSED  p goes on"),
        ({"is_paused": True, "running_s": 0.2}, " ● RECORDING  0.2 s of at most 10.0 s"),
        ({"by": "key"}, " READY  space takes one"),
        ({"by": "time", "running_s": 2.0, "longest_s": 5.0}, " ● RECORDING  next in 3.0 s"),
        ({"by": "time", "is_paused": True}, " PAUSED  p goes on"),
    ],
)
def test_state_and_hint(changes: dict[str, Any], first: str) -> None:
    shown = recording(**changes)
    assert shown.takes is not None
    assert texts(state_lines(shown, shown.takes, 60, 6, theme_for(None)))[0] == first


def test_a_waiting_source_is_shown_instead() -> None:
    shown = recording(waiting())
    assert shown.takes is not None
    assert texts(state_lines(shown, shown.takes, 60, 6, theme_for(None)))[0] == " WAITING  nothing to take from now"


def test_losses_and_problems_are_shown() -> None:
    shown = recording(n_lost=1)
    assert shown.takes is not None
    assert "1 take lost" in texts(state_lines(shown, shown.takes, 60, 6, theme_for(None)))
    shown = recording(n_lost=2, problem="take not written: no space left")
    assert shown.takes is not None
    assert "take not written: no space left" in texts(state_lines(shown, shown.takes, 60, 6, theme_for(None)))


def test_the_newest_takes_with_their_remarks() -> None:
    assert texts(taken_lines(VIEW, 50, 5, theme_for(None))) == [
        "004  17:59:10 cut off                1.0 s  −24 dB",
        "003  17:59:00 too quiet              0.9 s  −58 dB",
        "002  17:58:50 clipped                0.8 s   −9 dB",
        "001  17:58:40                        0.7 s  −21 dB",
        "",
    ]
    assert texts(taken_lines(VIEW, 50, 1, theme_for(None)))[0].startswith("004")
    assert texts(taken_lines(dataclasses.replace(VIEW, taken=()), 30, 2, theme_for(None))) == ["none yet", ""]
    videos = texts(taken_lines(dataclasses.replace(VIEW, taken=VIDEOS), 50, 2, theme_for(None)))
    assert videos[0] == "002  17:58:50 2 skipped              0.8 s  30.0/s"


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 160),
    height=st.integers(1, 50),
    of_images=st.booleans(),
    ascii_only=st.booleans(),
    running_s=st.one_of(st.none(), st.floats(0, 1e6)),
    level_db=st.sampled_from([-np.inf, -120.0, -20.0, 0.0, 3.0]),
    trigger_db=st.sampled_from([np.nan, -70.0, -20.0]),
)
def test_every_size_is_filled_exactly(
    width: int,
    height: int,
    of_images: bool,
    ascii_only: bool,
    running_s: float | None,
    level_db: float,
    trigger_db: float,
) -> None:
    shown = recording(
        image_snapshot() if of_images else None,
        running_s=running_s,
        level_db=level_db,
        trigger_db=trigger_db,
        label="漢字 dog",
    )
    lines = compose([shown], width, height, theme_for(None, ASCII if ascii_only else UNICODE), NOW, View())
    assert [Segment.get_line_length(line) for line in lines] == [width] * height
