"""Whole screens: against golden text, and at every size that a terminal may have."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from streamer.dashboard.layout import grid
from streamer.dashboard.theme import ASCII, CONSOLE, UNICODE, Glyphs, theme_for
from streamer.dashboard.view import View
from streamer.messages import Event, Level, State
from streamer.monitor.snapshot import Snapshot, SoundView
from tests.support.screens import check_screen, printed_screen, screen_lines
from tests.support.snapshots import snapshot, waiting

pytestmark = pytest.mark.usefixtures("utc")
SYSTEMS = (None, "standard", "256", "truecolor")


@pytest.mark.parametrize(("width", "height"), [(40, 12), (60, 20), (80, 24), (120, 40), (200, 60)])
def test_golden(width: int, height: int) -> None:
    check_screen(f"{width}x{height}", printed_screen([snapshot()], width, height))


def test_golden_two_streams_of_which_one_waits() -> None:
    check_screen("two_120x40", printed_screen([snapshot(), waiting()], 120, 40))


def test_golden_ascii() -> None:
    check_screen("ascii_80x24", "\n".join(screen_lines([waiting()], 80, 24, theme_for(None, ASCII))) + "\n")


def test_a_clock_that_was_never_set_is_said_to_be() -> None:
    shown = [snapshot(), waiting()]
    assert "CLOCK NOT SET" not in printed_screen(shown, 120, 40)
    assert "CLOCK NOT SET" in printed_screen([shown[0], snapshot(time_uncertain=True)], 120, 40).splitlines()[-1]


def test_a_widened_stride_is_shown() -> None:
    assert "stride" not in printed_screen([snapshot()], 120, 40)
    assert "stride ×4" in printed_screen([snapshot(stride_factor=4)], 120, 40)


labels = st.lists(st.text(max_size=40), max_size=5).map(tuple)
numbers = st.floats(width=32)


@st.composite
def anything(draw: st.DrawFn) -> Snapshot:
    """A snapshot with any values, impossible ones too."""
    names = draw(st.one_of(labels, st.just(tuple(f"label {k} 漢字" for k in range(521)))))
    n = draw(st.sampled_from([len(names), 0]))
    scores = np.resize(np.array(draw(st.lists(numbers, min_size=1, max_size=9)), np.float32), n)
    running = tuple(
        Event("s", name, draw(numbers), 0.0, draw(numbers), None, draw(numbers), draw(st.integers(0, 10**9)))
        for name in names[:3]
    )
    shape = draw(st.sampled_from([(0, 0), (0, 64), (1, 1), (7, 3), (400, 64)]))
    spectrogram = np.resize(np.array(draw(st.lists(numbers, min_size=1, max_size=20)), np.float32), shape)
    result = snapshot(
        state=draw(st.sampled_from(State)),
        detail=draw(st.text(max_size=200)),
        stream=draw(st.text(max_size=60)),
        position_s=draw(numbers),
        real_time_factor=draw(numbers),
        latency_p99_s=draw(numbers),
        lost_samples=draw(st.integers(0, 10**12)),
        lost_fraction=draw(numbers),
        drift_ppm=draw(numbers),
        backlog_s=draw(numbers),
        temperature_c=draw(st.none() | numbers),
    )
    return dataclasses.replace(
        result,
        device=draw(st.text(max_size=80)),
        labels=names,
        scores=scores,
        on=scores,
        off=scores,
        suppressed={name: draw(st.text(max_size=30)) for name in names[:2]},
        running=running,
        past=tuple(dataclasses.replace(event, offset_s=draw(numbers)) for event in running),
        view=SoundView(
            spectrogram=spectrogram,
            mel_hz=np.resize(np.array([draw(numbers)], np.float32), shape[1]),
            column_s=draw(st.sampled_from([0.05, 0.1, 1.0, 0.001, 0.0])),
            column=draw(st.integers(0, 10**9)),
            level=Level(draw(numbers), draw(numbers), draw(st.booleans())),
        ),
    )


@settings(max_examples=150, deadline=None)
@given(
    snapshots=st.lists(anything(), max_size=4),
    width=st.integers(1, 220),
    height=st.integers(1, 70),
    system=st.sampled_from(SYSTEMS),
    glyphs=st.sampled_from([UNICODE, CONSOLE, ASCII]),
    focus=st.none() | st.integers(0, 5),
)
def test_every_screen_is_filled_exactly(
    snapshots: list[Snapshot], width: int, height: int, system: str | None, glyphs: Glyphs, focus: int | None
) -> None:
    lines = screen_lines(snapshots, width, height, theme_for(system, glyphs), View(focus))
    assert len(lines) == height
    assert [cell_len(line) for line in lines] == [width] * height
    assert all(character.isprintable() for line in lines for character in line)
    if glyphs is ASCII:
        assert all(line.isascii() for line in lines)


@pytest.mark.parametrize(
    ("n_panels", "width", "height", "expected"),
    [
        (1, 80, 23, (1, 1)),
        (2, 80, 23, (1, 2)),
        (2, 200, 59, (2, 1)),
        (4, 200, 59, (2, 2)),
        (3, 40, 12, (1, 2)),  # no room for the third
        (1, 5, 2, (1, 1)),
    ],
)
def test_panels_are_as_large_as_possible(n_panels: int, width: int, height: int, expected: tuple[int, int]) -> None:
    assert grid(n_panels, width, height) == expected


def test_streams_without_room_are_counted() -> None:
    lines = screen_lines([snapshot(stream=f"s{k}") for k in range(5)], 40, 13, theme_for(None))
    assert "3 more" in lines[-1]


def test_focus_shows_one_stream_and_hold_says_so() -> None:
    lines = screen_lines([snapshot(), waiting()], 100, 30, theme_for(None), View(focus=1, is_held=True))
    assert "garden" in lines[0]
    assert not any("street" in line for line in lines[:1])
    assert "HELD" in lines[-1]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(("width", "height"), [(20, 4), (40, 12), (80, 24), (200, 60)])
def test_state_is_a_word_at_every_size(state: State, width: int, height: int) -> None:
    lines = screen_lines([snapshot(state=state, detail="for a reason")], width, height, theme_for(None))
    assert state.value.upper() in lines[0]
    assert state is State.RUNNING or any("for a reason" in line for line in lines)


def test_a_message_replaces_only_the_middle_of_the_spectrogram() -> None:
    running = screen_lines([snapshot()], 80, 24, theme_for(None))
    lost = screen_lines([snapshot(state=State.WAITING, detail="unplugged")], 80, 24, theme_for(None))
    middle = [line for line in lost if "unplugged" in line]
    assert len(middle) == 1
    row = lost.index(middle[0])
    assert lost[row][:20] == running[row][:20]


def test_health_names_what_went_wrong() -> None:
    text = "\n".join(screen_lines([waiting()], 120, 40, theme_for(None)))
    for part in ("lost 1.2 %", "overflows 3", "reconnects 2", "latency p50/p99 12/19 ms", "temperature 54 °C"):
        assert part in text
    slow = "\n".join(screen_lines([snapshot(real_time_factor=1.3, backlog_s=2.5)], 120, 40, theme_for(None)))
    assert "too slow" in slow
    assert "behind 2.5 s" in slow


def test_faults_are_shown_first_where_there_is_little_room() -> None:
    line = screen_lines([snapshot(overflows=7)], 44, 12, theme_for(None))[-3]
    assert "overflows 7" in line
    assert "drift" not in line


def test_control_characters_never_reach_the_terminal() -> None:
    lines = screen_lines([snapshot(device="evil\x1b]0;title\x07\n")], 120, 40, theme_for("truecolor"))
    assert all(character.isprintable() for line in lines for character in line)


@pytest.mark.parametrize("state", [State.RUNNING, State.WAITING, State.STARTING])
@pytest.mark.parametrize(("n", "width", "height"), [(6, 80, 24), (4, 60, 20), (2, 40, 13), (6, 120, 40), (9, 200, 60)])
def test_streams_keep_their_names(n: int, width: int, height: int, state: State) -> None:
    shown = [snapshot(stream=f"door {k}", state=state) for k in range(n)]
    text = "\n".join(screen_lines(shown, width, height, theme_for(None)))
    assert [k for k in range(n) if f"door {k}" not in text] == []
    assert "s1" in screen_lines([snapshot(stream="s1")], 24, 6, theme_for(None))[0]
    assert "door" in screen_lines([snapshot(stream="door")], 9, 3, theme_for(None))[0]


@pytest.mark.parametrize(("width", "height"), [(26, 12), (40, 12), (30, 8), (80, 24)])
def test_the_remedy_is_not_cut(width: int, height: int) -> None:
    lines = screen_lines(
        [snapshot(state=State.WAITING, detail="a reason of several words that is long; set the key to 3")],
        width,
        height,
        theme_for(None),
    )
    inside = [line[:-14] if width >= 76 else line for line in lines]  # without the level meter
    words = " ".join("".join(c if c.isalnum() else " " for c in " ".join(inside)).split())
    assert "set the key to 3" in words


def test_figures_of_the_process_appear_once() -> None:
    lines = screen_lines([snapshot(stream=f"s{k}") for k in range(3)], 120, 40, theme_for(None))
    for figure in ("5.8 %", "142 MB", "54 °C"):
        assert "\n".join(lines).count(figure) == 1
        assert figure in lines[-1]
    assert "\n".join(screen_lines([snapshot()], 120, 40, theme_for(None))).count("142 MB") == 1
