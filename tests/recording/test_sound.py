"""Sound cut into examples: any chunking gives the same takes, no loud sample is lost, no take has a hole."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import Float32
from streamer.messages import Chunk, LostTake, Message, SoundFormat, SoundTake, Undo
from streamer.recording.settings import Request, TakeSettings
from streamer.recording.sound import SoundTakeRecorder, Tape

RATE = 8000


def street(length_s: float = 8.0, at_s: Sequence[float] = (2.0, 4.0, 6.0), n_channels: int = 1) -> Float32:
    """Faint noise with loud noises of 0.3 s."""
    rng = np.random.default_rng(1)
    samples = rng.normal(0.0, 1e-3, (round(length_s * RATE), n_channels))
    for first_s in at_s:
        first = round(first_s * RATE)
        samples[first : first + round(0.3 * RATE)] += rng.uniform(-0.5, 0.5, (round(0.3 * RATE), n_channels))
    return samples.astype(np.float32)


def recorder_of(settings: TakeSettings | None = None, n_channels: int = 1, start_s: float = 0.0) -> SoundTakeRecorder:
    recorder = SoundTakeRecorder("mic", settings or TakeSettings())
    recorder.begin(SoundFormat(RATE, n_channels, "fake"), start_s, epoch_s=1.7e9)
    return recorder


def feed(recorder: SoundTakeRecorder, samples: Float32, sizes: Sequence[int] = (400,), start: int = 0) -> list[Message]:
    messages: list[Message] = []
    k = at = 0
    while at < samples.shape[0]:
        part = samples[at : at + sizes[k % len(sizes)]]
        messages += recorder.step(Chunk(part, start + at, 0, time.monotonic())).messages
        at += part.shape[0]
        k += 1
    return messages


def sounds(messages: Sequence[Message]) -> list[SoundTake]:
    assert all(isinstance(each, SoundTake) for each in messages)
    return [each for each in messages if isinstance(each, SoundTake)]


def test_takes_hold_the_sound_itself_at_its_place() -> None:
    samples = street(n_channels=2)
    recorder = recorder_of(n_channels=2, start_s=100.0)
    found = sounds([*feed(recorder, samples), *recorder.finish()])
    assert [take.start_s for take in found] == pytest.approx([101.75, 103.75, 105.75], abs=0.011)
    for take in found:
        first = round((take.start_s - 100.0) * RATE)
        assert np.array_equal(take.samples, samples[first : first + take.samples.shape[0]])
        assert take.samples.shape[0] / RATE == pytest.approx(0.8, abs=0.021)
        assert take.time == pytest.approx(1.7e9 + take.start_s)
        assert (take.sample_rate, take.is_cut) == (RATE, False)


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=20))
def test_any_chunking_gives_the_same_takes(sizes: list[int]) -> None:
    samples = street(6.0, (0.3, 2.0, 4.1))
    whole, parts = recorder_of(), recorder_of()
    expected = sounds([*feed(whole, samples, (samples.shape[0],)), *whole.finish()])
    found = sounds([*feed(parts, samples, sizes), *parts.finish()])
    assert [(take.start_s, take.samples.tobytes()) for take in found] == [
        (take.start_s, take.samples.tobytes()) for take in expected
    ]
    assert len(expected) == 3


@settings(max_examples=25, deadline=None)
@given(
    pauses_s=st.lists(st.floats(0.8, 2.0), min_size=1, max_size=4),
    length_s=st.floats(0.1, 1.0),
    size=st.integers(50, 2000),
)
def test_no_sample_of_a_loud_burst_is_lost(pauses_s: list[float], length_s: float, size: int) -> None:
    rng = np.random.default_rng(2)
    n_loud = round(length_s * RATE)
    parts, loud, at = [], [], 0
    for pause_s in pauses_s:
        at += round(pause_s * RATE)
        loud.append((at, at + n_loud))
        parts += [rng.normal(0, 1e-3, round(pause_s * RATE)), rng.uniform(-0.5, 0.5, n_loud)]
        at += n_loud
    samples = np.concatenate([*parts, rng.normal(0, 1e-3, RATE)]).astype(np.float32)[:, None]
    recorder = recorder_of()
    found = sounds([*feed(recorder, samples, (size,)), *recorder.finish()])
    ranges = [(round(take.start_s * RATE), round(take.start_s * RATE) + take.samples.shape[0]) for take in found]
    assert len(ranges) == len(loud)
    assert all(a <= first and end <= b for (a, b), (first, end) in zip(ranges, loud, strict=True))


def test_an_offset_and_channels_of_opposite_sign_hide_nothing() -> None:
    samples = street(5.0, (2.0,))
    both = np.concatenate([samples + 0.3, 0.3 - samples], axis=1)
    recorder = recorder_of(n_channels=2)
    (take,) = sounds([*feed(recorder, both), *recorder.finish()])
    assert take.start_s == pytest.approx(1.75, abs=0.011)


def test_a_take_with_a_hole_is_dropped_and_reported_and_the_next_one_is_whole() -> None:
    samples = street()
    recorder = recorder_of()
    at = round(2.1 * RATE)
    messages = feed(recorder, samples[:at])
    messages += recorder.step(Chunk(samples[at + 80 : at + 160], at + 80, 80, time.monotonic())).messages
    messages += feed(recorder, samples[at + 160 :], start=at + 160)
    messages += recorder.finish()
    lost, rest = messages[0], messages[1:]
    assert isinstance(lost, LostTake)
    assert lost.reason == "80 samples lost in it"
    assert lost.is_wanted
    assert [take.start_s for take in sounds(rest)] == pytest.approx([3.75, 5.75], abs=0.011)
    for take in sounds(rest):
        first = round(take.start_s * RATE)
        assert np.array_equal(take.samples, samples[first : first + take.samples.shape[0]])


def test_a_hole_while_the_noise_is_learnt_leaves_no_take_across_it() -> None:
    samples = street(5.0, (0.3, 3.0))
    recorder = recorder_of()
    at = round(0.5 * RATE)
    messages = feed(recorder, samples[:at])
    messages += recorder.step(Chunk(samples[at + 10 : at + 90], at + 10, 10, time.monotonic())).messages
    messages += feed(recorder, samples[at + 90 :], start=at + 90)
    found = sounds([*messages, *recorder.finish()])
    assert found[-1].start_s == pytest.approx(2.75, abs=0.011)
    assert all(take.start_s * RATE >= at + 10 for take in found)


def test_a_source_that_is_lost_ends_the_take_which_is_marked() -> None:
    recorder = recorder_of()
    messages = feed(recorder, street()[: round(2.2 * RATE)])
    (take,) = sounds([*messages, *recorder.end_events()])
    assert take.is_cut
    assert take.samples.shape[0] / RATE == pytest.approx(0.45, abs=0.021)
    assert recorder.end_events() == []
    assert recorder.begin(SoundFormat(2 * RATE, 2, "other"), 10.0) == []
    assert feed(recorder, np.zeros((2 * RATE, 2), np.float32)) == []


def test_what_is_too_short_when_the_source_is_lost_is_dropped() -> None:
    recorder = recorder_of()
    assert feed(recorder, street()[: round(2.03 * RATE)]) == []
    assert recorder.end_events() == []


def test_keys_begin_end_and_undo() -> None:
    samples = street(10.0, ())
    recorder = recorder_of(TakeSettings(by="key", settle_s=0.3))
    recorder.segmenter.requests.append(Request.TAKE)
    messages = feed(recorder, samples[:RATE])
    recorder.segmenter.requests.append(Request.TAKE)
    messages += feed(recorder, samples[RATE : 2 * RATE], start=RATE)
    (take,) = sounds(messages)
    assert take.start_s == pytest.approx(0.35)  # pressed while the first chunk was processed
    recorder.segmenter.requests += [Request.UNDO, Request.TAKE]
    assert feed(recorder, samples[2 * RATE : 3 * RATE], start=2 * RATE) == [Undo("mic")]
    recorder.segmenter.requests.append(Request.UNDO)
    (lost,) = feed(recorder, samples[3 * RATE : 4 * RATE], start=3 * RATE)
    assert isinstance(lost, LostTake)
    assert not lost.is_wanted
    recorder.segmenter.requests.append(Request.TAKE)
    feed(recorder, samples[4 * RATE : 6 * RATE], start=4 * RATE)
    (last,) = sounds(recorder.finish())
    assert not last.is_cut


def test_undo_reaches_the_disk_while_the_source_is_away() -> None:
    recorder = recorder_of()
    recorder.segmenter.requests.append(Request.UNDO)
    assert recorder.end_events() == [Undo("mic")]


def test_what_is_no_number_becomes_silence() -> None:
    samples = street(5.0, (2.0,))
    samples[round(2.1 * RATE)] = np.nan
    recorder = recorder_of()
    (take,) = sounds([*feed(recorder, samples), *recorder.finish()])
    assert np.isfinite(take.samples).all()
    assert take.samples.shape[0] / RATE == pytest.approx(0.8, abs=0.021)


def test_what_no_take_can_need_is_dropped() -> None:
    recorder = recorder_of()
    feed(recorder, street(60.0, ()))
    assert sum(part.shape[0] for _, part in recorder._tape._chunks) < 2 * RATE


def test_a_key_pressed_before_the_source_is_open_waits_for_it() -> None:
    recorder = SoundTakeRecorder("mic", TakeSettings(by="key"))
    recorder.segmenter.requests.append(Request.TAKE)
    recorder.begin(SoundFormat(RATE, 1, "fake"), 0.0, 1.7e9)
    feed(recorder, street(2.0, ()))
    assert recorder.segmenter.onset_s == pytest.approx(0.05)


@given(sizes=st.lists(st.integers(0, 9), max_size=9), first=st.integers(0, 90), n=st.integers(0, 40))
def test_a_cut_of_the_tape_is_what_was_appended(sizes: list[int], first: int, n: int) -> None:
    tape, start = Tape(2, start=7), 7
    whole = np.arange(2 * sum(sizes), dtype=np.float32).reshape(-1, 2)
    at = 0
    for size in sizes:
        tape.append(whole[at : at + size])
        at += size
    found, samples = tape.cut(first, first + n)
    assert np.array_equal(samples, whole[max(0, first - start) : max(0, first + n - start)])
    assert not samples.size or found == max(first, start)


def test_only_whole_chunks_before_a_position_are_dropped() -> None:
    tape = Tape(1)
    for k in range(4):
        tape.append(np.full((10, 1), k, np.float32))
    tape.drop(25)
    first, samples = tape.cut(0, 40)
    assert first == 20
    assert samples[:, 0].tolist() == [2.0] * 10 + [3.0] * 10


def test_a_cut_of_the_tape_is_a_copy() -> None:
    tape, chunk = Tape(1), np.zeros((4, 1), np.float32)
    tape.append(chunk)
    tape.cut(0, 4)[1][:] = 1.0
    assert not chunk.any()
