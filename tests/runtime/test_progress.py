"""What is overdue: never what the settings still allow, and always what comes later than that."""

import pytest

from streamer.config import SourceSettings
from streamer.messages import State
from streamer.runtime import Stream
from tests.runtime.test_runtime import FakeSource, track_of
from tests.support.loudness import sound_pipeline


@pytest.mark.parametrize(
    ("state", "settings", "least_s", "most_s"),
    [
        (State.STARTING, {"connect_s": 60.0, "first_s": 60.0}, 120.0, 145.0),
        (State.RUNNING, {"stall_s": 60.0}, 120.0, 145.0),  # silent for so long, it is waited for
        (State.RUNNING, {"stall_s": 0.5}, 20.0, 30.0),
        (State.WAITING, {"retry_max_s": 600.0}, 600.0, 640.0),
        (State.WAITING, {"connect_s": 60.0, "first_s": 60.0, "retry_max_s": 1.0}, 121.0, 150.0),
    ],
)
def test_time_that_the_settings_allow_is_not_overdue(
    state: State, settings: dict[str, float], least_s: float, most_s: float
) -> None:
    given = SourceSettings.model_validate(settings)
    track = track_of(FakeSource(), sound_pipeline(stream="fake"), given)
    stream = Stream(track, given, [])
    track.monitor.set_state(state)
    assert least_s <= stream.progress().due_s <= most_s


def test_a_window_is_due_after_its_length_and_stride_and_the_time_to_hang() -> None:
    given = SourceSettings(stall_s=0.5, hang_s=30.0)
    pipeline = sound_pipeline(stream="fake")
    track = track_of(FakeSource(), pipeline, given)
    track.monitor.set_state(State.RUNNING)
    spec = pipeline.stages[0].spec
    window_s = (spec.window.n_frames + spec.window.stride) * spec.hop_length / spec.sample_rate
    assert window_s > 0.0
    assert Stream(track, given, []).progress().due_s == pytest.approx(window_s + 1.0 + 30.0)
