"""The screen of a review fits every size, shows a clip whole, and says what the keys do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rich.segment import Segment

from streamer.dashboard.label_entry import LabelEntry
from streamer.dashboard.review import ReviewView, review_lines
from streamer.dashboard.theme import ASCII, UNICODE, theme_for
from streamer.features.logmel_settings import STANDARD

RAMP = np.linspace(-60.0, 0.0, 400, dtype=np.float32)[:, None] + np.zeros((1, 64), np.float32)
VIEW = ReviewView(
    "review clips   1 of 3   0 marked",
    "dog?  score 0.81, an event from 0.80 on",
    ("dog/20231114T221321.250Z_mic_dog.flac", "stream mic, found as dog with 0.91, 2023-11-14 22:13:21, by yard"),
    (("dog", 0.81, 0.8), ("Gespräch im Nebenzimmer, mehrere Stimmen", 0.4, 0.8)),
    "wrong: background/x.flac",
    RAMP,
    STANDARD.mel_hz,
    4.0,
)
FILM = replace(VIEW, spectrogram=None, image=np.full((60, 80, 3), (255, 0, 0), np.uint8))


def text(view: ReviewView, width: int, height: int) -> list[str]:
    lines = review_lines(view, width, height, theme_for("truecolor", UNICODE))
    return ["".join(segment.text for segment in line) for line in lines]


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24), (40, 10), (20, 6), (8, 3), (1, 1)])
@pytest.mark.parametrize("colours", ["truecolor", "256", "standard", None])
@pytest.mark.parametrize(
    "view", [VIEW, FILM, replace(VIEW, entry=LabelEntry(("cat", "car", "owl"), "ca")), ReviewView("t", "q")]
)
def test_every_size_is_filled_exactly(size: tuple[int, int], colours: str | None, view: ReviewView) -> None:
    for glyphs in (UNICODE, ASCII):
        lines = review_lines(view, *size, theme_for(colours, glyphs))
        assert len(lines) == size[1]
        assert {Segment.get_line_length(line) for line in lines} == {size[0]}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_label_score_clip_and_keys_are_shown(size: tuple[int, int]) -> None:
    shown = text(VIEW, *size)
    assert shown[2].startswith(" dog?  score 0.81")
    assert any("20231114T221321.250Z_mic_dog.flac" in line for line in shown)
    assert any("by yard" in line for line in shown)
    assert shown[-2].startswith(" wrong: background/x.flac")
    assert all(key in shown[-1] for key in ("y right", "n wrong", "l label", "s skip", "u undo", "q quit"))
    assert "4.0 s" in "".join(shown)


def test_the_whole_clip_is_seen_the_loudest_at_its_end() -> None:
    lines = review_lines(VIEW, 120, 40, theme_for("truecolor", UNICODE))
    middle = lines[20]
    cells = [segment for segment in middle if segment.text == "▀"]
    light = [sum(cell.style.color.get_truecolor()) for cell in cells if cell.style and cell.style.color]
    assert len(cells) == 120 - 34 - 8
    assert light[0] < light[len(light) // 2] < light[-1]


def test_a_film_is_shown_undistorted_in_its_colours() -> None:
    lines = review_lines(FILM, 80, 24, theme_for("truecolor", UNICODE))
    red = [[segment for segment in line if segment.text == "▀"] for line in lines]
    rows = [row for row in red if row]
    assert abs(len(rows[0]) / (2 * len(rows)) - 80 / 60) < 0.15
    style = rows[0][0].style
    assert style is not None
    assert style.color is not None
    assert style.color.get_truecolor()[0] > 240


def test_the_choices_of_a_label_are_numbered() -> None:
    shown = text(replace(VIEW, entry=LabelEntry(("cat", "car", "owl"), "ca")), 80, 24)
    assert any(line.startswith(" label: ca_") for line in shown)
    assert any("1 cat" in line and "2 car" in line for line in shown)
