"""The pipeline with the real front end and a stand-in for the model whose scores are known."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.errors import UserError
from streamer.messages import Chunk, Event, Message, Scores, SoundFormat
from streamer.model.spec import ModelSpec
from streamer.pipeline.sound import SoundPipeline
from tests.support.image_models import PATTERN
from tests.support.loudness import SPEC, Loudness, sound_pipeline

EVENTS = EventSettings(on=0.6, off=0.4, confirm=1, confirm_of=1, merge_gap_s=0.0)
SPEC_OF_LOUDNESS = ModelSpec.model_validate(SPEC)
WINDOW_SAMPLES = 19 * 80 + 200


def pipeline(**spec: object) -> SoundPipeline:
    return sound_pipeline(Loudness(ModelSpec.model_validate({**SPEC, **spec})), events=EVENTS)


def sound(n_samples: int, seed: int = 0, n_channels: int = 1) -> Float32:
    noise = np.random.default_rng(seed).standard_normal((n_samples, n_channels)).astype(np.float32)
    burst = (np.arange(n_samples) // 12_000 % 2).astype(np.float32)
    return noise * (0.001 + 0.3 * burst[:, None])


def listen(pipe: SoundPipeline, samples: Float32, sizes: list[int], sample_rate: int = 8000) -> list[Message]:
    messages: list[Message] = [*pipe.begin(SoundFormat(sample_rate, samples.shape[1], "test"))]
    start, i = 0, 0
    while start < samples.shape[0]:
        block = samples[start : start + sizes[i % len(sizes)]]
        messages += pipe.step(Chunk(block, start, 0, 0.0)).messages
        start, i = start + block.shape[0], i + 1
    return [*messages, *pipe.finish()]


def scores_of(messages: Sequence[Message]) -> list[tuple[float, bytes]]:
    return [(message.end_s, message.values.tobytes()) for message in messages if isinstance(message, Scores)]


@settings(deadline=None, max_examples=25)
@given(sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=5), rate=st.sampled_from([8000, 11025, 48000]))
def test_any_chunking_gives_bit_identical_scores_and_events(sizes: list[int], rate: int) -> None:
    samples = sound(40_000, n_channels=2)
    pipe = pipeline()
    whole = listen(pipe, samples, [samples.shape[0]], rate)
    chunked = listen(pipe, samples, sizes, rate)
    assert scores_of(chunked) == scores_of(whole)
    assert [m for m in chunked if isinstance(m, Event)] == [m for m in whole if isinstance(m, Event)]
    assert len(scores_of(whole)) > 3


def test_windows_follow_each_other_by_the_stride_from_the_first_full_one() -> None:
    times = [(m.start_s, m.end_s) for m in listen(pipeline(), sound(8000), [333]) if isinstance(m, Scores)]
    assert times[0] == pytest.approx((0.0, WINDOW_SAMPLES / 8000))
    assert [round(b[0] - a[0], 9) for a, b in itertools.pairwise(times)] == [0.1] * (len(times) - 1)


def test_no_score_before_the_first_full_window() -> None:
    pipe = pipeline()
    pipe.begin(SoundFormat(8000, 1, "test"))
    assert pipe.step(Chunk(sound(WINDOW_SAMPLES - 1), 0, 0, 0.0)).messages == []
    assert len(pipe.step(Chunk(sound(1), WINDOW_SAMPLES - 1, 0, 0.0)).messages) == 1


def test_a_hole_starts_a_new_window_and_keeps_the_time() -> None:
    pipe = pipeline()
    samples = sound(8000, seed=1)
    pipe.begin(SoundFormat(8000, 1, "test"))
    pipe.step(Chunk(sound(4000, seed=2), 0, 0, 0.0))
    got = pipe.step(Chunk(samples, 4000 + 16_000, 16_000, 0.0)).messages
    fresh = listen(pipeline(), samples, [8000])
    assert [v for _, v in scores_of(got)] == [v for _, v in scores_of(fresh)]
    first = next(m for m in got if isinstance(m, Scores))
    assert first.start_s == 20_000 / 8000


def test_a_new_opening_forgets_the_old_one() -> None:
    pipe = pipeline()
    samples = sound(8000, seed=1)
    listen(pipe, sound(5000, seed=2), [700])
    assert scores_of(listen(pipe, samples, [900])) == scores_of(listen(pipeline(), samples, [8000]))


def test_a_sound_shorter_than_a_window_is_padded_with_silence_to_one() -> None:
    short = sound(500)
    padded = np.concatenate([short, np.zeros((WINDOW_SAMPLES - 500, 1), np.float32)])
    assert scores_of(listen(pipeline(), short, [500])) == scores_of(listen(pipeline(), padded, [500]))


def test_what_follows_a_loss_just_before_the_end_is_not_padded() -> None:
    pipe, samples = pipeline(), sound(24_000) + np.float32(0.3)
    messages: list[Message] = [*pipe.begin(SoundFormat(8000, 1, "test"))]
    messages += pipe.step(Chunk(samples, 0, 0, 0.0)).messages
    n_before = len(scores_of(messages))
    messages += pipe.step(Chunk(samples[:400], 28_000, 4000, 0.0)).messages
    messages += pipe.finish()
    assert len(scores_of(messages)) == n_before
    (event,) = [m for m in messages if isinstance(m, Event) and m.offset_s is not None]
    assert event.offset_s is not None
    assert event.offset_s <= 3.0


def test_a_cool_down_goes_on_when_the_source_comes_back() -> None:
    quiet = EventSettings(on=0.6, off=0.4, confirm=1, confirm_of=1, merge_gap_s=0.0, cool_down_s=60.0)
    pipe = sound_pipeline(Loudness(SPEC_OF_LOUDNESS), events=quiet)
    loud = sound(24_000) + np.float32(0.3)

    def begun(start_s: float) -> int:
        messages: list[Message] = [*pipe.begin(SoundFormat(8000, 1, "test"), start_s)]
        messages += pipe.step(Chunk(loud, 0, 0, 0.0)).messages
        return sum(isinstance(m, Event) and m.offset_s is None for m in messages)

    assert [begun(0.0), begun(10.0), begun(100.0), begun(0.0)] == [1, 0, 1, 1]


def test_an_empty_stream_has_no_scores() -> None:
    assert listen(pipeline(), sound(0), [1]) == []


def test_wall_clock_comes_from_one_anchor() -> None:
    pipe = pipeline()
    pipe.begin(SoundFormat(8000, 1, "test"), start_s=7.0, epoch_s=1e9)
    score = pipe.step(Chunk(sound(WINDOW_SAMPLES), 0, 0, 0.0)).messages[0]
    assert isinstance(score, Scores)
    assert (score.start_s, score.time) == (7.0, 1e9 + score.end_s)


def test_the_loud_half_is_an_event() -> None:
    events = [m for m in listen(pipeline(), sound(36_000), [400]) if isinstance(m, Event) and m.offset_s]
    assert [event.label for event in events if event.label == "loud"] == ["loud"]
    assert events[0].onset_s == pytest.approx(1.5, abs=0.15)
    assert events[0].offset_s == pytest.approx(3.0, abs=0.15)


def test_a_stride_may_be_asked_for() -> None:
    pipe = sound_pipeline(events=EVENTS, stride_s=0.05)
    assert pipe.stages[0].stride == 5
    assert len(scores_of(listen(pipe, sound(8000), [800]))) == 16


def test_a_model_for_something_else_is_refused() -> None:
    classifier = Loudness(ModelSpec.model_validate(PATTERN))
    with pytest.raises(UserError, match="model=stripes must be a sound model to classify sound; it is for pattern"):
        sound_pipeline(classifier, events=EVENTS)


def spec(**values: object) -> ModelSpec:
    return ModelSpec.model_validate({**SPEC, **values})


OTHER_FRONT_END = {**SPEC["front_end"], "n_mels": 24, "hop_length": 100}  # type: ignore[dict-item]
OTHERS = [
    spec(),  # the same front end and the same window
    spec(window={"n_frames": 50, "stride": 7}),  # the same frames, other windows
    spec(front_end=OTHER_FRONT_END),  # other frames of the same samples
    spec(front_end={"kind": "waveform", "sample_rate": 8000}, window={"n_frames": 3000, "stride": 900}),
    spec(front_end={**OTHER_FRONT_END, "sample_rate": 11_025}),  # other samples
    spec(front_end={"kind": "waveform", "sample_rate": 5000}, window={"n_frames": 2500, "stride": 500}),
]


def of_model(messages: Sequence[Message], labels: tuple[str, ...]) -> list[object]:
    """What one model gave: its scores, exact to the bit, and its events."""
    return [
        (m.start_s, m.end_s, m.time, m.values.tobytes()) if isinstance(m, Scores) else m
        for m in messages
        if (isinstance(m, Scores) and m.labels == labels) or (isinstance(m, Event) and m.label in labels)
    ]


@settings(deadline=None, max_examples=20)
@given(
    sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=4),
    others=st.lists(st.sampled_from(OTHERS), min_size=1, max_size=3),
    n_samples=st.sampled_from([30, 900, 40_000]),  # nothing but padding, shorter than some windows, long
    rate=st.sampled_from([8000, 16_000]),
)
def test_models_side_by_side_give_what_each_gives_alone(
    sizes: list[int], others: list[ModelSpec], n_samples: int, rate: int
) -> None:
    models = [Loudness(each, (f"loud {i}", f"low {i}")) for i, each in enumerate([spec(), *others])]
    samples = sound(n_samples)
    together = listen(sound_pipeline(*models, events=EVENTS), samples, sizes, rate)
    for model in models:
        alone = listen(sound_pipeline(model, events=EVENTS), samples, [n_samples], rate)
        assert of_model(together, model.labels) == of_model(alone, model.labels)
        assert of_model(alone, model.labels)


def test_models_side_by_side_each_start_anew_after_a_hole() -> None:
    models = [Loudness(each, (f"loud {i}", f"low {i}")) for i, each in enumerate(OTHERS)]
    pipe = sound_pipeline(*models, events=EVENTS)
    samples = sound(8000, seed=1)
    pipe.begin(SoundFormat(8000, 1, "test"))
    pipe.step(Chunk(sound(4000, seed=2), 0, 0, 0.0))
    got = pipe.step(Chunk(samples, 4000 + 16_000, 16_000, 0.0)).messages
    for model in models:
        alone = sound_pipeline(model, events=EVENTS)
        alone.begin(SoundFormat(8000, 1, "test"))
        fresh = alone.step(Chunk(samples, 0, 0, 0.0)).messages
        values = [m.values.tobytes() for m in got if isinstance(m, Scores) and m.labels == model.labels]
        assert values == [m.values.tobytes() for m in fresh if isinstance(m, Scores)]
        assert values


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 48000])
def test_chunks_as_long_as_the_next_window_needs_give_the_same_scores_in_few_steps(rate: int) -> None:
    samples = sound(6 * rate)
    pipe = pipeline()
    whole = listen(pipe, samples, [samples.shape[0]], rate)
    messages: list[Message] = [*pipe.begin(SoundFormat(rate, 1, "test"))]
    start, n_steps = 0, 0
    while start < samples.shape[0]:
        n = max(math.ceil(pipe.due_s() * rate), rate // 50)
        messages += pipe.step(Chunk(samples[start : start + n], start, 0, 0.0)).messages
        start, n_steps = start + n, n_steps + 1
    messages += pipe.finish()
    assert scores_of(messages) == scores_of(whole)
    n_windows = len(scores_of(whole))
    assert n_steps <= (
        n_windows + 1 if rate == 8000 else 3 * n_windows
    )  # what lies in a resampler comes a little later
