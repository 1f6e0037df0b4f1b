"""Sinks that fail: their problems begin and end, they are made anew, and nothing waits for them for good."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from streamer.errors import StreamerError, Undelivered
from streamer.messages import Health, Message, State, Undo
from streamer.monitor.problems import Problems
from streamer.runtime import SinkThread
from streamer.runtime.link import Link
from streamer.sinks import RunLink

HEALTH = Health("s", State.RUNNING)


class Scripted:
    """A sink whose writes do one after the other what a script says; without more script they succeed."""

    accepts: tuple[type, ...] = (Health,)

    def __init__(self, *script: BaseException | None, fails_to_close: BaseException | None = None) -> None:
        self.script = list(script)
        self.n_written = self.n_calls = self.n_closed = 0
        self.called = threading.Semaphore(0)
        self._fails_to_close = fails_to_close

    def write(self, message: Message) -> None:
        error = self.script.pop(0) if self.script else None
        self.n_calls += 1
        try:
            if error is not None:
                raise error
            self.n_written += 1
        finally:
            self.called.release()

    def close(self) -> None:
        self.n_closed += 1
        if self._fails_to_close:
            raise self._fails_to_close


def written(thread: SinkThread, sink: Scripted, n: int) -> None:
    """Let the sink be called ``n`` times, one after the other."""
    for _ in range(n):
        thread.put(HEALTH, wait=True)
        assert sink.called.acquire(timeout=5.0)


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that another thread brings about."""
    waiting = threading.Event()
    for _ in range(1000):
        if holds():
            return
        waiting.wait(0.01)
    raise AssertionError("it never held")


def test_a_problem_ends_when_the_next_message_is_written() -> None:
    sink, problems = Scripted(OSError(28, "No space left on device")), Problems()
    thread = SinkThread(sink, problems=problems)
    written(thread, sink, 1)
    until(lambda: [problem.n for problem in problems.now()] == [1])
    assert problems.now()[0].text == "Scripted: No space left on device"
    written(thread, sink, 1)
    until(lambda: not problems.now())
    thread.close()
    assert (sink.n_written, problems.n_unwritten, problems.now()) == (1, 1, ())


class Follower(Scripted):
    """A sink that says of what it has only taken notice that it has written nothing."""

    def write(self, message: Message) -> bool | None:  # type: ignore[override]
        super().write(message)
        return None if self.n_calls == 1 else False


def test_a_message_that_is_only_taken_notice_of_ends_no_problem() -> None:
    sink, problems = Follower(OSError(28, "No space left on device")), Problems()
    thread = SinkThread(sink, problems=problems)
    written(thread, sink, 3)
    thread.close()
    assert [(problem.part, problem.n) for problem in problems.now()] == [("Follower", 1)]


class Patient(Scripted):
    """A sink that knows without a message whether it works again."""

    is_well = False

    def works_again(self) -> bool:
        self.called.release()
        return self.is_well


def test_a_problem_ends_without_a_message_when_the_sink_works_again() -> None:
    sink, problems = Patient(OSError(28, "No space left on device")), Problems()
    thread = SinkThread(sink, problems=problems, look_s=0.01)
    written(thread, sink, 1)
    assert sink.called.acquire(timeout=5.0)
    assert sink.called.acquire(timeout=5.0)  # asked twice, and the problem is still there
    assert [problem.part for problem in problems.now()] == ["Patient"]
    sink.is_well = True
    until(lambda: not problems.now())
    written(thread, sink, 1)
    thread.close()
    assert (sink.n_written, problems.n_unwritten) == (1, 1)


def test_two_sinks_have_two_problems_at_once_and_one_may_end_alone() -> None:
    problems = Problems()
    sinks = [Scripted(StreamerError("clip a.flac not written: no space left")), Scripted(OSError(5, "I/O error"))]
    threads = [SinkThread(sink, problems=problems, name=name) for sink, name in zip(sinks, "ab", strict=True)]
    for thread, sink in zip(threads, sinks, strict=True):
        written(thread, sink, 1)
    until(lambda: len(problems.now()) == 2)
    assert {(problem.part, problem.text) for problem in problems.now()} == {
        ("a", "clip a.flac not written: no space left"),
        ("b", "b: I/O error"),
    }
    written(threads[0], sinks[0], 1)
    until(lambda: [problem.part for problem in problems.now()] == ["b"])
    for thread in threads:
        thread.close()


@pytest.mark.parametrize("error", [KeyError("label"), UnicodeEncodeError("ascii", "–", 0, 1, "no"), SystemExit(3)])
def test_after_an_unexpected_error_the_sink_is_made_anew_and_goes_on(error: BaseException) -> None:
    first, second, problems = Scripted(error), Scripted(), Problems()
    thread = SinkThread(first, again=lambda: second, retry_s=(0.01, 0.02), problems=problems)
    written(thread, first, 1)
    written(thread, second, 2)
    thread.close()
    assert (first.n_closed, second.n_written, second.n_closed) == (1, 2, 1)
    assert (problems.n_unwritten, problems.now()) == (1, ())


def test_the_pauses_of_a_sink_that_always_fails_grow_and_begin_anew_after_a_success() -> None:
    pauses_s: list[float] = []
    sinks: list[Scripted] = []

    def again() -> Scripted:
        sinks.append(Scripted(*([KeyError("x")] if len(sinks) < 3 else [None, KeyError("x")][:2])))
        return sinks[-1]

    first = Scripted(KeyError("x"))
    thread = SinkThread(first, again=again, retry_s=(0.5, 1.5), problems=Problems())

    def pause(seconds: float) -> bool:
        pauses_s.append(seconds)
        return False

    thread.pause = pause  # type: ignore[method-assign]
    written(thread, first, 1)
    for k in range(3):
        until(lambda k=k: len(sinks) > k)  # type: ignore[misc]
        written(thread, sinks[k], 1)
    until(lambda: len(sinks) > 3)
    written(thread, sinks[3], 2)
    until(lambda: len(pauses_s) == 5)
    thread.close()
    assert pauses_s == [0.5, 1.0, 1.5, 1.5, 0.5]


def test_a_sink_that_cannot_be_made_anew_is_tried_again_and_its_messages_wait() -> None:
    refusals = [OSError(13, "Permission denied"), StreamerError("no"), ValueError("x")]
    second, problems = Scripted(), Problems()

    def again() -> Scripted:
        if refusals:
            raise refusals.pop(0)
        return second

    first = Scripted(KeyError("x"))
    thread = SinkThread(first, again=again, retry_s=(0.001, 0.002), problems=problems)
    written(thread, first, 1)
    for _ in range(3):
        thread.put(HEALTH, wait=True)
    for _ in range(3):
        assert second.called.acquire(timeout=5.0)
    thread.close()
    assert (second.n_written, refusals, problems.now()) == (3, [], ())


def test_closing_does_not_wait_for_the_pause_of_a_failing_sink() -> None:
    def again() -> Scripted:
        raise OSError(13, "Permission denied")

    first, problems = Scripted(KeyError("x")), Problems()
    thread = SinkThread(first, again=again, retry_s=(60.0, 60.0), problems=problems, patience_s=20.0)
    written(thread, first, 1)
    thread.put(HEALTH, wait=True)
    thread.close()
    assert not thread.is_alive
    assert problems.n_unwritten == 2
    assert "Permission denied" in problems.now()[0].text


def test_a_failing_close_is_a_problem() -> None:
    for error, text in (
        (OSError(28, "No space left on device"), "Scripted: No space left on device"),
        (RuntimeError("x"), "Scripted.close failed: RuntimeError: x; report this as a bug"),
    ):
        problems = Problems()
        SinkThread(Scripted(fails_to_close=error), problems=problems).close()
        (problem,) = problems.now()
        assert problem.text.endswith(text)


def test_a_full_queue_is_a_problem_that_ends_when_it_has_been_emptied() -> None:
    go_on, problems = threading.Event(), Problems()

    class Slow(Scripted):
        def write(self, message: Message) -> None:
            go_on.wait(10.0)
            super().write(message)

    sink = Slow()
    thread = SinkThread(sink, n_max=4, problems=problems)
    for _ in range(10):
        thread.put(HEALTH, wait=False)
    (problem,) = problems.now()
    assert problem.text == f"Slow cannot keep up: {problem.n} messages dropped"
    assert problem.n == problems.n_unwritten
    go_on.set()
    until(lambda: not problems.now())
    thread.close()
    assert sink.n_written == 10 - problems.n_unwritten


def test_what_cannot_be_delivered_is_tried_again_in_order_and_only_the_oldest_are_lost() -> None:
    class Receiver(Scripted):
        """Notes what it gets while it can be reached."""

        is_there = False

        def __init__(self) -> None:
            super().__init__()
            self.got: list[float] = []

        def write(self, message: Message) -> None:
            self.called.release()
            if not self.is_there:
                raise Undelivered("nobody answers at 10.0.0.7")
            assert isinstance(message, Health)
            self.got.append(message.position_s)

    sink, problems = Receiver(), Problems()
    thread = SinkThread(sink, n_max=4, problems=problems, retry_s=(0.001, 0.002))
    thread.put(replace(HEALTH, position_s=0.0), wait=True)
    assert sink.called.acquire(timeout=5.0)
    assert sink.called.acquire(timeout=5.0)
    for number in range(1, 11):
        thread.put(replace(HEALTH, position_s=float(number)), wait=True)  # a file does not wait for it
    assert {problem.part: problem.text for problem in problems.now()} == {
        "Receiver": "nobody answers at 10.0.0.7",
        "Receiver queue": "Receiver cannot keep up: 6 messages dropped",
    }
    assert problems.n_unwritten == 6
    sink.is_there = True
    until(lambda: not problems.now())
    thread.close()
    assert sink.got == [0.0, 7.0, 8.0, 9.0, 10.0]
    assert problems.n_unwritten == 6


def test_what_has_not_been_delivered_at_the_end_is_counted() -> None:
    sink, problems = Scripted(*[Undelivered("nobody answers")] * 100), Problems()
    thread = SinkThread(sink, problems=problems, retry_s=(60.0, 60.0), patience_s=20.0)
    written(thread, sink, 1)
    for _ in range(4):
        thread.put(HEALTH, wait=True)
    thread.close()
    assert not thread.is_alive
    assert problems.n_unwritten == 5
    assert [problem.text for problem in problems.now()] == ["nobody answers"]


def test_a_receiver_that_is_known_to_be_back_gets_its_messages_at_once() -> None:
    sink, problems = Patient(Undelivered("nobody answers")), Problems()
    sink.is_well = True
    thread = SinkThread(sink, problems=problems, retry_s=(60.0, 60.0), look_s=0.01)
    thread.put(HEALTH, wait=True)
    until(lambda: sink.n_written == 1)
    thread.close()
    assert (problems.now(), problems.n_unwritten) == ((), 0)


def test_a_sink_does_what_is_due_without_a_message() -> None:
    class Timed(Scripted):
        due_s = time.monotonic() + 0.02

        def tick(self) -> None:
            self.due_s = float("inf") if self.n_calls else time.monotonic() + 0.02
            self.write(HEALTH)

    sink, problems = Timed(OSError(5, "I/O error")), Problems()
    thread = SinkThread(sink, problems=problems)
    until(lambda: sink.n_calls == 2)
    until(lambda: not problems.now())
    thread.close()
    assert (sink.n_written, problems.n_unwritten) == (1, 1)


def test_sinks_send_each_other_messages() -> None:
    class Teller(Scripted):
        def connect(self, link: RunLink) -> None:
            self.link = link

        def write(self, message: Message) -> None:
            self.link.post(Undo("s"))
            super().write(message)

    class Listener(Scripted):
        accepts = (Undo,)

    teller, listener, link = Teller(), Listener(), Link()
    link.sink_threads = [SinkThread(sink, link=link, name=type(sink).__name__) for sink in (teller, listener)]
    assert link.queue_lengths() == {"Teller": 0, "Listener": 0}
    written(link.sink_threads[0], teller, 1)
    assert listener.called.acquire(timeout=5.0)
    for thread in link.sink_threads:
        thread.close()
    assert (teller.n_written, listener.n_written) == (1, 1)


def test_a_write_that_outlasts_the_end_is_broken_off() -> None:
    class Endless(Scripted):
        aborted = threading.Event()

        def write(self, message: Message) -> None:
            self.called.release()
            self.aborted.wait(20.0)

        def abort(self) -> None:
            self.aborted.set()

    sink = Endless()
    thread = SinkThread(sink, patience_s=0.05)
    thread.put(HEALTH, wait=True)
    assert sink.called.acquire(timeout=5.0)
    thread.close()
    assert sink.aborted.is_set()


def test_nobody_waits_for_a_thread_that_died() -> None:
    thread = SinkThread(Scripted(), n_max=1, problems=Problems())
    thread.close()
    assert not thread.is_alive
    for _ in range(3):
        thread.put(HEALTH, wait=True)  # a file would wait here for good
