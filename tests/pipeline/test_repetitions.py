"""The running count of repetitions, from overlapping measurements."""

from itertools import pairwise

import numpy as np
import pytest

from streamer.config import ImageSettings
from streamer.messages import Count, ImageFormat, Periodicity, Temporal, TemporalComponent, TrackPoint
from streamer.pipeline.images import ImagePipeline
from streamer.pipeline.repetitions import Repetitions
from tests.support.image_models import flickering

HEAT = np.ones((1, 1), np.float32)


def measured(*rhythms: TemporalComponent, length_s: float = 8.0, status: str = "") -> Temporal:
    status = status or ("found" if rhythms else "none")
    return Temporal(status, 30.0, 1 / length_s, 0.2, 15.0, rhythms)  # type: ignore[arg-type]


def rhythm(hz: float, sigma: float = 0.01, start_s: float = 0.0, end_s: float = 8.0) -> TemporalComponent:
    return TemporalComponent(hz, sigma, 20.0, 1, HEAT, start_s=start_s, end_s=end_s)


def counted(counter: Repetitions, found: Temporal, start_s: float) -> float:
    count = counter.update(found, start_s)
    assert count is not None
    return count.n


def test_overlapping_windows_are_counted_once() -> None:
    counter = Repetitions()
    found = [counted(counter, measured(rhythm(0.5)), float(start_s)) for start_s in range(10)]
    assert found == pytest.approx([4.0 + 0.5 * k for k in range(10)])
    count = counter.update(measured(rhythm(0.5)), 10.0)
    assert isinstance(count, Count)
    assert (count.sigma, count.since_s) == pytest.approx((0.18, 0.0))


def test_the_count_never_falls_nor_jumps_when_the_rhythms_change_places() -> None:
    counter, rng = Repetitions(), np.random.default_rng(0)
    counts = []
    for start_s in range(60):
        squats = rhythm(0.5 + rng.normal(0, 0.01))
        others = [rhythm(1.0), rhythm(0.13)]
        order = [squats, *others] if start_s % 3 == 0 else [*others, squats]
        if start_s == 0:
            order = [squats]
        counts.append(counted(counter, measured(*order), float(start_s)))
    steps = [second - first for first, second in pairwise(counts)]
    assert 0.4 < min(steps) <= max(steps) < 0.6
    assert counts[-1] == pytest.approx(0.5 * (8 + 59), abs=0.5)


def test_a_measurement_that_cannot_tell_changes_nothing_and_what_it_missed_is_added() -> None:
    counter = Repetitions()
    assert counted(counter, measured(rhythm(0.5)), 0.0) == pytest.approx(4.0)
    assert counted(counter, measured(status="changing"), 1.0) == pytest.approx(4.0)
    assert counted(counter, measured(), 2.0) == pytest.approx(4.0)
    assert counted(counter, measured(rhythm(0.5)), 3.0) == pytest.approx(5.5)


def test_it_grows_only_while_the_rhythm_goes_on_and_ends_with_it() -> None:
    counter = Repetitions()
    assert counted(counter, measured(rhythm(0.5)), 0.0) == pytest.approx(4.0)
    assert counted(counter, measured(rhythm(0.5, end_s=7.5)), 1.0) == pytest.approx(4.25)
    assert counted(counter, measured(rhythm(0.5, end_s=6.5)), 2.0) == pytest.approx(4.25)
    assert counter.update(measured(), 20.0) is None
    count = counter.update(measured(rhythm(0.5, start_s=2.0)), 30.0)
    assert count is not None
    assert [count.n, count.since_s] == pytest.approx([3.0, 32.0])


def test_another_rhythm_begins_another_count() -> None:
    counter = Repetitions()
    assert counted(counter, measured(rhythm(0.5)), 0.0) == pytest.approx(4.0)
    assert counted(counter, measured(rhythm(2.0)), 1.0) == pytest.approx(16.0)


def test_cycles_of_a_rhythm_that_drifts_or_lasts_for_a_part_only() -> None:
    whole = measured()
    assert whole.cycles(rhythm(3.0)) == pytest.approx((24.0, 0.08))
    part = rhythm(3.0, start_s=2.0, end_s=6.0)
    assert whole.cycles(part) == pytest.approx((12.0, np.hypot(0.04, 0.5 * np.sqrt(2))))
    track = (TrackPoint(0.0, 2.0, 0.01), TrackPoint(4.0, 3.0, 0.02), TrackPoint(8.0, 2.0, 0.01))
    drifting = TemporalComponent(2.4, 0.4, 20.0, 1, HEAT, what="drifting", track=track, end_s=8.0)
    assert whole.cycles(drifting) == pytest.approx((20.0, 0.16))


def test_a_lamp_is_counted_while_images_come() -> None:
    pipe = ImagePipeline("s", [], ImageSettings.model_validate({"cells": (8, 6), "window_s": 4.0}), at_once=False)
    pipe.begin(ImageFormat(128, 96, 30.0, "test"))
    messages = [message for image in flickering(600, 3.0) for message in pipe.step(image).messages]
    found = [m for m in messages if isinstance(m, Periodicity) and isinstance(m.found, Temporal) and m.found.count]
    assert len(found) > 10
    for message in found:
        count = message.found.count  # type: ignore[union-attr]
        assert isinstance(count, Count)
        assert abs(count.n - 3.0 * message.end_s) < max(4 * count.sigma, 0.2)
