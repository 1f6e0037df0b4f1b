"""The image on the screen: colours, characters and moving cells."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorType
from rich.segment import Segment

from streamer.arrays import Float32, UInt8
from streamer.dashboard.image import image_lines, image_size
from streamer.dashboard.theme import ASCII, UNICODE, Line, theme_for
from streamer.messages import LatticeVector, Spatial, SpatialComponent, TemporalComponent
from streamer.monitor.snapshot import ImageView
from tests.support.snapshots import image_view, temporal

PLAIN = temporal(heat=np.zeros((9, 16), np.float32))


def colours(lines: list[Line]) -> Float32:
    """Pixels of half blocks, shape (2 · n_lines, n_columns, 3)."""

    def pair(cell: Segment) -> list[tuple[int, int, int]]:
        assert cell.text == "▀"
        assert cell.style is not None
        assert cell.style.color is not None
        assert cell.style.bgcolor is not None
        return [tuple(cell.style.color.get_truecolor()), tuple(cell.style.bgcolor.get_truecolor())]  # type: ignore[list-item]

    # The name of a rhythm or pattern hides what is below it.
    lines = [[Segment("▀", cell.style) if cell.text in "12A" else cell for cell in line] for line in lines]
    pairs = np.array([[pair(cell) for cell in line] for line in lines], np.float32)
    return pairs.transpose(0, 2, 1, 3).reshape(2 * len(lines), -1, 3)


def gradient() -> ImageView:
    """Red rises to the right, green downwards."""
    row, column = np.indices((120, 160))
    image = np.stack([column * 255 // 159, row * 255 // 119, np.full_like(row, 128)], axis=-1).astype(np.uint8)
    return image_view(image=image, temporal=PLAIN)


@pytest.mark.parametrize(("width", "height"), [(40, 15), (58, 22), (97, 37), (160, 60), (200, 75)])
def test_half_blocks_show_the_image_whether_it_shrinks_or_grows(width: int, height: int) -> None:
    shown = colours(image_lines(gradient(), width, height, theme_for("truecolor")))
    assert shown.shape == (2 * height, width, 3)
    across, down = (np.arange(width) + 0.5) / width * 255, (np.arange(2 * height) + 0.5) / (2 * height) * 255
    np.testing.assert_allclose(shown[height, :, 0], across, atol=10)  # five bits and half a pixel
    np.testing.assert_allclose(shown[:, width // 2, 1], down, atol=10)
    np.testing.assert_allclose(shown[..., 2], 128, atol=5)


def test_means_leave_no_fine_stripes_behind() -> None:
    image = np.zeros((120, 160, 3), np.uint8)
    image[:, ::2] = 200
    shown = colours(image_lines(image_view(image=image, temporal=PLAIN), 40, 15, theme_for("truecolor")))
    np.testing.assert_allclose(shown, 100, atol=9)


def test_black_and_white_stay_so() -> None:
    for value in (0, 255):
        image = np.full((8, 8, 3), value, np.uint8)
        assert (
            colours(image_lines(image_view(image=image, temporal=PLAIN), 8, 4, theme_for("truecolor"))) == value
        ).all()


def test_256_colours_are_fixed_ones_near_the_image() -> None:
    lines = image_lines(gradient(), 40, 15, theme_for("256"))
    styles = [cell.style for line in lines for cell in line]
    for style in styles:
        assert style is not None
        assert style.color is not None
        assert style.color.type is ColorType.EIGHT_BIT
        assert style.color.number is not None
        assert style.color.number >= 16  # the user chooses the first sixteen
    true = colours(image_lines(gradient(), 40, 15, theme_for("truecolor")))
    # Dithering keeps the mean over a few pixels, which is what an eye takes in.
    error = (colours(lines) - true).reshape(10, 3, 10, 4, 3).mean(axis=(1, 3))
    assert np.abs(error).mean() < 16


@pytest.mark.parametrize(("system", "glyphs"), [(None, UNICODE), (None, ASCII), ("standard", UNICODE)])
def test_without_colours_characters_rise_with_the_light(system: str | None, glyphs: object) -> None:
    row = np.linspace(40, 140, 160).astype(np.uint8)
    image = np.repeat(np.tile(row, (120, 1))[..., None], 3, axis=2)
    terminal = theme_for(system, ASCII if glyphs is ASCII else UNICODE)
    (line, *_) = image_lines(image_view(image=image, temporal=PLAIN), 60, 20, terminal)
    cells: list[tuple[str, object]] = []
    for cell in line:
        if not cells or cells[-1] != (cell.text, cell.style):
            cells.append((cell.text, cell.style))
    assert len(cells) == len(set(cells)) >= 7  # every step once, over the full contrast
    if system is None:
        assert "".join(text for text, _ in cells) == terminal.glyphs.ramp


def test_only_moving_cells_are_tinted() -> None:
    heat = np.zeros((9, 16), np.float32)
    heat[3:6, 4:8] = 1.0
    grey = np.full((120, 160, 3), 120, np.uint8)
    terminal = theme_for("truecolor")
    shown = colours(image_lines(image_view(image=grey, temporal=temporal(heat=heat)), 64, 18, terminal))
    still = colours(image_lines(image_view(image=grey, temporal=PLAIN), 64, 18, terminal))
    moved = np.abs(shown - still).max(axis=2) > 0
    assert moved[12:24, 16:32].all()
    assert moved.sum() == 12 * 16
    inside, edge = shown[18, 24], shown[12, 24]
    assert inside[0] > inside[2] + 20  # orange …
    assert edge[0] > inside[0]  # … and stronger at the outline


def test_the_image_stays_recognisable_under_the_heat() -> None:
    heat = np.ones((9, 16), np.float32)
    heat[0] = 0
    view = image_view(temporal=temporal(heat=heat))
    plain = image_view(temporal=PLAIN)
    terminal = theme_for("truecolor")
    tinted, still = (colours(image_lines(v, 64, 24, terminal))[8:].mean(axis=2).ravel() for v in (view, plain))
    assert np.corrcoef(tinted, still)[0, 1] > 0.97


def test_without_colours_a_frame_surrounds_the_moving_cells() -> None:
    heat = np.zeros((9, 16), np.float32)
    heat[3:6, 4:8] = 1.0
    grey = np.full((120, 160, 3), 120, np.uint8)
    lines = image_lines(image_view(image=grey, temporal=temporal(heat=heat)), 32, 9, theme_for(None))
    text = ["".join(cell.text for cell in line) for line in lines]
    assert text[3][8:17] == "1───────╮"
    assert text[6][8:17] == "╰───────╯"
    assert text[4][8] == text[4][16] == "│"


def test_equal_colours_share_their_cells_and_only_so_many_are_kept() -> None:
    rng = np.random.default_rng(0)
    terminal = theme_for("truecolor")

    def cells(image: UInt8) -> list[Segment]:
        return [
            cell for line in image_lines(image_view(image=image, temporal=PLAIN), 80, 30, terminal) for cell in line
        ]

    first = rng.integers(0, 256, (60, 80, 3)).astype(np.uint8)
    before = cells(first)
    assert all(a is b for a, b in zip(before, cells(first), strict=True))
    for _ in range(5):  # 12 000 new cells: more than are kept
        cells(rng.integers(0, 256, (60, 80, 3)).astype(np.uint8))
    after = cells(first)
    assert [cell.style for cell in before] == [cell.style for cell in after]
    assert not all(a is b for a, b in zip(before, after, strict=True))


@given(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), st.integers(1, 200), st.integers(1, 70))
def test_the_image_fits_and_keeps_its_shape(image_px: tuple[int, int], width: int, height: int) -> None:
    n_cells, n_lines = image_size(image_px, width, height)
    assert 1 <= n_cells <= width
    assert 1 <= n_lines <= height
    if min(image_px) > 0 and n_cells > 3 and n_lines > 3:
        shape = n_cells / (2 * n_lines)
        assert shape == pytest.approx(image_px[0] / image_px[1], rel=0.25)


def places(view: ImageView, system: str | None = "truecolor") -> list[str]:
    """The names in an image of 64 × 18 cells, each with its line and column."""
    lines = image_lines(view, 64, 18, theme_for(system))
    return [
        f"{cell.text} {k} {at}" for k, line in enumerate(lines) for at, cell in enumerate(line) if cell.text in "123AB"
    ]


def two_places() -> ImageView:
    """A rhythm at the left, another at the right, and a pattern in the lower right quarter."""
    left, right = np.zeros((9, 16), np.float32), np.zeros((9, 16), np.float32)
    left[2:5, 2:6], right[1:4, 10:14] = 1.0, 0.8
    other = TemporalComponent(7.3, 0.01, 20.0, 12, right)
    stripes = SpatialComponent("stripes", (LatticeVector(12.0, 0.1, 0.0, 0.2),), 0.5, 20.0, (320, 240, 320, 240))
    grey = np.full((120, 160, 3), 120, np.uint8)
    return image_view(image=grey, temporal=temporal(other, heat=left), spatial=Spatial("found", 2.2, 213.0, (stripes,)))


@pytest.mark.parametrize("system", [None, "standard", "256", "truecolor"])
def test_each_rhythm_and_pattern_is_named_at_its_place(system: str | None) -> None:
    assert places(two_places(), system) == ["2 2 40", "1 4 8", "A 9 32"]


def test_each_rhythm_and_pattern_has_its_own_tint() -> None:
    terminal = theme_for("truecolor")
    shown = colours(image_lines(two_places(), 64, 18, terminal))
    first, second, frame = shown[14, 16] - 120, shown[10, 48] - 120, shown[35, 50] - 120
    tints = terminal.component_tints
    for found, tint in ((first, tints.rhythm(0)), (second, tints.rhythm(1)), (frame, tints.pattern(0))):
        assert np.corrcoef(found, np.array(tint.rgb) - 120)[0, 1] > 0.9
    assert np.abs(shown[24, 48] - 120).max() < 9  # inside of a pattern's frame the image is as it is


def test_what_is_gone_and_what_the_coder_made_have_no_place() -> None:
    view = two_places()
    gone = dataclasses.replace(view.rhythms[0], gone_s=2.0)
    coder = dataclasses.replace(view.rhythms[1], newest=dataclasses.replace(view.rhythms[1].newest, what="coder"))
    pattern = dataclasses.replace(view.patterns[0], gone_s=2.0)
    assert places(dataclasses.replace(view, rhythms=(gone, coder), patterns=(pattern,))) == []


def test_names_of_the_same_place_stand_side_by_side() -> None:
    view = two_places()
    same = dataclasses.replace(view.rhythms[1], newest=dataclasses.replace(view.rhythms[0].newest, hz=7.3))
    assert places(dataclasses.replace(view, rhythms=(view.rhythms[0], same), patterns=())) == ["1 4 8", "2 4 9"]
