"""The part of the spectrogram that is shown: back in time, zoomed, with a cursor that says what is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from streamer.dashboard.layout import compose
from streamer.dashboard.spectrogram_look import (
    MULTIPLES,
    SpectrogramLook,
    cursor_text,
    oldest_column,
    shown_part,
)
from streamer.dashboard.theme import ASCII, UNICODE, theme_for
from streamer.dashboard.view import View
from streamer.messages import Event, State
from streamer.monitor.snapshot import SoundView, SpectrogramBlock
from tests.support.screens import screen_lines
from tests.support.snapshots import NOW, snapshot, sound_view

N_ALL = 3000  # columns since the stream began, of which the first 400 are no longer kept
FIRST = 400


def long_view(n_mels: int = 64) -> SoundView:
    """A view whose columns hold their own number, in dB below 0, in every band; the stream began at second 100."""
    numbers = np.arange(N_ALL, dtype=np.float32)[:, None] - N_ALL + np.zeros(n_mels, np.float32)
    times_s = np.asarray(100.0 + 0.05 * np.arange(1, N_ALL + 1), np.float64)
    blocks = tuple(
        SpectrogramBlock(k, numbers[k : k + 200].astype(np.float16), times_s[k : k + 200])
        for k in range(FIRST, N_ALL, 200)
    )
    mel_hz = np.geomspace(100, 8000, n_mels).astype(np.float32)
    newest = slice(N_ALL - 400, N_ALL)
    base = sound_view()
    return replace(
        base, spectrogram=numbers[newest], times_s=times_s[newest], column=N_ALL, mel_hz=mel_hz, earlier=blocks,
        epoch_s=NOW,
    )  # fmt: skip


VIEW = long_view()


def numbers_of(look: SpectrogramLook, n_cells: int = 60) -> list[int]:
    """Return the numbers of the columns that are in sight."""
    part = shown_part(VIEW, look, n_cells)
    numbers = np.rint(part.columns[:, 0]).astype(int) + N_ALL
    assert np.all(np.abs(np.diff(numbers) - 1) <= 2)  # half precision of the older ones
    return [int(k) for k in part.column - len(numbers) + np.arange(len(numbers)) if part.cell_of_column(int(k)) >= 0]


def test_the_newest_sound_is_shown_unless_another_place_is_chosen() -> None:
    assert numbers_of(SpectrogramLook())[-1] == N_ALL - 1
    assert len(numbers_of(SpectrogramLook())) == 120
    assert numbers_of(SpectrogramLook(end=1000))[-1] == 999
    assert numbers_of(SpectrogramLook(end=1000, zoom=-1)) == list(range(940, 1000))
    assert numbers_of(SpectrogramLook(zoom=3))[0] == N_ALL - 1200
    assert numbers_of(SpectrogramLook(zoom=5))[0] == FIRST  # no further than is kept
    assert oldest_column(VIEW) == FIRST


@pytest.mark.parametrize("end", [None, 700, 2590, 2610, 2999])
@pytest.mark.parametrize("zoom", range(-1, 6))
def test_what_is_assembled_from_blocks_is_what_was_pushed(end: int | None, zoom: int) -> None:
    part = shown_part(VIEW, SpectrogramLook(end=end, zoom=zoom), 50)
    first = part.column - len(part.columns)
    expected = np.arange(first, part.column) - N_ALL
    np.testing.assert_allclose(part.columns[:, 3], expected, atol=1.0)
    np.testing.assert_allclose(part.times_s, 100.0 + 0.05 * (np.arange(first, part.column) + 1))
    assert part.column == (end or N_ALL)
    for column in (part.column - 1, part.column - 30):
        if column >= first:
            assert part.cell_of(float(part.times_s[column - first])) == part.cell_of_column(column)


def test_the_cursor_stays_on_its_sound_and_the_picture_follows_it() -> None:
    for at in (N_ALL - 1, N_ALL - 119, N_ALL - 200, 500, FIRST):
        for zoom in range(-1, 6):
            part = shown_part(VIEW, SpectrogramLook(cursor=(at, 5), zoom=zoom), 60)
            assert 0 <= part.cell_of_column(at) < 60
    scrolled = shown_part(VIEW, SpectrogramLook(end=1000, cursor=(1500, 5)), 60)
    assert scrolled.cell_of_column(1500) == 59


def test_the_cursor_reads_time_frequency_and_level() -> None:
    columns = np.full((400, 64), -80.0, np.float32)
    columns[150:152, 20] = -33.25
    view = replace(VIEW, spectrogram=columns, earlier=())
    at = N_ALL - 400 + 150
    text = cursor_text(view, SpectrogramLook(cursor=(at, 20)), UNICODE)
    clock, ago, frequency, level = text.split("  ")
    assert clock.count(":") == 2
    assert ago in ("−12.4 s", "−12.5 s")
    assert (frequency, level) == (f"{view.mel_hz[20]:.0f} Hz", "−33.2 dB")
    assert "kHz" in cursor_text(view, SpectrogramLook(cursor=(at, 63)), UNICODE)
    assert "−80.0 dB" in cursor_text(view, SpectrogramLook(cursor=(at, 21)), UNICODE)
    assert cursor_text(view, SpectrogramLook(), UNICODE) == ""
    unknown = cursor_text(replace(view, epoch_s=float("nan")), SpectrogramLook(cursor=(at, 20)), ASCII)
    assert unknown.startswith("00:03:57")  # of a file that does not say when it was made, the time in it
    assert unknown.isascii()


def test_the_wall_clock_is_that_of_the_column(utc: None) -> None:
    look = SpectrogramLook(cursor=(N_ALL - 1, 20))
    assert cursor_text(VIEW, look, UNICODE).startswith("18:04:10.0")  # 250 s after six


def test_the_cursor_is_drawn_where_it_reads() -> None:
    columns = np.full((400, 64), -90.0, np.float32)
    columns[:, 40] = -10.0
    view = replace(VIEW, spectrogram=columns, earlier=())
    shown = snapshot(view=view, running=(), past=())
    plain = screen_lines([shown], 80, 30, theme_for(None), View())
    loud = next(k for k, line in enumerate(plain) if "█" in line[7:60])
    lines = screen_lines([shown], 80, 30, theme_for(None), View(look=SpectrogramLook(cursor=(N_ALL - 41, 40))))
    (row,) = (k for k, line in enumerate(lines) if "┼" in line)
    assert row == loud
    assert lines[row].index("┼") == 6 + 59 - 20
    assert "dB" in lines[-1]


def test_all_that_scrolls_says_how_long_ago_it_was() -> None:
    past = Event("street", "dog", 0.9, 0.8, 150.0, 151.0, NOW)
    shown = snapshot(view=VIEW, running=(), past=(past,))
    lines = screen_lines([shown], 80, 24, theme_for(None), View(look=SpectrogramLook(end=1060)))
    assert any("−97 s" in line for line in lines)
    assert not any("now" in line for line in lines)
    assert any("│" in line[7:60] and "dog" in line for line in lines)
    assert not any("dog─" in line or "─ dog" in line for line in screen_lines([shown], 80, 24, theme_for(None)))
    assert any(
        "−2 min" in line for line in screen_lines([shown], 80, 24, theme_for(None), View(look=SpectrogramLook(zoom=5)))
    )


def test_fewer_frequencies_are_shown_larger_with_their_ticks() -> None:
    shown = snapshot(view=replace(sound_view(), mel_hz=VIEW.mel_hz))
    look = SpectrogramLook(cursor=(15083, 60)).halved(3, sound_view())
    low, n_bands = look.bands(sound_view())
    assert (low, n_bands) == (56, 8)
    ticks = [line[1:6].strip() for line in screen_lines([shown], 80, 30, theme_for(None), View(look=look))[1:10]]
    assert {"7k", "8k"} <= {tick.strip("│ ") for tick in ticks}


def test_brighter_moves_all_levels_alike() -> None:
    shown = snapshot(running=(), past=())

    def ink(brighter_db: float) -> int:
        lines = screen_lines([shown], 80, 24, theme_for(None), View(look=SpectrogramLook(brighter_db=brighter_db)))
        return sum(" ·:░▒▓█".index(cell) for line in lines[1:9] for cell in line[6:60])

    assert ink(-10.0) < ink(0.0) < ink(20.0)


def test_what_is_kept_can_be_looked_at_after_the_source_has_gone() -> None:
    gone = snapshot(view=VIEW, state=State.WAITING, detail="unplugged")
    assert any("unplugged" in line for line in screen_lines([gone], 80, 24, theme_for(None)))
    scrolled = screen_lines([gone], 80, 24, theme_for(None), View(look=SpectrogramLook(end=2000)))
    assert not any("unplugged" in line for line in scrolled)


LOOKS = st.builds(
    SpectrogramLook,
    st.none() | st.integers(-10, 4000),
    st.integers(-1, len(MULTIPLES)),
    st.integers(0, 3),
    st.integers(-5, 90),
    st.floats(-40, 40),
    st.none() | st.tuples(st.integers(-5, 4000), st.integers(-5, 90)),
)


@given(LOOKS, st.integers(24, 130), st.integers(6, 50), st.sampled_from(["long", "short", "none"]))
def test_any_look_fills_the_screen_exactly(look: SpectrogramLook, width: int, height: int, kept: str) -> None:
    view = {"long": VIEW, "short": sound_view()}.get(kept)
    for theme in (theme_for("truecolor"), theme_for(None, ASCII)):
        lines = compose([snapshot(view=view)], width, height, theme, NOW, View(look=look))
        assert len(lines) == height
        assert {Segment.get_line_length(line) for line in lines} == {width}
