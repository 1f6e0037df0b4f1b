"""Streams that work, wait and hang, told apart by their progress."""

from dataclasses import replace

import pytest

from streamer.messages import State
from streamer.runtime.progress import StreamProgress
from streamer.service.liveness import Liveness, hangs

RUNNING = StreamProgress(State.RUNNING, n_results=5, n_attempts=1, n_idle=0, due_s=10.0)
WAITING = StreamProgress(State.WAITING, n_results=0, n_attempts=1, n_idle=0, due_s=40.0)
STARTING = StreamProgress(State.STARTING, n_results=0, n_attempts=1, n_idle=0, due_s=20.0)


def after(seconds: float, progress: StreamProgress, liveness: Liveness | None = None) -> Liveness:
    """Liveness of a stream that stays as it is for some time, looked at ten times a second."""
    liveness = liveness or Liveness()
    for k in range(round(seconds * 10) + 1):
        liveness.update(progress, k / 10)
    return liveness


def test_between_the_windows_a_stream_is_alive_and_after_the_time_for_one_it_is_not() -> None:
    assert not after(9.8, RUNNING).is_stalled
    assert after(10.3, RUNNING).is_stalled


def test_a_window_begins_the_time_anew() -> None:
    liveness = Liveness()
    for k in range(1000):
        liveness.update(replace(RUNNING, n_results=k // 95), k / 10)
        assert not liveness.is_stalled


def test_a_stream_that_waits_for_an_absent_camera_is_alive_while_it_goes_on_trying() -> None:
    liveness = Liveness()
    for k in range(10_000):
        liveness.update(replace(WAITING, n_attempts=k // 300), k / 10)
        assert not liveness.is_stalled
    assert not liveness.has_worked
    assert after(41.0, WAITING).is_stalled  # the attempt itself hangs


def test_attempts_are_no_sign_of_life_while_a_call_hangs() -> None:
    liveness = Liveness()
    for k in range(500):
        liveness.update(replace(WAITING, n_attempts=k // 10, is_stuck=True), k / 10)
    assert liveness.is_stalled
    liveness.update(replace(WAITING, n_attempts=50), 50.0)  # it has returned, as when the device was unplugged
    assert not liveness.is_stalled


def test_an_opening_that_never_returns_is_a_stall() -> None:
    assert not after(19.0, STARTING).is_stalled
    assert after(21.0, STARTING).is_stalled


def test_a_pipe_that_is_silent_is_alive() -> None:
    liveness = Liveness()
    for k in range(1000):
        liveness.update(replace(RUNNING, n_idle=k), k / 10)
        assert not liveness.is_stalled


@pytest.mark.parametrize("state", [State.ENDED, State.FAILED])
def test_what_has_ended_is_not_overdue(state: State) -> None:
    assert not after(100.0, replace(RUNNING, state=state)).is_stalled


def test_time_in_which_the_process_was_stopped_does_not_count() -> None:
    liveness = after(5.0, RUNNING)
    liveness.update(RUNNING, 3600.0)  # SIGSTOP, an hour, SIGCONT
    assert not liveness.is_stalled
    assert 5.9 < liveness.silent_s < 6.1


def test_the_start_is_over_with_the_first_result_or_when_none_can_come_yet() -> None:
    assert after(0.0, RUNNING).is_settled
    assert after(0.0, WAITING).is_settled
    assert not after(0.0, STARTING).is_settled
    assert not after(0.0, replace(RUNNING, n_results=0)).is_settled
    assert after(0.0, replace(STARTING, state=State.FAILED)).is_settled


def test_a_run_hangs_when_a_stream_does_that_had_worked_or_when_all_do() -> None:
    works, waits = after(1.0, RUNNING), after(1.0, WAITING)
    stalled, never_opened = after(11.0, RUNNING), after(21.0, STARTING)
    ended = after(1.0, replace(RUNNING, state=State.ENDED))
    assert not hangs([works, waits, ended])
    assert hangs([works, stalled])
    assert hangs([waits, stalled])
    assert not hangs([works, never_opened])  # to start anew would interrupt the other and mend nothing
    assert hangs([never_opened])
    assert hangs([ended, never_opened])
    assert not hangs([ended])
    assert not hangs([])
