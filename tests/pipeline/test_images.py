"""The pipeline for images with the real front ends and stand-ins for the models whose scores are known."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import UInt8
from streamer.config import EventSettings, ImageSettings
from streamer.errors import UserError
from streamer.features.pattern import Pattern, PatternFrame
from streamer.features.settings import MotionSettings
from streamer.messages import Event, Image, ImageFormat, Message, Periodicity, Scores, Spatial, Temporal
from streamer.pipeline.images import ImagePipeline
from streamer.pipeline.stage import Stage, WindowClassifier
from streamer.sources.images.video import Video
from tests.support.coded_videos import write_coded
from tests.support.image_models import Contrast, colour, flickering, moving_model, striped, stripes_model
from tests.support.loudness import Loudness

EVENTS = EventSettings(on=0.6, off=0.4, confirm=1, confirm_of=1, merge_gap_s=0.0, deny=("none", "still"))
FORMAT = ImageFormat(128, 96, 30.0, "test")


def stage(model: WindowClassifier) -> Stage:
    events = EVENTS.model_copy(update={"deny": tuple(label for label in EVENTS.deny if label in model.labels)})
    return Stage("s", model, events)


def pipeline(*models: WindowClassifier, at_once: bool = False, **images: object) -> ImagePipeline:
    settings = ImageSettings.model_validate({"cells": (8, 6), "window_s": 4.0, **images})
    return ImagePipeline("s", [stage(model) for model in models], settings, at_once=at_once)


def show(pipe: ImagePipeline, images: Iterable[Image], image_format: ImageFormat = FORMAT) -> list[Message]:
    messages: list[Message] = [*pipe.begin(image_format)]
    for image in images:
        messages += pipe.step(image).messages
    return [*messages, *pipe.finish()]


def scores_of(messages: list[Message], label: str) -> list[Scores]:
    return [m for m in messages if isinstance(m, Scores) and label in m.labels]


def found(messages: list[Message], kind: str) -> list[Temporal | Spatial | None]:
    return [m.found for m in messages if isinstance(m, Periodicity) and m.kind == kind]


def test_a_lamp_is_measured_located_and_its_event_carries_the_measurement() -> None:
    messages = show(pipeline(moving_model()), flickering(300, 3.0))
    (last,) = found(messages, "temporal")[-1:]
    assert isinstance(last, Temporal)
    assert abs(last.hz - 3.0) < 4 * last.hz_sigma < 0.02
    assert last.components[0].box == (0, 0, 4, 3)
    assert last.fps == pytest.approx(30.0)
    events = [m for m in messages if isinstance(m, Event) and m.offset_s is not None]
    assert [event.label for event in events] == ["moving"]
    assert events[0].task == "motion"
    assert events[0].offset_s == pytest.approx(10.0, abs=1.0)
    assert isinstance(events[0].measured, Temporal)
    assert events[0].measured.hz == pytest.approx(3.0, abs=0.01)


def test_a_striped_cloth_is_classified_at_once_and_measured() -> None:
    rng = np.random.default_rng(0)
    image = Image(colour(striped(9.0), rng), 0, 0, 0.0, 0.0)
    messages = show(pipeline(stripes_model(), at_once=True), [image])
    assert [m.values[1] > 0.9 for m in scores_of(messages, "stripes")] == [True]
    (spatial,) = found(messages, "spatial")[-1:]
    assert isinstance(spatial, Spatial)
    (stripes,) = spatial.components
    assert stripes.lattice == "stripes"
    assert stripes.vectors[0].period_px == pytest.approx(9.0, abs=0.05)
    assert found(messages, "temporal") == []


def test_nothing_periodic_is_an_answer() -> None:
    rng = np.random.default_rng(1)
    images = [Image(colour(np.full((96, 128), 90, np.float32), rng), k, 0, k / 30, 0.0) for k in range(150)]
    messages = show(pipeline(stripes_model(), moving_model()), images)
    assert {m.found.status for m in messages if isinstance(m, Periodicity) and m.found is not None} == {"none"}
    assert [m for m in messages if isinstance(m, Event)] == []
    assert len(scores_of(messages, "moving")) == 1 + (150 - 32) // 8
    assert len(scores_of(messages, "stripes")) == 30


def test_windows_hold_their_images_and_follow_by_the_stride() -> None:
    messages = scores_of(show(pipeline(moving_model()), flickering(64, 3.0)), "moving")
    assert [(round(m.start_s * 30), round(m.end_s * 30)) for m in messages] == [
        (0, 31),
        (8, 39),
        (16, 47),
        (24, 55),
        (32, 63),
    ]


def test_a_widened_stride_gives_some_of_the_same_windows_and_fewer_measurements() -> None:
    images = list(flickering(300, 3.0))
    every, some = pipeline(moving_model()), pipeline(moving_model())
    messages = show(every, images)
    some.begin(FORMAT)
    widened: list[Message] = []
    for k, image in enumerate(images):
        if k == 150:
            some.widen(4)
        widened += some.step(image).messages
    windows = [(m.end_s, m.values.tobytes()) for m in messages if isinstance(m, Scores)]
    fewer = [(m.end_s, m.values.tobytes()) for m in widened if isinstance(m, Scores)]
    assert set(fewer) < set(windows)
    strides_s = np.diff([end_s for end_s, _ in fewer])
    assert strides_s[-1] == pytest.approx(4 * strides_s[0])
    assert len(found(widened, "temporal")) < len(found(messages, "temporal"))


def test_the_same_images_give_the_same_windows_whatever_came_before() -> None:
    first, second = moving_model(), moving_model()
    show(pipeline(first), flickering(64, 3.0))
    pipe = pipeline(second)
    show(pipe, flickering(77, 2.0, seed=5))
    n_before = len(second.windows)
    show(pipe, flickering(64, 3.0))
    assert second.windows[n_before:] == first.windows


def test_no_window_and_no_measurement_spans_a_pause() -> None:
    before = list(flickering(100, 3.0))
    after = [
        replace(image, index=image.index + 100, time_s=image.time_s + 20.0) for image in flickering(100, 3.0, seed=1)
    ]
    messages = show(pipeline(moving_model()), before + after)
    spans = [(m.start_s, m.end_s) for m in messages if isinstance(m, Scores | Periodicity)]
    assert all(end_s < 10.0 or start_s >= 20.0 for start_s, end_s in spans)
    assert any(start_s >= 20.0 for start_s, _ in spans)


def test_uneven_capture_times_change_nothing() -> None:
    rng = np.random.default_rng(2)
    images = list(flickering(260, 3.0, fps=26.0))
    times_s = [image.time_s + rng.uniform(-0.008, 0.008) for image in images]
    shaken = []
    for image, time_s in zip(images, times_s, strict=True):
        grey = np.full((96, 128), 100, np.float32)
        grey[:48, :64] += 20 * np.float32(np.sin(2 * np.pi * 3.0 * time_s))
        if rng.random() > 0.05:
            shaken.append(replace(image, content=colour(grey, rng), time_s=time_s - times_s[0]))
    (last,) = found(show(pipeline(window_s=10.0), shaken), "temporal")[-1:]
    assert isinstance(last, Temporal)
    assert abs(last.hz - 3.0) < 4 * last.hz_sigma < 0.02


def test_skipped_images_are_put_on_the_event_and_the_measurement() -> None:
    images = [replace(image, skipped_before=int(image.index in (50, 60))) for image in flickering(120, 3.0)]
    messages = show(pipeline(moving_model()), images)
    (event,) = [m for m in messages if isinstance(m, Event) and m.offset_s is not None]
    assert event.n_lost == 2
    assert sum(m.skipped_images for m in messages if isinstance(m, Periodicity) and m.kind == "temporal") >= 2


def test_a_short_film_is_stretched_over_the_window() -> None:
    messages = show(pipeline(Contrast(moving_model().spec, ("still", "moving"), 4.0)), flickering(40, 3.0))
    assert len(scores_of(messages, "moving")) == 2
    model = moving_model()
    settings = model.spec.front_end
    assert isinstance(settings, MotionSettings)
    spec = model.spec.model_copy(
        update={
            "front_end": replace(settings, n_images=64),
            "window": model.spec.window.model_copy(update={"n_frames": 64}),
        }
    )
    messages = show(pipeline(Contrast(spec, ("still", "moving"), 4.0)), flickering(40, 3.0))
    assert [(round(m.start_s * 30), round(m.end_s * 30)) for m in scores_of(messages, "moving")] == [(0, 39)]


def test_a_whole_file_is_measured_at_once() -> None:
    messages = show(pipeline(at_once=True), flickering(300, 3.0))
    (temporal,) = found(messages, "temporal")
    assert isinstance(temporal, Temporal)
    assert temporal.resolution_hz == pytest.approx(0.1, rel=0.02)


def test_a_file_of_few_images_is_told_to_be_too_short() -> None:
    (temporal,) = found(show(pipeline(at_once=True), flickering(15, 3.0)), "temporal")
    assert isinstance(temporal, Temporal)
    assert temporal.status == "too_short"
    assert temporal.fps == pytest.approx(30.0)


def test_an_event_does_not_carry_a_measurement_that_found_nothing() -> None:
    rng = np.random.default_rng(0)
    still = [
        replace(image, content=colour(np.full((96, 128), 100.0, np.float32), rng)) for image in flickering(300, 3.0)
    ]
    messages = show(pipeline(Contrast(moving_model().spec, ("still", "moving"), 0.0)), still)
    assert {m.status for m in found(messages, "temporal") if isinstance(m, Temporal)} == {"none"}
    events = [m for m in messages if isinstance(m, Event)]
    assert events
    assert {event.measured for event in events} == {None}


def test_ending_events_at_a_new_opening() -> None:
    pipe = pipeline(moving_model())
    messages: list[Message] = [*pipe.begin(FORMAT)]
    for image in flickering(100, 3.0):
        messages += pipe.step(image).messages
    (ended,) = pipe.begin(FORMAT, start_s=30.0)
    assert ended.label == "moving"
    assert ended.offset_s == pytest.approx(3.2, abs=0.5)


def test_a_sound_model_is_refused() -> None:
    with pytest.raises(UserError, match="model=loudness must be a pattern or motion model to classify images"):
        pipeline(Loudness())


def test_the_types_of_coded_images_reach_the_measurement(tmp_path: Path) -> None:
    rng = default_rng(9)
    still = cv2.resize(rng.integers(60, 200, (30, 40), np.uint8), (320, 240), interpolation=cv2.INTER_CUBIC)
    noisy = (np.clip(still + rng.normal(0, 5, still.shape), 0, 255).astype(np.uint8) for _ in range(300))
    images = (np.repeat(image[:, :, None], 3, axis=2) for image in noisy)
    options = {"g": "60", "bf": "2", "b": "400000"}
    path = write_coded(tmp_path / "still.mkv", images, codec="mpeg2video", fps=50, options=options)
    pipe = pipeline(at_once=True)
    show(pipe, Video(path, ImageSettings()), ImageFormat(320, 240, 50.0, "still"))
    assert pipe.measurer.temporal is not None
    assert pipe.measurer.temporal.status == "none"
    assert pipe.measurer.temporal.of_coder


def test_an_image_is_transformed_only_where_a_model_or_a_screen_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[float] = []
    push = Pattern.push

    def counted(self: Pattern, grey: UInt8, time_s: float = 0.0) -> PatternFrame:
        pushed.append(time_s)
        return push(self, grey, time_s)

    monkeypatch.setattr(Pattern, "push", counted)
    images = list(flickering(40, 3.0))
    show(pipeline(), images)
    assert pushed == []
    messages = show(pipeline(stripes_model()), images)
    assert pushed == [scores.end_s for scores in scores_of(messages, "stripes")]
    assert 1 < len(pushed) < len(images) / 4
    pushed.clear()
    pipe = pipeline()
    pipe.begin(FORMAT)
    steps = [pipe.step(image) for image in images]
    frame = steps[-1].frame
    assert pushed == [images[-1].time_s]
    assert steps[-1].frame is frame
    np.testing.assert_array_equal(frame.polar, Pattern(pipe.pattern.settings).push(images[-1].grey).polar)


def test_an_image_is_turned_to_grey_once(monkeypatch: pytest.MonkeyPatch) -> None:
    turned: list[int] = []
    turn = cv2.cvtColor

    def counted(pixels: UInt8, code: int) -> UInt8:
        turned.append(code)
        return np.asarray(turn(pixels, code), np.uint8)

    monkeypatch.setattr(cv2, "cvtColor", counted)
    images = list(flickering(60, 3.0))
    regions = [{"name": "left", "x": 0, "y": 0, "width": 0.5, "height": 1.0}]
    messages = show(pipeline(moving_model(), stripes_model(), regions=regions, stride_s=0.05), images)
    assert len(found(messages, "spatial")) > 20
    assert len(turned) == len(images)
