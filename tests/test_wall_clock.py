"""The wall clock is anchored afresh when it is set or the machine was suspended, with clocks that the tests set."""

import time

import pytest

from streamer.wall_clock import Clocks, ClockStep, WallClock
from tests.support.clocks import FakeClocks

START_S = 100.0


def started(**changes: float | bool) -> tuple[FakeClocks, WallClock]:
    fake = FakeClocks(now_s=START_S, **changes)  # type: ignore[arg-type]
    return fake, WallClock(fake.clocks())


def passed(fake: FakeClocks, seconds: float) -> None:
    assert fake.now_s is not None
    fake.now_s += seconds


def test_while_nothing_happens_nothing_is_told() -> None:
    fake, clock = started()
    for _ in range(100):
        passed(fake, 0.05)
        clock.check()
    assert (clock.steps, clock.is_uncertain) == ((), False)
    assert clock.epoch_s() == 1.8e9 + 105.0


@pytest.mark.parametrize("offset_s", [3600.0, -3600.0, 0.5, -0.06, 1e9])
def test_a_clock_that_is_set_gives_other_times_from_then_on(offset_s: float) -> None:
    fake, clock = started()
    fake.set_forward(offset_s)
    passed(fake, 0.1)
    clock.check()
    (step,) = clock.steps
    assert step.offset_s == pytest.approx(offset_s)
    assert (step.suspended_s, step.is_uncertain) == (0.0, False)
    assert clock.epoch_s() == pytest.approx(1.8e9 + 100.1 + offset_s)
    assert clock.epoch_s(START_S) == pytest.approx(1.8e9 + 100.0 + offset_s)  # earlier times are correctable
    passed(fake, 0.1)
    clock.check()
    assert clock.steps == (step,)


def test_a_suspension_is_told_from_a_clock_that_is_set() -> None:
    fake, clock = started()
    passed(fake, 1.0)
    clock.check()
    fake.suspend(7200.0)
    passed(fake, 0.1)
    clock.check()
    assert clock.steps == (ClockStep(0.0, 7200.0, is_uncertain=False),)
    assert clock.epoch_s() == pytest.approx(1.8e9 + 101.1 + 7200.0)
    assert clock.epoch_s(100.5) == pytest.approx(1.8e9 + 100.5)  # what was captured before it keeps its time


def test_a_clock_that_is_set_while_the_machine_is_suspended() -> None:
    fake, clock = started()
    fake.suspend(60.0)
    fake.set_forward(-5.0)
    passed(fake, 0.1)
    clock.check()
    (step,) = clock.steps
    assert [step.offset_s, step.suspended_s] == pytest.approx([-5.0, 60.0])


def test_steps_too_small_to_be_told_from_noise_do_not_add_up() -> None:
    fake, clock = started()
    for _ in range(10):
        fake.set_forward(0.02)
        passed(fake, 1.0)
        clock.check()
        assert abs(clock.anchor_s - fake.anchor_s) < 0.05
    assert sum(step.offset_s for step in clock.steps) == pytest.approx(0.2, abs=0.05)


def test_a_clock_that_was_never_set_is_uncertain_until_it_is_set() -> None:
    fake, clock = started(anchor_s=0.0, is_synchronised=False)  # 1970
    assert clock.is_uncertain
    passed(fake, 1.0)
    clock.check()
    fake.set_forward(1.8e9)
    passed(fake, 1.0)
    clock.check()
    (step,) = clock.steps
    assert step.offset_s == pytest.approx(1.8e9)
    assert not step.is_uncertain
    assert not clock.is_uncertain


def test_a_clock_that_was_right_by_chance_is_certain_once_the_system_says_so() -> None:
    fake, clock = started(is_synchronised=False)
    assert clock.is_uncertain
    fake.is_synchronised = True
    passed(fake, 1.0)
    clock.check()
    assert clock.steps == (ClockStep(0.0, 0.0, is_uncertain=False),)


def test_a_clock_that_is_set_to_1970_stays_uncertain() -> None:
    fake, clock = started(anchor_s=0.0, is_synchronised=False)
    fake.set_forward(1000.0)
    passed(fake, 1.0)
    clock.check()
    (step,) = clock.steps
    assert (step.offset_s, step.is_uncertain) == (1000.0, True)


def test_the_clocks_of_this_machine() -> None:
    clock = WallClock()
    assert clock.epoch_s() == pytest.approx(time.time(), abs=0.05)
    assert isinstance(Clocks.of_system().was_set(time.time()), bool)
    assert not Clocks.of_system().was_set(1000.0)
