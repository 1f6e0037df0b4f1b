"""Named regions drawn over the image."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from streamer.dashboard.region_choice import RegionChoice
from streamer.dashboard.region_frames import add_regions
from streamer.dashboard.theme import ASCII, UNICODE, Line, theme_for
from streamer.messages import NamedRegion
from tests.support.screens import text_of


def image(width: int = 32, height: int = 12) -> list[Line]:
    return [[Segment(".") for _ in range(width)] for _ in range(height)]


def drawn(*regions: NamedRegion, choice: RegionChoice | None = None, ascii_only: bool = False) -> list[str]:
    lines = image()
    add_regions(lines, regions, choice, (640, 480), theme_for(None, ASCII if ascii_only else UNICODE))
    return [text_of(line) for line in lines]


BELT = NamedRegion("belt", 80, 120, 320, 160)


def test_a_frame_with_the_name_is_around_the_region() -> None:
    assert drawn(BELT)[2:8] == [
        "." * 32,
        "....╭belt──────────╮............",
        "....│..............│............",
        "....│..............│............",
        "....╰──────────────╯............",
        "." * 32,
    ]
    assert drawn(BELT, ascii_only=True)[3] == "....+belt----------+............"


def test_the_one_that_is_chosen_stands_in_for_the_one_of_its_name() -> None:
    choice = RegionChoice("porch", (640, 480), "belt", (400, 0, 240, 120), is_set=True)
    lines = drawn(BELT, choice=choice)
    assert lines[0] == "." * 20 + "╭belt──────╮"
    assert lines[3] == "." * 32
    assert [line for line in drawn(BELT, choice=None) if "belt" in line] != []


@pytest.mark.parametrize(("box", "line"), [((0, 0, 16, 16), "b" + "." * 31), ((0, 0, 40, 40), "bl" + "." * 30)])
def test_a_small_one_has_as_much_of_its_name_as_fits(box: tuple[int, int, int, int], line: str) -> None:
    assert drawn(NamedRegion("belt", *box))[0][2:] == line[2:]
    assert drawn(NamedRegion("belt", *box))[0][0] in "b╭"


@given(st.tuples(*[st.integers(-100, 2000)] * 4), st.text(max_size=12))
def test_any_box_and_name_leave_the_size_of_the_image(box: tuple[int, int, int, int], name: str) -> None:
    lines = drawn(NamedRegion(name, *box))
    assert [len(line) for line in lines] == [32] * 12
