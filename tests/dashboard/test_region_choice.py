"""Choose a region of the images with keys or mouse."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.dashboard.keys import Mouse
from streamer.dashboard.region_choice import LEAST_PX, RegionChoice, begin, free_name
from streamer.messages import Command, NamedRegion, RegionFindings
from streamer.monitor.snapshot import TakesView
from tests.support.snapshots import image_snapshot, image_view, snapshot

PLACE = (2, 3, 64, 24)  # of an image of 640 × 480 pixels: a cell is 10 × 20 pixels
BELT, FAN = NamedRegion("belt", 40, 60, 100, 80), NamedRegion("region 1", 320, 240, 64, 48)


def choice(**changes: object) -> RegionChoice:
    made = begin(image_snapshot(), None)
    assert isinstance(made, RegionChoice)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def pressed(made: RegionChoice, *keys: str) -> RegionChoice:
    for key in keys:
        after = made.press(key, [BELT, FAN])
        assert isinstance(after, RegionChoice)
        made = after
    return made


def dragged(made: RegionChoice, *at: tuple[int, int], button: int = 0) -> RegionChoice:
    actions = ("press", *["drag"] * (len(at) - 2), "release")
    for action, (column, line) in zip(actions, at, strict=True):
        made = made.pointed(Mouse(action, column, line, button), PLACE)  # type: ignore[arg-type]
    return made


def test_it_begins_in_the_middle_with_a_name_that_is_free() -> None:
    made = choice()
    assert (made.stream, made.name, made.box, made.is_set) == ("porch", "region 1", (213, 160, 213, 160), False)
    assert made.text == "region 1: 213×160 px at 213, 160"
    view = image_view()
    taken = dataclasses.replace(view, regions=(RegionFindings(BELT), RegionFindings(FAN)))
    other = begin(image_snapshot(view=taken), None)
    assert isinstance(other, RegionChoice)
    assert other.name == free_name([BELT, FAN]) == "region 2"


def test_where_nothing_is_measured_it_is_refused_with_the_reason() -> None:
    for each in (snapshot(), image_snapshot(view=None), image_snapshot(view=image_view(image_px=(10, 400)))):
        reason = begin(each, None)
        assert isinstance(reason, str)
        assert "region" in reason
    takes = TakesView("dog", Path("data/dog"), "level", 0, (), 0, 10.0)
    recording = dataclasses.replace(image_snapshot(), takes=takes)
    assert isinstance(begin(recording, None), str)


def test_arrows_move_it_and_it_stays_within_the_image() -> None:
    made = choice()
    assert pressed(made, "right", "down").box == (233, 175, 213, 160)
    assert pressed(made, "left", "up").box == (193, 145, 213, 160)
    assert pressed(made, *["right"] * 40, *["down"] * 40).box == (427, 320, 213, 160)
    assert pressed(made, *["left"] * 40, *["up"] * 40).box == (0, 0, 213, 160)


def test_it_grows_and_shrinks_around_its_middle() -> None:
    made = choice()
    assert pressed(made, "+").box == (203, 153, 233, 175)
    assert pressed(made, "]").box == pressed(made, "shift-right").box == (203, 160, 233, 160)
    assert pressed(made, "{").box == pressed(made, "shift-up").box == (213, 168, 213, 145)
    assert pressed(made, *["-"] * 40).box[2:] == (LEAST_PX, LEAST_PX)
    assert pressed(made, *["+"] * 40).box == (0, 0, 640, 480)


def test_enter_sets_it_escape_leaves_and_other_keys_do_nothing() -> None:
    made = choice()
    assert made.press("enter", []) == Command("porch", "region", label="region 1", box=(213, 160, 213, 160))
    assert made.press("escape", []) is None
    assert made.press("x", []) is None  # none is measured yet
    assert made.press("p", []) == made.press("漢", []) == made


def test_tab_chooses_those_that_there_are_then_a_new_one_and_x_clears() -> None:
    made = pressed(choice(name="region 2"), "\t")
    assert (made.name, made.box, made.is_set) == ("belt", BELT.box, True)
    assert made.press("x", [BELT, FAN]) == Command("porch", "region", label="belt", box=None)
    assert pressed(made, "right").press("enter", []) == Command("porch", "region", label="belt", box=(60, 60, 100, 80))
    assert [pressed(made, *["\t"] * n).name for n in (1, 2, 3)] == ["region 1", "region 2", "belt"]


def test_a_drag_covers_the_cells_from_where_it_began_to_where_it_is() -> None:
    assert dragged(choice(), (12, 8), (13, 9), (21, 12), (21, 12)).box == (100, 100, 100, 100)
    assert dragged(choice(), (21, 12), (12, 8), (12, 8)).box == (100, 100, 100, 100)  # to the other side
    assert dragged(choice(), (12, 8), (500, 500), (500, 500)).box == (100, 100, 540, 380)  # beyond the image
    assert dragged(choice(), (12, 8), (12, 8)).box == choice().box  # a click changes nothing
    assert dragged(choice(), (12, 8), (12, 8), (12, 8)).box == (100, 100, 16, 20)  # never smaller than is measured


def test_a_drag_from_beside_the_image_or_with_another_button_is_none() -> None:
    for at in ((0, 8), (12, 1), (70, 8)):
        assert dragged(choice(), at, (30, 15), (30, 15)).box == choice().box
    assert dragged(choice(), (12, 8), (30, 15), (30, 15), button=2).box == choice().box


@given(
    st.tuples(st.integers(LEAST_PX, 5000), st.integers(LEAST_PX, 5000)),
    st.lists(st.sampled_from(["up", "down", "left", "right", "+", "-", "[", "]", "{", "}"]), max_size=80),
    st.lists(
        st.tuples(st.sampled_from(["press", "drag", "release"]), st.integers(0, 90), st.integers(0, 40)), max_size=9
    ),
)
def test_whatever_is_done_it_lies_within_the_image(
    image_px: tuple[int, int], keys: list[str], moves: list[tuple[str, int, int]]
) -> None:
    made = begin(image_snapshot(view=image_view(image_px=image_px)), None)
    assert isinstance(made, RegionChoice)
    for action, column, line in moves:
        made = made.pointed(Mouse(action, column, line), PLACE)  # type: ignore[arg-type]
    made = pressed(made, *keys)
    left, top, width, height = made.box
    assert min(width, height) >= LEAST_PX
    assert min(left, top) >= 0
    assert left + width <= image_px[0]
    assert top + height <= image_px[1]


@pytest.mark.parametrize("key", ["delete", "backspace"])
def test_delete_clears_too(key: str) -> None:
    assert choice(name="belt", is_set=True).press(key, []) == Command("porch", "region", label="belt")
