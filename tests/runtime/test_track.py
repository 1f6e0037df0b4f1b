"""A track that takes the place of another, as after a reload: what comes in between is lost, and counted."""

from __future__ import annotations

import pytest

from streamer.messages import Event, Message, State
from streamer.runtime.session import CaptureSession
from streamer.runtime.track import AnyTrack
from streamer.wall_clock import WallClock
from tests.runtime.test_runtime import FORMAT, FakeSource, noise, track_of
from tests.support.loudness import sound_pipeline
from tests.support.messages import EVENT, RUNNING


def processed(is_live: bool, began_s: float, earlier: AnyTrack | None = None) -> AnyTrack:
    """Return a track that has processed 0.1 s of sound, captured from then on by the monotonic clock."""
    track = track_of(FakeSource(is_live=is_live), sound_pipeline(stream="fake"))
    if earlier is not None:
        track.follow(earlier)
    ring = track.ring(FORMAT)
    session = CaptureSession(FORMAT, ring, 0.0, 0.0)
    track.begin(session)
    track.monitor.set_state(State.RUNNING)
    for k in (1, 2):
        ring.write(noise(FORMAT.sample_rate // 20), began_s + k * 0.05)
        while track.step(session, 0.0, WallClock()) is not None:
            pass
    return track


def n_lost(track: AnyTrack) -> int:
    return track.monitor.health().lost_samples


def test_what_comes_between_two_tracks_of_a_source_is_lost() -> None:
    first = processed(True, 100.0)
    second = processed(True, 102.5, first)
    assert (n_lost(first), n_lost(second)) == (0, round(2.4 * FORMAT.sample_rate))
    assert second.monitor.health().lost_fraction == pytest.approx(2.4 / 2.5)
    third = processed(True, 102.6, second)  # without a gap
    assert n_lost(third) == 0


def test_nothing_is_lost_of_a_source_that_was_away_or_waits_to_be_read() -> None:
    first = processed(True, 100.0)
    first.monitor.set_state(State.WAITING, "the microphone is gone")
    assert n_lost(processed(True, 160.0, first)) == 0
    assert n_lost(processed(False, 160.0, processed(False, 100.0))) == 0
    never_ran = track_of(FakeSource(), sound_pipeline(stream="fake"))
    assert n_lost(processed(True, 160.0, never_ran)) == 0


class FullCutter:
    """A cutter of clips that has no memory left for the beginning of some."""

    n_cut = n_bytes = 0

    def __init__(self, *is_cut: bool) -> None:
        self._is_cut = list(is_cut)
        self.ends: list[bool] = []

    def request(self, event: Event) -> None:
        self.n_cut += self._is_cut.pop(0)

    def finished(self, at_end: bool) -> list[Message]:
        self.ends.append(at_end)
        return []


def test_clips_without_their_beginning_are_a_problem_until_one_is_whole() -> None:
    cutter = FullCutter(True, True, False, False)
    track = track_of(FakeSource(), sound_pipeline(stream="fake"), cutter=cutter)  # type: ignore[arg-type]
    seen = []
    for event in (RUNNING, EVENT, EVENT, RUNNING):  # one that goes on says nothing of the next
        track._with_clips([event])
        seen.append([(problem.part, problem.text) for problem in track.monitor.problems.now()])
    one, two = (f"fake: {n} clips without their beginning; raise memory.buffers_mb" for n in (1, 2))
    part = "clips of fake"
    assert seen == [[(part, one)], [(part, two)], [(part, two)], []]
    assert cutter.ends == [False] * 4
    track.interrupt()
    assert cutter.ends[-1] is True
