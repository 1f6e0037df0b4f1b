"""When a stream of images is searched for rhythms, and when those that are known are only fitted anew."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.config import ImageSettings
from streamer.messages import Image, ImageFormat, Periodicity, Temporal
from streamer.periodicity.temporal import measure_temporal
from streamer.pipeline import measurer
from streamer.pipeline.images import ImagePipeline

FPS = 30.0
FORMAT = ImageFormat(64, 48, FPS, "test")
SECONDS = 24.0


def lamp(level: Callable[[float], float], seconds: float = SECONDS) -> Iterator[Image]:
    """Images with noise, of which a quarter has a brightness that changes."""
    rng = default_rng(3)
    for k in range(round(seconds * FPS)):
        grey = 100.0 + rng.normal(0.0, 3.0, (48, 64))
        grey[:24, :32] += level(k / FPS)
        pixels = np.repeat(np.clip(np.rint(grey), 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
        yield Image(pixels, k, 0, k / FPS, 0.0)


def sine(hz: float, start_s: float = 0.0, end_s: float = 99.0, size: float = 20.0) -> Callable[[float], float]:
    return lambda t: size * np.sin(2 * np.pi * hz * t) if start_s <= t < end_s else 0.0


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Capture times at which a search for rhythms was made."""
    times_s: list[float] = []
    search = measure_temporal

    def counted(series: Any, window_s: Any, *others: Any) -> Temporal:
        times_s.append(float(window_s[-1]))
        return search(series, window_s, *others)

    monkeypatch.setattr(measurer, "measure_temporal", counted)
    return times_s


def measured(images: Iterator[Image], *, at_once: bool = False, **settings: object) -> list[Periodicity]:
    images_settings = ImageSettings.model_validate({"cells": (8, 6), "window_s": 4.0, "stride_s": 0.5, **settings})
    pipe = ImagePipeline("s", [], images_settings, at_once=at_once)
    pipe.begin(FORMAT)
    messages = [message for image in images for message in pipe.step(image).messages]
    return [m for m in [*messages, *pipe.finish()] if isinstance(m, Periodicity) and m.kind == "temporal"]


def told(found: list[Periodicity], index: int) -> Temporal:
    value = found[index].found
    assert isinstance(value, Temporal)
    return value


@pytest.mark.parametrize("level", [sine(3.1), lambda t: 0.0], ids=["a rhythm", "nothing"])
def test_what_goes_on_is_searched_once_in_a_window_and_told_at_every_stride(
    level: Callable[[float], float], searches: list[float]
) -> None:
    found = measured(lamp(level))
    assert [round(b.end_s - a.end_s, 2) for a, b in itertools.pairwise(found)] == [0.5] * (len(found) - 1)
    full = [time_s for time_s in searches if time_s > 3.7]
    assert [round(b - a, 1) for a, b in itertools.pairwise(full)] == [4.0] * (len(full) - 1)
    assert len(full) <= len(found) / 6


def test_a_rhythm_keeps_its_frequency_and_its_count_from_stride_to_stride(searches: list[float]) -> None:
    found = measured(lamp(sine(3.1)))
    assert len(searches) < len(found) / 2
    for index, each in enumerate(found):
        now = told(found, index)
        assert now.hz == pytest.approx(3.1, abs=5 * now.hz_sigma)
        assert each.end_s - each.start_s == pytest.approx(min(each.end_s, 4.0), abs=0.1)
        assert now.count is not None
        assert now.count.n == pytest.approx(3.1 * each.end_s, abs=0.3)


@pytest.mark.parametrize(
    ("level", "before_hz", "after_hz"),
    [
        (sine(3.1, end_s=15.1), 3.1, None),
        (sine(3.1, start_s=15.1), None, 3.1),
        (lambda t: sine(3.1)(t) if t < 15.1 else sine(5.3)(t), 3.1, 5.3),
    ],
    ids=["ends", "begins", "changes"],
)
def test_what_changes_is_searched_for_at_the_next_stride(
    level: Callable[[float], float], before_hz: float | None, after_hz: float | None, searches: list[float]
) -> None:
    found = measured(lamp(level))
    at = next(index for index, each in enumerate(found) if each.end_s > 15.1)
    assert any(abs(time_s - found[at].end_s) < 1e-6 for time_s in searches)

    def hz(index: int) -> float | None:
        components = told(found, index).components
        return round(components[0].hz, 1) if components else None

    assert hz(at - 1) == before_hz
    assert hz(-1) == after_hz


def test_a_rhythm_that_does_not_show_in_one_image_is_found_at_the_next_search(searches: list[float]) -> None:
    found = measured(lamp(sine(3.1, start_s=12.0, size=0.4)))
    first = next(each for index, each in enumerate(found) if told(found, index).components)
    every = measured(lamp(sine(3.1, start_s=12.0, size=0.4)), stride_s=4.0)  # each of them a search
    assert first.end_s <= next(each for index, each in enumerate(every) if told(every, index).components).end_s + 4.0
    assert told(found, -1).hz == pytest.approx(3.1, abs=0.05)


def test_after_a_change_it_is_searched_twice_in_a_window_until_a_search_finds_the_same(searches: list[float]) -> None:
    measured(lamp(lambda t: sine(3.1)(t) if t < 9.6 else sine(5.3)(t), seconds=30.0))
    late = [time_s for time_s in searches if time_s > 14.5]
    gaps = [round(b - a, 1) for a, b in itertools.pairwise(late)]
    assert gaps[-2:] == [4.0, 4.0]
    assert set(gaps) <= {0.5, 1.0, 1.5, 2.0, 4.0}
    assert len([time_s for time_s in searches if 9.6 < time_s < 14.0]) >= 3


def test_a_stride_of_a_window_and_files_are_searched_each_time(searches: list[float]) -> None:
    assert len(measured(lamp(sine(3.1)), stride_s=4.0)) == len(searches)
    searches.clear()
    assert len(measured(lamp(sine(3.1)), at_once=True)) == len(searches) == 1
