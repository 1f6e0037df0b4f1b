"""The panel of an image stream: against golden screens, and at every size with any values."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from streamer.arrays import Float32
from streamer.dashboard.theme import ASCII, CONSOLE, UNICODE, Glyphs, theme_for
from streamer.messages import (
    Event,
    ImageHealth,
    LatticeVector,
    Spatial,
    SpatialComponent,
    State,
    Temporal,
    TemporalComponent,
)
from streamer.monitor.following import N_BINS
from streamer.monitor.snapshot import Followed, ImageView, Snapshot
from tests.support.screens import check_screen, printed_screen, screen_lines
from tests.support.snapshots import CELLS, NOW, camera_waiting, image_snapshot, image_view, snapshot, spatial, temporal

pytestmark = pytest.mark.usefixtures("utc")


@pytest.mark.parametrize(("width", "height"), [(40, 12), (60, 20), (80, 24), (120, 40), (100, 60)])
def test_golden(width: int, height: int) -> None:
    check_screen(f"images_{width}x{height}", printed_screen([image_snapshot()], width, height))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
def test_golden_two_rhythms_of_which_one_lasts_for_a_part(width: int, height: int) -> None:
    heat = np.zeros(CELLS, np.float32)
    heat[1:3, 12:15] = 1.0
    lamp = TemporalComponent(
        7.31, 0.018, 18.2, 6, heat, "pulse_train", 3.1, 6.4, 35.06, alias_hz=(22.69, 37.31), mains_hz=None
    )
    moving = temporal(lamp, amplitude=13.4, amplitude_px=2.99, amplitude_px_sigma=0.06)
    lower_right = dataclasses.replace(spatial().components[0], box=(400, 330, 200, 120), share=0.08)
    view = image_view(temporal=moving, spatial=dataclasses.replace(spatial(), components=(lower_right,)))
    check_screen(f"rhythms_{width}x{height}", printed_screen([image_snapshot(view=view)], width, height))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_golden_sound_and_images(width: int, height: int) -> None:
    check_screen(f"both_{width}x{height}", printed_screen([snapshot(), image_snapshot()], width, height))


def test_golden_camera_that_is_not_connected_yet() -> None:
    check_screen("images_waiting_80x24", printed_screen([camera_waiting()], 80, 24))


def test_golden_ascii() -> None:
    grid = image_snapshot(view=image_view(spatial=spatial(2), temporal=temporal(mains_hz=100)))
    check_screen("images_ascii_80x24", "\n".join(screen_lines([grid], 80, 24, theme_for(None, ASCII))) + "\n")


numbers = st.floats(width=32)
small = st.sampled_from([0, 1, 2, 7, 64])


def arrays(draw: st.DrawFn, *shape: int) -> Float32:
    return np.resize(np.array(draw(st.lists(numbers, min_size=1, max_size=12)), np.float32), shape)


def axis(draw: st.DrawFn, highest: float, n: int) -> Float32:
    """An axis that rises, or any values."""
    return np.linspace(0.01, highest, n).astype(np.float32) if draw(st.booleans()) else arrays(draw, n)


@st.composite
def any_view(draw: st.DrawFn) -> ImageView:
    """A view with any values: empty images, axes that do not rise, NaN and infinities."""
    n_rows, n_columns, n_radii, n_bins = draw(st.tuples(small, small, small, small))
    height, width = draw(st.sampled_from([(0, 0), (1, 1), (120, 160), (120, 3), (2, 160), (13, 17)]))
    rhythms = tuple(
        TemporalComponent(
            draw(numbers), draw(numbers), draw(numbers), draw(st.integers(0, 10**6)), arrays(draw, n_rows, n_columns),
            alias_hz=tuple(draw(st.lists(numbers, max_size=4))), mains_hz=draw(st.sampled_from([None, 100, 120])),
            what=draw(st.sampled_from(["steady", "pulse_train", "coder"])),
            start_s=draw(numbers), end_s=draw(numbers), amplitude=draw(numbers), amplitude_px=draw(numbers),
        )
        for _ in range(draw(st.integers(0, 2)))
    )  # fmt: skip
    temporal_found = Temporal(
        "found" if rhythms else draw(st.sampled_from(["none", "too_short", "too_irregular", "changing"])),
        draw(numbers), draw(numbers), draw(numbers), draw(numbers), rhythms,
    )  # fmt: skip
    patterns = tuple(
        SpatialComponent(
            draw(st.sampled_from(["stripes", "grid", "hexagonal"])),
            tuple(
                LatticeVector(
                    draw(numbers), draw(numbers), draw(numbers), draw(numbers),
                    draw(st.none() | st.tuples(numbers, numbers)),
                )
                for _ in range(draw(st.integers(1, 2)))
            ),
            draw(numbers), draw(numbers), (0, 0, 10, 10),
        )
        for _ in range(draw(st.integers(0, 2)))
    )  # fmt: skip
    spatial_found = Spatial(
        "found" if patterns else draw(st.sampled_from(["none", "too_fine"])),
        draw(numbers), draw(numbers), patterns, draw(st.sampled_from([0.0, 20.0])),
    )  # fmt: skip
    return ImageView(
        image=np.resize(np.arange(97, dtype=np.uint8), (height, width, 3)),
        image_px=draw(st.sampled_from([(640, 480), (0, 0), (1, 4000), (4000, 1), (480, 640)])),
        temporal=draw(st.sampled_from([None, temporal_found])),
        spatial=draw(st.sampled_from([None, spatial_found])),
        temporal_known=draw(st.booleans()),
        polar=arrays(draw, n_radii, n_columns),
        radius_per_px=axis(draw, 0.5, n_radii),
        profile=arrays(draw, n_rows, n_radii),
        motion=arrays(draw, n_columns, n_bins),
        motion_hz=axis(draw, 15.0, n_bins),
        column_s=draw(st.sampled_from([0.1, 0.05, 1.0, 0.0])),
        column=draw(st.integers(0, 10**9)),
        rhythms=tuple(Followed(k, each, draw(numbers), k == 0, arrays(draw, N_BINS)) for k, each in enumerate(rhythms)),
        patterns=tuple(
            Followed(2 * k, each, draw(numbers), k == 0, arrays(draw, N_BINS)) for k, each in enumerate(patterns)
        ),
    )


@st.composite
def anything(draw: st.DrawFn) -> Snapshot:
    images = ImageHealth(
        draw(st.integers(0, 10**9)), draw(st.integers(0, 10**9)), draw(numbers), draw(numbers),
        draw(st.integers(0, 10**6)), draw(numbers),
    )  # fmt: skip
    view = draw(st.none() | any_view())
    found: list[Temporal | Spatial | None] = [None, *([view.temporal, view.spatial] if view else [])]
    measured = draw(st.sampled_from(found))
    event = Event(
        "s", draw(st.text(max_size=30)), 0.9, 0.9, 1.0, None, NOW, draw(st.integers(0, 99)), "motion", measured
    )
    return image_snapshot(
        images=draw(st.sampled_from([None, images])) if view else images,
        view=view,
        state=draw(st.sampled_from(State)),
        detail=draw(st.text(max_size=120)),
        position_s=draw(numbers),
        lost_fraction=draw(numbers),
        running=(event,),
        past=(dataclasses.replace(event, offset_s=draw(numbers)),),
    )


@settings(max_examples=200, deadline=None)
@given(
    snapshots=st.lists(anything(), min_size=1, max_size=2),
    width=st.integers(1, 220),
    height=st.integers(1, 70),
    system=st.sampled_from([None, "standard", "256", "truecolor"]),
    glyphs=st.sampled_from([UNICODE, CONSOLE, ASCII]),
)
def test_every_screen_is_filled_exactly(
    snapshots: list[Snapshot], width: int, height: int, system: str | None, glyphs: Glyphs
) -> None:
    lines = screen_lines(snapshots, width, height, theme_for(system, glyphs))
    assert len(lines) == height
    assert [cell_len(line) for line in lines] == [width] * height
    assert all(character.isprintable() for line in lines for character in line)
    if glyphs is ASCII:
        assert all(line.isascii() for line in lines)


SIZES = [(40, 12), (60, 20), (80, 12), (80, 24), (120, 40), (100, 60), (200, 60)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_measurements_and_losses_are_shown_at_every_size(width: int, height: int) -> None:
    text = "\n".join(screen_lines([image_snapshot()], width, height, theme_for(None)))
    assert "± 0.004" in text  # of the frequency
    assert "± 0.02" in text  # of the period in pixels
    assert "skipped 12" in text


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("state", State)
def test_state_and_reason_are_shown_with_and_without_an_image(width: int, height: int, state: State) -> None:
    for shown in (
        image_snapshot(state=state, detail="for a reason"),
        image_snapshot(state=state, detail="for a reason", view=None),
    ):
        lines = screen_lines([shown], width, height, theme_for(None))
        assert state.value.upper() in lines[0]
        assert state is State.RUNNING or any("for a reason" in line for line in lines)


def test_a_panel_too_small_for_an_image_shows_the_measurements() -> None:
    assert [line.strip() for line in screen_lines([image_snapshot()], 23, 4, theme_for(None))] == [
        "porch RUNNING 00:12:34", "3.600 Hz  20.00 px", "rotation", "HD camera",
    ]  # fmt: skip
    assert (
        "nothing periodic"
        in screen_lines([image_snapshot(view=image_view(temporal=None, spatial=None))], 23, 4, theme_for(None))[1]
    )


def test_an_address_in_the_name_of_the_device_is_not_repeated() -> None:
    lines = screen_lines(
        [image_snapshot(stream="http://eye/video", device="http://eye/video 640×480")], 80, 24, theme_for(None)
    )
    assert "http://eye/video · 640×480 · pattern" in lines[0]


def test_a_missing_measurement_is_stated() -> None:
    measuring = image_snapshot(position_s=3.2, view=image_view(temporal=None, spatial=None, temporal_known=False))
    text = "\n".join(screen_lines([measuring], 80, 24, theme_for(None)))
    assert "measuring … 3 s" in text
    assert "no pattern in space" in text
    nothing = image_snapshot(view=image_view(temporal=None, spatial=None))
    assert "nothing periodic in time" in "\n".join(screen_lines([nothing], 80, 24, theme_for(None)))


def test_a_spatial_period_alone_is_drawn_large_where_there_is_room_for_one() -> None:
    lines = screen_lines([image_snapshot(view=image_view(temporal=None))], 80, 24, theme_for(None))
    assert "▀▀█ █▀█   █▀█ █▀█          px" in lines[1]
    assert any("nothing periodic in time" in line for line in lines)


def test_health_shows_how_regularly_images_come() -> None:
    text = "\n".join(screen_lines([image_snapshot()], 120, 40, theme_for(None)))
    for part in ("images/s 29.97", "jitter 3.1 ms", "skipped 12 (0.05 %)", "gaps 2 (longest 213 ms)"):
        assert part in text
    assert "drift +" not in text
    assert "overflows" not in text


def test_events_carry_their_measurement() -> None:
    for width in (80, 120):
        text = "\n".join(screen_lines([image_snapshot()], width, 40, theme_for(None)))
        assert "3.600 Hz" in text
        assert "20.00 px" in text
