import numpy as np
import pytest

from streamer.messages import Chunk, Event, SoundFormat
from streamer.pipeline.clips import SoundCutter
from streamer.pipeline.steps import SoundStep

RATE = 100
FORMAT = SoundFormat(RATE, 1, "fake")


def event(onset_s: float, offset_s: float) -> Event:
    return Event("s", "dog", 0.9, 0.8, onset_s, offset_s, 1000.0 + onset_s)


def counting(first: int, n_samples: int) -> np.ndarray:
    return np.arange(first, first + n_samples, dtype=np.float32)


def push(cutter: SoundCutter, samples: np.ndarray, lost_before: int = 0) -> None:
    cutter.push(Chunk(samples[:, None], 0, lost_before, 0.0), SoundStep([], samples, samples))


def test_a_clip_waits_for_its_post_roll_and_holds_exactly_what_was_asked() -> None:
    cutter = SoundCutter(keep_s=10.0, pre_roll_s=0.5, post_roll_s=0.25)
    cutter.begin(FORMAT, 0.0)
    push(cutter, counting(0, 300))
    cutter.request(event(1.0, 2.9))
    assert cutter.finished() == []
    push(cutter, counting(300, 15))
    (clip,) = cutter.finished()
    assert np.array_equal(clip.samples, counting(50, 265))
    assert clip.start_s == 0.5
    assert cutter.finished() == []


def test_positions_stay_true_over_wraps_and_holes() -> None:
    cutter = SoundCutter(keep_s=3.0, pre_roll_s=0.0, post_roll_s=0.0)
    cutter.begin(FORMAT, start_s=7.0)
    for first in range(0, 1000, 70):
        push(cutter, counting(first, 70))
    push(cutter, counting(2000, 100), 50)
    cutter.request(event(7.0 + 10.4, 7.0 + 11.5))
    (clip,) = cutter.finished()
    assert np.array_equal(clip.samples[:10], counting(1040, 10))
    assert not clip.samples[10:60].any()  # what was lost is silence
    assert np.array_equal(clip.samples[60:], counting(2000, 50))


def test_what_is_older_than_the_memory_is_missing() -> None:
    cutter = SoundCutter(keep_s=1.0, pre_roll_s=1.0, post_roll_s=0.0)
    cutter.begin(FORMAT, 0.0)
    push(cutter, counting(0, 500))
    cutter.request(event(3.0, 4.5))
    (clip,) = cutter.finished()
    assert np.array_equal(clip.samples, counting(400, 50))
    assert clip.start_s == pytest.approx(4.0)


def test_at_the_end_clips_come_without_their_whole_post_roll() -> None:
    cutter = SoundCutter(keep_s=10.0, pre_roll_s=0.0, post_roll_s=5.0)
    cutter.begin(FORMAT, 0.0)
    push(cutter, counting(0, 200))
    cutter.request(event(1.0, 1.5))
    (clip,) = cutter.finished(at_end=True)
    assert np.array_equal(clip.samples, counting(100, 100))
