import os
import signal
import threading

import pytest

from streamer.training.progress import Interruption


def _press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_press_waits_for_a_good_moment() -> None:
    done = []

    def work() -> None:
        with Interruption() as interruption:
            interruption.check()
            _press()
            done.append("what was begun")
            interruption.check()
            done.append("what was not")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["what was begun"]


def test_each_press_stops_once() -> None:
    with Interruption() as interruption:
        _press()
        with pytest.raises(KeyboardInterrupt):
            interruption.check()
        interruption.check()
        _press()
        with pytest.raises(KeyboardInterrupt):
            interruption.check()


def test_a_second_press_acts_at_once_whatever_a_library_makes_of_it() -> None:
    def work() -> None:
        with Interruption():
            _press()
            try:
                _press()
            except KeyboardInterrupt:
                raise ValueError("half a file") from None

    with pytest.raises(KeyboardInterrupt):
        work()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_end_the_program_as_an_error_does(number: signal.Signals) -> None:
    tidied = []

    def work() -> None:
        with Interruption():
            try:
                os.kill(os.getpid(), number)
            finally:
                tidied.append(number)

    with pytest.raises(SystemExit) as ended:
        work()
    assert ended.value.code == 128 + number
    assert tidied == [number]


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(ValueError, match="mine"), Interruption():
        raise ValueError("mine")


def test_afterwards_ctrl_c_is_what_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_are_left_alone() -> None:
    before, failed = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        try:
            with Interruption() as interruption:
                interruption.check()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed
    assert signal.getsignal(signal.SIGINT) is before
