"""Cut clips of sound: exactly what was asked for, however late an event is known, however long it is."""

import numpy as np
import pytest

from streamer.config import EventSettings
from streamer.events import EventDetector
from streamer.messages import Chunk, Event, Scores, SoundClip, SoundFormat
from streamer.pipeline.clips import PART_BYTES, SoundCutter
from streamer.pipeline.steps import SoundStep

RATE = 100
FORMAT = SoundFormat(RATE, 1, "fake")


def event(onset_s: float, offset_s: float | None, label: str = "dog") -> Event:
    return Event("s", label, 0.9, 0.8, onset_s, offset_s, 1000.0 + onset_s)


def counting(first: int, n_samples: int) -> np.ndarray:
    return np.arange(first, first + n_samples, dtype=np.float32)


def begun(
    lag_s: float, pre_roll_s: float, post_roll_s: float, max_bytes: float = 1e9, sound: SoundFormat = FORMAT
) -> SoundCutter:
    cutter = SoundCutter(lambda: lag_s, pre_roll_s, post_roll_s, max_bytes)
    cutter.begin(sound, 0.0)
    return cutter


def push(cutter: SoundCutter, samples: np.ndarray, lost_before: int = 0) -> None:
    cutter.push(Chunk(samples[:, None], 0, lost_before, 0.0), SoundStep([], samples, samples))


def joined(parts: list[SoundClip]) -> list[np.ndarray]:
    """Return the sound of each file, whose parts must follow one another and end with its last."""
    files: list[list[np.ndarray]] = []
    expected_s = None
    for part in parts:
        if expected_s is None:
            assert part.file == len(files)
            files.append([])
        else:
            assert part.file == len(files) - 1
            assert not part.samples.size or part.start_s == pytest.approx(expected_s, abs=1e-6)
        files[-1].append(part.samples)
        expected_s = None if part.is_last else part.start_s + part.samples.size / part.sample_rate
    assert expected_s is None
    return [np.concatenate(file) for file in files]


def test_a_clip_waits_for_its_post_roll_and_holds_exactly_what_was_asked() -> None:
    cutter = begun(10.0, pre_roll_s=0.5, post_roll_s=0.25)
    push(cutter, counting(0, 300))
    cutter.request(event(1.0, 2.9))
    assert cutter.finished() == []
    push(cutter, counting(300, 15))
    (clip,) = cutter.finished()
    assert np.array_equal(clip.samples, counting(50, 265))
    assert (clip.start_s, clip.file, clip.is_last) == (0.5, 0, True)
    assert cutter.finished() == []


def test_the_chunk_is_copied_as_its_memory_is_used_again() -> None:
    cutter = begun(10.0, 0.0, 0.0)
    chunk = counting(0, 100)
    push(cutter, chunk)
    chunk[:] = -1
    cutter.request(event(0.0, 1.0))
    assert np.array_equal(cutter.finished()[0].samples, counting(0, 100))


def test_positions_stay_true_over_holes() -> None:
    cutter = SoundCutter(lambda: 3.0, 0.0, 0.0, 1e9)
    cutter.begin(FORMAT, start_s=7.0)
    for first in range(0, 1000, 70):
        push(cutter, counting(first, 70))
    push(cutter, counting(2000, 100), 50)
    cutter.request(event(7.0 + 10.4, 7.0 + 11.5))
    (clip,) = cutter.finished()
    assert np.array_equal(clip.samples[:10], counting(1040, 10))
    assert not clip.samples[10:60].any()  # what was lost is silence
    assert np.array_equal(clip.samples[60:], counting(2000, 50))


def test_a_long_loss_takes_no_memory_and_the_clip_goes_on_in_another_file() -> None:
    cutter = begun(2.0, 0.0, 0.0)
    cutter.request(event(0.5, None))
    push(cutter, counting(0, 100))
    push(cutter, counting(500, 100), lost_before=100 * 3600 * RATE)
    assert cutter.n_bytes < 5000
    end_s = 100 * 3600 + 2.0
    cutter.request(event(0.5, end_s))
    files = joined(cutter.finished())
    assert [file.tolist() for file in files] == [counting(50, 50).tolist(), counting(500, 100).tolist()]


def test_at_the_end_clips_come_without_their_whole_post_roll() -> None:
    cutter = begun(10.0, pre_roll_s=0.0, post_roll_s=5.0)
    push(cutter, counting(0, 200))
    cutter.request(event(1.0, 1.5))
    (clip,) = cutter.finished(at_end=True)
    assert np.array_equal(clip.samples, counting(100, 100))


def test_what_no_event_can_need_any_more_is_dropped() -> None:
    cutter = begun(2.0, pre_roll_s=1.0, post_roll_s=50.0)
    for first in range(0, 10_000, 5):
        push(cutter, counting(first, 5))
        assert cutter.n_bytes <= 4 * (3 * RATE + 10)
    assert cutter.n_cut == 0


def test_a_long_event_is_handed_on_as_it_goes_and_nothing_is_missing_or_twice() -> None:
    rate = 48_000
    cutter = begun(2.0, 1.0, 1.0, sound=SoundFormat(rate, 1, "fake"))
    parts, most = [], 0
    for k in range(1200):  # a minute in chunks of 50 ms
        push(cutter, counting(k * rate // 20, rate // 20))
        if k == 60:
            cutter.request(event(2.0, None))
            cutter.request(event(1.5, None, "rain"))
        if k == 1100:
            cutter.request(event(2.0, 54.0))
        parts += cutter.finished()
        most = max(most, cutter.n_bytes)
    cutter.request(event(1.5, 59.5, "rain"))
    parts += cutter.finished(at_end=True)
    assert most <= 4 * 3.1 * rate
    assert max(part.n_bytes for part in parts) <= PART_BYTES
    (dog,), (rain,) = (joined([part for part in parts if part.event.label == label]) for label in ("dog", "rain"))
    assert np.array_equal(dog, counting(rate, 54 * rate))
    assert np.array_equal(rain, counting(rate // 2, 60 * rate - rate // 2))


def test_a_clip_that_lasts_very_long_is_written_as_several_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SoundCutter, "longest_file_s", 10.0)
    cutter = begun(1.0, 0.5, 0.5)
    cutter.request(event(1.0, None))
    parts = []
    for first in range(0, 3000, 5):
        push(cutter, counting(first, 5))
        parts += cutter.finished()
    cutter.request(event(1.0, 29.0))
    parts += cutter.finished()
    files = joined(parts)
    assert [len(file) for file in files] == [1000, 1000, 900]
    assert np.array_equal(np.concatenate(files), counting(50, 2900))


def test_too_little_memory_costs_the_beginning_of_late_events_counted_and_nothing_of_running_ones() -> None:
    cutter = begun(10.0, 1.0, 1.0, max_bytes=4 * 3 * RATE)
    cutter.request(event(2.0, None))
    parts = []
    for first in range(0, 1500, 5):
        push(cutter, counting(first, 5))
        parts += cutter.finished()
        assert cutter.n_bytes <= 4 * 3 * RATE
    assert cutter.n_cut == 0
    cutter.request(event(2.0, 5.0))  # 10 s later: what was not needed after all was handed on already
    cutter.request(event(8.0, 13.0, "rain"))
    parts += cutter.finished()
    assert cutter.n_cut == 1
    (dog,), (rain,) = (joined([part for part in parts if part.event.label == label]) for label in ("dog", "rain"))
    assert np.array_equal(dog[:500], counting(100, 500))
    assert np.array_equal(rain, counting(1200, 200))


SETTINGS = [
    {},
    {"merge_gap_s": 7.0},
    {"smoothing_s": 5.0},
    {"min_length_s": 6.0, "merge_gap_s": 3.0},
    {"confirm": 9, "confirm_of": 20},
    {"smoothing_s": 3.0, "merge_gap_s": 4.0, "min_length_s": 2.0, "max_length_s": 12.0, "cool_down_s": 2.0},
]


@pytest.mark.parametrize("changes", SETTINGS)
@pytest.mark.parametrize("stride_s", [0.1, 0.48])
def test_the_lag_of_events_is_never_longer_than_stated(changes: dict[str, float], stride_s: float) -> None:
    settings = EventSettings.model_validate(changes)
    detector = EventDetector("s", ("dog",), settings, stride_s)
    window_s, longest_s, n_events = 0.96, 0.0, 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        level = np.repeat(rng.uniform(0, 1, 60), rng.integers(1, 30, 60))
        for k, score in enumerate(np.clip(level + rng.normal(0, 0.1, level.size), 0, 1)):
            end_s = window_s + k * stride_s
            values = np.array([score], np.float32)
            for each in detector.update(Scores("s", ("dog",), values, end_s - window_s, end_s, end_s)):
                at_s = each.onset_s if each.offset_s is None else each.offset_s
                longest_s = max(longest_s, end_s - at_s)
                n_events += 1
        detector.finish()
        detector = EventDetector("s", ("dog",), settings, stride_s)
    assert n_events > 10
    assert longest_s <= window_s + detector.lag_s
