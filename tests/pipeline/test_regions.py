"""Named regions of the images, each measured on its own."""

from collections.abc import Iterator

import numpy as np
import pytest

from streamer.config import MOST_REGIONS, ImageSettings, RegionSettings
from streamer.errors import UserError
from streamer.messages import Image, ImageFormat, Message, NamedRegion, Periodicity, Spatial, Temporal
from streamer.pipeline.images import ImagePipeline
from tests.support.image_models import colour

FORMAT = ImageFormat(128, 96, 30.0, "test")
LEFT = {"name": "left", "x": 0, "y": 0, "width": 64, "height": 96}
RIGHT = {"name": "right", "x": 0.5, "y": 0.0, "width": 0.5, "height": 1.0}


def two_lamps(n_images: int = 240) -> Iterator[Image]:
    """Yield images of a strong lamp of 3 Hz on the left and a weak one of 5.3 Hz on the right, before stripes."""
    rng = np.random.default_rng(0)
    for index in range(n_images):
        time_s = index / 30
        grey = np.full((96, 128), 100, np.float32)
        grey[20:60, 10:40] += 30 * np.float32(np.sin(2 * np.pi * 3.0 * time_s))
        grey[20:60, 90:110] += 6 * np.float32(np.sin(2 * np.pi * 5.3 * time_s))
        grey[:, 64:] += 20 * np.sin(2 * np.pi * np.arange(64, dtype=np.float32) / 9.0)
        yield Image(colour(grey, rng), index, 0, time_s, 0.0)


def pipeline(*regions: dict[str, object], at_once: bool = False) -> ImagePipeline:
    values = {"cells": (8, 6), "window_s": 4.0, "regions": regions}
    return ImagePipeline("s", [], ImageSettings.model_validate(values), at_once=at_once)


def region(values: dict[str, object], name: str) -> RegionSettings:
    return RegionSettings.model_validate({**values, "name": name})


def measured(messages: list[Message], name: str | None) -> list[Temporal]:
    return [m.found for m in of(messages, name) if isinstance(m.found, Temporal)]


def of(messages: list[Message], name: str | None) -> list[Periodicity]:
    return [m for m in messages if isinstance(m, Periodicity) and (m.region.name if m.region else None) == name]


def show(pipe: ImagePipeline, images: Iterator[Image]) -> list[Message]:
    messages: list[Message] = [*pipe.begin(FORMAT)]
    for image in images:
        messages += pipe.step(image).messages
    return [*messages, *pipe.finish()]


@pytest.mark.parametrize("at_once", [False, True])
def test_each_region_has_its_own_rhythm_and_pattern(at_once: bool) -> None:
    messages = show(pipeline(LEFT, RIGHT, at_once=at_once), two_lamps())
    assert {round(each.hz, 1) for each in measured(messages, "left")[-1].components} == {3.0}
    assert {round(each.hz, 1) for each in measured(messages, "right")[-1].components} == {5.3}
    assert measured(messages, None)[-1].hz == pytest.approx(3.0, abs=0.01)
    patterns = {name: of(messages, name)[-1].found for name in ("left", "right")}
    assert isinstance(patterns["left"], Spatial)
    assert isinstance(patterns["right"], Spatial)
    assert [each.components for each in (patterns["left"],)] == [()]
    assert patterns["right"].components[0].vectors[0].period_px == pytest.approx(9.0, abs=0.1)
    assert of(messages, "right")[-1].region == NamedRegion("right", 64, 0, 64, 96)


def test_places_in_a_region_count_from_its_corner() -> None:
    (last,) = measured(show(pipeline(RIGHT), two_lamps()), "right")[-1:]
    first_column, first_row, n_columns, n_rows = last.components[0].box
    assert last.components[0].heat.shape == (6, 8)  # of 8 × 16 pixels each
    assert (first_column, first_row, first_column + n_columns, first_row + n_rows) == (3, 1, 6, 4)


def test_a_region_is_set_moved_and_dropped_while_it_runs() -> None:
    pipe, messages = pipeline(), list[Message]()
    pipe.begin(FORMAT)
    for image in two_lamps(480):
        if image.index == 100:
            pipe.set_region(region(LEFT, "a"))
        if image.index == 240:
            pipe.set_region(region(RIGHT, "a"))
        if image.index == 420:
            pipe.drop_region("a")
        messages += pipe.step(image).messages
    spans = [(m.start_s, m.end_s) for m in of(messages, "a") if m.kind == "temporal"]
    assert min(start_s for start_s, _ in spans) == pytest.approx(100 / 30)
    assert max(end_s for _, end_s in spans) < 420 / 30
    before = [m for m in of(messages, "a") if m.end_s < 8.0 and isinstance(m.found, Temporal)]
    after = [m for m in of(messages, "a") if m.end_s > 8.0 and isinstance(m.found, Temporal)]
    assert {m.region for m in before} == {NamedRegion("a", 0, 0, 64, 96)}
    assert before[-1].found is not None
    assert [round(each.hz, 1) for each in before[-1].found.components] == [3.0]  # type: ignore[union-attr]
    assert [round(each.hz, 1) for each in after[-1].found.components] == [5.3]  # type: ignore[union-attr]
    assert all(m.start_s >= 240 / 30 for m in after)  # nothing of the old place in the new one
    with pytest.raises(UserError, match="region=a must be one of the stream's regions: there is none"):
        pipe.drop_region("a")


def test_a_region_that_was_set_stays_when_the_source_is_opened_again() -> None:
    pipe = pipeline()
    pipe.set_region(region(RIGHT, "right"))  # before it has opened at all
    assert pipe.regions.placed() == ()
    pipe.begin(FORMAT)
    pipe.begin(ImageFormat(256, 96, 30.0, "test"), 10.0)
    assert pipe.regions.placed() == (NamedRegion("right", 128, 0, 128, 96),)


def test_one_that_was_set_and_does_not_fit_what_opens_is_dropped_and_told() -> None:
    pipe = pipeline(LEFT)
    pipe.set_region(region({"x": 0, "y": 0, "width": 64, "height": 480}, "tall"))
    pipe.begin(FORMAT)
    assert [each.name for each in pipe.regions.placed()] == ["left"]
    assert pipe.regions.refused.startswith(
        "regions.tall: y=0 and height=480 must lie within the image's 96 pixels down"
    )
    pipe.begin(FORMAT)
    assert pipe.regions.refused == ""


def test_no_measurement_of_a_region_spans_a_pause() -> None:
    pipe, messages = pipeline(LEFT), list[Message]()
    pipe.begin(FORMAT)
    for image in two_lamps(240):
        late_s = 20.0 if image.index >= 120 else 0.0
        moved = Image(image.pixels, image.index, 0, image.time_s + late_s, 0.0)
        messages += pipe.step(moved).messages
    spans = [(m.start_s, m.end_s) for m in of(messages, "left")]
    assert any(start_s > 20.0 for start_s, _ in spans)
    assert not any(start_s < 5.0 and end_s > 20.0 for start_s, end_s in spans)


def test_neighbours_in_fractions_meet_and_do_not_overlap() -> None:
    thirds = [RegionSettings(name=str(k), x=k / 3, y=0.0, width=1 / 3, height=1.0).edges(100, 50) for k in range(3)]
    assert [(left, right) for left, _, right, _ in thirds] == [(0, 33), (33, 67), (67, 100)]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"x": 100}, "regions.left: x=100 and width=64 must lie within the image's 128 pixels across"),
        ({"y": 0.5}, "regions.left: y=0.5 and height=96 must lie within the image's 96 pixels down"),
        ({"width": 0.1}, "regions.left: width=0.1 must be at least 16 of the image's 128 pixels"),
        ({"height": 1}, "regions.left: height=1 must be at least 16 of the image's 96 pixels; numbers without a dec"),
    ],
)
def test_a_region_that_does_not_fit_is_refused(changed: dict[str, object], text: str) -> None:
    with pytest.raises(UserError, match=text.replace(".", r"\.")):
        pipeline({**LEFT, **changed}).begin(FORMAT)


def test_the_number_of_regions_is_bounded() -> None:
    pipe = pipeline(*({**LEFT, "name": str(k)} for k in range(MOST_REGIONS)))
    pipe.begin(FORMAT)
    pipe.set_region(region(RIGHT, "0"))  # in place of another
    with pytest.raises(UserError, match="region=more must be one of at most 32; drop another first"):
        pipe.set_region(region(LEFT, "more"))


def test_a_region_has_a_unit_of_its_own() -> None:
    pipe = pipeline({**LEFT, "units": "rpm", "blades": 3}, {**RIGHT, "units": "bpm"})
    messages = show(pipe, two_lamps())
    last = {name: measured(messages, name)[-1] for name in (None, "left", "right")}
    values = {name: found.unit.converted(found.hz)[0] for name, found in last.items()}
    assert values == {name: pytest.approx(hz, abs=1.0) for name, hz in ((None, 3.0), ("left", 60.0), ("right", 318.0))}
